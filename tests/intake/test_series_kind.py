"""CT, T1, T2, STIR or other; the values are those of sequences in clinical use at 0.3, 1.5 and 3 tesla."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.intake.written_series import ct_slice, mr_slice
from vfa.intake.dicom_file import StoredPixels, quiet
from vfa.intake.frame_header import FrameHeader, frame_headers
from vfa.intake.series_kind import kind_of, not_hounsfield, not_slices, plane_of, region_rank
from vfa.intake.stored_file import StoredFile
from vfa.model.volume import Modality

PIXELS = np.zeros((4, 4), np.uint16)


def mr_header(**attributes: object) -> FrameHeader:
    with quiet():
        return frame_headers(mr_slice((0, 0, 0), PIXELS, **attributes), StoredFile(Path("made up")), StoredPixels(""))[
            0
        ]


def ct_header(**attributes: object) -> FrameHeader:
    return frame_headers(ct_slice((0, 0, 0), PIXELS, **attributes), StoredFile(Path("made up")), StoredPixels(""))[0]


@pytest.mark.parametrize(
    ("sequence", "tr_ms", "te_ms", "ti_ms", "kind"),
    [
        ("SE", 510, 10, None, Modality.T1),
        ("SE", 462, 25, 0, Modality.T1),
        ("SE", 3500, 100, None, Modality.T2),
        ("SE", 3203, 110, 0, Modality.T2),
        ("IR", 3320, 80, 110, Modality.STIR),
        (["SE", "IR"], 4000, 60, 220, Modality.STIR),
        (["SE", "IR"], 2200, 25, 860, Modality.T1),  # T1 FLAIR
        (["SE", "IR"], 9000, 120, 2500, Modality.MR),  # FLAIR: fluid is dark
        ("SE", 3000, 15, None, Modality.MR),  # proton density
        ("GR", 500, 15, None, Modality.MR),
        ("EP", 4000, 80, None, Modality.MR),
        ("RM", 6.2, 3.4, None, Modality.MR),
    ],
)
def test_times_and_sequence_decide_the_contrast(sequence, tr_ms, te_ms, ti_ms, kind):
    header = mr_header(ScanningSequence=sequence, RepetitionTime=tr_ms, EchoTime=te_ms, InversionTime=ti_ms)
    assert kind_of(header) is kind


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("T1 sag", Modality.T1),
        ("SG T2WI 4mm", Modality.T2),
        ("t2_tirm_sag", Modality.STIR),
        ("T1 and T2", Modality.MR),
        ("T2* sag", Modality.MR),
        ("localizer", Modality.MR),
        ("T2 dixon water", Modality.MR),
    ],
)
def test_words_count_only_where_the_times_are_missing(description, kind):
    without_times = mr_header(RepetitionTime=None, EchoTime=None, SeriesDescription=description)
    assert kind_of(without_times) is kind


def test_a_t1_called_t2_by_its_name_stays_t1():
    assert kind_of(mr_header(RepetitionTime=500, EchoTime=10, SeriesDescription="T2 sag")) is Modality.T1


def test_a_stir_that_states_no_inversion_time_is_never_called_t2():
    assert kind_of(mr_header(SeriesDescription="STIR sag")) is Modality.STIR


def test_a_fat_saturated_t2_is_read_as_stir_is_and_a_fat_saturated_t1_is_neither():
    assert kind_of(mr_header(ScanOptions="FS")) is Modality.STIR
    assert kind_of(mr_header(ScanOptions="FS", EchoTime=10, RepetitionTime=500)) is Modality.MR


def test_the_contrast_an_enhanced_object_states_is_taken():
    assert kind_of(mr_header(AcquisitionContrast="STIR")) is Modality.STIR
    assert kind_of(mr_header(AcquisitionContrast="FLUID_ATTENUATED")) is Modality.MR


def test_ct_is_ct():
    assert kind_of(ct_header()) is Modality.CT


@pytest.mark.parametrize(
    ("image_type", "word"),
    [
        (["ORIGINAL", "PRIMARY", "LOCALIZER"], "localizer"),
        (["DERIVED", "SECONDARY", "PROJECTION IMAGE"], "projection"),
        (["DERIVED", "SECONDARY", "MIP"], "projection"),
    ],
)
def test_scouts_and_projections_are_no_slices(image_type, word):
    assert word in not_slices(ct_header(ImageType=image_type))


@pytest.mark.parametrize("image_type", [["ORIGINAL", "PRIMARY", "AXIAL"], ["DERIVED", "PRIMARY", "MPR"]])
def test_axial_images_and_plane_reformats_are_slices(image_type):
    assert not_slices(ct_header(ImageType=image_type)) == ""


def test_distorted_volumes_are_no_slices():
    assert "distorted" in not_slices(ct_header(VolumetricProperties="DISTORTED"))


@pytest.mark.parametrize("missing", ["RescaleSlope", "RescaleIntercept"])
def test_ct_without_rescale_tags_is_not_in_hounsfield_units(missing):
    assert "missing" in not_hounsfield(ct_header(**{missing: None}))


def test_a_derived_ct_map_in_other_units_is_not_in_hounsfield_units():
    header = ct_header(ImageType=["DERIVED", "PRIMARY", "PERFUSION"], RescaleType="US")
    assert "US" in not_hounsfield(header)
    assert not_hounsfield(ct_header(RescaleType="HU")) == ""


@pytest.mark.parametrize(
    ("normal", "plane"), [((0, 0.3, 0.95), "axial"), ((0.99, 0, -0.1), "sagittal"), ((0, -0.8, 0.6), "coronal")]
)
def test_the_nearest_plane_names_a_stack(normal, plane):
    assert plane_of(np.array(normal)) == plane


def test_body_part_is_a_hint_that_puts_the_spine_first():
    ranks = [region_rank(part, "") for part in ("LSPINE", "ABDOMEN", "", "HEAD")]
    assert ranks == [0, 0, 1, 2]
