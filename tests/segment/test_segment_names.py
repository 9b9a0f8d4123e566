import pytest
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from vfa.segment.label_schemes import Holds
from vfa.segment.segment_names import level_in, meaning_of


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("L1", "L1"),
        ("vertebra L1 body", "L1"),
        ("vertebrae_T12", "T12"),
        ("Th 12", "T12"),
        ("BWK D5", "T5"),
        ("T13", "T13"),
        ("L6", "L6"),
        ("C7 vertebra", "C7"),
        ("Vertebra_L03", "L3"),
        ("V3 body", "V3"),
    ],
)
def test_a_level_is_read_from_a_segments_name(name, level):
    assert level_in(name) == level


@pytest.mark.parametrize(
    "name",
    ["L1-L2", "disc L4", "IVD_L4", "rib T11", "L5 nerve root", "L1 endplate", "L7", "C0", "Segment_3", "sacrum", "V1"],
)
def test_what_is_no_single_vertebra_gives_no_level(name):
    assert level_in(name) == ""


@pytest.mark.parametrize(
    ("keyword", "level"),
    [(f"{level}Vertebra", level) for level in ("C1", "C7", "T1", "T6", "T7", "T12", "L1", "L5")],
)
def test_the_codes_of_dicoms_own_context_groups_name_the_levels(keyword, level):
    assert meaning_of("Segment 1", (getattr(codes.SCT, keyword),)).level == level


def test_a_code_wins_over_a_name():
    assert meaning_of("L2", (codes.SCT.L3Vertebra,)).level == "L3"


def test_a_body_is_known_by_its_code_or_its_name():
    assert meaning_of("L1", (Code("3572006", "SCT", "Vertebral body"), codes.SCT.L1Vertebra)).holds is Holds.BODY
    assert meaning_of("L1 body").holds is Holds.BODY
    assert meaning_of("L1").holds is None


def test_a_canal_is_known_by_its_code_or_its_name():
    assert meaning_of("x", (codes.SCT.VertebralCanal,)).canal == "canal"
    assert meaning_of("Spinal canal").canal == "canal"
    assert meaning_of("L1").canal == ""


def test_a_code_of_another_scheme_is_not_mistaken_for_a_level():
    assert meaning_of("something", (Code("66794005", "99LOCAL", "not a vertebra"),)).level == ""
