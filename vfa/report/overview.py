"""Which levels need a reader's eye, which do not, and what was not measured for the same reason?

Questions about the whole document that table and page ask alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vfa.model.input_words import listed
from vfa.report import contract as c
from vfa.report.words import NOT_MEASURED, changed_by_reader, percent, why_missing, why_unmeasured

FRACTURE_FIRST = ("present", "indeterminate", "absent")


def candidates(document: c.AssessmentFile) -> tuple[c.Vertebra, ...]:
    """Levels shown in detail, fractured ones first, then uncertain ones, each from head to foot.

    A level is one when a fracture is present or uncertain, when the clinical answers name it, or when it was measured
    and a conclusion is anything but "no indication".
    """
    shown = [vertebra for vertebra in document.vertebrae if _is_candidate(vertebra, document)]
    return tuple(sorted(shown, key=_urgency))


def _urgency(vertebra: c.Vertebra) -> int:
    if isinstance(vertebra.deformity, c.Missing):
        return len(FRACTURE_FIRST)
    return FRACTURE_FIRST.index(vertebra.deformity.fracture)


def _is_candidate(vertebra: c.Vertebra, document: c.AssessmentFile) -> bool:
    if vertebra.level in document.clinical.levels:
        return True
    if isinstance(vertebra.deformity, c.Deformity) and vertebra.deformity.fracture != "absent":
        return True
    return isinstance(vertebra, c.MeasuredVertebra) and bool(_conclusions(vertebra) - {"no_indication"})


def _conclusions(vertebra: c.Vertebra) -> set[str]:
    judged = [vertebra.procedures, *vertebra.other_profiles.values()]
    return {one.conclusion for procedures in judged for one in procedures.values()}


def without_indication(document: c.AssessmentFile) -> dict[str, list[str]]:
    """Levels where nothing is indicated, grouped by the sentence why: sentence → levels."""
    grouped: dict[str, list[str]] = {}
    for vertebra in document.vertebrae:
        if _conclusions(vertebra) == {"no_indication"} and not _is_candidate(vertebra, document):
            # The line names the levels, so that a sentence that names its own is said once for all of them.
            sentences = [one.because.replace(f" at {vertebra.level}", "") for one in vertebra.procedures.values()]
            grouped.setdefault(" ".join(dict.fromkeys(sentences)), []).append(vertebra.level)
    return grouped


def not_judged(document: c.AssessmentFile) -> tuple[c.Vertebra, ...]:
    """Levels that could not be measured and that nobody named: open, or decided by answers about the patient alone."""
    return tuple(
        vertebra
        for vertebra in document.vertebrae
        if _conclusions(vertebra) - {"no_indication"} and not _is_candidate(vertebra, document)
    )


def conclusions_without_measurement(document: c.AssessmentFile) -> dict[str, list[str]]:
    """The same levels in a line for each conclusion they share: words → levels."""
    grouped: dict[str, list[str]] = {}
    for vertebra in not_judged(document):
        decided = [
            f"{name} {one.conclusion}"
            for name, one in vertebra.procedures.items()
            if one.conclusion in ("contraindicated", "no_exclusion_found")
        ]
        grouped.setdefault(listed(decided) if decided else "open", []).append(vertebra.level)
    return grouped


Judged = dict[str, str]  # profile → conclusion; a profile without rules for the procedure is missing


def side_by_side(document: c.AssessmentFile) -> tuple[tuple[str, str, Judged], ...]:
    """What every profile concludes: (level, procedure, conclusions), one for each procedure of each candidate."""
    leading = document.profiles[0] if document.profiles else ""
    rows: list[tuple[str, str, Judged]] = []
    for vertebra in candidates(document):
        profiles = {leading: vertebra.procedures, **vertebra.other_profiles}
        for name in dict.fromkeys(str(name) for procedures in profiles.values() for name in procedures):
            concluded: Judged = {
                profile: one.conclusion
                for profile, procedures in profiles.items()
                for procedure, one in procedures.items()
                if procedure == name
            }
            rows.append((vertebra.level, name, concluded))
    return tuple(rows)


OtherJudgement = tuple[str, str, c.Procedure]  # profile, procedure, what the profile says


def dissenting(document: c.AssessmentFile, vertebra: c.Vertebra) -> tuple[OtherJudgement, ...]:
    """The judgements of other profiles that conclude otherwise than the leading one at this level."""
    return tuple(one for one in _of_others(document, vertebra) if not _agrees(one, vertebra))


def dissent_in_short(document: c.AssessmentFile, vertebra: c.Vertebra) -> dict[tuple[str, str, str], list[str]]:
    """The same told once where a profile says the same of both: (profile, conclusion, because) → procedures."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for profile, name, judged in dissenting(document, vertebra):
        grouped.setdefault((profile, judged.conclusion, judged.because), []).append(name)
    return grouped


