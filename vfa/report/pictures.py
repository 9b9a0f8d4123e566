"""Which pictures does an answer come with? The whole spine, and close-ups of the levels told in detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vfa.model.findings import StudyFindings
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.report import contract as c
from vfa.report import overview
from vfa.report.figures import spine_figure
from vfa.report.level_pictures import LevelPictures, level_pictures


@dataclass(frozen=True)
class Pictures:
    """The pictures of one answer, as PNG.

    Args:
        spine: the whole spine from the side; None where no vertebra was found.
        levels: close-ups by level.
    """

    spine: bytes | None = None
    levels: Mapping[str, LevelPictures] = field(default_factory=dict)


def draw_pictures(
    document: c.AssessmentFile, findings: StudyFindings, images: tuple[Volume | None, Spine | None]
) -> Pictures:
    """The pictures of a document, from the findings and images it was made from."""
    if not findings.vertebrae:
        return Pictures()
    shown = [vertebra.level for vertebra in overview.candidates(document)]
    return Pictures(spine_figure(*images, findings), level_pictures(*images, findings, shown))
