"""Which AO and OF classes fit what was seen of a fracture?

AO Spine: A1 one endplate, A2 split or pincer, both with the posterior wall whole; A3 burst with one endplate, A4 with
both (10.1186/s43055-022-00715-1, table 2). OF: 1 oedema without deformation, 2 deformation with less than a fifth of
the posterior wall involved, 3 with more, 4 both endplates or the frame collapsed, 5 distraction or rotation (PubMed
30210960). How many endplates are broken, ligaments and rotation are not measured: classes that differ in nothing else
are named together, B, C and OF5 never. A fifth of the wall is read as a fifth of the posterior height (own reading).
"""

from __future__ import annotations

from vfa.model.estimate import Unmeasurable
from vfa.model.findings import VertebraFindings
from vfa.model.fracture_classes import FractureClasses
from vfa.model.morphometry import FractureStatus, HeightLoss, Shape
from vfa.model.posterior_wall import PosteriorWall, Presence, WallStatus

WALL_INVOLVED_FRACTION = 0.2


def suggest_classes(found: VertebraFindings) -> FractureClasses:
    """The classes that fit one vertebra's findings."""
    deformity, wall = found.deformity, found.posterior_wall
    if isinstance(deformity, Unmeasurable):
        return _none(f"the body could not be measured ({deformity.detail or deformity.reason.value})")
    if deformity.fracture is FractureStatus.ABSENT:
        if _presence(found, "marrow_oedema") is Presence.PRESENT:
            return FractureClasses((), ("OF1",), "the body is not deformed and MR shows oedema of its marrow")
        return _none("no fracture is seen")
    if deformity.fracture is FractureStatus.INDETERMINATE:
        return _none("whether the body is fractured is uncertain")
    if _presence(found, "destruction") is Presence.PRESENT:
        return _none("bone is destroyed: these classes do not fit a tumour's fracture")
    if isinstance(wall, Unmeasurable) or wall.status is WallStatus.NOT_ASSESSABLE:
        return _none("the posterior wall could not be judged, on which the classes hang")
    return _broken(found) if wall.status is WallStatus.BREACHED else _with_whole_wall(found, deformity.shape)


def _none(because: str) -> FractureClasses:
    return FractureClasses((), (), because)


def _presence(found: VertebraFindings, name: str) -> Presence:
    finding = found.findings.get(name)
    return Presence.NOT_ASSESSABLE if finding is None else finding.presence


def _broken(found: VertebraFindings) -> FractureClasses:
    assert isinstance(found.posterior_wall, PosteriorWall)
    because = f"{found.posterior_wall.because}; whether one endplate or both are broken is not measured"
    lost = _posterior_loss(found)
    of = ("OF2", "OF3", "OF4") if lost is None or lost[0] <= WALL_INVOLVED_FRACTION else ("OF3", "OF4")
    return FractureClasses(("A3", "A4"), of, because)


def _with_whole_wall(found: VertebraFindings, shape: Shape) -> FractureClasses:
    pieces = _presence(found, "fragmentation")
    said = "the posterior wall is whole"
    if pieces is Presence.PRESENT:
        return FractureClasses(("A2",), ("OF2", "OF4"), f"{said} and planes of fracture come out through the shell")
    both = shape is Shape.BICONCAVE
    ao = ("A1", "A2") if both or pieces is Presence.NOT_ASSESSABLE else ("A1",)
    because = f"{said}, the shape is {shape.value}" + ("; both endplates may be broken" if both else "")
    if pieces is Presence.NOT_ASSESSABLE:
        because += "; whether the body is split could not be told"
    return FractureClasses(ao, _of_whole_wall(found, both_endplates=both), because)


def _of_whole_wall(found: VertebraFindings, *, both_endplates: bool) -> tuple[str, ...]:
    lost = _posterior_loss(found)
    classes = ["OF2"]
    if lost is None or lost[1] > WALL_INVOLVED_FRACTION:
        classes = ["OF3"] if lost is not None and lost[0] > WALL_INVOLVED_FRACTION else ["OF2", "OF3"]
    return (*classes, "OF4") if both_endplates or "OF3" in classes else tuple(classes)


def _posterior_loss(found: VertebraFindings) -> tuple[float, float] | None:
    """The interval of the posterior height's loss; None where it was not measured."""
    loss = found.height_loss
    if not isinstance(loss, HeightLoss) or "posterior" not in loss.by_column:
        return None
    return loss.by_column["posterior"].ci95
