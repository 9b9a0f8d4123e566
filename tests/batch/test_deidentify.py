"""Nothing that leaves holds an identifier, the same key gives the same names, and the links stay with the key."""

from __future__ import annotations

import csv
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.batch.conftest import METHOD, SmallExport, tables
from vfa.batch.cohort import read_cohort
from vfa.batch.pseudonyms import Pseudonyms, Scrubber, read_key
from vfa.batch.run import BatchRequest, run_batch
from vfa.errors import UsageError

# Long enough not to stand in packed bytes by chance, as four letters once did.
NAMES = ("Doe0_Jane", "Doe0^Jane", "Doe0.dcm", "Doe1_John")
SECRETS = (*NAMES, "MRN00000", "MRN00001", "Spine CT", "Spine T2")


@pytest.mark.slow
def test_no_file_of_the_output_holds_a_name_a_number_or_a_path(export: SmallExport, tmp_path: Path) -> None:
    source = tmp_path / "in"
    shutil.copytree(export.folder / export.studies[0].folder, source / "Doe0_Jane" / "MRN00000")
    shutil.copytree(export.folder / export.studies[1].folder, source / "Doe1_John" / "one")
    for path in list((source / "Doe1_John").rglob("*.dcm"))[2:]:
        path.unlink()  # fails, so that its place is told
    (source / "Doe0_Jane" / "Doe0.dcm").write_text("no image")
    uids = {str(dcmread(path).StudyInstanceUID) for path in source.rglob("IM*.dcm")}
    uids |= {str(dcmread(path).SeriesInstanceUID) for path in source.rglob("IM*.dcm")}
    key_file = tmp_path / "secret" / "key"
    key = read_key(key_file)
    method = replace(METHOD, formats=("json", "html", "pdf", "seg", "sr", "sc"), pseudonyms=key)
    summary = run_batch(BatchRequest(source, tmp_path / "out", method, workers=1, key_file=key_file))
    assert (summary.done, summary.failed, len(summary.scan.failures)) == (1, 1, 1)
    for path in (tmp_path / "out").rglob("*"):
        whole = str(path.relative_to(tmp_path)).encode() + (path.read_bytes() if path.is_file() else b"")
        for secret in (*SECRETS, *uids, str(source), "IM0001"):
            assert secret.encode() not in whole, f"{secret} in {path}"
    (study,) = [path.parent for path in (tmp_path / "out").rglob("seg.dcm")]
    assert {path.name.partition("-")[0] for path in study.iterdir()} == {"seg.dcm", "sr.dcm", "pdf.dcm", "sc"}
    cohort = read_cohort(tmp_path / "out")
    for path in study.iterdir():
        made = dcmread(path)
        assert made.StudyInstanceUID == cohort.studies["study_instance_uid"][0], path
        assert made.PatientID == made.PatientName == cohort.studies["patient_id"][0], path
        assert made.PatientIdentityRemoved == "YES", path
        assert not made.StudyDate, path
    links = list(csv.DictReader(key_file.with_name("key.links.csv").read_text().splitlines()))
    linked = {row["study_pseudonym"]: row["study_instance_uid"] for row in links}
    assert linked[cohort.studies["study_instance_uid"][0]] == export.studies[0].study_instance_uid
    assert len(cohort.failures) == 2
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    first = tables(tmp_path / "out")
    again = replace(method, pseudonyms=read_key(key_file))
    assert run_batch(BatchRequest(source, tmp_path / "out", again, key_file=key_file)).plan.kept == 2
    assert tables(tmp_path / "out") == first


def test_pseudonyms_depend_on_key_kind_and_identifier_and_are_valid() -> None:
    one, other = Pseudonyms(b"a" * 32), Pseudonyms(b"b" * 32)
    assert one.uid("1.2.3") == Pseudonyms(b"a" * 32).uid("1.2.3")
    assert len({one.uid("1.2.3"), one.uid("1.2.4"), other.uid("1.2.3")}) == 3
    assert one.uid("1.2.3").startswith("2.25.")
    assert len(one.uid("1.2.3")) <= 64
    assert one.name("patient", "7") != one.name("file", "7").replace("file", "patient")
    assert one.uid("") == one.name("patient", "") == ""


def test_sentences_lose_whole_names_and_keep_longer_words() -> None:
    scrub = Scrubber({"/in/Doe/a.dcm": "file-1", "a.dcm": "file-2", "1.2.3": "X"})
    assert scrub.text("/in/Doe/a.dcm, a.dcm and aa.dcm; 1.2.3 and 1.2.34") == "file-1, file-2 and aa.dcm; X and 1.2.34"
    assert scrub.tree({"a.dcm": ["a.dcm", 1, None]}) == {"a.dcm": ["file-2", 1, None]}


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short")
    with pytest.raises(UsageError, match="expected a key of 16 bytes"):
        read_key(tmp_path / "key")
