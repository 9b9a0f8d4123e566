"""An export like those of a PACS: many studies in nested folders, CT and MR, copies, and some broken in ten ways.

A few phantoms are rendered once; every study is one of them in its own place in the scanner, with its own noise and
identifiers. The true masks lie beside the export, where the segmenter of `benchmarks.labels_beside` finds them: what
is tried here is the batch, not the segmentation.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydicom import dcmread

from vfa.model.frame import Grid
from vfa.model.spine import Spine
from vfa.model.volume import Modality, Volume
from vfa.phantom.write_dicom import StudyHeader, write_series
from vfa.segment import write_labels

MR_SHARE = 0.3
COPY_SHARE = 0.05
FIRST_SLICES = 6


@dataclass(frozen=True, eq=False)
class Base:
    """A volume that studies are made from, with its true masks."""

    volume: Volume
    spine: Spine


@dataclass(frozen=True)
class Written:
    """One study of an export.

    Args:
        study_instance_uid: as written.
        patient_id: as written.
        folder: within the export.
        damage: what was broken; empty for a sound one.
        reasons: tokens of failures that are right for it; empty when it shall be assessed.
    """

    study_instance_uid: str
    patient_id: str
    folder: Path
    damage: str = ""
    reasons: tuple[str, ...] = ()


def write_export(folder: Path, labels: Path, bases: list[Base], studies: int, broken: int) -> list[Written]:
    """Write an export.

    Args:
        folder: where the studies go.
        labels: where their true masks go, by Series Instance UID.
        bases: what they are made from.
        studies: how many, the broken ones included.
        broken: how many of them are broken, each in the next of the ways of `DAMAGES`.
    """
    labels.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2026)
    written = []
    damaged = set(np.linspace(0, studies - 1, broken).astype(int).tolist()) if broken else set()
    ways = iter(DAMAGES.items())
    for number in range(studies):
        one = _write_study(folder, labels, bases[number % len(bases)], number, rng)
        if number in damaged:
            name, (damage, reasons) = next(ways, None) or next(ways := iter(DAMAGES.items()))
            damage(folder / one.folder)
            one = replace(one, damage=name, reasons=reasons)
        elif rng.random() < COPY_SHARE:
            shutil.copytree(folder / one.folder, folder / "copies" / f"again {number}")
        written.append(one)
    (folder / "README.txt").write_text("Exported by a PACS.\n")
    (folder / "empty").mkdir(exist_ok=True)
    return written


def _write_study(folder: Path, labels: Path, base: Base, number: int, rng: np.random.Generator) -> Written:
    kind = Modality.T2 if rng.random() < MR_SHARE else Modality.CT
    shift = np.round(rng.uniform(-80, 80, 3), 1)
    grid = Grid(base.volume.grid.shape, _shifted(base.volume.grid.lps_from_ijk, shift))
    volume = Volume(_as_seen(base.volume, kind, rng), grid, kind)
    patient = f"MRN{number // 2:05d}"  # two studies each
    header = StudyHeader(
        name_of_study=f"export study {number}",
        patient_name=f"Doe{number // 2}^Jane",
        patient_id=patient,
        series_description=f"Spine {kind.value}",
    )
    place = Path(f"{chr(65 + number % 5)}", f"Doe{number // 2}_Jane", f"study {number}")
    write_series(volume, folder / place, header, "none")
    moved = tuple(
        replace(one, grid=Grid(one.grid.shape, _shifted(one.grid.lps_from_ijk, shift))) for one in base.spine.vertebrae
    )
    series_uid = header.uid("series", header.series_number)
    write_labels(Spine(moved, grid, "truth"), grid, labels / f"{series_uid}.nii.gz")
    return Written(str(header.uid("study")), patient, place)


def _shifted(lps_from_ijk: np.ndarray, shift: np.ndarray) -> np.ndarray:
    moved = lps_from_ijk.copy()
    moved[:3, 3] += shift
    return moved


def _as_seen(volume: Volume, kind: Modality, rng: np.random.Generator) -> np.ndarray:
    noisy = volume.voxels + rng.normal(0, 8, volume.voxels.shape)
    if kind is not Modality.CT:
        noisy = np.interp(noisy, [-1000, -200, 0, 60, 250, 900], [0, 20, 250, 300, 650, 80])
    low, high = (-1024, 3071) if kind is Modality.CT else (0, 4095)
    return np.clip(np.round(noisy), low, high).astype(np.int16)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.dcm"))


def _each(change: Callable[[object], None]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in _files(folder):
            dataset = dcmread(path)
            change(dataset)
            dataset.save_as(path)

    return damage


def _text_in_place(folder: Path) -> None:
    for path in _files(folder):
        path.write_text("This was an image once.\n")


def _cut_pixels(folder: Path) -> None:
    path = _files(folder)[len(_files(folder)) // 2]
    path.write_bytes(path.read_bytes()[:-5000])


def _cut_headers(folder: Path) -> None:
    for path in _files(folder):
        path.write_bytes(path.read_bytes()[:700])


def _one_slice(folder: Path) -> None:
    for path in _files(folder)[1:]:
        path.unlink()


def _gap(folder: Path) -> None:
    files = _files(folder)
    for path in files[len(files) // 3 : len(files) // 3 + 4]:
        path.unlink()


def _two_spacings(folder: Path) -> None:
    files = _files(folder)
    for path in files[len(files) // 2 :: 2]:
        path.unlink()


def _other_kind(dataset: object) -> None:
    from pydicom.uid import SecondaryCaptureImageStorage

    dataset.SOPClassUID = SecondaryCaptureImageStorage  # type: ignore[attr-defined]
    dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage  # type: ignore[attr-defined]


def _no_position(dataset: object) -> None:
    del dataset.ImagePositionPatient  # type: ignore[attr-defined]


def _skewed(dataset: object) -> None:
    dataset.ImageOrientationPatient = [1, 0, 0, 0.5, 0.8, 0]  # type: ignore[attr-defined]


def _no_spacing(dataset: object) -> None:
    dataset.PixelSpacing = [0, 0]  # type: ignore[attr-defined]


# name → how, and which reasons of failure are right
DAMAGES: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "text in place of images": (_text_in_place, ("unreadable_file",)),
    "pixels cut short": (_cut_pixels, ("not_an_image", "geometry_refused")),
    "headers cut short": (_cut_headers, ("not_an_image", "unreadable_file")),
    "one slice": (_one_slice, ("geometry_refused",)),
    "a gap": (_gap, ("geometry_refused",)),
    "two slice spacings": (_two_spacings, ("geometry_refused",)),
    "screenshots": (_each(_other_kind), ("not_an_image",)),
    "no positions": (_each(_no_position), ("geometry_refused",)),
    "skewed rows and columns": (_each(_skewed), ("not_an_image", "geometry_refused")),
    "no pixel spacing": (_each(_no_spacing), ("not_an_image", "geometry_refused")),
}


def sound(written: list[Written]) -> Iterator[Written]:
    """The studies that shall be assessed."""
    return (one for one in written if not one.damage)
