"""Moving and resampling slices; truth is worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vfa.intake.straighten import even_slices, move_slices


def test_a_slice_moved_by_whole_voxels_keeps_its_values():
    stack = np.arange(1, 7, dtype=np.int16).reshape(1, 2, 3).repeat(2, axis=0)
    moved, before = move_slices(stack, np.array([[0.0, 0.0], [2.0, -1.0]]), fill=-1024)
    assert moved.shape == (2, 3, 5)
    assert before == (0, 1)  # the canvas begins one row before the first slice's
    assert moved[0].tolist() == [[-1024] * 5, [1, 2, 3, -1024, -1024], [4, 5, 6, -1024, -1024]]
    assert moved[1].tolist() == [[-1024, -1024, 1, 2, 3], [-1024, -1024, 4, 5, 6], [-1024] * 5]


def test_a_slice_moved_by_half_a_voxel_takes_the_mean_of_neighbours():
    stack = np.array([[[0, 10, 20, 30]]], dtype=np.int16)
    moved, before = move_slices(stack, np.array([[0.5, 0.0]]), fill=0)
    assert (moved[0, 0].tolist(), before) == ([0, 5, 15, 25, 15], (0, 0))


def test_uneven_slices_are_interpolated_between_their_neighbours():
    stack = np.array([0, 20, 50], dtype=np.int16).reshape(3, 1, 1)
    even = even_slices(stack, np.array([0.0, 2.0, 5.0]), spacing_mm=2.5)
    assert even.ravel().tolist() == [0, 25, 50]


def test_nothing_is_invented_beyond_the_last_slice():
    stack = np.array([0.0, 2.0, 5.0], dtype=np.float32).reshape(3, 1, 1)
    assert even_slices(stack, np.array([0.0, 2.0, 5.0]), spacing_mm=3.0).ravel() == pytest.approx([0, 3])
