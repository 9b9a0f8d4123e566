"""What do all parts of `assessment.json` share? Their base, a number with its interval, and what stands for none."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat

Reason = Literal[
    "touches_border",
    "treated",
    "no_image",
    "no_valid_reference",
    "endplate_not_found",
    "canal_not_found",
    "slices_too_thick",
    "modality_insufficient",
    "quality_failed",
    "low_confidence",
    "not_stated",
]

Vector = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
Interval = tuple[FiniteFloat, FiniteFloat]


class Part(BaseModel):
    """Base of every part: frozen, and nothing in it that is not written down here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Missing(Part):
    """Stands where a value could not be had."""

    unmeasurable: Reason
    detail: str = ""


class Quantity(Part):
    """A number with its 95 % interval; the unit is in the name of the key that holds it."""

    value: FiniteFloat
    ci95: Interval


class NamedQuantity(Quantity):
    """A number whose key does not tell its unit."""

    unit: str
