import json
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from vfa.phantom.anatomy import SpineRecipe, build_spine
from vfa.phantom.fractures import Wedge
from vfa.phantom.render_ct import CtScanner
from vfa.phantom.sample import SHIPPED, SampleStudy, expected_of, sample_grid, sample_volume, write_sample
from vfa.phantom.write_dicom import StudyHeader

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
SIX_MB = 6_000_000


@pytest.fixture(scope="module")
def expected():
    return {found["level"]: found for found in json.loads((SAMPLE / "expected.json").read_text())["vertebrae"]}


def numbers_of(value):
    """Every number in nested dictionaries and lists, in order."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_of(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers_of(part)]
    return [value] if isinstance(value, (int, float)) else []


@pytest.mark.slow
def test_the_shipped_slices_are_what_the_recipe_renders_today():
    spine = build_spine(SHIPPED.recipe)
    volume = sample_volume(spine, SHIPPED)
    for k in (40, 95, 130):
        file = pydicom.dcmread(SAMPLE / "study" / f"IM{k + 1:04d}.dcm")
        np.testing.assert_allclose(np.array(file.ImagePositionPatient, float), volume.grid.lps_of((0, 0, k)), atol=1e-6)
        difference = np.abs(file.pixel_array.T.astype(int) - 1024 - volume.voxels[:, :, k])
        # Another processor may round a sum the other way, by one unit here and there.
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.01


def test_the_shipped_truth_is_that_of_the_recipe():
    fresh = expected_of(build_spine(SHIPPED.recipe), StudyHeader(name_of_study=SHIPPED.name))
    shipped = json.loads((SAMPLE / "expected.json").read_text())
    assert [found["level"] for found in shipped["vertebrae"]] == [found["level"] for found in fresh["vertebrae"]]
    assert shipped["study_instance_uid"] == fresh["study_instance_uid"]
    # The last digit printed may round the other way on another processor.
    np.testing.assert_allclose(numbers_of(shipped), numbers_of(fresh), rtol=1e-3, atol=0.011)


def test_the_shipped_study_is_one_whole_small_series(expected):
    files = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((SAMPLE / "study").glob("*.dcm"))]
    truth = json.loads((SAMPLE / "expected.json").read_text())
    assert {str(f.StudyInstanceUID) for f in files} == {truth["study_instance_uid"]}
    assert {str(f.SeriesInstanceUID) for f in files} == {truth["series_instance_uid"]}
    heights = np.array([f.ImagePositionPatient[2] for f in files], dtype=float)
    np.testing.assert_allclose(np.diff(heights), 1.5, atol=1e-6)
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < SIX_MB


def test_the_shipped_fractures_are_a_wedge_of_thirty_and_a_burst_of_forty_percent(expected):
    assert {level: found["fracture"] for level, found in expected.items() if found["fracture"] != "none"} == {
        "L1": "wedge",
        "L3": "burst",
    }
    assert expected["L1"]["height_loss_fraction"]["anterior"] == pytest.approx(0.30, abs=0.02)
    assert expected["L3"]["height_loss_fraction"]["anterior"] == pytest.approx(0.40, abs=0.02)
    assert expected["L3"]["retropulsion_mm"] == pytest.approx(5.0, abs=0.1)
    assert list(expected) == ["T11", "T12", "L1", "L2", "L3", "L4", "L5"]


def test_the_clinical_file_answers_for_both_fractured_levels():
    answers = tomllib.loads((SAMPLE / "clinical.toml").read_text())
    assert set(answers["levels"]) == {"L1", "L3"}
    assert answers["patient"]["coagulopathy"] == "no"


def test_a_sample_of_another_spine_is_written_whole_and_the_same_each_time(tmp_path):
    recipe = SpineRecipe(levels=("L1", "L2"), fractures={"L1": Wedge(5.0)})
    study = SampleStudy(recipe, CtScanner(slice_thickness_mm=3.0), 90.0, 1.5, 3.0, name="a small one")
    for folder in ("a", "b"):
        write_sample(tmp_path / folder, study)
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert {str(name) for name in names} >= {"README.md", "clinical.toml", "expected.json"}
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert set(tomllib.loads((tmp_path / "a" / "clinical.toml").read_text())["levels"]) == {"L1"}


def test_every_body_lies_whole_within_the_sample_s_field_of_view():
    spine = build_spine(SHIPPED.recipe)
    grid = sample_grid(spine, SHIPPED)
    for vertebra in spine.vertebrae:
        corners = np.array(np.meshgrid(*zip(*vertebra.field.box_mm, strict=True))).reshape(3, -1).T
        ijk = grid.ijk_of(vertebra.construction.lps_of(corners))
        assert (ijk >= 0).all()
        assert (ijk <= np.array(grid.shape) - 1).all()
