"""Readings side by side with a cohort: what is paired, what is not measured, what is not there, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.batch.test_cohort import done
from vfa.batch.cohort import read_cohort, write_cohort
from vfa.batch.compare import compare, plots
from vfa.batch.readings import match, read_readings
from vfa.cli import app
from vfa.errors import InputRefused

HEADER = "study_instance_uid,level,anterior_mm,height_loss_percent,genant_grade,fracture\n"
# The made-up study has T12 25.0, L1 18.2, L2 27.0 mm in front; losses −1.2, 31, −1.2 %; grades 0, 2, 0; T11 is cut.
ROWS = (
    "1.2.3,T12,24.0,0,0,absent\n1.2.3,l1,18.0,30,3,present\n1.2.3,L2,27.5,,0,\n1.2.3,T11,20,,1,present\n9.9,L1,18,,,\n"
)


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    write_cohort(tmp_path / "out", [done()], 0)
    return tmp_path / "out"


@pytest.fixture
def readings(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "readings.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_levels_are_paired_and_what_has_no_pair_is_counted(cohort: Path, readings: Callable[[str], Path]) -> None:
    matched = match(read_cohort(cohort), read_readings(readings(HEADER + ROWS)))
    anterior = [(pair.level, pair.by_vfa, pair.by_reader) for pair in matched.pairs["anterior_mm"]]
    assert anterior == [("T12", 25.0, 24.0), ("L1", 18.2, 18.0), ("L2", 27.0, 27.5)]
    losses = [(pair.by_vfa, pair.by_reader) for pair in matched.pairs["height_loss_fraction"]]
    assert losses == [(-0.012, 0.0), (0.31, 0.30)]
    assert [(pair.by_vfa, pair.by_reader) for pair in matched.pairs["genant_grade"]] == [(0, 0), (2, 3), (0, 0)]
    assert [(pair.by_vfa, pair.by_reader) for pair in matched.pairs["fracture"]] == [(0, 0), (1, 1)]
    assert matched.not_measured["anterior_mm"] == matched.not_measured["genant_grade"] == 1  # T11
    assert matched.unmatched == ("9.9 L1",)


def test_what_has_three_pairs_is_compared_and_drawn(cohort: Path, readings: Callable[[str], Path]) -> None:
    comparison = compare(cohort, readings(HEADER + ROWS))
    assert set(comparison.limits) == {"anterior_mm"}
    assert comparison.limits["anterior_mm"].bias.value == pytest.approx((1.0 + 0.2 - 0.5) / 3)
    assert set(comparison.kappas) == {"genant_grade"}
    drawn = plots(comparison)
    assert set(drawn) == {"bland_altman_anterior_mm.png", "table_genant_grade.png"}
    assert all(png.startswith(b"\x89PNG") for png in drawn.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level,anterior_mm\nL1,18\n", "study_instance_uid"),
        ("study_instance_uid,level,width_mm\n1.2.3,L1,18\n", "expected the columns"),
        (HEADER + "1.2.3,L9,18,,,\n", "line 2"),
        (HEADER + "1.2.3,L1,tall,,,\n", "expected a number"),
        (HEADER + "1.2.3,L1,nan,,,\n", "expected a number"),
        (HEADER + "1.2.3,L1,,,4,\n", "expected 0, 1, 2 or 3"),
        (HEADER + "1.2.3,L1,,,,maybe\n", "expected present"),
        (HEADER + "1.2.3,L1,18,,,\n1.2.3,L1,19,,,\n", "read twice"),
    ],
)
def test_a_malformed_table_is_refused_with_the_place(readings: Callable[[str], Path], text: str, said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        read_readings(readings(text))


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="vfa")


def test_the_command_prints_both_tables_and_writes_the_plots(cohort: Path, readings: Callable[[str], Path]) -> None:
    ended = command("compare", cohort, readings(HEADER + ROWS))
    assert ended.exit_code == 0, ended.stderr
    said = " ".join(ended.stdout.split())
    for words in ("anterior_mm", "0.233", "Weighted kappa", "genant_grade", "Not in the cohort: 9.9 L1", "no interval"):
        assert words in said
    assert "genant_grade: 1 readings at levels where vfa has no definite value" in said
    assert sorted(path.name for path in (cohort / "agreement").iterdir()) == [
        "bland_altman_anterior_mm.png",
        "table_genant_grade.png",
    ]


def test_the_command_says_when_nothing_can_be_compared(cohort: Path, readings: Callable[[str], Path]) -> None:
    ended = command("compare", cohort, readings(HEADER + "1.2.3,L1,18,,,\n"))
    assert ended.exit_code == 4
    assert "fewer than three levels" in ended.stderr
    ended = command("compare", cohort / "nowhere", readings(HEADER))
    assert ended.exit_code == 3
