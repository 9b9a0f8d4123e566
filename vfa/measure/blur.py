"""How does a scanner blur a surface, along its normal?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from vfa.model.frame import FloatArray
from vfa.model.volume import Volume

IN_PLANE_BLUR_MM = 0.55  # standard deviation of a body kernel's point spread; bone kernels are sharper
THROUGH_PLANE_BLUR_MM = 0.3  # beyond the box of the slice thickness


@dataclass(frozen=True)
class Blur:
    """The scanner's blur along a surface normal: a box (the slice) and a Gaussian (the kernel), in mm."""

    box_mm: float
    sigma_mm: float

    @property
    def sd_mm(self) -> float:
        """Standard deviation of the whole."""
        return float(np.hypot(self.box_mm / np.sqrt(12), self.sigma_mm))

    def step(self, distance_mm: FloatArray) -> FloatArray:
        """A unit step at 0 after blurring, at these distances."""
        sigma, half = max(self.sigma_mm, 0.05), max(self.box_mm, 0.05) / 2

        def integral(x: FloatArray) -> FloatArray:
            return np.asarray(
                x * special.ndtr(x / sigma) + sigma / np.sqrt(2 * np.pi) * np.exp(-0.5 * (x / sigma) ** 2)
            )

        return (integral(distance_mm + half) - integral(distance_mm - half)) / (2 * half)


def blur_along(volume: Volume, normal_lps: FloatArray) -> Blur:
    """The blur of this volume along a direction: voxel boxes and slice thickness projected on it."""
    along = np.abs(volume.grid.axes.T @ normal_lps)
    sizes = np.array(volume.spacing_mm)
    thickness = volume.slice_thickness_mm or volume.slice_spacing_mm
    sizes[volume.slice_axis] = thickness
    boxes = along * sizes
    widest = int(np.argmax(boxes))
    sigmas = np.full(3, IN_PLANE_BLUR_MM)
    sigmas[volume.slice_axis] = THROUGH_PLANE_BLUR_MM
    variance = float(((along * sigmas) ** 2).sum())
    variance += float((np.delete(boxes, widest) ** 2).sum() / 12)
    return Blur(float(boxes[widest]), float(np.sqrt(variance)))
