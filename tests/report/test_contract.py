"""The contract knows every word the model can say."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from pydantic import ValidationError

from vfa.model.assessment import PROCEDURES, Conclusion, RuleKind, UnknownReason, Verdict
from vfa.model.estimate import Why
from vfa.model.morphometry import COLUMNS, FractureStatus, Shape
from vfa.model.posterior_wall import Presence, WallStatus
from vfa.model.volume import Modality
from vfa.report import contract as c
from vfa.report.schema import json_schema


def words_of(part: str, key: str) -> set[str]:
    """Every word the schema allows at this key."""

    def collect(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {*node.get("enum", ()), *([node["const"]] if "const" in node else ())}
            return own.union(*(collect(value) for value in node.get("anyOf", ())))
        return set()

    return collect(json_schema()["$defs"][part]["properties"][key])


@pytest.mark.parametrize(
    ("words", "part", "key"),
    [
        (Conclusion, "Procedure", "conclusion"),
        (Verdict, "Outcome", "verdict"),
        (RuleKind, "Outcome", "kind"),
        (UnknownReason, "Outcome", "reason"),
        (FractureStatus, "Deformity", "fracture"),
        (Shape, "Deformity", "shape"),
        (WallStatus, "PosteriorWall", "status"),
        (Presence, "Finding", "status"),
        (Modality, "Series", "modality"),
    ],
)
def test_the_contract_and_the_model_have_the_same_words(words: type[Enum], part: str, key: str) -> None:
    assert words_of(part, key) == {word.value for word in words}


def test_every_reason_of_the_model_is_one_of_the_contract() -> None:
    assert words_of("Missing", "unmeasurable") == {*(reason.value for reason in Why), "not_stated"}


def test_columns_and_procedures_are_those_of_the_model() -> None:
    definitions = json_schema()["$defs"]
    assert tuple(definitions["HeightLoss"]["properties"]["column"]["enum"]) == COLUMNS
    names = definitions["MeasuredVertebra"]["properties"]["procedures"]["propertyNames"]["enum"]
    assert tuple(names) == PROCEDURES


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_no_quantity(bad: float) -> None:
    with pytest.raises(ValidationError):
        c.Quantity(value=bad, ci95=(0.0, 1.0))
    with pytest.raises(ValidationError):
        c.Quantity(value=0.0, ci95=(0.0, bad))


def test_a_part_is_frozen_and_takes_no_key_of_its_own() -> None:
    part = c.Quantity(value=1.0, ci95=(0.0, 2.0))
    with pytest.raises(ValidationError):
        part.value = 2.0  # type: ignore[misc]
    with pytest.raises(ValidationError):
        c.Quantity.model_validate({"value": 1.0, "ci95": (0.0, 2.0), "colour": "red"})
