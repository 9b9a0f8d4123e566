"""A peer is told in one way, and TLS needs all it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfa.errors import UsageError
from vfa.pacs.peer import Peer, TlsFiles, as_words, check_ae_title, parse_peer, tls_files


def test_a_peer_is_its_title_host_and_port() -> None:
    assert parse_peer("ORTHANC@127.0.0.1:4242") == Peer("ORTHANC", "127.0.0.1", 4242)
    assert parse_peer(" My PACS@pacs.example.org:104 ") == Peer("My PACS", "pacs.example.org", 104)
    assert parse_peer("A@[::1]:11112") == Peer("A", "::1", 11112)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ORTHANC",
        "ORTHANC@host",
        "@host:104",
        "A@host:0",
        "A@host:70000",
        "A@ho st:104",
        "A\\B@host:104",
        "17-characters-wide@h:1",
    ],
)
def test_anything_else_is_wrong_use(text: str) -> None:
    with pytest.raises(UsageError):
        parse_peer(text)


@pytest.mark.parametrize("title", ["", " ", "ÄPFEL", "A\nB", "X" * 17])
def test_an_ae_title_is_printable_and_short(title: str) -> None:
    with pytest.raises(UsageError, match="AE title"):
        check_ae_title(title)


def test_tls_takes_all_three_files_or_none(tmp_path: Path) -> None:
    assert tls_files(None, None, None) is None
    assert tls_files(tmp_path, tmp_path, tmp_path) == TlsFiles(tmp_path, tmp_path, tmp_path)
    with pytest.raises(UsageError, match="give all three"):
        tls_files(tmp_path, None, tmp_path)


def test_a_status_is_said_in_words_and_as_a_number() -> None:
    assert as_words(0xA700, "it is out of resources") == "it is out of resources (status 0xA700)"
    assert as_words(0xFE12, None) == "refused (status 0xFE12)"
