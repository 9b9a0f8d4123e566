"""What does `assessment.json` hold of the rules? What each said, on what evidence, and what follows."""

from __future__ import annotations

from typing import Literal

from pydantic import FiniteFloat

from vfa.report.contract_part import Interval, Part


class Evidence(Part):
    """A value a rule looked at; `ci95` is there when it has an interval, `limit` when that was held against one."""

    name: str
    value: FiniteFloat | str
    unit: str
    ci95: Interval | None = None
    source: str = ""
    limit: str = ""
    probability_above_limit: FiniteFloat | None = None


class Outcome(Part):
    """What one rule says; `reason` is there exactly when the verdict is UNKNOWN."""

    id: str
    kind: Literal["indication", "contraindication", "relative_contraindication", "feasibility"]
    sentence: str
    verdict: Literal["MET", "NOT_MET", "UNKNOWN"]
    reason: (
        Literal[
            "missing_input",
            "modality_insufficient",
            "straddles_threshold",
            "no_valid_reference",
            "quality_failed",
            "needs_reader",
            "ambiguous_rule",
            "treated",
            "touches_border",
        ]
        | None
    ) = None
    because: str
    evidence: tuple[Evidence, ...]
    needs: tuple[str, ...]
    source: str
    urgent: str = ""


class Procedure(Part):
    """The conclusion for one procedure at one level."""

    conclusion: Literal["contraindicated", "no_indication", "indeterminate", "no_exclusion_found"]
    because: str
    would_settle: tuple[tuple[str, ...], ...]
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]


Procedures = dict[Literal["vertebroplasty", "kyphoplasty"], Procedure]
