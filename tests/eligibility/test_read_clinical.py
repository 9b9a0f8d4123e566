"""Is a clinical file read as it is written, and is a mistake in it named with its place?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vfa.eligibility import read_clinical
from vfa.errors import ClinicalRefused
from vfa.model.clinical import Answer

WHOLE = """
[patient]
age_years = 74
osteoporosis = "yes"
bleeding_disorder = "no"
inr = 1.1
medications = ["warfarin", "vitamin E"]
[levels.L1]
pain = "yes"
weeks_since_onset = 3
intent = "treatment"
"""


def written(folder: Path, text: str, name: str = "clinical.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str, name: str = "clinical.toml") -> str:
    with pytest.raises(ClinicalRefused) as caught:
        read_clinical(written(folder, text, name))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert name in sentence
    return sentence


def test_every_kind_of_answer_is_read(tmp_path: Path):
    clinical = read_clinical(written(tmp_path, WHOLE))
    assert clinical.patient("osteoporosis") is Answer.YES
    assert clinical.patient("bleeding_disorder") is Answer.NO
    assert clinical.patient("malignancy") is Answer.NOT_STATED
    assert clinical.patient_numbers == {"age_years": 74.0, "inr": 1.1}
    assert clinical.medications == ("warfarin", "vitamin E")
    assert clinical.at_level("L1", "pain") is Answer.YES
    assert clinical.level_numbers == {"L1": {"weeks_since_onset": 3.0}}
    assert clinical.level_words == {"L1": {"intent": "treatment"}}


def test_json_with_the_same_keys_says_the_same(tmp_path: Path):
    as_json = {
        "patient": {
            "age_years": 74,
            "osteoporosis": "yes",
            "bleeding_disorder": "no",
            "inr": 1.1,
            "medications": ["warfarin", "vitamin E"],
        },
        "levels": {"L1": {"pain": "yes", "weeks_since_onset": 3, "intent": "treatment"}},
    }
    from_json = read_clinical(written(tmp_path, json.dumps(as_json), "clinical.json"))
    from_toml = read_clinical(written(tmp_path, WHOLE))
    assert from_json.patient_answers == from_toml.patient_answers
    assert from_json.level_answers == from_toml.level_answers
    assert from_json.medications == from_toml.medications


def test_an_empty_file_states_nothing_and_no_medicines_are_not_the_same_as_none_stated(tmp_path: Path):
    empty = read_clinical(written(tmp_path, ""))
    assert (empty.patient_answers, empty.levels, empty.medications) == ({}, frozenset(), None)
    assert read_clinical(written(tmp_path, "[patient]\nmedications = []")).medications == ()


def test_a_level_that_is_named_without_answers_is_named(tmp_path: Path):
    assert read_clinical(written(tmp_path, "[levels.L2]\n")).levels == {"L2"}


def test_a_null_in_json_is_not_stated(tmp_path: Path):
    clinical = read_clinical(
        written(tmp_path, '{"patient": {"pain": null, "inr": null, "medications": null}}', "c.json")
    )
    assert clinical.patient("pain") is Answer.NOT_STATED
    assert (clinical.patient_numbers, clinical.medications) == ({}, None)


def test_a_file_saved_by_a_windows_editor_is_read(tmp_path: Path):
    path = tmp_path / "clinical.toml"
    path.write_bytes(b'\xef\xbb\xbf[patient]\r\nosteoporosis = "yes"\r\n')
    assert read_clinical(path).patient("osteoporosis") is Answer.YES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[patient]\n\nosteoporosys = "yes"', ("line 3", "patient.osteoporosys", "'osteoporosis'")),
        ('[levels.L1]\npian = "yes"', ("line 2", "levels.L1.pian", "'pain'")),
        ('[pateint]\nosteoporosis = "yes"', ("line 1", "'patient'")),
        ('[levels.L9]\npain = "yes"', ("line 1", "'L9'")),
        ('[levels.l1]\npain = "yes"', ("line 1", "'l1'", "'L1'")),
        ('[patient]\nosteoporosis = "Yes"', ("line 2", '"yes" or "no"', "'Yes'")),
        ("[patient]\nosteoporosis = true", ("line 2", '"yes" or "no"', "True")),
        ('[patient]\nosteoporosis = ""', ("line 2", '"yes" or "no"')),
        ("[patient]\nage_years = 740", ("line 2", "0 to 125", "740")),
        ('[patient]\nage_years = "74"', ("line 2", "0 to 125", "'74'")),
        ("[patient]\ninr = nan", ("line 2", "0.3 to 30", "nan")),
        ("[patient]\ninr = true", ("line 2", "0.3 to 30", "True")),
        ('[levels.L1]\nintent = "cure"', ("line 2", '"treatment" or "prophylactic"', "'cure'")),
        ('[patient]\nmedications = "warfarin"', ("line 2", "list of names", "'warfarin'")),
        ("[patient]\nmedications = [1]", ("line 2", "list of names")),
        ("levels = 3", ("line 1", "[levels.L1]")),
        ('levels.L1 = "yes"', ("line 1", "levels.L1")),
        ('patient = "yes"', ("line 1", "patient")),
        ('[patient]\npain = "yes"\npain = "no"\n', ("line 3",)),
        ('[patient\npain = "yes"', ("line 1",)),
        ('[patient]\na = "x"\nb = "y"', ("line 2", "1 more to correct")),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_expected(tmp_path: Path, text: str, said: tuple[str, ...]):
    sentence = refused(tmp_path, text)
    for words in said:
        assert words in sentence


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"patient": {"pain": "yes", "pain": "no"}}',
        '{"patient": []}',
        '{"patient": {"inr": NaN}}',
        "[" * 9000,
    ],
)
def test_malformed_json_is_refused_in_one_sentence(tmp_path: Path, text: str):
    assert refused(tmp_path, text, "clinical.json").count("clinical.json") == 1


def test_answers_that_contradict_each_other_are_refused(tmp_path: Path):
    sentence = refused(tmp_path, '[patient]\npain = "no"\n[levels.L1]\npain = "yes"')
    assert 'patient.pain is "no" but levels.L1.pain is "yes"' in sentence


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path):
    scan = tmp_path / "scan.dcm"
    scan.write_bytes(bytes(range(256)))
    for path in (scan, tmp_path, tmp_path / "absent.toml"):
        with pytest.raises(ClinicalRefused, match=path.name):
            read_clinical(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path):
    sentence = refused(tmp_path, "#" * 1_000_001)
    assert "right file" in sentence


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("[patient]\nosteoporosis = yes\n", "line 2", "osteoporosis = yes'; words stand in quotes"),
        ("[patient]\ninr = 1,1\n", "line 2", "decimals have a point"),
        ("[patient]\ninr = 1.1\ninr = 1.2\n", "line 3", "nothing is told twice"),
        ('[levels.L1]\npain = "yes"\n[levels.L1]\npain = "no"\n', "line 3", "[levels.L1]"),
        ("[patient\n", "line 1", "'[patient'"),
    ],
)
def test_what_is_no_toml_is_shown_with_its_line_and_what_is_usually_wrong(
    tmp_path: Path, text: str, place: str, hint: str
):
    sentence = refused(tmp_path, text)
    assert f"clinical.toml, {place}: the clinical file is malformed" in sentence
    assert hint in sentence


def test_a_key_in_the_wrong_table_is_told_where_it_belongs(tmp_path: Path):
    assert "under [patient]" in refused(tmp_path, '[levels.L1]\nosteoporosis = "yes"\n')
    assert "such as [levels.L1]" in refused(tmp_path, '[patient]\ntenderness = "yes"\n')


def test_a_key_without_its_unit_is_completed(tmp_path: Path):
    assert "did you mean 'age_years'" in refused(tmp_path, "[patient]\nage = 74\n")
    assert "did you mean 'platelets_10e9_per_l'" in refused(tmp_path, "[patient]\nplatelets = 240\n")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_is_to_be_saved_as_utf_8(tmp_path: Path, encoding: str):
    path = tmp_path / "clinical.toml"
    path.write_bytes('[patient]\nmedications = ["Blutverd\u00fcnner"]\n'.encode(encoding))
    with pytest.raises(ClinicalRefused, match="save it as UTF-8"):
        read_clinical(path)
