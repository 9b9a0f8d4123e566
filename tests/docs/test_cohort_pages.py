"""The pages on batches and cohorts say what is so: the notebook runs, and the commands exist with these options."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import matplotlib
import pytest
from typer.main import get_command

from tests.docs.example_cohort import PATIENTS, write_example
from vfa.cli import app

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_example(tmp_path)
    monkeypatch.chdir(tmp_path)
    matplotlib.use("agg")
    notebook = json.loads((DOCS / "cohort.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        exec(compile(cell, "cohort.ipynb", "exec"), names)
    prevalence, agreement = names["prevalence"], names["agreement"]
    assert int(prevalence["measured"].sum()) == PATIENTS * 7  # type: ignore[index]
    # The readings were made 0.3 mm greater than the cohort, with a spread of 0.9 mm.
    limits = agreement.limits["anterior_mm"]  # type: ignore[attr-defined]
    assert limits.bias.ci95[0] < -0.3 < limits.bias.ci95[1]
    assert limits.sd == pytest.approx(0.9, rel=0.2)


def test_every_command_of_the_page_on_batches_has_the_options_it_is_given() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    page = (DOCS / "batch.md").read_text(encoding="utf-8")
    lines = re.findall(r"^vfa .+$", page.replace("\\\n", " "), flags=re.M)
    assert len(lines) >= 6
    for line in lines:
        _, name, *words = shlex.split(line, comments=True)
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
