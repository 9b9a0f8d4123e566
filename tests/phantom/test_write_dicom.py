import numpy as np
import pydicom
import pytest

from vfa.model.frame import Grid
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import Pose
from vfa.phantom.write_dicom import StudyHeader, write_ct_study, write_series

OBLIQUE = Grid.from_axes((9, 7, 4), (0.7, 0.8, 1.5), (-31.25, 12.5, 100.0), Pose((10.0, -20.0, 35.0)).rotation)


def ct(grid=OBLIQUE, **changes):
    voxels = np.random.default_rng(3).integers(-1024, 3072, grid.shape).astype(np.int16)
    return Volume(voxels, grid, **{"modality": Modality.CT, "slice_thickness_mm": 2.0, **changes})


def read(paths):
    return [pydicom.dcmread(path) for path in paths]


@pytest.mark.parametrize("compression", ["none", "jpeg-ls", "rle"])
def test_every_hounsfield_unit_comes_back(tmp_path, compression):
    volume = ct()
    files = read(write_ct_study(volume, tmp_path, compression=compression))
    hu = np.stack([f.pixel_array.T * float(f.RescaleSlope) + float(f.RescaleIntercept) for f in files], axis=2)
    assert (hu == volume.voxels).all()


def test_every_voxel_comes_back_to_its_place_by_the_standard_s_formula(tmp_path):
    # PS3.3 C.7.6.2.1.1: position + column direction × column spacing × column + row direction × row spacing × row.
    for k, file in enumerate(read(write_ct_study(ct(), tmp_path))):
        along_row, along_column = np.reshape(np.array(file.ImageOrientationPatient, dtype=float), (2, 3))
        row_spacing, column_spacing = (float(part) for part in file.PixelSpacing)
        column, row = 8, 5
        place = np.array(file.ImagePositionPatient, dtype=float)
        place = place + along_row * column_spacing * column + along_column * row_spacing * row
        np.testing.assert_allclose(place, OBLIQUE.lps_of((column, row, k)), atol=1e-4)
        assert (file.Columns, file.Rows) == (9, 7)


def test_equal_studies_give_equal_files_and_other_names_other_uids(tmp_path):
    first = write_ct_study(ct(), tmp_path / "a")
    again = write_ct_study(ct(), tmp_path / "b")
    other = read(write_ct_study(ct(), tmp_path / "c", StudyHeader(name_of_study="another")))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    files = read(first)
    assert {f.StudyInstanceUID for f in files}.isdisjoint({f.StudyInstanceUID for f in other})
    assert len({f.SOPInstanceUID for f in files}) == 4
    assert len({f.SeriesInstanceUID for f in files}) == 1


def test_every_uid_is_valid_and_derived_from_a_uuid():
    uid = StudyHeader().uid("slice", 3)
    assert uid.is_valid
    assert int(str(uid).removeprefix("2.25.")) < 2**128  # PS3.5 B.2


def test_the_header_names_the_phantom_and_the_slice(tmp_path):
    file = read(write_ct_study(ct(), tmp_path))[2]
    assert file.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert str(file.PatientName) == "Phantom^Digital"
    assert float(file.SliceThickness) == 2.0
    assert file.InstanceNumber == 3
    assert file.Modality == "CT"
    assert file.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.80"  # JPEG-LS lossless


def test_mr_is_written_as_mr_with_its_sequence(tmp_path):
    voxels = np.full(OBLIQUE.shape, 500, dtype=np.int16)
    stir = Volume(voxels, OBLIQUE, Modality.STIR, slice_thickness_mm=4.0)
    file = read(write_series(stir, tmp_path, StudyHeader(series_number=5), "jpeg-ls"))[0]
    assert file.SOPClassUID == "1.2.840.10008.5.1.4.1.1.4"
    assert (file.Modality, file.ScanningSequence, float(file.InversionTime)) == ("MR", "IR", 160.0)
    assert "RescaleSlope" not in file
    assert (file.pixel_array == 500).all()


def test_what_dicom_cannot_hold_is_refused(tmp_path):
    sheared = np.array(OBLIQUE.lps_from_ijk)
    sheared[:3, 2] += 0.2 * sheared[:3, 0]
    with pytest.raises(ValueError, match="square"):
        write_ct_study(ct(Grid(OBLIQUE.shape, sheared)), tmp_path)
    with pytest.raises(ValueError, match="slice_axis"):
        write_ct_study(ct(slice_axis=0), tmp_path)
    with pytest.raises(ValueError, match="expected CT"):
        write_ct_study(ct(modality=Modality.T2), tmp_path)
    with pytest.raises(ValueError, match="4095"):
        write_ct_study(Volume(np.full(OBLIQUE.shape, 5000, np.int16), OBLIQUE, Modality.CT), tmp_path)
    assert not list(tmp_path.iterdir())
