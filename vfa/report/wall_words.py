"""How does a reader say what was measured of the posterior wall and the canal, and what is drawn of them?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vfa.model.input_words import listed
from vfa.report import contract as c
from vfa.report.words import NOT_MEASURED, printable, quantity, status, why_missing

SAGITTAL_LEGEND = (
    "Blue: measured height, mm; orange, dotted: expected height. Pink: the posterior wall as traced in the canal's "
    "mid-plane, dotted where it could not be judged. Yellow: retropulsion, from where the wall should be to the bone "
    "farthest behind it, broken where it lies beside the plane. Green: the canal where it is narrowest."
)
AXIAL_LEGEND = (
    "Axial: where the canal is narrowest, seen from the feet; at half the body's height where that is not known. Grey: "
    "the body's outline; pink dot: where the traced posterior wall meets this plane, hollow where it could not be "
    "judged. Green: the canal's outline and its diameter; yellow: retropulsion, broken where it lies beside the plane."
)
TABLE_NOTE = (
    "Retropulsion: bone behind the place where the posterior wall should be. Canal compromise: how much smaller the "
    "canal's diameter is than that of the neighbouring levels; below zero it is wider."
)

Named = Iterable[tuple[str, c.Quantity | c.Missing, str]]  # name, number, unit


def table_lines(wall: c.PosteriorWall) -> list[str]:
    """What stands beneath the wall's status in a table: "retropulsion 6.3 mm (3.9–8.7)"."""
    return _lines(
        (
            ("retropulsion", wall.retropulsion_mm, "mm"),
            ("cortical gap", wall.breach_area_mm2, "mm2"),
            ("canal compromise", wall.canal_compromise.diameter_fraction, "fraction"),
        )
    )


def wall_sentences(vertebra: c.Vertebra) -> str:
    """The state of the posterior wall, why, and what was measured of it."""
    wall = vertebra.posterior_wall
    if isinstance(wall, c.Missing):
        return f"Posterior wall {NOT_MEASURED}: {why_missing(wall)}."
    because = printable(wall.because)
    measured = _lines((("retropulsion", wall.retropulsion_mm, "mm"), ("cortical gap", wall.breach_area_mm2, "mm2")))
    return " ".join([f"Posterior wall {status(wall.status)}: {because}.", *_sentences(measured, because)])


def canal_sentences(vertebra: c.Vertebra) -> str:
    """How wide the canal is where it is narrowest, and how much less than its neighbours'."""
    wall = vertebra.posterior_wall
    if isinstance(wall, c.Missing):
        return f"Canal {NOT_MEASURED}: {why_missing(wall)}."
    compromise = wall.canal_compromise
    measured = _lines(
        (
            ("canal diameter front to back", wall.canal_ap_mm, "mm"),
            ("canal area", wall.canal_area_mm2, "mm2"),
            ("canal compromise by diameter", compromise.diameter_fraction, "fraction"),
            ("canal compromise by area", compromise.area_fraction, "fraction"),
        )
    )
    return " ".join(_sentences(measured, printable(wall.because)))


def _lines(named: Named) -> list[str]:
    """A line for each number; those missing for one reason share a line."""
    measured: list[str] = []
    missing: dict[str, list[str]] = {}
    for name, part, unit in named:
        if isinstance(part, c.Missing):
            missing.setdefault(why_missing(part), []).append(name)
        else:
            measured.append(f"{name} {quantity(part, unit)}")
    return [*measured, *(f"{listed(names)} {NOT_MEASURED}: {why}" for why, names in missing.items())]


def _sentences(lines: list[str], because: str) -> Iterator[str]:
    """Lines as sentences; a reason that was just given is not repeated."""
    for line in lines:
        said = line.removesuffix(f": {because}")
        yield f"{said[:1].upper()}{said[1:]}."
