from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from vfa.model.frame import Grid
from vfa.model.spine import Vertebra
from vfa.segment.locate import SpineMaps
from vfa.segment.naming import PROVISIONAL, FoundNames, name_found, without_lone_end
from vfa.segment.network_input import NetworkInput
from vfa.segment.numbering import Numbering
from vfa.segment.second_look import MAY_BE_DISC

GRID = Grid.from_axes((40, 50, 150), (2.0, 2.0, 2.0), (-40.0, -40.0, 0.0))
PLACES = GRID.lps_of(np.moveaxis(np.indices(GRID.shape), 0, -1))
ALL = np.ones(GRID.shape, bool)
BLANK = np.zeros(GRID.shape, np.float32)
CUT = "cut by the edge"


def _bodies(heights_mm: list[float], *, lowest: str = "whole") -> list[Vertebra]:
    made = []
    for number, z in enumerate(heights_mm, start=1):
        mask = (np.hypot(PLACES[..., 0], PLACES[..., 1]) < 18) & (np.abs(PLACES[..., 2] - z) < 12)
        canal = np.array([0.0, 30.0, z])
        cut = lowest == CUT and number == len(heights_mm)
        made.append(Vertebra(f"V{number}", None, mask, GRID, canal, touches_border=cut))
    return made


def _named(heights_mm: list[float], *, sacrum: str = "in view", lowest: str = "whole") -> FoundNames:
    below = heights_mm[-1] - 22
    lump = (np.hypot(PLACES[..., 0], PLACES[..., 1]) < 25) & (np.abs(PLACES[..., 2] - below + 20) < 20)
    disc = (np.hypot(PLACES[..., 0], PLACES[..., 1]) < 18) & (PLACES[..., 2] > below - 2)
    seen = lump.astype(np.float32) if sacrum == "in view" else BLANK
    maps = SpineMaps(BLANK, BLANK, disc.astype(np.float32), BLANK, seen, BLANK, ALL, GRID)
    return name_found(maps, NetworkInput(BLANK, ALL, GRID), _bodies(heights_mm, lowest=lowest))


def test_on_mr_the_sacrum_alone_names_the_bodies_and_the_sentence_says_so() -> None:
    found = _named([230, 195, 160, 125, 90])
    assert found.levels == ("L1", "L2", "L3", "L4", "L5")
    assert "sacrum" in found.sentence
    assert "no count from the head" in found.sentence
    assert re.search(r"and 1[0-9]% of the spines .* one vertebra higher or lower", found.sentence)
    assert found.alternative != ()
    assert all(confidence is not None and confidence < 0.95 for confidence in found.confidences)


def test_without_an_anchor_names_are_provisional_and_no_confidence_is_stated() -> None:
    found = _named([230, 195, 160, 125, 90], sacrum="out of view")
    assert found == FoundNames(("V1", "V2", "V3", "V4", "V5"), (None,) * 5, PROVISIONAL)


def test_a_lowest_body_cut_by_the_edge_is_not_counted_from() -> None:
    assert _named([195, 160, 125, 90], lowest=CUT).sentence == PROVISIONAL


def test_a_gap_in_the_chain_is_counted_as_a_missed_vertebra_and_told() -> None:
    found = _named([265, 230, 160, 125, 90])
    assert found.levels == ("T12", "L1", "L3", "L4", "L5")
    assert any("missed" in note for note in found.notes)
    above, below = found.confidences[0], found.confidences[-1]
    assert above is not None
    assert below is not None
    assert above < below


def test_what_may_be_a_disc_makes_the_names_beyond_it_doubtful_and_that_is_told() -> None:
    bodies = _bodies([230, 195, 160])
    bodies[1] = replace(bodies[1], unusable=MAY_BE_DISC)
    maps = SpineMaps(BLANK, BLANK, BLANK, BLANK, BLANK, BLANK, ALL, GRID)
    assert any(
        "2. found may be a disc" in note for note in name_found(maps, NetworkInput(BLANK, ALL, GRID), bodies).notes
    )


def test_the_ribs_end_only_where_two_bodies_show_none_since_one_rib_may_have_been_lost() -> None:
    rib, bare, dark = ("rib", "rib"), ("none", "none"), ("unknown", "unknown")
    assert without_lone_end((rib, rib, bare, dark)) == (rib, rib, dark, dark)
    assert without_lone_end((rib, rib, bare, ("none", "unknown"))) == (rib, rib, bare, ("none", "unknown"))
    assert without_lone_end((rib, ("rib", "none"), bare)) == (rib, ("rib", "none"), dark)


@pytest.mark.parametrize(("certainty", "levels"), [(0.74, ("V1", "V2", "V3")), (0.85, ("T12", "L1", "L2"))])
def test_ribs_alone_name_only_what_they_make_certain_enough(
    certainty: float, levels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = [230.0, 195.0, 160.0]
    counted = Numbering(("T12", "L1", "L2"), (certainty,) * 3, ())
    monkeypatch.setattr("vfa.segment.naming.number_bodies", lambda evidence: counted)
    assert _named(heights, sacrum="out of view").levels == levels
