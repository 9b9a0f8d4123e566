"""What is known from an earlier examination of the same patient?"""

from __future__ import annotations

from dataclasses import dataclass

from vfa.model.estimate import Unmeasurable
from vfa.model.morphometry import FractureStatus, ThreeHeights
from vfa.model.volume import Modality


@dataclass(frozen=True)
class PriorBody:
    """One vertebra of a prior examination.

    Args:
        level: its name then.
        centre: heights of the central third, mm.
        left: of the patient's left third.
        right: of the right third.
        fracture: what was said of it then; None when nothing could be said.
        treated: whether it held cement or an implant then.
    """

    level: str
    centre: ThreeHeights | Unmeasurable
    left: ThreeHeights | Unmeasurable
    right: ThreeHeights | Unmeasurable
    fracture: FractureStatus | None
    treated: bool


@dataclass(frozen=True)
class PriorStudy:
    """A prior examination, as far as heights are compared with it.

    Args:
        study_instance_uid: empty when its files carried none.
        modality: of the series it was measured on; None for masks alone.
        bodies: from head to foot.
    """

    study_instance_uid: str
    modality: Modality | None
    bodies: tuple[PriorBody, ...]

    def __getitem__(self, level: str) -> PriorBody:
        for body in self.bodies:
            if body.level == level:
                return body
        raise KeyError(level)

    @property
    def levels(self) -> tuple[str, ...]:
        """The names, from head to foot."""
        return tuple(body.level for body in self.bodies)
