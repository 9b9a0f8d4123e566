"""The table of codes agrees with the lists the codes were taken from."""

from __future__ import annotations

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code

from vfa.model.anatomy import LEVELS
from vfa.report import dicom_codes as codes

OUTSIDE_PS3_16 = {"3572006", "65985001"}  # vertebral body, S1: TotalSegmentator's table


def in_standard(code: Code) -> bool:
    return any(code.value in by_code for by_code in concepts[code.scheme_designator].values())


def public_codes() -> list[Code]:
    single = [value for value in vars(codes).values() if isinstance(value, Code)]
    return [code for code in (*single, *codes.VERTEBRA_OF_LEVEL.values()) if code.scheme_designator != "RADELEMENT"]


@pytest.mark.parametrize("code", public_codes(), ids=lambda code: code.meaning)
def test_a_public_code_stands_in_the_standards_own_dictionary(code: Code) -> None:
    assert in_standard(code) != (code.value in OUTSIDE_PS3_16)


def test_a_vertebras_code_is_the_one_the_dictionary_names_so() -> None:
    for level, code in codes.VERTEBRA_OF_LEVEL.items():
        if level not in ("C1", "C2", "S1"):  # named atlas, axis; S1 stands elsewhere
            meanings = {by[code.value][0] for by in concepts["SCT"].values() if code.value in by}
            assert all(level in meaning.split() for meaning in meanings)


def test_every_level_has_a_code_and_no_two_public_ones_agree() -> None:
    assert all(codes.vertebra(level) for level in (*LEVELS, "V1"))
    assert len({code.value for code in codes.VERTEBRA_OF_LEVEL.values()}) == len(codes.VERTEBRA_OF_LEVEL)


@pytest.mark.parametrize("code", list(codes.PRIVATE))
def test_a_private_code_fits_into_its_attributes(code: str) -> None:
    assert len(code) <= 16  # SH
    assert len(codes.private(code).meaning) <= codes.CODE_MEANING_LENGTH


def test_a_private_code_without_a_meaning_does_not_exist() -> None:
    with pytest.raises(KeyError):
        codes.private("HEIGHT-OF-ALL")


def test_a_long_sentence_is_cut_to_what_a_meaning_holds() -> None:
    meaning = codes.rule("VP-C4", "the body has lost more than one third of its height as measured\n here").meaning
    assert 60 <= len(meaning.encode()) <= 64
    assert meaning.startswith("VP-C4: the body has lost")
    assert meaning.endswith("…")


def test_a_sentence_of_long_letters_is_cut_by_their_bytes_too() -> None:
    assert len(codes.shortened("≥" * 40).encode()) <= 64
    assert codes.shortened("≥" * 21) == "≥" * 21
