"""Clinical answers for a whole export: whom a row is about, what it says, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfa.batch.clinical_table import ClinicalAnswers, join, read_table
from vfa.batch.scan import StudyFiles
from vfa.eligibility import read_clinical
from vfa.errors import ClinicalRefused
from vfa.model.clinical import Answer

STUDIES = [StudyFiles(uid, (patient,), (), "", ".") for uid, patient in (("1.1", "P1"), ("1.2", "P1"), ("1.3", "P2"))]


def joined(text: str, folder: Path) -> ClinicalAnswers:
    table = folder / "table.csv"
    table.write_text(text, encoding="utf-8")
    return join(read_table(table), STUDIES, folder / "clinical")


def test_a_row_of_a_patient_holds_for_all_of_its_studies_and_one_of_a_study_for_that_one(tmp_path: Path) -> None:
    answers = joined(
        "PatientID,StudyInstanceUID,osteoporosis,age_years,medications,levels.L1.pain\n"
        "P1,,yes,74,warfarin; vitamin D,\n"
        "P1,1.2,,,,yes\n",
        tmp_path,
    )
    assert set(answers.files) == {"1.1", "1.2"}
    first, second = (read_clinical(answers.files[uid]) for uid in ("1.1", "1.2"))
    assert first.patient("osteoporosis") is second.patient("osteoporosis") is Answer.YES
    assert first.patient_numbers == {"age_years": 74.0}
    assert first.medications == ("warfarin", "vitamin D")
    assert first.levels == frozenset()
    assert second.at_level("L1", "pain") is Answer.YES
    assert answers.unmatched == ()


def test_a_column_level_gives_one_row_per_level(tmp_path: Path) -> None:
    answers = joined(
        "study_instance_uid;level;level.pain;level.weeks_since_onset;patient.pain\n1.3;L1;yes;3;\n1.3;T12;no;;\n",
        tmp_path,
    )
    clinical = read_clinical(answers.files["1.3"])
    assert (clinical.at_level("L1", "pain"), clinical.at_level("T12", "pain")) == (Answer.YES, Answer.NO)
    assert clinical.level_numbers["L1"] == {"weeks_since_onset": 3.0}
    assert clinical.patient("pain") is Answer.NOT_STATED


def test_rows_of_nobody_are_listed(tmp_path: Path) -> None:
    answers = joined("patient_id,study_instance_uid,pain\nP9,,yes\nP2,1.1,yes\nP2,,yes\n", tmp_path)
    assert [failure.where for failure in answers.unmatched] == [
        "row 2 of the clinical table",
        "row 3 of the clinical table",  # study 1.1 is P1's
    ]
    assert set(answers.files) == {"1.3"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("P2,maybe,", "osteoporosis"),
        ("P2,yes,\nP2,no,", "in one row and 'no' in row 4"),
        ("P2,,200", "age_years"),
    ],
)
def test_a_row_that_cannot_be_true_is_a_failure_of_its_study_alone(tmp_path: Path, rows: str, said: str) -> None:
    answers = joined(f"patient_id,osteoporosis,age_years\nP1,yes,80\n{rows}\n", tmp_path)
    assert set(answers.files) == {"1.1", "1.2"}
    failure = answers.refused["1.3"]
    assert failure.reason == "clinical_refused"
    assert said in failure.why
    assert "row 3" in failure.where
    assert str(tmp_path) not in failure.why


def test_an_unknown_column_is_refused_for_every_study_that_answers_it(tmp_path: Path) -> None:
    answers = joined("patient_id,osteoperosis\nP2,yes\n", tmp_path)
    assert "did you mean 'osteoporosis'" in answers.refused["1.3"].why


@pytest.mark.parametrize("text", ["", "name,pain\nJane,yes\n", "patient_id,pain\nP1,yes,no\n"])
def test_a_table_that_says_of_nobody_or_has_loose_cells_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ClinicalRefused):
        joined(text, tmp_path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClinicalRefused, match="cannot be read"):
        read_table(tmp_path / "nowhere.csv")
