import numpy as np

from vfa.model.frame import Grid
from vfa.segment.along import changes_along
from vfa.segment.instances import Candidate
from vfa.segment.network_input import NetworkInput

SHAPE = (30, 30, 60)
GRID = Grid.from_axes(SHAPE, (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
CHAIN = tuple(Candidate(number, np.array([30.0, 30.0, 100.0 - 30 * number]), 20.0, 0.8, 0.9) for number in range(3))


def _seen(along: np.ndarray) -> NetworkInput:
    noise = np.random.default_rng(1).normal(0, 0.02, SHAPE)
    return NetworkInput((0.4 + along + noise).astype(np.float32), np.ones(SHAPE, dtype=bool), GRID)


def test_an_even_rod_does_not_change_however_noisy_it_is():
    assert not changes_along(_seen(np.zeros(SHAPE[2])), CHAIN)


def test_thin_endplates_are_change_enough():
    plates = np.where(np.arange(SHAPE[2]) % 15 == 5, 0.2, 0.0)
    assert changes_along(_seen(plates), CHAIN)


def test_a_single_body_has_nothing_to_be_compared_with():
    assert changes_along(_seen(np.zeros(SHAPE[2])), CHAIN[:1])
