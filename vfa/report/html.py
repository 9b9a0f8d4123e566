"""How does one page show the whole answer? `report.html`: self-contained, opens offline, numbers of assessment.json."""

from __future__ import annotations

import base64
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from vfa.report import contract as c
from vfa.report import images_read, overview, wall_words, words
from vfa.report.height_chart import height_charts
from vfa.report.pictures import Pictures

FILE_NAME = "report.html"


def render_html(document: c.AssessmentFile, pictures: Pictures) -> str:
    """The page as text.

    Every string of the document is escaped, since series descriptions come from files anyone may have written; the
    page allows itself no script and no request.

    Args:
        document: the contract's document; every number shown is one of its numbers, rounded.
        pictures: what there is to show.
    """
    page = _ENVIRONMENT.get_template("report.html.j2")
    return page.render(
        document=document,
        pictures=pictures,
        charts=height_charts(document),
        strip=overview.strip(document),
        told_once=overview.told_once(document),
        candidates=overview.candidates(document),
        without_indication=overview.without_indication(document),
        not_judged=overview.not_judged(document),
        unmeasured=overview.unmeasured_by_reason(document),
        side_by_side=overview.side_by_side(document) if len(document.profiles) > 1 else (),
        dissenting=partial(overview.dissenting, document),
        agreeing=partial(overview.agreeing, document),
        series_lines=images_read.series_lines(document),
        oedema_lines=images_read.oedema_lines(document),
        remarks_on_levels=overview.remarks_on_levels(document),
        account=overview.account_by_procedure(document),
        gaps=overview.gaps(document),
        other_names=words.other_names(document.segmentation),
        glance=overview.conclusions_at_a_glance(document),
    )


def _base64(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")


def _is_missing(part: object) -> bool:
    return isinstance(part, c.Missing)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("vfa.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["w"] = words
    environment.globals["wall"] = wall_words
    environment.tests["missing"] = _is_missing
    environment.filters["base64"] = _base64
    environment.filters["printable"] = words.printable
    return environment


_ENVIRONMENT = _environment()
