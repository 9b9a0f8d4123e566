"""A real PACS on this machine for a test: Orthanc, with what it holds asked over its own interface."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vfa.pacs.peer import Peer

PLUGINS = Path("/usr/share/orthanc/plugins")
UP_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def program(name: str, package: str) -> str:
    """The program's full path: pynetdicom puts programs of DCMTK's names on a virtual environment's path."""
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return path


@dataclass(frozen=True)
class Orthanc:
    http: str
    peer: Peer

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.http}/{path}", timeout=10) as answer:
            return json.loads(answer.read())

    def file(self, orthanc_id: str) -> bytes:
        with urllib.request.urlopen(f"{self.http}/instances/{orthanc_id}/file", timeout=10) as answer:
            return answer.read()

    def find(self, level: str, query: dict[str, str]) -> list[Any]:
        body = json.dumps({"Level": level, "Query": query, "Expand": True}).encode()
        with urllib.request.urlopen(f"{self.http}/tools/find", data=body, timeout=10) as answer:
            return json.loads(answer.read())

    def modalities_of(self, study_instance_uid: str) -> dict[str, int]:
        """Number of instances by modality."""
        counted: dict[str, int] = {}
        for series in self.find("Series", {"StudyInstanceUID": study_instance_uid}):
            kind = series["MainDicomTags"]["Modality"]
            counted[kind] = counted.get(kind, 0) + len(series["Instances"])
        return counted


@contextmanager
def running(folder: Path, known: dict[str, int]) -> Iterator[Orthanc]:
    """Orthanc with a store of its own in the folder.

    Args:
        folder: for its files.
        known: AE titles it talks to, with their ports on this machine.
    """
    binary = program("Orthanc", "orthanc")
    folder.mkdir(parents=True, exist_ok=True)
    dicom, http = free_port(), free_port()
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "DicomAet": "ORTHANC",
        "DicomPort": dicom,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowStore": False,
        "DicomAlwaysAllowEcho": False,
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(path) for path in PLUGINS.glob("libOrthancDicomWeb.so")],
        "DicomModalities": {title: [title, "127.0.0.1", port] for title, port in known.items()},
        "DicomWeb": {"Enable": True},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    environment = {**os.environ, "TCP_NODELAY": "1"}
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([binary, str(folder / "orthanc.json")], stdout=log, stderr=log, env=environment)
        try:
            yield _up(Orthanc(f"http://127.0.0.1:{http}", Peer("ORTHANC", "127.0.0.1", dicom)), process, folder)
        finally:
            process.terminate()
            process.wait(20)


def _up(orthanc: Orthanc, process: subprocess.Popen[bytes], folder: Path) -> Orthanc:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError((folder / "orthanc.log").read_text(errors="replace")[-2000:])
        try:
            orthanc.get("system")
            return orthanc
        except OSError:
            time.sleep(0.1)
    raise AssertionError("Orthanc did not come up")
