"""Lane L3: what the bridge drew can be seen where Slicer's displayable managers draw it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from tests.slicer.in_environment.render import rendered
from vfa.intake import load_volume

STUDY = Path(__file__).resolve().parents[3] / "sample_data" / "study"


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, np.ndarray]:
    """The sample study's sagittal and 3D views at its first fractured level."""
    result = Path(os.environ["VFA_SAMPLE_RESULT"])
    document = json.loads((result / "assessment.json").read_text(encoding="utf-8"))
    level = next(v["level"] for v in document["vertebrae"] if v["deformity"].get("fracture") == "present")
    file = tmp_path_factory.mktemp("render") / "volume.nrrd"
    write_volume(file)
    return rendered(file, result, level)


def write_volume(file: Path) -> None:
    """The sample's CT as one file."""
    volume = load_volume(STUDY)
    image = SimpleITK.GetImageFromArray(np.asarray(volume.voxels, dtype=np.int16).T)
    image.SetSpacing(volume.spacing_mm)
    image.SetOrigin(volume.grid.lps_of([0, 0, 0]).tolist())
    image.SetDirection(volume.grid.axes.ravel().tolist())
    SimpleITK.WriteImage(image, str(file))


def share_like(picture: np.ndarray, colour: tuple[int, int, int], within: int = 40) -> float:
    """Share of the pixels near a colour."""
    return float((np.abs(picture.astype(int) - np.array(colour)).max(axis=-1) <= within).mean())


def test_the_sagittal_view_shows_bone_and_coloured_lines(views: tuple[np.ndarray, np.ndarray]) -> None:
    sagittal, _ = views
    grey = np.abs(sagittal.astype(int) - sagittal.mean(axis=-1, keepdims=True)).max(axis=-1) < 12
    assert (grey & (sagittal.max(axis=-1) > 60)).mean() > 0.05  # bone
    assert share_like(sagittal, (76, 166, 255)) > 0.0005  # anterior height lines
    assert share_like(sagittal, (166, 140, 255)) > 0.0005  # posterior ones


def test_the_solid_view_shows_bodies_in_the_colours_of_their_grades(views: tuple[np.ndarray, np.ndarray]) -> None:
    _, solid = views
    hue_orange_or_red = (solid[..., 0].astype(int) - solid[..., 2] > 60) & (
        solid[..., 0].astype(int) > solid[..., 1] + 20
    )
    hue_green = (solid[..., 1].astype(int) - solid[..., 0] > 25) & (solid[..., 1].astype(int) > solid[..., 2] + 15)
    assert hue_orange_or_red.mean() > 0.005  # the two fractured bodies
    assert hue_green.mean() > 0.02  # the intact ones
