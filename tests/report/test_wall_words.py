"""What is said of wall and canal is what was measured, and what was not is said with its reason, once."""

from __future__ import annotations

import dataclasses

from tests.report import made_up
from vfa.model.estimate import Estimate, Unmeasurable, Why
from vfa.model.findings import VertebraFindings
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.report import contract as c
from vfa.report.document import to_document
from vfa.report.wall_words import canal_sentences, table_lines, wall_sentences

DOUBT = "mask and image disagree by 6 mm"


def told_of(wall: PosteriorWall | Unmeasurable) -> c.Vertebra:
    """L1 with this wall, as the contract's document has it."""
    study = made_up.findings()
    changed: list[VertebraFindings] = [
        dataclasses.replace(one, posterior_wall=wall) if one.level == "L1" else one for one in study.vertebrae
    ]
    document = to_document(made_up.assessment(dataclasses.replace(study, vertebrae=tuple(changed))))
    return next(one for one in document.vertebrae if one.level == "L1")


def breached() -> PosteriorWall:
    return dataclasses.replace(
        made_up.wall("L1"),
        status=WallStatus.BREACHED,
        because="bone stands behind the wall, on the left, in the upper third",
        retropulsion_mm=made_up.mm(6.3, 2.4),
        breach_area_mm2=Estimate(31.0, 0.0, "mm2", "chosen by hand"),
        canal_ap_mm=made_up.mm(11.8, 0.6),
        canal_area_mm2=Estimate(148.0, 0.0, "mm2", "chosen by hand"),
        diameter_compromise=made_up.share(0.36, 0.1),
        area_compromise=made_up.share(0.62, 0.06),
    )


def not_judged() -> PosteriorWall:
    missing = Unmeasurable("L1", "wall", Why.QUALITY_FAILED, DOUBT)
    return dataclasses.replace(
        breached(),
        status=WallStatus.NOT_ASSESSABLE,
        because=DOUBT,
        **dict.fromkeys(("retropulsion_mm", "breach_area_mm2", "canal_ap_mm", "canal_area_mm2"), missing),
        **dict.fromkeys(("diameter_compromise", "area_compromise"), missing),
    )


def test_a_breached_wall_is_told_with_its_place_and_every_number() -> None:
    told = told_of(breached())
    assert wall_sentences(told) == (
        "Posterior wall breached: bone stands behind the wall, on the left, in the upper third. "
        "Retropulsion 6.3 mm (3.9–8.7). Cortical gap 31.0 mm² (31.0–31.0)."
    )
    assert canal_sentences(told) == (
        "Canal diameter front to back 11.8 mm (11.2–12.4). Canal area 148.0 mm² (148.0–148.0). "
        "Canal compromise by diameter 36.0 % (26.0–46.0 %). Canal compromise by area 62.0 % (56.0–68.0 %)."
    )


def test_the_table_holds_retropulsion_gap_and_compromise() -> None:
    wall = told_of(breached()).posterior_wall
    assert isinstance(wall, c.PosteriorWall)
    assert table_lines(wall) == [
        "retropulsion 6.3 mm (3.9–8.7)",
        "cortical gap 31.0 mm² (31.0–31.0)",
        "canal compromise 36.0 % (26.0–46.0 %)",
    ]


def test_a_wall_that_cannot_be_judged_says_why_once_and_gives_no_number() -> None:
    told = told_of(not_judged())
    said = f"{wall_sentences(told)} {canal_sentences(told)}"
    assert said.startswith(f"Posterior wall cannot be judged: {DOUBT}. Retropulsion and cortical gap not measured.")
    assert said.count(DOUBT) == 1
    assert "0.0" not in said
    assert isinstance(told.posterior_wall, c.PosteriorWall)
    assert table_lines(told.posterior_wall) == [
        f"retropulsion, cortical gap and canal compromise not measured: {DOUBT}"
    ]


def test_an_image_that_cannot_show_the_wall_says_so_of_wall_and_canal() -> None:
    told = told_of(Unmeasurable("L1", "posterior wall", Why.MODALITY_INSUFFICIENT))
    assert wall_sentences(told) == "Posterior wall not measured: this kind of image cannot show it."
    assert canal_sentences(told) == "Canal not measured: this kind of image cannot show it."
