"""A small export that all tests of the batch share, and the segmenter that reads its masks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import labels_beside
from benchmarks.batch_export import Written, write_export
from tests.batch import boxes
from vfa.batch.run import BatchRequest, BatchSummary, run_batch
from vfa.batch.work import Method
from vfa.batch.worker import WorkerLimits

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class SmallExport:
    """Where it lies, and what was written."""

    folder: Path
    labels: Path
    studies: tuple[Written, ...]

    def trouble(self, number: int) -> Path:
        """The file that makes the segmenter misbehave on a study."""
        (uid,) = {path.name.removesuffix(".nii.gz") for path in self.labels.glob("*.nii.gz")} & self._series(number)
        return self.labels / labels_beside.TROUBLE.format(uid=uid)

    def _series(self, number: int) -> set[str]:
        from pydicom import dcmread

        files = (self.folder / self.studies[number].folder).glob("*.dcm")
        return {str(dcmread(next(files), stop_before_pixels=True).SeriesInstanceUID)}


@pytest.fixture(scope="session")
def written_export(tmp_path_factory: pytest.TempPathFactory) -> SmallExport:
    """Three sound studies of boxes, CT and MR, written once."""
    root = tmp_path_factory.mktemp("export")
    studies = write_export(root / "in", root / "labels", [boxes.base()], studies=3, broken=0)
    return SmallExport(root / "in", root / "labels", tuple(studies))


@pytest.fixture(scope="session")
def segmenter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labels_beside.install(tmp_path_factory.mktemp("plugin"))


def _make_known(segmenter_folder: Path, labels: Path, patch: pytest.MonkeyPatch) -> None:
    """Install the segmenter here and in every process started from here."""
    patch.setattr(sys, "path", [str(segmenter_folder), *sys.path])
    patch.setenv(labels_beside.FOLDER_VARIABLE, str(labels))
    patch.setenv("PYTHONPATH", os.pathsep.join([str(segmenter_folder), str(REPOSITORY)]))


@pytest.fixture
def export(
    written_export: SmallExport, segmenter_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SmallExport]:
    """The export, with the segmenter installed."""
    _make_known(segmenter_folder, written_export.labels, monkeypatch)
    yield written_export
    for trouble in written_export.labels.glob("*.trouble"):
        trouble.unlink()


METHOD = Method(segmenter=labels_beside.NAME, formats=("json",))


@pytest.fixture
def run(export: SmallExport, tmp_path: Path) -> Callable[..., BatchSummary]:
    """`run(method=…, limits=…)`: a batch over the export into `tmp_path / "out"`, on one worker."""

    def call(**options: object) -> BatchSummary:
        wanted = {
            "export": export.folder,
            "out": tmp_path / "out",
            "method": METHOD,
            "workers": 1,
            "limits": WorkerLimits(),
            **options,
        }
        return run_batch(BatchRequest(**wanted))  # type: ignore[arg-type]

    return call


@pytest.fixture(scope="session")
def finished_once(
    written_export: SmallExport, segmenter_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, BatchSummary]:
    """A finished batch over the export on two workers, run once."""
    out = tmp_path_factory.mktemp("finished") / "out"
    with pytest.MonkeyPatch.context() as patch:
        _make_known(segmenter_folder, written_export.labels, patch)
        summary = run_batch(BatchRequest(written_export.folder, out, METHOD, workers=2))
    return out, summary


@pytest.fixture
def finished(finished_once: tuple[Path, BatchSummary], tmp_path: Path) -> dict[str, bytes]:
    """A copy of the finished batch in `tmp_path / "out"`, ready to be resumed; its tables."""
    shutil.copytree(finished_once[0], tmp_path / "out")
    return tables(tmp_path / "out")


def tables(out: Path) -> dict[str, bytes]:
    """The Parquet files of a cohort, byte for byte."""
    return {path.name: path.read_bytes() for path in sorted((out / "cohort").glob("*.parquet"))}
