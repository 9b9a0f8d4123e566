import numpy as np
import pytest

from vfa.errors import LabelsRefused, UsageError
from vfa.segment.label_schemes import (
    COUNT,
    TOTALSEG,
    TPTBOX,
    VERSE,
    Holds,
    LabelFact,
    are_subregions,
    check_direction,
    parse_labels,
    recognise,
)


def facts(labels, volume_ml=35.0, step_mm=-34.0) -> list[LabelFact]:
    """Labels along the column, the first at the head (or, with a positive step, at the foot)."""
    return [LabelFact(label, volume_ml, np.array([0, 0, step_mm * n])) for n, label in enumerate(labels)]


# From the publications of each convention, not from this package.
@pytest.mark.parametrize(
    ("scheme", "label", "level"),
    [
        (VERSE, 1, "C1"),
        (VERSE, 7, "C7"),
        (VERSE, 8, "T1"),
        (VERSE, 19, "T12"),
        (VERSE, 20, "L1"),
        (VERSE, 24, "L5"),
        (VERSE, 25, "L6"),
        (VERSE, 28, "T13"),
        (TOTALSEG, 26, "S1"),
        (TOTALSEG, 27, "L5"),
        (TOTALSEG, 31, "L1"),
        (TOTALSEG, 32, "T12"),
        (TOTALSEG, 43, "T1"),
        (TOTALSEG, 44, "C7"),
        (TOTALSEG, 50, "C1"),
        (parse_labels("totalseg-pp"), 19, "T12"),
        (parse_labels("totalseg-pp"), 24, "L5"),
        (TPTBOX, 22, "L3"),
    ],
)
def test_each_convention_says_what_its_numbers_mean(scheme, label, level):
    assert scheme.levels[label] == level


@pytest.mark.parametrize(("scheme", "label"), [(VERSE, 27), (TOTALSEG, 25), (TPTBOX, 122), (TPTBOX, 222), (COUNT, 100)])
def test_what_is_no_vertebra_is_known_and_left_out(scheme, label):
    assert scheme.knows(label)
    assert not scheme.is_vertebra(label)


def test_labels_are_asked_for_by_name_and_by_what_they_cover():
    assert parse_labels("verse").holds is None
    assert parse_labels("Totalseg:whole").holds is Holds.WHOLE
    assert parse_labels("count:body").name == "count"


@pytest.mark.parametrize("text", ["", "vers", "verse:half", "verse:"])
def test_an_unknown_convention_is_refused_with_the_known_ones(text):
    with pytest.raises(UsageError, match="totalseg-pp"):
        parse_labels(text)


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (range(8, 25), "verse"),
        ([18, 19, 28, 20, 21], "verse"),
        ([33, 32, 31, 30, 29, 28, 27, 26], "totalseg"),
        ([20, 21, 22, 23, 24, 26], "verse"),
        ([9, 8, 7, 6, 5, 4, 3, 2, 1], "count"),
    ],
)
def test_a_convention_is_recognised_when_it_alone_fits(labels, name):
    assert recognise(facts(labels)).name == name


def test_organs_beside_the_vertebrae_do_not_hide_a_convention():
    places = {
        1: (90, 60, 20),
        2: (-60, 40, -40),
        3: (60, 40, -40),
        5: (-70, -20, 10),
        20: (0, -90, -120),
        52: (10, 0, 0),
    }
    organs = [LabelFact(label, 200.0, np.array(place, dtype=float)) for label, place in places.items()]
    assert recognise([*facts([32, 31, 30, 29]), *organs]).name == "totalseg"


def test_discs_and_endplates_beside_the_vertebrae_are_those_of_tptbox():
    parts = [LabelFact(label, 0.0, np.zeros(3)) for label in (120, 121, 220, 221)]
    assert recognise([*facts([20, 21, 22]), *parts]).name == "tptbox"


@pytest.mark.parametrize(
    "given",
    [
        facts([1]),  # a binary mask
        facts([1, 2]),  # all bodies and all discs
        facts([5, 6, 7]),  # called C5–C7, of lumbar size
        facts([22, 23, 21, 20, 19]),  # out of order in every convention
        facts([40, 60, 200]),  # an image
        facts([28, 27, 26]),  # L4, L5, S1 of TotalSegmentator, or T13, coccyx, sacrum of VerSe
        facts([20, 21, 22, 23], step_mm=-200.0),  # no column
    ],
)
def test_a_doubt_is_no_recognition(given):
    with pytest.raises(LabelsRefused, match="--labels"):
        recognise(given)


def test_a_cervical_spine_of_cervical_size_is_recognised():
    assert recognise(facts([3, 4, 5, 6, 7], volume_ml=11.0, step_mm=-18.0)).name == "verse"


def test_a_convention_asked_for_that_stands_on_its_head_is_refused():
    upside_down = facts([1, 2, 3, 4, 5], step_mm=34.0)
    with pytest.raises(LabelsRefused, match="upside down"):
        check_direction(VERSE, upside_down)
    check_direction(VERSE, facts([20, 21, 22]))
    check_direction(VERSE, facts([20, 22, 21]))  # mixed up is said elsewhere, vertebra by vertebra


def test_sub_regions_are_known_by_body_and_arch():
    assert are_subregions([41, 42, 43, 44, 45, 46, 47, 48, 49, 50])
    assert are_subregions([41, 42, 49, 60, 61, 62, 100])
    assert not are_subregions([41, 42, 43])  # T3–T1 of TotalSegmentator
    assert not are_subregions(list(range(26, 51)))
    assert not are_subregions([20, 21, 22])