def agreeing(document: c.AssessmentFile, vertebra: c.Vertebra) -> tuple[OtherJudgement, ...]:
    """The judgements of other profiles that conclude the same, perhaps for other reasons."""
    return tuple(one for one in _of_others(document, vertebra) if _agrees(one, vertebra))


def _of_others(document: c.AssessmentFile, vertebra: c.Vertebra) -> Iterable[OtherJudgement]:
    for profile in document.profiles[1:]:
        for name, judged in vertebra.other_profiles.get(profile, {}).items():
            yield profile, name, judged


def _agrees(other: OtherJudgement, vertebra: c.Vertebra) -> bool:
    leading = {str(name): one.conclusion for name, one in vertebra.procedures.items()}
    return leading.get(other[1]) == other[2].conclusion


def remarks_on_levels(document: c.AssessmentFile) -> dict[str, list[str]]:
    """What was remarked on masks and measurements, and what a reader changed: sentence → levels."""
    grouped: dict[str, list[str]] = {}
    for vertebra in document.vertebrae:
        for sentence in (*vertebra.quality, *changed_by_reader(vertebra.edited_by_reader)):
            grouped.setdefault(sentence, []).append(vertebra.level)
    return grouped


def unmeasured_by_reason(document: c.AssessmentFile) -> dict[str, list[str]]:
    """Levels without heights: why → levels."""
    grouped: dict[str, list[str]] = {}
    for vertebra in unmeasured_levels(document):
        grouped.setdefault(why_unmeasured(vertebra), []).append(vertebra.level)
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


def told_once(document: c.AssessmentFile) -> dict[str, list[str]]:
    """Notes of the leading profile that hold at several of the levels told in detail: note → levels.

    They are printed once, beneath those levels, rather than at each of them.
    """
    grouped: dict[str, list[str]] = {}
    for vertebra in candidates(document):
        for note in dict.fromkeys(note for one in vertebra.procedures.values() for note in one.notes):
            grouped.setdefault(note, []).append(vertebra.level)
    return {note: levels for note, levels in grouped.items() if len(levels) > 1}


@dataclass(frozen=True)
class Stretch:
    """One vertebra in the strip that shows the whole spine.

    Args:
        state: "grade0" to "grade3", "uncertain", or "unmeasured".
        says: what stands under its name.
    """

    level: str
    state: str
    says: str


def strip(document: c.AssessmentFile) -> tuple[Stretch, ...]:
    """The whole spine from head to foot, by grade; an uncertain fracture is never shown as a sure one."""
    return tuple(_stretch(vertebra) for vertebra in document.vertebrae)


def _stretch(vertebra: c.Vertebra) -> Stretch:
    deformity, loss = vertebra.deformity, vertebra.height_loss
    if isinstance(deformity, c.Missing) or isinstance(loss, c.Missing):
        return Stretch(vertebra.level, "unmeasured", "not judged" if vertebra.status == "measured" else NOT_MEASURED)
    if deformity.fracture == "absent":
        return Stretch(vertebra.level, "grade0", "intact")
    lost = f"−{percent(loss.fraction)}"
    if deformity.fracture == "indeterminate":
        return Stretch(vertebra.level, "uncertain", f"uncertain, {lost}")
    return Stretch(vertebra.level, f"grade{deformity.genant_grade}", f"grade {deformity.genant_grade}, {lost}")


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


def account_by_procedure(document: c.AssessmentFile) -> dict[str, list[c.AccountItem]]:
    """The account for the patient: procedure → questions with answers."""
    grouped: dict[str, list[c.AccountItem]] = {}
    for item in document.readiness.account:
        grouped.setdefault(item.procedure, []).append(item)
    return grouped
