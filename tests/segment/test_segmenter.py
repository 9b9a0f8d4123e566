from importlib.metadata import EntryPoint

import pytest

from vfa.errors import UsageError
from vfa.model.spine import Spine
from vfa.model.volume import Volume
from vfa.segment import segmenter
from vfa.segment.segmenter import Progress, Segmenter, available_segmenters, find_segmenter


class PretendSegmenter:
    """Registered by the tests below as another package would register its own."""

    name = "pretend"
    version = "1"

    def segment(self, volume: Volume, progress: Progress) -> Spine:
        raise NotImplementedError


class NoSegmenter:
    """Has none of what a segmenter has."""


READY = PretendSegmenter()


@pytest.fixture
def installed(monkeypatch):
    here = "tests.segment.test_segmenter"
    points = [
        EntryPoint("pretend", f"{here}:PretendSegmenter", segmenter.GROUP),
        EntryPoint("built-in", f"{here}:READY", segmenter.GROUP),
        EntryPoint("broken", f"{here}:NoSegmenter", segmenter.GROUP),
        EntryPoint("twice", f"{here}:READY", segmenter.GROUP),
        EntryPoint("twice", f"{here}:PretendSegmenter", segmenter.GROUP),
    ]
    monkeypatch.setattr(segmenter, "entry_points", lambda group: [p for p in points if p.group == group])


def test_a_segmenter_of_another_package_is_found_by_name(installed):
    found = find_segmenter("pretend")
    assert isinstance(found, Segmenter)
    assert (found.name, found.version) == ("pretend", "1")


def test_a_ready_object_is_taken_as_it_is(installed):
    assert find_segmenter() is READY


def test_the_built_in_one_is_listed_first(installed):
    assert available_segmenters() == ("built-in", "broken", "pretend", "twice")


@pytest.mark.parametrize(
    ("name", "says"), [("absent", "installed: built-in"), ("broken", "segment"), ("twice", "two packages")]
)
def test_what_cannot_be_used_is_refused_with_the_reason(installed, name, says):
    with pytest.raises(UsageError, match=says):
        find_segmenter(name)
