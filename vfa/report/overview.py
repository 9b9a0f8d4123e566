"""Which levels need a reader's eye, which do not, and what was not measured for the same reason?

Questions about the whole document that table and page ask alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from vfa.report import contract as c
from vfa.report.words import why_missing

FRACTURE_FIRST = ("present", "indeterminate", "absent")


def candidates(document: c.AssessmentFile) -> tuple[c.Vertebra, ...]:
    """Levels shown in detail, fractured ones first, then uncertain ones, each from head to foot.

    A level is one when a fracture is present or uncertain, or a conclusion is anything but "no indication"; a level
    that was not measured only when it was decided all the same.
    """
    shown = [vertebra for vertebra in document.vertebrae if _is_candidate(vertebra)]
    return tuple(sorted(shown, key=_urgency))


def _urgency(vertebra: c.Vertebra) -> int:
    if isinstance(vertebra.deformity, c.Missing):
        return len(FRACTURE_FIRST)
    return FRACTURE_FIRST.index(vertebra.deformity.fracture)


def _is_candidate(vertebra: c.Vertebra) -> bool:
    if isinstance(vertebra.deformity, c.Deformity) and vertebra.deformity.fracture != "absent":
        return True
    undecided = {"no_indication"} if isinstance(vertebra, c.MeasuredVertebra) else {"no_indication", "indeterminate"}
    return bool(_conclusions(vertebra) - undecided)


def _conclusions(vertebra: c.Vertebra) -> set[str]:
    judged = [vertebra.procedures, *vertebra.other_profiles.values()]
    return {one.conclusion for procedures in judged for one in procedures.values()}


def without_indication(document: c.AssessmentFile) -> dict[str, list[str]]:
    """Levels where nothing is indicated, grouped by the sentence why: sentence → levels."""
    grouped: dict[str, list[str]] = {}
    for vertebra in document.vertebrae:
        if _conclusions(vertebra) == {"no_indication"} and not _is_candidate(vertebra):
            # The line names the levels, so that a sentence that names its own is said once for all of them.
            sentences = [one.because.replace(f" at {vertebra.level}", "") for one in vertebra.procedures.values()]
            grouped.setdefault(" ".join(dict.fromkeys(sentences)), []).append(vertebra.level)
    return grouped


def not_judged(document: c.AssessmentFile) -> tuple[c.Vertebra, ...]:
    """Levels that could not be measured and so remain open for every procedure."""
    return tuple(
        vertebra
        for vertebra in document.vertebrae
        if "indeterminate" in _conclusions(vertebra) and not _is_candidate(vertebra)
    )


def unmeasured_levels(document: c.AssessmentFile) -> tuple[c.UnmeasuredVertebra, ...]:
    """Levels without heights."""
    return tuple(vertebra for vertebra in document.vertebrae if isinstance(vertebra, c.UnmeasuredVertebra))


def gaps(document: c.AssessmentFile) -> dict[tuple[str, str], list[str]]:
    """What is missing at levels that were measured: (quantity, why) → levels, from head to foot."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for vertebra in document.vertebrae:
        if isinstance(vertebra, c.MeasuredVertebra):
            for name, part in _parts_of_table(vertebra):
                if isinstance(part, c.Missing):
                    grouped.setdefault((name, why_missing(part)), []).append(vertebra.level)
    return grouped


def _parts_of_table(vertebra: c.Vertebra) -> Iterable[tuple[str, object]]:
    yield "height loss", vertebra.height_loss
    yield "fracture", vertebra.deformity
    yield "posterior wall", vertebra.posterior_wall


def conclusions_at_a_glance(document: c.AssessmentFile) -> str:
    """Whether anything was measured at all, as one sentence."""
    measured = len(document.vertebrae) - len(unmeasured_levels(document))
    if not document.vertebrae:
        return "No vertebra was found."
    if not measured:
        return "No vertebra could be measured."
    fractured = [
        vertebra.level
        for vertebra in document.vertebrae
        if isinstance(vertebra.deformity, c.Deformity) and vertebra.deformity.fracture == "present"
    ]
    found = f"fracture at {', '.join(fractured)}" if fractured else "no level with a definite fracture"
    return f"{measured} of {len(document.vertebrae)} vertebrae measured; {found}."
