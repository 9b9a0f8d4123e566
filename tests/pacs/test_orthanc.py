"""With a real PACS: a study goes in, the answer comes back into it, and what is fetched again is what was made."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import highdicom
import pydicom
import pytest

from tests.pacs import orthanc
from tests.pacs.orthanc import Orthanc
from tests.report import dicom_study, made_up
from vfa.errors import UsageError
from vfa.pacs.inbox import StudyBox
from vfa.pacs.peer import Peer
from vfa.pacs.send import Caller, objects_of, send
from vfa.pacs.stow import store_on_the_web
from vfa.report.files import write_files
from vfa.report.json import read_assessment
from vfa.report.result_files import FORMATS, result_files

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "sample_data" / "study"
SAMPLES_FRACTURES = ("L1", "L3")
ANSWERED_SECONDS = 600.0  # patience, not a claim: on a busy machine an assessment waits its turn


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {title: orthanc.free_port() for title in ("VFA", "DEST", "SENDER")}


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int]) -> Iterator[Orthanc]:
    with orthanc.running(tmp_path_factory.mktemp("pacs"), ports) as running:
        yield running


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder of a made-up study with all objects."""
    folder = tmp_path_factory.mktemp("made")
    study = dicom_study.write_study(folder / "study", "axial CT")
    images = (study.volume, study.spine)
    write_files(folder / "result", result_files(dicom_study.the_document(), made_up.findings(), images, FORMATS))
    return folder / "result"


def wait_until(what, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.2)
    return False


def study_of(result: Path) -> str:
    return str(pydicom.dcmread(result / "dicom" / "seg.dcm", stop_before_pixels=True).StudyInstanceUID)


def test_a_result_is_stored_and_the_pacs_commits_itself_to_keep_it(
    pacs: Orthanc, result: Path, ports: dict[str, int]
) -> None:
    sent = send(objects_of(result), pacs.peer, Caller("VFA", answer_port=ports["VFA"]))
    assert len(sent.stored) == 6
    assert sent.commitment == "the PACS commits itself to keep them"
    assert pacs.modalities_of(study_of(result)) == {"SEG": 1, "SR": 1, "OT": 3, "DOC": 1}


def test_sending_a_result_again_adds_nothing(pacs: Orthanc, result: Path) -> None:
    for _ in range(2):
        assert send(objects_of(result), pacs.peer, Caller("VFA")).commitment == "not asked for storage commitment"
    assert sum(pacs.modalities_of(study_of(result)).values()) == 6


def test_a_result_is_stored_over_the_web(pacs: Orthanc, tmp_path: Path) -> None:
    study = dicom_study.write_study(tmp_path / "study", "oblique CT")
    images = (study.volume, study.spine)
    write_files(tmp_path / "r", result_files(dicom_study.the_document(), made_up.findings(), images, ("seg", "sr")))
    store_on_the_web(objects_of(tmp_path / "r"), f"{pacs.http}/dicom-web/")
    assert pacs.modalities_of(study_of(tmp_path / "r")) == {"SEG": 1, "SR": 1}


# pynetdicom leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_pacs_that_does_not_know_us_or_is_not_there_is_told_in_one_sentence(pacs: Orthanc, result: Path) -> None:
    with pytest.raises(UsageError, match=r"refuses to talk to VFA|hangs up on VFA"):
        send(objects_of(result), Peer("WRONG", pacs.peer.host, pacs.peer.port), Caller("VFA"))
    with pytest.raises(UsageError, match="nobody answers"):
        send(objects_of(result), Peer("ORTHANC", "127.0.0.1", orthanc.free_port()), Caller("VFA"))
    with pytest.raises(UsageError, match="expected a DICOMweb service"):
        store_on_the_web(objects_of(result), f"{pacs.http}/nothing-here")
    gc.collect()


