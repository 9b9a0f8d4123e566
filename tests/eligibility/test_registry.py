"""Can another package bring a criterion, and is a bad one refused by name?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tests.builders import all_answered, clear_vertebra, study
from vfa.eligibility import judge, load_profile, registry
from vfa.eligibility.case import Case
from vfa.eligibility.criterion import ENTRY_POINTS, Criterion
from vfa.eligibility.facts import of_patient
from vfa.eligibility.truth import Truth
from vfa.errors import InputRefused
from vfa.model.assessment import Conclusion, RuleKind


class KnownAllergy(Criterion):
    """A criterion as another package would write it."""

    id = "HOSPITAL-1"
    procedure = "vertebroplasty"
    kind = RuleKind.CONTRAINDICATION
    sentence = "The patient is allergic to the cement."
    source = "our committee"
    verified = True
    decided_by = "clinical file"
    requires = ("patient.allergy_pmma",)

    def answer(self, case: Case) -> Truth:
        return of_patient(case, "allergy_pmma")


class TakesATakenId(KnownAllergy):
    id = "VP-C1"


NO_CRITERION = "just a word"


@pytest.fixture(autouse=True)
def _forget_what_was_found() -> Iterator[None]:
    registry.criteria.cache_clear()
    yield
    registry.criteria.cache_clear()


def offer(monkeypatch: pytest.MonkeyPatch, attribute: str) -> None:
    entry = EntryPoint("theirs", f"{__name__}:{attribute}", ENTRY_POINTS)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == ENTRY_POINTS else [])


def test_a_criterion_of_another_package_is_judged_like_any_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    offer(monkeypatch, "KnownAllergy")
    ours = tmp_path / "ours.toml"
    ours.write_text(
        'name = "ours"\ntitle = "Ours"\nsource = "Committee"\n[criteria]\nVP-I1 = {}\nHOSPITAL-1 = {}\n', "utf-8"
    )
    profile = load_profile(ours)
    findings = study(clear_vertebra())
    (silent,) = judge(findings, all_answered({"allergy_pmma": "not stated"}), [profile]).judged["ours"]["L1"]
    (allergic,) = judge(findings, all_answered({"allergy_pmma": "yes"}), [profile]).judged["ours"]["L1"]
    assert silent.conclusion is Conclusion.INDETERMINATE
    assert silent.would_settle == (("patient.allergy_pmma",),)
    assert allergic.conclusion is Conclusion.CONTRAINDICATED


@pytest.mark.parametrize(
    ("attribute", "said"),
    [("TakesATakenId", "VP-C1 is taken"), ("NO_CRITERION", "no subclass"), ("Absent", "cannot be loaded")],
)
def test_a_bad_criterion_of_another_package_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, attribute: str, said: str
):
    offer(monkeypatch, attribute)
    with pytest.raises(InputRefused, match=said):
        registry.criteria()
