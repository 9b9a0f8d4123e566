"""What are the grey values on a regular lattice in a body's own axes?

The lattice and the voxel grid are one affine apart, so no place has to be listed point by point.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vfa.model.frame import BodyFrame, FloatArray, Grid

Lattice = tuple[FloatArray, FloatArray, FloatArray]


def resample(
    voxels: NDArray[np.generic], grid: Grid, frame: BodyFrame, lattice_mm: Lattice, beyond: float | None = None
) -> NDArray[np.float32]:
    """Interpolate linearly at every place of a lattice.

    Args:
        voxels: (I, J, K) on the grid.
        grid: where they lie.
        frame: the body's axes.
        lattice_mm: positions along left, anterior and cranial, mm of the body frame, each evenly spaced.
        beyond: the value outside the grid; None to go on with the outermost voxel's.

    Returns:
        One value for every place, (left, anterior, cranial).
    """
    first = np.array([positions[0] for positions in lattice_mm])
    steps = np.array([(positions[-1] - positions[0]) / max(len(positions) - 1, 1) for positions in lattice_mm])
    return np.asarray(
        ndimage.affine_transform(
            voxels,
            grid.ijk_from_lps[:3, :3] @ frame.axes * steps,
            grid.ijk_of(frame.lps_of(first)),
            output_shape=tuple(len(positions) for positions in lattice_mm),
            output=np.float32,
            order=1,
            mode="nearest" if beyond is None else "constant",
            cval=0.0 if beyond is None else beyond,
        )
    )
