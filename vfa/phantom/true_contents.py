"""What does a body hold, exactly, beside sound bone? Volumes and shares, counted by coverage of small cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vfa.phantom.anatomy import PhantomVertebra
from vfa.phantom.features import of_kind
from vfa.phantom.inclusion_parts import CementPart, CleftPart, LesionPart, inclusion_parts
from vfa.phantom.inclusions import Cleft, Oedema, PedicleScrews
from vfa.phantom.lobes import Cells


@dataclass(frozen=True)
class TrueContents:
    """What is true of the inside of a body.

    Args:
        comminuted_fraction: share of the body's volume, as it was before it moved apart, that lies in pieces.
        pieces: how many there are beside the part left whole.
        fracture_cleft_mm: width of the clefts between them, before the pieces moved.
        spread_mm: how far each piece has moved.
        lytic_fraction: share of the body's volume that soft tissue has taken.
        cleft_mm3: volume of a hollow within the body (Kümmell), whatever fills it.
        cleft_filling: what fills that hollow.
        cement_mm3: volume of cement in the body.
        screws: how many pedicle screws reach into it.
        oedema: whether its marrow is oedematous.
    """

    comminuted_fraction: float = 0.0
    pieces: int = 0
    fracture_cleft_mm: float = 0.0
    spread_mm: float = 0.0
    lytic_fraction: float = 0.0
    cleft_mm3: float = 0.0
    cleft_filling: Literal["none", "gas", "fluid"] = "none"
    cement_mm3: float = 0.0
    screws: int = 0
    oedema: bool = False

    @property
    def treated(self) -> str:
        """What was put in: "cement", "implant" or nothing, as a segmentation names it; an implant goes first."""
        return "implant" if self.screws else "cement" if self.cement_mm3 > 0 else ""


def contents_of(vertebra: PhantomVertebra) -> TrueContents:
    """What is true of the inside of a vertebra's body."""
    comminution = vertebra.shape.comminution
    if comminution is None and not vertebra.inclusions:
        return TrueContents()
    cells = Cells.of(vertebra)
    at = cells.x, cells.y, cells.z

    def held(kind: type[LesionPart] | type[CleftPart] | type[CementPart]) -> float:
        parts = [part.distance(*at) for part in inclusion_parts(vertebra) if isinstance(part, kind)]
        return cells.volume_mm3(np.minimum.reduce(parts)) if parts else 0.0

    whole = vertebra.field.surface(*at)
    clefts = of_kind(vertebra.inclusions, Cleft)
    contents = TrueContents(
        lytic_fraction=held(LesionPart) / cells.volume_mm3(whole),
        cleft_mm3=held(CleftPart),
        cleft_filling=clefts[0].filling if clefts else "none",
        cement_mm3=held(CementPart),
        screws=sum(len(screws.sides) for screws in of_kind(vertebra.inclusions, PedicleScrews)),
        oedema=bool(of_kind(vertebra.inclusions, Oedema)),
    )
    if comminution is None:
        return contents
    body = vertebra.field.distances(*at).surface
    broken = np.maximum(body, vertebra.field.comminuted(*at))
    return replace(
        contents,
        comminuted_fraction=cells.volume_mm3(broken) / cells.volume_mm3(body),
        pieces=comminution.pieces,
        fracture_cleft_mm=comminution.cleft_mm,
        spread_mm=comminution.spread_mm,
    )
