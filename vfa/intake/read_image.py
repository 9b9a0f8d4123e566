"""A NIfTI, NRRD or MetaImage file as a volume in LPS.

SimpleITK decodes the file and gives LPS positions directly. Such files do not say what kind of image they hold:
the caller does, or it is inferred from the values and said so in the corrections.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from vfa.errors import GeometryRefused, InputRefused, NotAnImage
from vfa.intake.nifti_header import check_complete, nifti_notes
from vfa.intake.series import LeftOut, SeriesCandidate
from vfa.intake.series_kind import plane_of
from vfa.intake.stored_file import MAX_BYTES, FileOpener, StoredFile
from vfa.model.frame import Grid
from vfa.model.volume import Modality, SeriesSource, Volume

IMAGE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
ALIKE_IN_LABELS = 0.9  # of neighbouring voxels within labels hold the same number; in a scan, with its noise, few do
HIGHEST_LABEL = 255  # of the schemes that are read, sub-regions included
AIR_HU = -500  # some voxel of any CT lies below, air or fat-free lung; no MR stores such values
PADDING_HU = -1024


def is_image_name(lower_name: str) -> bool:
    """Whether a file of this name is read by this module."""
    return lower_name.endswith(IMAGE_ENDINGS)


def image_candidate(file: StoredFile, opener: FileOpener) -> SeriesCandidate | LeftOut:
    """What one image file holds, from its header; never raises on a bad file."""
    refusal: InputRefused | None = None
    try:
        with _on_disk(file, opener) as path:
            grid, components = _grid_of(path, file)
            notes = nifti_notes(path, grid, file.name)
            if components != 1:
                raise NotAnImage(f"{file.name} holds {components} values per voxel, expected one.")
    except GeometryRefused as error:
        refusal, grid, notes = error, None, ()
    except InputRefused as error:
        return LeftOut(str(file), str(error))
    except Exception as error:  # ITK raises RuntimeError for anything; a damaged zip or disk raises its own
        return LeftOut(str(file), f"cannot be read as an image ({_first_line(error)})")
    slice_axis = 2 if grid is None else _slice_axis(grid)
    return SeriesCandidate(
        study_instance_uid="",
        series_instance_uid="",
        description=file.name,
        kind=None,
        plane="" if grid is None else plane_of(grid.axes[:, slice_axis]),
        spacing_mm=None if grid is None else grid.spacing_mm,
        shape=(0, 0, 0) if grid is None else grid.shape,
        extent_lps_mm=None if grid is None else _extent(grid),
        body_part="",
        frame_of_reference_uid="",
        study_date="",
        stored_files=(file,),
        notes=notes,
        refusal=refusal,
    )


def read_image(file: StoredFile, modality: Modality | None = None) -> Volume:
    """Read an image file; the modality is inferred if the caller gives none.

    Raises:
        NotAnImage: if it cannot be decoded or holds no numbers.
        GeometryRefused: if it is not three-dimensional or states no geometry.
    """
    with FileOpener() as opener, _on_disk(file, opener) as path:
        try:
            grid, components = _grid_of(path, file)
            if components != 1:
                raise NotAnImage(f"{file.name} holds {components} values per voxel, expected one.")
            notes = nifti_notes(path, grid, file.name)
            check_complete(path, grid, file.name)
            voxels = _voxels_of(path, file.name)
        except InputRefused:
            raise
        except Exception as error:  # ITK raises RuntimeError for anything; malformed headers raise their own
            raise NotAnImage(f"{file.name} cannot be read as an image ({_first_line(error)}).") from error
    if voxels.ndim == 4:
        voxels = voxels[..., 0]
    if voxels.shape != grid.shape:
        raise GeometryRefused(f"{file.name} has a shape of {voxels.shape}, expected {grid.shape} as its header says.")
    if not np.isfinite(voxels).all():
        raise NotAnImage(f"{file.name} holds values that are not finite; save it without NaN.")
    kind, kind_notes = (modality, ()) if modality else _inferred(voxels, file.name)
    values, value_notes = _hounsfield(voxels) if kind.is_ct else (voxels, ())
    return Volume(
        voxels=values,
        grid=grid,
        modality=kind,
        source=SeriesSource(description=file.name, files=(str(file),)),
        slice_axis=_slice_axis(grid),
        corrections=(*notes, *kind_notes, *value_notes),
    )


def _grid_of(path: Path, file: StoredFile) -> tuple[Grid, int]:
    """The lattice from the header, and the number of values per voxel; decodes no voxel."""
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        with _quiet_itk():
            reader.ReadImageInformation()
    except RuntimeError as error:
        if "orthonormal" in str(error):
            raise GeometryRefused(
                f"{file.name} has voxel axes that are not perpendicular, expected an upright grid; resample it."
            ) from error
        raise
    size, spacing = reader.GetSize(), reader.GetSpacing()
    if len(size) != 3 and not (len(size) == 4 and size[3] == 1):
        raise GeometryRefused(f"{file.name} has {len(size)} dimensions, expected 3; extract one volume.")
    if np.prod(size, dtype=float) * 2 > MAX_BYTES:
        raise GeometryRefused(
            f"{file.name} claims {' × '.join(map(str, size))} voxels, more than can be held; crop it."
        )
    if min(size[:3]) < 2:
        raise GeometryRefused(f"{file.name} is one voxel thin ({' × '.join(map(str, size[:3]))}), expected a volume.")
    dimensions = len(size)
    axes = np.array(reader.GetDirection()).reshape(dimensions, dimensions)[:3, :3]
    try:
        grid = Grid.from_axes((size[0], size[1], size[2]), spacing[:3], reader.GetOrigin()[:3], axes)
    except ValueError as error:
        raise GeometryRefused(f"{file.name} has an impossible geometry ({error}).") from error
    return grid, int(reader.GetNumberOfComponents())


def _voxels_of(path: Path, name: str) -> NDArray[Any]:
    """The voxels (I, J, K); ITK gives no usable reason when they cannot be decoded, though the header could."""
    try:
        with _quiet_itk():
            return np.asarray(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))).T)
    except RuntimeError as error:
        raise NotAnImage(
            f"{name} has a header that can be read but voxels that cannot: they are cut short, damaged or in a file "
            "that is missing; copy it again."
        ) from error


def _inferred(voxels: NDArray[Any], name: str) -> tuple[Modality, tuple[str, ...]]:
    least, most = float(voxels.min()), float(voxels.max())
    if least >= 0 and most <= HIGHEST_LABEL and _is_label_map(voxels):
        raise NotAnImage(
            f"{name} holds whole numbers from {least:.0f} to {most:.0f} that hardly change from voxel to voxel: "
            "labels, not an image; give it with --segmentation, or say --modality if it is an image."
        )
    if least < AIR_HU and np.array_equal(voxels, np.rint(voxels)):
        return Modality.CT, (
            f"The file does not say what it holds; whole numbers from {least:.0f} to {most:.0f} were taken for "
            "Hounsfield units (CT).",
        )
    return Modality.MR, (
        f"The file does not say what it holds; values from {least:.6g} to {most:.6g} were taken for MR of unknown "
        "contrast.",
    )


def _is_label_map(voxels: NDArray[Any]) -> bool:
    """Whether an image is made of patches of one whole number each, as labels are and no scan is."""
    here, beside = voxels[:-1], voxels[1:]
    inside = (here > 0) & (beside > 0)
    alike = here[inside] == beside[inside]
    return bool(len(alike)) and float(alike.mean()) >= ALIKE_IN_LABELS and np.array_equal(here, np.rint(here))


def _hounsfield(voxels: NDArray[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """int16 where the values allow it, nothing below −1024 HU."""
    low = voxels < PADDING_HU
    notes: tuple[str, ...] = ()
    if low.any():
        notes = (f"Values below {PADDING_HU} HU ({low.mean() * 100:.1f} % of voxels) were set to {PADDING_HU} HU.",)
        voxels = np.where(low, PADDING_HU, voxels)
    if voxels.max() <= np.iinfo(np.int16).max and np.array_equal(voxels, np.rint(voxels)):
        return voxels.astype(np.int16), notes
    return voxels.astype(np.float32), notes


def _slice_axis(grid: Grid) -> int:
    """The axis of widest spacing; the last one where all are alike."""
    spacing = np.array(grid.spacing_mm)
    return 2 if spacing.max() < 1.01 * spacing.min() else int(spacing.argmax())


def _extent(grid: Grid) -> tuple[float, float, float]:
    left, posterior, head = np.abs(grid.lps_from_ijk[:3, :3]) @ np.array(grid.shape)
    return float(left), float(posterior), float(head)


@contextmanager
def _on_disk(file: StoredFile, opener: FileOpener) -> Iterator[Path]:
    """A path ITK can open: the file itself, or a temporary copy of a zip member under a name of ours."""
    if not file.member:
        yield file.path
        return
    ending = next(ending for ending in IMAGE_ENDINGS if file.lower_name.endswith(ending))
    with tempfile.TemporaryDirectory(prefix="vfa-") as folder:
        path = Path(folder) / f"image{ending}"
        path.write_bytes(opener.whole(file).getbuffer())
        yield path


@contextmanager
def _quiet_itk() -> Iterator[None]:
    """Keep ITK's warnings off the terminal: what they warn of is checked and said here."""
    before = SimpleITK.ProcessObject.GetGlobalWarningDisplay()
    SimpleITK.ProcessObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        SimpleITK.ProcessObject.SetGlobalWarningDisplay(before)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
