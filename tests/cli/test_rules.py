"""`vfa rules`: every rule of a profile is listed, and a bad profile is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from vfa.cli.faults import told_plainly
from vfa.cli.rules import rules
from vfa.eligibility import load_profile, shipped_profiles


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(told_plainly(rules))
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_rule_of_a_profile_is_listed(name: str) -> None:
    ended = run("--profile", name)
    assert ended.exit_code == 0
    for criterion in load_profile(name).criteria:
        assert criterion.id in ended.stdout


def test_the_seed_is_listed_without_asking() -> None:
    ended = run()
    assert "The seed text, read literally" in ended.stdout
    assert "max_loss = 1/3" in ended.stdout


def test_what_is_not_verified_is_marked() -> None:
    assert "min_retropulsion_mm = 2 *" in run().stdout


def test_a_malformed_profile_ends_in_one_sentence_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('name = "ours"\ntitle = "o"\nsource = "o"\n[criteria]\nVP-I9 = {}\n', "utf-8")
    ended = run("--profile", str(path))
    assert ended.exit_code == 3
    assert "line 5: unknown criterion 'VP-I9'" in ended.stderr
    assert ended.stderr.count("\n") == 1
