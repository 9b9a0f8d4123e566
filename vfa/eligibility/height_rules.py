"""Is the body collapsed further than a procedure allows? One measured value answers all three height rules.

Source of the limits: the seed text (one third for vertebroplasty, stated twice; 70 % for kyphoplasty).
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.criterion import Criterion
from vfa.eligibility.facts import not_measured
from vfa.eligibility.parameter import Parameter
from vfa.eligibility.threshold import above, limit_in_words
from vfa.eligibility.truth import Truth, opposite, unknown
from vfa.model.assessment import Evidence, RuleKind, UnknownReason
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.morphometry import LateralLoss

_THICK_SLICES = Parameter(
    "thick_slice_mm",
    Fraction(3),
    "slices further apart than this cannot be trusted with a narrower interval than thick_slice_half_width",
    "design choice",
    verified=False,
)
_THICK_HALF_WIDTH = Parameter(
    "thick_slice_half_width",
    Fraction(87, 1000),
    "95 % half-width of height loss at an endplate error of 1 mm and an expected height of 25 mm",
    "error propagation, two neighbours as reference",
    verified=False,
    at_most=Fraction(1),
)


def _max_loss(limit: Fraction, where: str) -> Parameter:
    return Parameter(
        "max_loss",
        limit,
        "greatest height loss allowed, as a fraction of the expected height; exactly this much is allowed",
        where,
        verified=True,
        at_most=Fraction(1),
    )


class HeightRule(Criterion):
    """The level's height loss against a limit; `sentence` has a place for it."""

    @property
    def phrase(self) -> str:
        """The rule with its limit."""
        limit = self.number("max_loss")
        words = "one third" if limit == Fraction(1, 3) else limit_in_words(limit, "fraction")
        return self.sentence.replace("{max_loss}", words)

    def collapsed(self, case: Case) -> Truth:
        """Whether the loss passes the limit; where only the lateral third may pass it, a reader must say."""
        vertebra = case.vertebra
        for spoilt, why in ((vertebra.treated, Why.TREATED), (vertebra.touches_border, Why.TOUCHES_BORDER)):
            if spoilt:
                return not_measured(Unmeasurable(case.level, "height loss", why), "height_loss")
        if isinstance(vertebra.height_loss, Unmeasurable):
            return not_measured(vertebra.height_loss, "height_loss")
        spacing_mm = case.images.slice_spacing_mm
        thick = spacing_mm is not None and spacing_mm > self.number("thick_slice_mm")
        floor = self.number("thick_slice_half_width") if thick else None
        limit = self.number("max_loss")
        central = above(vertebra.height_loss.fraction, limit, "height loss", "height_loss", floor)
        if central.is_no and isinstance(vertebra.lateral_loss, LateralLoss):
            return self._with_lateral(central, vertebra.lateral_loss, limit)
        return central

    def _with_lateral(self, central: Truth, lateral: LateralLoss, limit: Fraction) -> Truth:
        loss = lateral.fraction
        if loss.value <= limit:
            return central
        evidence = Evidence(f"{lateral.side} lateral loss", loss.value, loss.unit, loss.ci95, loss.method)
        because = (
            f"{central.because} The {lateral.side} third has lost {loss.value * 100:.1f} %, more than "
            f"{limit_in_words(limit, 'fraction')}; the rule does not say whether that counts, so a reader must."
        )
        return unknown(UnknownReason.NEEDS_READER, because, ("lateral_loss",), (*central.evidence, evidence))


class CollapsedMoreThanOneThird(HeightRule):
    """VP-C4."""

    id = "VP-C4"
    procedure = "vertebroplasty"
    kind = RuleKind.CONTRAINDICATION
    sentence = "The vertebral body is collapsed by more than {max_loss}."
    source = "seed text, vertebroplasty: in whom it is not applied"
    verified = True
    decided_by = "height loss measured on CT (MR where there is no CT), with its 95 % interval"
    requires = ("height_loss", "lateral_loss")
    parameters = (_max_loss(Fraction(1, 3), "seed text"), _THICK_SLICES, _THICK_HALF_WIDTH)

    def answer(self, case: Case) -> Truth:
        """MET above the limit."""
        return self.collapsed(case)


class HeightAllowsVertebroplasty(HeightRule):
    """VP-F1, the same value as VP-C4 seen from the other side; the two can never disagree."""

    id = "VP-F1"
    procedure = "vertebroplasty"
    kind = RuleKind.FEASIBILITY
    sentence = "The vertebral body has kept enough height: it is not collapsed by more than {max_loss}."
    source = "seed text, vertebroplasty: mechanism of action"
    verified = True
    decided_by = "the same height loss as VP-C4"
    requires = CollapsedMoreThanOneThird.requires
    parameters = CollapsedMoreThanOneThird.parameters
    twin = "VP-C4"

    def answer(self, case: Case) -> Truth:
        """MET at or below the limit."""
        return opposite(self.collapsed(case))


class CollapsedMoreThanSeventyPercent(HeightRule):
    """KP-C11."""

    id = "KP-C11"
    procedure = "kyphoplasty"
    kind = RuleKind.CONTRAINDICATION
    sentence = "The vertebral body has lost more than {max_loss} of its height."
    source = "seed text, kyphoplasty contraindication 11"
    verified = True
    decided_by = "height loss measured on CT (MR where there is no CT), with its 95 % interval"
    requires = ("height_loss", "lateral_loss")
    parameters = (_max_loss(Fraction(7, 10), "seed text"), _THICK_SLICES, _THICK_HALF_WIDTH)

    def answer(self, case: Case) -> Truth:
        """MET above the limit."""
        return self.collapsed(case)