@pytest.mark.slow
def test_a_study_comes_from_the_pacs_and_its_answer_goes_back_and_out_again_unchanged(
    pacs: Orthanc, ports: dict[str, int], tmp_path: Path
) -> None:
    send(sorted(SAMPLE.glob("*.dcm")), pacs.peer, Caller("SENDER"))
    study = str(pydicom.dcmread(next(SAMPLE.glob("*.dcm")), stop_before_pixels=True).StudyInstanceUID)
    store = tmp_path / "store"
    listen = ["listen", "--store", store, "--answer-to", pacs.peer, "--allow", "ORTHANC", "--port", ports["VFA"]]
    command = [sys.executable, "-m", "vfa", *map(str, listen), "--quiet", "2", "--address", "127.0.0.1"]
    with (tmp_path / "log").open("wb") as log:
        listener = subprocess.Popen(command, stdout=log, stderr=log, cwd=REPOSITORY, env=os.environ.copy())
    try:
        assert wait_until(lambda: b"Listening as VFA" in (tmp_path / "log").read_bytes(), 60)
        moved = dcmtk_move(pacs, {"StudyInstanceUID": study}, "STUDY", "VFA")
        assert moved.returncode == 0, moved.stderr
        box = StudyBox(store / "studies" / study)
        answered = wait_until(lambda: box.images.is_dir() and not box.is_open(), ANSWERED_SECONDS)
        assert answered, (tmp_path / "log").read_text()
    finally:
        listener.send_signal(signal.SIGTERM)
        assert listener.wait(20) == 0
    (made,) = (store / "studies" / study).glob("result-*")
    pictures = 1 + 2 * len(SAMPLES_FRACTURES)
    counted = {"CT": len(list(SAMPLE.glob("*.dcm"))), "SEG": 1, "SR": 1, "OT": pictures, "DOC": 1}
    assert pacs.modalities_of(study) == counted
    assert len(objects_of(made)) == 3 + pictures
    for path in objects_of(made):
        fetched = moved_out(pacs, pydicom.dcmread(path), ports["DEST"], tmp_path / path.stem)
        assert pydicom.dcmread(fetched) == pydicom.dcmread(path), path.name
        assert dicom_study.complaints(fetched) == []
        if path.stem == "sr":
            same_numbers(fetched, made)


def same_numbers(report: Path, result: Path) -> None:
    """The heights read out of the report are those of assessment.json, bit for bit."""
    groups = highdicom.sr.srread(report).content.get_volumetric_roi_measurement_groups()
    read = {
        group.tracking_identifier.split()[0]: {one.name.value: one.value for one in group.get_measurements()}
        for group in groups
    }
    measured = [one for one in read_assessment(result).vertebrae if one.status == "measured"]
    assert measured
    for vertebra in measured:
        assert read[vertebra.level]["HA"] == vertebra.heights_mm.anterior.value
        assert read[vertebra.level]["HP"] == vertebra.heights_mm.posterior.value


def moved_out(pacs: Orthanc, wanted: pydicom.Dataset, port: int, folder: Path) -> Path:
    """Fetch one object's series by C-MOVE into a folder; the file in which the object came."""
    folder.mkdir()
    keys = {"StudyInstanceUID": wanted.StudyInstanceUID, "SeriesInstanceUID": wanted.SeriesInstanceUID}
    moved = dcmtk_move(pacs, keys, "SERIES", "DEST", "+P", str(port), "-od", str(folder))
    assert moved.returncode == 0, moved.stderr
    came = {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID: file for file in folder.iterdir()}
    return came[wanted.SOPInstanceUID]


def dcmtk_move(
    pacs: Orthanc, keys: dict[str, str], level: str, destination: str, *receiving: str
) -> subprocess.CompletedProcess[str]:
    command = [orthanc.program("movescu", "dcmtk"), "-S", "-aet", "DEST", "-aec", "ORTHANC", "-aem", destination]
    command += [*receiving, "-k", f"QueryRetrieveLevel={level}"]
    command += [word for key, value in keys.items() for word in ("-k", f"{key}={value}")]
    command += [pacs.peer.host, str(pacs.peer.port)]
    environment = {**os.environ, "TCP_NODELAY": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
