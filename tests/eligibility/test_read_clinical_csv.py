"""Is a cohort's table read row by row, and is every mistake in it named with line and column?"""

from __future__ import annotations

from pathlib import Path

import pytest

from vfa.eligibility import PatientAnswers, read_clinical, read_clinical_cohort
from vfa.errors import ClinicalRefused
from vfa.model.clinical import Answer


def written(folder: Path, text: str) -> Path:
    path = folder / "cohort.csv"
    path.write_text(text, encoding="utf-8")
    return path


def cohort(folder: Path, text: str) -> dict[str, PatientAnswers]:
    return {one.patient_id: one for one in read_clinical_cohort(written(folder, text))}


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ClinicalRefused) as caught:
        read_clinical_cohort(written(folder, text))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(str(folder / "cohort.csv"))
    return sentence


def test_one_row_is_one_patient(tmp_path: Path):
    told = cohort(
        tmp_path, "patient_id,age_years,osteoporosis,medications\nP7,74,yes,warfarin; vitamin E\nP8,,no,none\n"
    )
    p7, p8 = told["P7"].clinical, told["P8"].clinical
    assert p7.patient_numbers == {"age_years": 74.0}
    assert (p7.patient("osteoporosis"), p8.patient("osteoporosis")) == (Answer.YES, Answer.NO)
    assert (p7.medications, p8.medications) == (("warfarin", "vitamin E"), ())
    assert p8.patient_numbers == {}
    assert told["P8"].lines == (3,)


def test_rows_of_levels_come_together_in_their_patient(tmp_path: Path):
    text = "patient_id,osteoporosis,level,level.pain,weeks_since_onset,intent\nP7,yes,L1,yes,3,treatment\nP7,,L3,no,,\n"
    told = cohort(tmp_path, text)["P7"]
    assert told.lines == (2, 3)
    assert told.clinical.patient("osteoporosis") is Answer.YES
    assert told.clinical.at_level("L1", "pain") is Answer.YES
    assert told.clinical.at_level("L3", "pain") is Answer.NO
    assert told.clinical.level_numbers["L1"] == {"weeks_since_onset": 3.0}
    assert told.clinical.level_words["L1"] == {"intent": "treatment"}


def test_a_level_can_stand_in_the_column_too(tmp_path: Path):
    told = cohort(tmp_path, "patient_id,levels.L1.pain,levels.L3.pain,patient.pain\nP7,yes,,yes\n")["P7"].clinical
    assert told.at_level("L1", "pain") is Answer.YES
    assert told.levels == {"L1"}
    assert told.patient("pain") is Answer.YES


def test_a_level_named_without_answers_is_named(tmp_path: Path):
    assert cohort(tmp_path, "patient_id,level\nP7,L2\n")["P7"].clinical.levels == {"L2"}


def test_studies_of_one_patient_are_kept_apart(tmp_path: Path):
    text = "study_instance_uid,patient_id,osteoporosis\n1.2,P7,yes\n1.3,P7,no\n"
    told = read_clinical_cohort(written(tmp_path, text))
    assert [(one.study_instance_uid, one.clinical.patient("osteoporosis")) for one in told] == [
        ("1.2", Answer.YES),
        ("1.3", Answer.NO),
    ]


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path):
    path = tmp_path / "cohort.csv"
    path.write_bytes(b"\xef\xbb\xbfpatient_id;osteoporosis\r\nP7;Yes\r\n;\r\n")
    (told,) = read_clinical_cohort(path)
    assert told.clinical.patient("osteoporosis") is Answer.YES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patient_id,osteoporosys\nP7,yes\n", ("line 1", "osteoporosys", "'osteoporosis'")),
        ("patient_id,comment,osteoporosis,ward\nP7,a,yes,b\n", ("line 1", "comment, ward")),
        ("osteoporosis\nyes\n", ("line 1", "patient_id or study_instance_uid")),
        ("", ("line 1", "an empty file")),
        ("patient_id,inr,inr\nP7,1,1\n", ("line 1", "twice: inr")),
        ("patient_id,level,pain\nP7,L1,yes\n", ("line 1", "patient.pain or level.pain")),
        ("patient_id,osteoporosis\nP7,maybe\n", ("line 2", "column 'osteoporosis'", "'maybe'")),
        ("patient_id,inr\nP7,1\nP8,300\n", ("line 3", "column 'inr'", "0.3 to 30")),
        ("patient_id,inr\nP7,high\n", ("line 2", "column 'inr'", "'high'")),
        ("patient_id,level,tenderness\nP7,L9,yes\n", ("line 2", "'L9'")),
        ("patient_id,level,tenderness\nP7,,yes\n", ("line 2", "column 'tenderness'", "names none")),
        ("patient_id,osteoporosis\n,yes\n", ("line 2", "neither patient nor study")),
        ("patient_id,osteoporosis\nP7,yes,no\n", ("line 2", "3 cells under 2 columns")),
        ("patient_id,osteoporosis\nP7,yes\nP7,no\n", ("line 3", "column 'osteoporosis'", "line 2: yes")),
        ("patient_id,malignancy,metastasis\nP7,no,yes\n", ("line 2", "one of them must be wrong")),
        ('patient_id,osteoporosis\nP7,"yes\n', ("line 2", "no well-formed CSV")),
    ],
)
def test_a_mistake_is_named_with_its_line_and_column(tmp_path: Path, text: str, said: tuple[str, ...]):
    sentence = refused(tmp_path, text)
    for words in said:
        assert words in sentence


def test_a_table_of_one_patient_is_a_clinical_file_and_one_of_two_is_not(tmp_path: Path):
    one = written(tmp_path, "patient_id,osteoporosis\nP7,yes\n")
    assert read_clinical(one).patient("osteoporosis") is Answer.YES
    two = written(tmp_path, "patient_id,osteoporosis\nP7,yes\nP8,no\n")
    with pytest.raises(ClinicalRefused, match="2 patients"):
        read_clinical(two)


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path):
    scan = tmp_path / "scan.csv"
    scan.write_bytes(bytes(range(256)))
    for path in (scan, tmp_path / "absent.csv"):
        with pytest.raises(ClinicalRefused, match=path.name):
            read_clinical_cohort(path)


def test_a_spreadsheets_decimal_commas_are_read_where_semicolons_part_the_columns(tmp_path: Path):
    told = cohort(tmp_path, "patient_id;inr;medications\nP7;1,1;warfarin, daily\n")
    assert told["P7"].clinical.patient_numbers == {"inr": 1.1}
    assert told["P7"].clinical.medications == ("warfarin, daily",)
    assert "column 'inr'" in refused(tmp_path, 'patient_id,inr\nP7,"1,1"\n')


def test_columns_parted_by_tabs_are_told_how_to_be_parted(tmp_path: Path):
    assert "not by tabs" in refused(tmp_path, "patient_id\tinr\nP7\t1.1\n")
