"""What comes along with the series that is measured, where it lies, and why the rest does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.intake.written_series import AXIAL, CORONAL, SAGITTAL, field_slices, mr_slice, save_series
from vfa.errors import UsageError
from vfa.intake import choose_study, list_series, load_study, load_volume
from vfa.model.study import Registered, Role, SameFrame
from vfa.model.volume import Modality

T1, T2, STIR = (10, 500, None), (100, 3500, None), (60, 4000, 160)  # echo, repetition, inversion time in ms


def mr(uid: str, times: tuple, folder: Path, *, head_mm: float = 36.0, cosines=SAGITTAL, **attributes) -> None:
    """Eleven slices of 40 × 40 mm, 4 mm apart, whose uppermost row lies at this height."""
    echo, repetition, inversion = times
    across = np.cross(cosines[:3], cosines[3:])
    slices = [
        mr_slice(
            across * 4 * k + np.array([0, 0, head_mm]),
            np.full((10, 10), echo, np.uint16),
            SeriesInstanceUID=uid,
            SOPInstanceUID=f"{uid}.{k + 1}",
            EchoTime=echo,
            RepetitionTime=repetition,
            InversionTime=inversion,
            ScanningSequence="IR" if inversion else "SE",
            PixelSpacing=[4.0, 4.0],
            **{"ImageOrientationPatient": list(cosines), **attributes},
        )
        for k in range(11)
    ]
    save_series(slices, folder / uid)


def ct(uid: str, folder: Path, **attributes) -> None:
    positions = [(0, 0, 3.0 * k) for k in range(14)]
    save_series(field_slices(positions, AXIAL, (1, 1), SeriesInstanceUID=uid, **attributes), folder / uid)


def kinds(study) -> list[str]:
    return [companion.volume.modality.value for companion in study.companions]


def test_t1_t2_and_stir_of_one_frame_of_reference_come_as_one_study(tmp_path):
    for uid, times in (("1.2.1", T1), ("1.2.2", T2), ("1.2.4", STIR)):
        mr(uid, times, tmp_path)
    study = load_study(tmp_path)
    assert study.primary.modality is Modality.T2
    assert kinds(study) == ["T1", "STIR"]
    assert all(isinstance(one.placement, SameFrame) and one.role is Role.MARROW for one in study.companions)
    assert study.apart == ()
    assert study.companion(Modality.T1).volume.voxels.max() == 10  # the echo time it was painted with
    assert study.companion(Modality.CT) is None


def test_the_ct_of_an_examination_is_measured_and_its_mr_comes_along(tmp_path):
    ct("1.2.7", tmp_path)
    mr("1.2.1", T1, tmp_path)
    study = load_study(tmp_path)
    assert (study.primary.modality, kinds(study)) == (Modality.CT, ["T1"])
    assert load_volume(tmp_path).source == study.primary.source


def test_where_mr_is_asked_for_the_ct_comes_along_for_its_bone(tmp_path):
    ct("1.2.7", tmp_path)
    mr("1.2.1", T1, tmp_path)
    study = load_study(tmp_path, modality=Modality.T1)
    assert study.primary.modality is Modality.T1
    assert [(one.volume.modality, one.role) for one in study.companions] == [(Modality.CT, Role.BONE)]


def test_what_is_not_used_is_kept_apart_with_the_reason(tmp_path):
    ct("1.2.7", tmp_path)
    ct("1.2.8", tmp_path, SeriesDescription="soft")
    mr("1.2.1", T1, tmp_path)
    mr("1.2.2", T1, tmp_path, SeriesDescription="z another")
    mr("1.2.3", T2, tmp_path, cosines=CORONAL)
    mr("1.2.4", (15, 3000, None), tmp_path)
    mr("1.2.5", STIR, tmp_path, head_mm=300.0)
    mr("1.2.6", T2, tmp_path, StudyInstanceUID="1.9", StudyDate="20200102")
    study = load_study(tmp_path, series_uid="1.2.7")
    assert kinds(study) == ["T1"]
    reasons = {one.series_instance_uid: one.reason for one in study.apart}
    assert reasons == {
        "1.2.8": "another CT series of the study is measured",
        "1.2.2": "another T1 series of the study is used",
        "1.2.3": "it is coronal, and bodies are compared in sagittal images",
        "1.2.4": "its contrast says nothing of marrow",
        "1.2.5": "it shows another region (0 % of its height is shared)",
        "1.2.6": "it belongs to another study, of 20200102",
    }


def test_an_unregistrable_companion_is_kept_apart_and_the_study_still_loads(tmp_path):
    ct("1.2.7", tmp_path)
    mr("1.2.1", T1, tmp_path, FrameOfReferenceUID="1.9.9")  # images of one grey value: nothing to match
    study = load_study(tmp_path)
    assert study.companions == ()
    (apart,) = study.apart
    assert apart.series_instance_uid == "1.2.1"
    assert "another frame of reference" in apart.reason


def test_a_frame_of_reference_that_nobody_stated_is_not_shared(tmp_path):
    mr("1.2.1", T1, tmp_path, FrameOfReferenceUID=None)
    mr("1.2.2", T2, tmp_path, FrameOfReferenceUID=None)
    assert [one.series_instance_uid for one in load_study(tmp_path).apart] == ["1.2.1"]


def test_headers_alone_tell_what_belongs_together(tmp_path):
    mr("1.2.1", T1, tmp_path)
    mr("1.2.2", T2, tmp_path)
    choice = choose_study(list_series(tmp_path), tmp_path)
    assert choice.primary.series_instance_uid == "1.2.2"
    assert [one.series_instance_uid for one in choice.companions] == ["1.2.1"]


@pytest.fixture
def taichi(shared_data: Path) -> Path:
    return shared_data / "taichi-lspine-cc0" / "dicom"


def series_uid(folder: Path) -> str:
    return list_series(folder).usable[0].series_instance_uid


def test_the_toshiba_t1_comes_with_its_t2_and_other_days_stay_apart(taichi):
    study = load_study(taichi, series_uid=series_uid(taichi / "MR_TOSHIBA_T2_SAG"))
    assert (study.primary.modality, kinds(study)) == (Modality.T2, ["T1"])
    assert isinstance(study.companions[0].placement, SameFrame)
    reasons = [one.reason for one in study.apart]
    assert reasons.count("it belongs to another study, of 20180107") == 3  # the Hitachi's T1, T2 and STIR
    assert reasons.count("it belongs to another study, of 20180201") == 1  # the CT
    assert len([reason for reason in reasons if "coronal" in reason or "is measured" in reason]) == 1


def test_the_hitachi_series_of_one_day_are_one_study(taichi, tmp_path):
    for folder in taichi.glob("MR_HITACHI_*"):
        (tmp_path / folder.name).mkdir()
        for file in folder.iterdir():
            (tmp_path / folder.name / file.name).symlink_to(file)
    study = load_study(tmp_path)
    assert (study.primary.modality, kinds(study)) == (Modality.T2, ["T1", "STIR"])
    assert study.apart == ()


def test_three_studies_in_one_export_are_never_mixed_silently(taichi):
    with pytest.raises(UsageError, match="3 studies"):
        load_study(taichi)


@pytest.mark.slow
def test_ct_and_mr_of_one_examination_are_registered_when_their_frames_differ(taichi, tmp_path):
    """Toshiba T2 and the CT of the same man, told to be one examination; corners of bodies read off by eye."""
    for folder in ("CT_SAG_3mm", "MR_TOSHIBA_T2_SAG"):
        for file in (taichi / folder).iterdir():
            dataset = dcmread(file)
            dataset.StudyInstanceUID = "1.2.3"
            (tmp_path / folder).mkdir(exist_ok=True)
            dataset.save_as(tmp_path / folder / file.name)
    study = load_study(tmp_path)
    assert (study.primary.modality, kinds(study)) == (Modality.CT, ["T2"])
    placement = study.companions[0].placement
    assert isinstance(placement, Registered)
    assert 0 < placement.residual_mm < 3.5
    # (y, z) in mm on the middle sagittal image of either: the upper front corner of S1, the upper back corner of L5
    for on_t2, on_ct in (((47, -117), (36, -1244)), ((71, -77), (58, -1203))):
        found = placement.primary_lps_of(np.array([-17.0, *on_t2]))
        assert found[1:] == pytest.approx(np.array(on_ct), abs=4)
