"""The README's commands run, and what it shows is what they print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
# Another processor may round the network's output differently; a number may differ by this much.
TOLERANCE = 0.35


def shown(command: str) -> list[str]:
    """The lines the README shows below `$ command`, up to the next command or the block's end."""
    block = re.search(rf"^\$ {re.escape(command)}\n(.*?)(?=^\$ |^```)", README, re.MULTILINE | re.DOTALL)
    assert block, f"the README shows no output of `{command}`"
    return [line.rstrip() for line in block.group(1).splitlines()]


def recipe(target: str) -> str:
    """The last command of a Makefile target."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found, f"the Makefile has no {target}"
    return found.group(1).strip().splitlines()[-1].strip().removeprefix("@")


def without_numbers(line: str) -> str:
    return re.sub(r"\s+", " ", NUMBER.sub("#", line)).strip()


@pytest.mark.slow
def test_make_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    command = recipe("demo").replace("$(BIN)/vfa", f"{shlex.quote(sys.executable)} -m vfa")
    command = command.replace("sample_data", shlex.quote(str(REPOSITORY / "sample_data")))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
    environment["PYTHONPATH"] = str(REPOSITORY)
    done = subprocess.run(
        shlex.split(command), cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    got = [line.rstrip() for line in done.stdout.splitlines()]
    expected = shown("make demo")
    assert [without_numbers(line) for line in got] == [without_numbers(line) for line in expected]
    for line, wanted in zip(got, expected, strict=True):
        numbers, wanted_numbers = NUMBER.findall(line), NUMBER.findall(wanted)
        assert [float(n) for n in numbers] == pytest.approx([float(n) for n in wanted_numbers], abs=TOLERANCE), line
    assert (tmp_path / "demo" / "assessment.json").is_file()
    assert (tmp_path / "demo" / "report.html").is_file()


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    assert "assess" in recipe("demo")
    assert "pytest" in recipe("test")
    assert re.search(r"^\$ make test\n(?:.*\n)*?.*\d+ passed", README, re.MULTILINE)


def test_every_file_the_readme_points_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


def test_the_readme_carries_the_notice_of_use() -> None:
    from vfa.intended_use import NOTICE

    assert " ".join(NOTICE.split()) in " ".join(README.replace("> ", "").split())
