"""Are the generated pages those of the catalogue as it is?"""

from __future__ import annotations

from pathlib import Path

import pytest

from vfa.eligibility import catalogue, load_profile, shipped_profiles
from vfa.eligibility.fhir_codes import CONDITIONS, OBSERVATIONS
from vfa.eligibility.rules_page import fhir_page, rules_page
from vfa.model.assessment import RuleKind

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("name", "made"), [("rules.md", rules_page), ("fhir.md", fhir_page)])
def test_the_page_is_up_to_date(name: str, made) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == made(), "run: python -m vfa.eligibility.rules_page docs"


def test_every_rule_of_every_profile_stands_on_the_page_with_its_source() -> None:
    page = rules_page()
    for name in shipped_profiles():
        section = page.partition(f"## `{name}`")[2].partition("\n## ")[0]
        for entry in catalogue(load_profile(name)):
            (row,) = [line for line in section.splitlines() if line.startswith(f"| {entry.id} |")]
            assert entry.sentence in row
            assert entry.source in row
            assert entry.verified or f"{entry.source} \\*" in row


def test_no_rule_that_is_not_verified_contraindicates_in_a_shipped_profile() -> None:
    for name in shipped_profiles():
        for rule in load_profile(name).criteria:
            assert rule.verified or rule.kind is not RuleKind.CONTRAINDICATION


def test_every_code_of_the_mapping_stands_on_the_page() -> None:
    page = fhir_page()
    for code in (*CONDITIONS, *OBSERVATIONS):
        assert code.codes[0] in page


@pytest.mark.parametrize("made", [rules_page, fhir_page])
def test_a_table_has_as_many_cells_in_every_row_as_in_its_head(made) -> None:
    columns = 0
    for line in made().splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        columns = columns or line.count("|")
        assert line.count("|") == columns, line
