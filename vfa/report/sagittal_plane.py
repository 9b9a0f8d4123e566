"""Through which surface is the spine looked at, so that every body is cut in its own mid-plane?

The picture is a sagittal projection: rightwards is posterior, upwards is the patient's head (LPS +z). At each height
the surface runs through the spine's midline and along the bodies' own anterior axes there, so a scoliotic or twisted
spine is followed, while lengths along the picture stay true millimetres (up to the cosine of the lateral tilt).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vfa.model.findings import VertebraFindings
from vfa.model.frame import BodyFrame, FloatArray

HEAD_LPS = np.array([0.0, 0.0, 1.0])
PATIENT_ANTERIOR_LPS = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True, eq=False)
class SagittalPlane:
    """A surface through the spine that projects onto a sagittal picture.

    Args:
        posterior: (3,) unit vector in LPS, horizontal: the picture's rightward axis.
        heights_mm: (N,) LPS z of the body centres, ascending.
        lateral_mm: (N,) how far to the left of the patient's origin the midline runs there.
        depth_mm: (N,) where along `posterior` the midline runs there.
        twist: (N,) leftward step of the surface per mm towards posterior.
    """

    posterior: FloatArray
    heights_mm: FloatArray
    lateral_mm: FloatArray
    depth_mm: FloatArray
    twist: FloatArray

    @property
    def lateral(self) -> FloatArray:
        """(3,) horizontal unit vector across the picture."""
        return np.cross(self.posterior, HEAD_LPS)

    def picture_of(self, points_lps: ArrayLike) -> FloatArray:
        """(..., 2) posterior and cranial mm in the picture, of LPS points (..., 3)."""
        points = np.asarray(points_lps, dtype=float)
        return np.stack([points @ self.posterior, points @ HEAD_LPS], axis=-1)

    def lps_of(self, picture_mm: ArrayLike) -> FloatArray:
        """(..., 3) LPS points of the surface, of picture positions (..., 2)."""
        picture = np.asarray(picture_mm, dtype=float)
        across, up = picture[..., 0], picture[..., 1]
        lateral_mm = np.interp(up, self.heights_mm, self.lateral_mm)
        behind_mm = across - np.interp(up, self.heights_mm, self.depth_mm)
        lateral_mm = lateral_mm + np.interp(up, self.heights_mm, self.twist) * behind_mm
        points: FloatArray = (
            across[..., None] * self.posterior + up[..., None] * HEAD_LPS + lateral_mm[..., None] * self.lateral
        )
        return points


def plane_through(vertebrae: Sequence[VertebraFindings]) -> SagittalPlane:
    """The surface through the mid-planes of the bodies; those without a frame face as the others do.

    Raises:
        ValueError: if there is no vertebra.
    """
    if not vertebrae:
        raise ValueError("vertebrae: expected at least one to look at")
    ordered = sorted(vertebrae, key=lambda vertebra: float(vertebra.centre_lps[2]))
    posterior = -_facing(ordered)
    lateral = np.cross(posterior, HEAD_LPS)
    centres = np.array([vertebra.centre_lps for vertebra in ordered], dtype=float)
    twist = [_twist(vertebra, posterior, lateral) for vertebra in ordered]
    known = [value for value in twist if value is not None]
    usual = float(np.median(known)) if known else 0.0
    return SagittalPlane(
        posterior=posterior,
        heights_mm=centres[:, 2],
        lateral_mm=centres @ lateral,
        depth_mm=centres @ posterior,
        twist=np.array([usual if value is None else value for value in twist]),
    )


def _facing(vertebrae: Sequence[VertebraFindings]) -> FloatArray:
    """(3,) the horizontal direction the bodies face on average; the patient's anterior when none has a frame."""
    anterior = [vertebra.frame.anterior for vertebra in vertebrae if isinstance(vertebra.frame, BodyFrame)]
    mean = np.mean(anterior, axis=0) if anterior else PATIENT_ANTERIOR_LPS
    horizontal: FloatArray = mean - (mean @ HEAD_LPS) * HEAD_LPS
    length = float(np.linalg.norm(horizontal))
    # Bodies that face head or foot on average leave no direction to take.
    return horizontal / length if length > 0.1 else PATIENT_ANTERIOR_LPS


def _twist(vertebra: VertebraFindings, posterior: FloatArray, lateral: FloatArray) -> float | None:
    if not isinstance(vertebra.frame, BodyFrame):
        return None
    along = float(vertebra.frame.anterior @ posterior)
    # A body that faces across the picture has no mid-plane in it; 45° is far beyond any rotation of a spine.
    return float(vertebra.frame.anterior @ lateral) / along if along < -0.7 else None
