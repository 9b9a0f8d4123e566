"""Which classes of a fracture classification may a level belong to? A suggestion with its evidence, never a finding."""

from __future__ import annotations

from dataclasses import dataclass

AO_CLASSES = ("A0", "A1", "A2", "A3", "A4")
OF_CLASSES = ("OF1", "OF2", "OF3", "OF4", "OF5")


@dataclass(frozen=True)
class FractureClasses:
    """Every class that fits what was seen; several where they cannot be told apart, none where too little was seen.

    Args:
        ao: classes of the AO Spine thoracolumbar classification, A0–A4.
        of: classes of the osteoporotic fracture classification of the DGOU, OF1–OF5.
        because: what they rest on, or why there are none.

    Raises:
        ValueError: for a class that does not exist.
    """

    ao: tuple[str, ...]
    of: tuple[str, ...]
    because: str

    def __post_init__(self) -> None:
        strangers = sorted((set(self.ao) - set(AO_CLASSES)) | (set(self.of) - set(OF_CLASSES)))
        if strangers:
            raise ValueError(f"expected classes among {AO_CLASSES} and {OF_CLASSES}, got {', '.join(strangers)}")


NOT_LOOKED_AT = FractureClasses((), (), "no class was looked for")
