"""`vfa send` and `vfa listen`: what they refuse before anything is sent or kept."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Vfa = Callable[..., Result]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "ORTHANC"), "AET@host:port"),
        (("--to", "A@h:1", "--ae-title", "X" * 17), "AE title"),
        (("--to", "A@h:1", "--tls-key", "k.pem"), "give all three"),
    ],
)
def test_a_wrong_address_is_wrong_use(vfa: Vfa, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "sr.dcm").write_bytes(b"")
    ended = vfa("send", tmp_path, *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_result_without_objects_is_wrong_use(vfa: Vfa, tmp_path: Path) -> None:
    ended = vfa("send", tmp_path, "--to", "A@h:1")
    assert ended.exit_code == 2
    assert "--emit seg,sr,pdf,sc" in ended.stderr


@pytest.mark.parametrize("left_out", ["--allow", "--answer-to", "--store"])
def test_a_listener_must_be_told_whom_it_serves(vfa: Vfa, tmp_path: Path, left_out: str) -> None:
    options = {"--allow": "PACS", "--answer-to": "PACS@127.0.0.1:104", "--store": str(tmp_path / "store")}
    del options[left_out]
    ended = vfa("listen", *(word for option in options.items() for word in option))
    assert ended.exit_code == 2
    assert left_out in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["send", "listen"])
def test_without_the_extra_it_says_what_to_install(
    vfa: Vfa, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    options = {
        "send": (str(tmp_path), "--to", "A@h:1"),
        "listen": ("--allow", "A", "--answer-to", "A@h:1", "--store", str(tmp_path / "s")),
    }
    ended = vfa(command, *options[command])
    assert ended.exit_code == 2
    assert "pip install 'vfa[pacs]'" in ended.stderr
