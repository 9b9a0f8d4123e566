"""Where there is no spine none is invented: a short version of `benchmarks/no_spine.py`, on seeds used nowhere else."""

from collections.abc import Callable

import pytest

from benchmarks.no_spine import PLACES, cylinder, drawn, knee, trunk
from vfa.model.volume import Modality
from vfa.segment.built_in import NOTHING_FOUND, BuiltInSegmenter
from vfa.segment.segmenter import silent


@pytest.mark.parametrize(
    ("place", "modality"),
    [(knee, Modality.T1), (knee, Modality.STIR), (trunk, Modality.CT), (trunk, Modality.T2)],
)
def test_no_vertebra_is_found_and_that_is_told(place: Callable, modality: Modality):
    spine = BuiltInSegmenter().segment(drawn(place, modality, seed=777), silent)
    assert spine.vertebrae == ()
    assert spine.notes == (NOTHING_FOUND,)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("modality", [Modality.CT, Modality.T2])
def test_nowhere_else_either(place: Callable, modality: Modality):
    assert BuiltInSegmenter().segment(drawn(place, modality, seed=778), silent).vertebrae == ()


def test_a_phantom_with_rods_in_which_the_network_sees_bodies_gives_none(monkeypatch: pytest.MonkeyPatch):
    image = drawn(cylinder, Modality.CT, seed=12)
    assert BuiltInSegmenter().segment(image, silent).vertebrae == ()
    monkeypatch.setattr("vfa.segment.built_in.changes_along", lambda seen, chain: True)
    assert BuiltInSegmenter().segment(image, silent).vertebrae != ()
