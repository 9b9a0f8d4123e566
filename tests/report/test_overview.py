"""Which levels a reader is shown in detail, and in which order."""

from __future__ import annotations

import dataclasses

from tests.report import made_up
from vfa.model.assessment import Assessment, Conclusion, ProcedureAssessment
from vfa.model.findings import StudyFindings
from vfa.model.morphometry import FractureStatus
from vfa.report import overview
from vfa.report.contract import AssessmentFile
from vfa.report.document import to_document


def concluding(conclusion: Conclusion, because: str = "so") -> tuple[ProcedureAssessment, ...]:
    return (ProcedureAssessment("vertebroplasty", conclusion, because, ()),)


def document(**conclusions: Conclusion) -> AssessmentFile:
    """The made-up study with one conclusion per level, all others without indication."""
    study = made_up.findings()
    judged = {
        vertebra.level: concluding(
            conclusions.get(vertebra.level, Conclusion.NO_INDICATION), f"Nothing is seen at {vertebra.level}, so far."
        )
        for vertebra in study.vertebrae
    }
    return to_document(Assessment(study, {"seed": judged}))


def levels(vertebrae: tuple[object, ...]) -> list[str]:
    return [str(getattr(vertebra, "level")) for vertebra in vertebrae]  # noqa: B009


def test_a_fractured_level_is_shown_whatever_was_concluded() -> None:
    assert levels(overview.candidates(document())) == ["L1"]


def test_an_intact_level_is_shown_when_something_was_decided_there() -> None:
    shown = overview.candidates(document(L2=Conclusion.CONTRAINDICATED, T12=Conclusion.INDETERMINATE))
    assert levels(shown) == ["L1", "T12", "L2"]  # the fracture first


def test_an_uncertain_fracture_comes_after_a_certain_one() -> None:
    study = made_up.findings()
    uncertain = dataclasses.replace(study["T12"].deformity, fracture=FractureStatus.INDETERMINATE)
    t12 = dataclasses.replace(study["T12"], deformity=uncertain)
    drawn = StudyFindings(study.series, "", "", (t12, study["L1"], study["L2"]))
    assert levels(overview.candidates(to_document(made_up.assessment(drawn)))) == ["L1", "T12"]


def test_a_level_that_was_not_measured_is_listed_as_open_unless_it_was_decided() -> None:
    still_open = document(T11=Conclusion.INDETERMINATE)
    assert levels(overview.candidates(still_open)) == ["L1"]
    assert levels(overview.not_judged(still_open)) == ["T11"]
    decided = document(T11=Conclusion.CONTRAINDICATED)
    assert levels(overview.candidates(decided)) == ["L1", "T11"]
    assert overview.not_judged(decided) == ()


def test_levels_with_the_same_sentence_but_for_their_name_share_it() -> None:
    assert overview.without_indication(document()) == {"Nothing is seen, so far.": ["T11", "T12", "L2"]}


def test_no_level_is_lost_between_the_lists() -> None:
    for conclusion in Conclusion:
        made = document(T11=conclusion, T12=conclusion)
        listed = [
            *levels(overview.candidates(made)),
            *levels(overview.not_judged(made)),
            *(level for group in overview.without_indication(made).values() for level in group),
        ]
        assert sorted(listed) == sorted(("T11", "T12", "L1", "L2"))
