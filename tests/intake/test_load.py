"""Which series is taken, and the one sentence that is said when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.intake.written_series import AXIAL, axial_slices, field_slices, mr_slice, save, save_series
from vfa.errors import GeometryRefused, InputRefused, NotAnImage, UsageError
from vfa.intake import list_series, load_volume, read_volume
from vfa.model.volume import Modality


def long_ct(spacing_mm, length_mm, uid, **attributes):
    count = int(length_mm / spacing_mm)
    positions = [(0, 0, spacing_mm * k) for k in range(count)]
    return field_slices(positions, AXIAL, (1, 1), SeriesInstanceUID=uid, **attributes)


def mr_series(uid, te_ms, tr_ms, count=11, **attributes):
    return [
        mr_slice(
            (4.0 * k, 0, 0),
            np.full((4, 4), te_ms, np.uint16),
            SeriesInstanceUID=uid,
            EchoTime=te_ms,
            RepetitionTime=tr_ms,
            **attributes,
        )
        for k in range(count)
    ]


def test_of_two_cts_that_cover_as_much_the_thinner_is_taken(tmp_path):
    save_series(long_ct(3, 60, "1.2.1"), tmp_path / "a")
    save_series(long_ct(1, 54, "1.2.2"), tmp_path / "b")
    assert load_volume(tmp_path).source.series_instance_uid == "1.2.2"


def test_a_thin_ct_that_covers_little_is_passed_over(tmp_path):
    save_series(long_ct(3, 60, "1.2.1"), tmp_path / "a")
    save_series(long_ct(1, 20, "1.2.2"), tmp_path / "b")
    assert load_volume(tmp_path).source.series_instance_uid == "1.2.1"


def test_a_head_ct_is_passed_over_for_a_spine(tmp_path):
    save_series(long_ct(1, 60, "1.2.1", BodyPartExamined="HEAD"), tmp_path / "a")
    save_series(long_ct(3, 60, "1.2.2", BodyPartExamined="LSPINE"), tmp_path / "b")
    assert load_volume(tmp_path).source.series_instance_uid == "1.2.2"


def test_sagittal_mr_is_taken_before_axial(tmp_path):
    save_series(mr_series("1.2.1", 100, 3000, ImageOrientationPatient=list(AXIAL), count=3), tmp_path / "a")
    save_series(mr_series("1.2.2", 10, 500), tmp_path / "b")
    volume = load_volume(tmp_path)
    assert (volume.source.series_instance_uid, volume.modality) == ("1.2.2", Modality.T1)


def test_ct_is_taken_before_mr_unless_mr_is_asked_for(tmp_path):
    save_series(mr_series("1.2.1", 10, 500), tmp_path / "a")
    save_series(mr_series("1.2.2", 100, 3000), tmp_path / "b")
    save_series(long_ct(3, 60, "1.2.3"), tmp_path / "c")
    assert load_volume(tmp_path).modality is Modality.CT
    assert load_volume(tmp_path, modality=Modality.T1).source.series_instance_uid == "1.2.1"
    assert load_volume(tmp_path, modality=Modality.T2).source.series_instance_uid == "1.2.2"


def test_a_series_is_taken_by_its_uid(tmp_path):
    save_series(long_ct(3, 60, "1.2.1"), tmp_path / "a")
    save_series(long_ct(1, 60, "1.2.2"), tmp_path / "b")
    assert load_volume(tmp_path, series_uid="1.2.1").slice_spacing_mm == pytest.approx(3)


def test_mr_of_unknown_contrast_takes_the_callers_word_and_says_so(tmp_path):
    save_series(mr_series("1.2.1", 15, 3000), tmp_path)
    volume = load_volume(tmp_path, modality=Modality.T1)
    assert volume.modality is Modality.T1
    assert "taken for T1 as the caller states" in volume.corrections[-1]


def test_an_unknown_series_uid_is_wrong_use_and_the_known_ones_are_listed(tmp_path):
    save_series(axial_slices(4), tmp_path)
    with pytest.raises(UsageError, match=r"No series 9\.9 .* expected one of: 1\.2\.3\.1\.1"):
        load_volume(tmp_path, series_uid="9.9")


def test_several_studies_are_listed_and_refused_as_wrong_use(tmp_path):
    save_series(axial_slices(4, StudyDate="20200102"), tmp_path / "a")
    save_series(axial_slices(4, StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1"), tmp_path / "b")
    with pytest.raises(UsageError, match=r"2 studies.*vfa batch.*: 20200102, .*1\.2\.3\.1\.1\); .*1\.2\.7\.1\)"):
        load_volume(tmp_path)


def test_a_study_without_a_usable_series_does_not_stand_in_the_way(tmp_path):
    save_series(axial_slices(4), tmp_path / "a")
    save_series(axial_slices(1, StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1"), tmp_path / "b")
    assert load_volume(tmp_path).source.study_instance_uid == "1.2.3.1"


def check_one_sentence(error: pytest.ExceptionInfo[BaseException], *parts: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    assert message.endswith(".")
    for part in parts:
        assert part in message


def test_an_empty_folder_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(NotAnImage) as error:
        load_volume(tmp_path)
    check_one_sentence(error, str(tmp_path), "holds no files", "expected CT or MR")


def test_a_text_file_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague, the vertebra is broken. " * 10)
    with pytest.raises(NotAnImage) as error:
        load_volume(path)
    check_one_sentence(error, str(path), "not a DICOM", "expected a CT or MR image")


def test_a_folder_of_text_files_is_refused_in_one_sentence(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("text " * 50)
    with pytest.raises(NotAnImage) as error:
        load_volume(tmp_path)
    check_one_sentence(error, "no CT or MR image among 3 files", "0.txt")


def test_a_truncated_file_is_refused_in_one_sentence(tmp_path):
    path = save(axial_slices(1)[0], tmp_path / "cut.dcm")
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(NotAnImage) as error:
        load_volume(path)
    check_one_sentence(error, "cut.dcm", "cut short (190 of 240 bytes)", "export it again")


def test_a_folder_of_one_slice_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(GeometryRefused) as error:
        load_volume(save_series(axial_slices(1), tmp_path))
    check_one_sentence(error, "Got 1 slice, expected at least 3", "give the folder of a whole series")


def test_several_unusable_series_are_refused_with_the_largest_ones_reason(tmp_path):
    slices = axial_slices(6)
    del slices[2]
    save_series(slices, tmp_path / "a")
    save_series(axial_slices(1, SeriesInstanceUID="1.2.7.1"), tmp_path / "b")
    with pytest.raises(GeometryRefused) as error:
        load_volume(tmp_path)
    check_one_sentence(error, "none of its 2 series", "Slices are missing")


def test_asking_for_mr_where_there_is_only_ct_is_refused(tmp_path):
    with pytest.raises(NotAnImage, match="no T2 series, only CT"):
        load_volume(save_series(axial_slices(4), tmp_path), modality=Modality.T2)


def test_an_unusable_candidate_cannot_be_read(tmp_path):
    (series,) = list_series(save_series(axial_slices(2), tmp_path)).candidates
    with pytest.raises(InputRefused, match="Got 2 slices"):
        read_volume(series)


def test_a_damaged_file_beside_a_series_is_said_since_the_stack_may_lack_its_end(tmp_path):
    folder = save_series(axial_slices(6), tmp_path)
    path = folder / "IM5.dcm"
    path.write_bytes(path.read_bytes()[:300])
    volume = load_volume(folder)
    assert volume.voxels.shape[2] == 5
    assert "IM5.dcm" in volume.corrections[0]
    assert "may lack its end" in volume.corrections[0]
