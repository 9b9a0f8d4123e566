"""Which levels a reader is shown in detail, and in which order."""

from __future__ import annotations

import dataclasses

from tests.report import made_up
from vfa.model.assessment import Assessment, Conclusion, ProcedureAssessment
from vfa.model.findings import StudyFindings
from vfa.model.morphometry import FractureStatus
from vfa.report import overview
from vfa.report.contract import AssessmentFile, Clinical
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


def test_a_level_that_was_not_measured_takes_one_line_whatever_was_concluded() -> None:
    still_open = document(T11=Conclusion.INDETERMINATE)
    assert levels(overview.candidates(still_open)) == ["L1"]
    assert levels(overview.not_judged(still_open)) == ["T11"]
    assert overview.conclusions_without_measurement(still_open) == {"open": ["T11"]}
    decided = document(T11=Conclusion.CONTRAINDICATED)
    assert levels(overview.candidates(decided)) == ["L1"]
    assert overview.conclusions_without_measurement(decided) == {"vertebroplasty contraindicated": ["T11"]}


def test_a_level_that_the_clinical_answers_name_is_shown_even_unmeasured() -> None:
    named = document(T11=Conclusion.INDETERMINATE).model_copy(update={"clinical": Clinical(levels={"T11": {}})})
    assert levels(overview.candidates(named)) == ["L1", "T11"]
    assert overview.not_judged(named) == ()


def two_profiles(other: Conclusion) -> AssessmentFile:
    study = made_up.findings()
    leading, second = concluding(Conclusion.INDETERMINATE), concluding(other)
    return to_document(Assessment(study, {"seed": {"L1": leading}, "ours": {"L1": second}}))


def test_profiles_stand_side_by_side_and_those_that_dissent_apart_from_those_that_agree() -> None:
    dissent, agree = two_profiles(Conclusion.CONTRAINDICATED), two_profiles(Conclusion.INDETERMINATE)
    assert overview.side_by_side(dissent) == (
        ("L1", "vertebroplasty", {"seed": "indeterminate", "ours": "contraindicated"}),
    )
    l1 = dissent.vertebrae[2]
    assert [(profile, name) for profile, name, _ in overview.dissenting(dissent, l1)] == [("ours", "vertebroplasty")]
    assert overview.agreeing(dissent, l1) == ()
    assert overview.dissenting(agree, agree.vertebrae[2]) == ()
    assert [profile for profile, _, _ in overview.agreeing(agree, agree.vertebrae[2])] == ["ours"]


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


def with_notes(**notes: tuple[str, ...]) -> AssessmentFile:
    """L1 and L2 judged indeterminate, each with its own notes."""
    judged = {level: concluding(Conclusion.INDETERMINATE) for level in notes}
    judged = {level: (dataclasses.replace(one[0], notes=notes[level]), *one[1:]) for level, one in judged.items()}
    return to_document(Assessment(made_up.findings(), {"seed": judged}))


def test_a_note_of_several_levels_is_told_once_with_their_names() -> None:
    made = with_notes(L1=("silent", "only here"), L2=("silent",))
    assert overview.told_once(made) == {"silent": ["L1", "L2"]}
    assert overview.told_once(with_notes(L1=("silent",))) == {}


def test_the_strip_never_shows_an_uncertain_fracture_as_a_grade() -> None:
    made = document()
    l1 = made.vertebrae[2]
    doubtful = l1.model_copy(update={"deformity": l1.deformity.model_copy(update={"fracture": "indeterminate"})})
    uncertain = made.model_copy(update={"vertebrae": (*made.vertebrae[:2], doubtful, made.vertebrae[3])})
    assert [one.state for one in overview.strip(made)] == ["unmeasured", "grade0", "grade2", "grade0"]
    assert overview.strip(uncertain)[2] == overview.Stretch("L1", "uncertain", "uncertain, −31.0 %")


def test_what_a_reader_changed_is_remarked() -> None:
    made = document()
    l1 = made.vertebrae[2].model_copy(update={"edited_by_reader": ("level", "height_lines.anterior")})
    edited = made.model_copy(update={"vertebrae": (*made.vertebrae[:2], l1, made.vertebrae[3])})
    assert overview.remarks_on_levels(edited)["changed by a reader: the name and the anterior height line"] == ["L1"]
