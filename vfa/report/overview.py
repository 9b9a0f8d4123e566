"""Which levels need a reader's eye, which do not, and what was not measured for the same reason?

Questions about the whole document that table and page ask alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from vfa.report import contract as c
from vfa.report.words import why_missing


def candidates(document: c.AssessmentFile) -> tuple[c.Vertebra, ...]:
    """Levels shown in detail: a fracture present or uncertain, or any conclusion other than "no indication"."""
    return tuple(vertebra for vertebra in document.vertebrae if _is_candidate(vertebra))


def _is_candidate(vertebra: c.Vertebra) -> bool:
    if isinstance(vertebra.deformity, c.Deformity) and vertebra.deformity.fracture != "absent":
        return True
    judged = [vertebra.procedures, *vertebra.other_profiles.values()]
    return any(one.conclusion != "no_indication" for procedures in judged for one in procedures.values())


def without_indication(document: c.AssessmentFile) -> dict[str, list[str]]:
    """The other levels, grouped by the sentence why nothing is indicated there: sentence → levels."""
    grouped: dict[str, list[str]] = {}
    shown = {vertebra.level for vertebra in candidates(document)}
    for vertebra in document.vertebrae:
        if vertebra.level in shown or not vertebra.procedures:
            continue
        sentences = dict.fromkeys(one.because for one in vertebra.procedures.values())
        grouped.setdefault(" ".join(sentences), []).append(vertebra.level)
    return grouped


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
