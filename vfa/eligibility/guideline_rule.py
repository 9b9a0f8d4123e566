"""What do the rules of every guideline layer share? They speak of both procedures, absolutely or relatively."""

from __future__ import annotations

from vfa.eligibility.criterion import AUGMENTATION, Criterion
from vfa.model.assessment import RuleKind


class Absolute(Criterion):
    """A contraindication of a guideline, for both procedures."""

    procedure = AUGMENTATION
    kind = RuleKind.CONTRAINDICATION
    verified = True


class Relative(Criterion):
    """A contraindication for the specialist to weigh, for both procedures."""

    procedure = AUGMENTATION
    kind = RuleKind.RELATIVE
    verified = True
