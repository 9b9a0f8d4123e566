"""A folder with the CT and the MR of one examination goes in; each measurement says from which series it came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from benchmarks.phantom_cases import true_spine
from vfa.model.anatomy import VERSE_IDS
from vfa.model.assessment import Verdict
from vfa.model.frame import Grid
from vfa.model.volume import Modality
from vfa.phantom.anatomy import PhantomSpine, SpineRecipe, build_spine
from vfa.phantom.fractures import fracture_of
from vfa.phantom.inclusions import Oedema
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.render_mr import MrScanner, render_mr
from vfa.phantom.write_dicom import StudyHeader, write_series
from vfa.pipeline import AssessmentRequest, AssessmentResult, run
from vfa.report.document import to_document

LEVELS = ("T12", "L1", "L2", "L3")
SAGITTAL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
TUMOUR = '[patient]\nmalignancy = "yes"\n[levels.L1]\nmetastasis = "yes"\npain = "yes"\n'
READER_SAYS_NO = 'epidural_tumour = "no"\n'

pytestmark = pytest.mark.slow


def box(phantom: PhantomSpine, spacing_mm: tuple[float, float, float], axes: np.ndarray) -> Grid:
    top, bottom = phantom["T12"].frame.centre_lps, phantom["L3"].frame.centre_lps
    middle = (top + bottom) / 2 + np.array([0.0, 15.0, 0.0])
    size = np.abs(axes.T @ np.array([80.0, 100.0, float(top[2] - bottom[2]) + 60.0]))
    shape = tuple(int(n) for n in np.ceil(size / np.array(spacing_mm)) + 1)
    origin = middle - axes @ ((np.array(shape) - 1) / 2 * np.array(spacing_mm))
    return Grid.from_axes((shape[0], shape[1], shape[2]), spacing_mm, origin, axes)


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ct/`, `mr/` and `labels.nii.gz` of a phantom whose L1 is freshly fractured."""
    folder = tmp_path_factory.mktemp("examination")
    phantom = build_spine(
        SpineRecipe(
            levels=LEVELS, seed=3, fractures={"L1": fracture_of("wedge", 0.3, 24.0)}, features={"L1": (Oedema(0.5),)}
        )
    )
    grid = box(phantom, (1.2, 1.2, 1.2), np.eye(3))
    write_series(render_ct(phantom, grid, CtScanner(seed=3)), folder / "study" / "ct", StudyHeader(), "none")
    sagittal = box(phantom, (1.2, 1.2, 4.4), SAGITTAL)
    for number, kind in enumerate((Modality.T1, Modality.STIR), start=3):
        header = StudyHeader(series_description=f"{kind.value} sag", series_number=number)
        image = render_mr(phantom, sagittal, MrScanner(weighting=kind, seed=3))
        write_series(image, folder / "study" / kind.value, header, "none")
    labels = np.zeros(grid.shape, np.uint8)
    for body in true_spine(phantom, grid).vertebrae:
        ijk = np.rint(grid.ijk_of(body.grid.lps_of(np.argwhere(body.body)))).astype(int)
        labels[tuple(ijk.T)] = VERSE_IDS[body.level]
    image = SimpleITK.GetImageFromArray(labels.T)
    image.SetSpacing([float(mm) for mm in grid.spacing_mm])
    image.SetOrigin([float(mm) for mm in grid.lps_of((0, 0, 0))])
    SimpleITK.WriteImage(image, str(folder / "labels.nii.gz"))
    return folder


def assessed(examination: Path, input: str, clinical: str = TUMOUR) -> AssessmentResult:
    told = examination / "clinical.toml"
    told.write_text(clinical)
    return run(
        AssessmentRequest(
            input=examination / input,
            segmentations=(examination / "labels.nii.gz",),
            labels="verse:body",
            clinical=told,
            profiles=("seed",),
        )
    )


def rule(result: AssessmentResult, name: str):
    judged = result.assessment.judged["seed"]["L1"]
    return next(outcome for one in judged for outcome in one.outcomes if outcome.criterion_id == name)


def test_ct_is_measured_and_marrow_is_read_in_the_mr(examination: Path) -> None:
    result = assessed(examination, "study")
    document = to_document(result.assessment)
    assert [(one.role, one.modality) for one in document.series] == [
        ("morphometry", "CT"),
        ("marrow", "T1"),
        ("marrow", "STIR"),
    ]
    assert all("frame of reference" in one.because for one in document.series[1:])
    oedema = {one.level: one.other_findings["marrow_oedema"] for one in document.vertebrae}
    assert {level: one.status for level, one in oedema.items()} == {
        "T12": "absent",
        "L1": "present",
        "L2": "absent",
        "L3": "absent",
    }
    assert oedema["L1"].series == ("STIR series “STIR sag”", "T1 series “T1 sag”")
    assert result.volume is not None
    assert result.volume.modality is Modality.CT


def test_ct_alone_says_nothing_of_marrow_and_asks_for_mr(examination: Path) -> None:
    result = assessed(examination, "study/ct")
    assert "marrow_oedema" not in result.assessment.findings["L1"].findings
    epidural = rule(result, "KP-C12")
    assert (epidural.verdict, epidural.reason.value) == (Verdict.UNKNOWN, "modality_insufficient")
    assert "image.MR" in epidural.needs


def test_with_mr_tumour_in_the_canal_waits_for_a_reader_and_his_word_settles_it(examination: Path) -> None:
    open_still = rule(assessed(examination, "study"), "KP-C12")
    assert (open_still.verdict, open_still.reason.value) == (Verdict.UNKNOWN, "needs_reader")
    assert open_still.needs == ("levels.L1.epidural_tumour",)
    settled = rule(assessed(examination, "study", TUMOUR + READER_SAYS_NO), "KP-C12")
    assert settled.verdict is Verdict.NOT_MET


def test_a_companion_that_cannot_be_placed_is_left_out_with_its_reason(examination: Path, tmp_path: Path) -> None:
    """The MR states another frame of reference and shows nothing that could be matched."""
    from pydicom import dcmread

    for file in (examination / "study").rglob("*.dcm"):
        dataset = dcmread(file)
        if dataset.Modality == "MR":
            dataset.FrameOfReferenceUID = "1.2.3.4"
            dataset.PixelData = bytes(len(dataset.PixelData))
        target = tmp_path / file.relative_to(examination)
        target.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(target)
    result = run(
        AssessmentRequest(input=tmp_path / "study", segmentations=(examination / "labels.nii.gz",), labels="verse:body")
    )
    series = to_document(result.assessment).series
    assert [one.role for one in series] == ["morphometry", "not_used", "not_used"]
    assert all("another frame of reference and cannot be registered" in one.because for one in series[1:])
