"""How does a reader say it? Tokens and numbers of the contract in words; the one place both table and page ask."""

from __future__ import annotations

from collections.abc import Sequence

from vfa.model.assessment import Conclusion
from vfa.model.input_words import chance_above, input_words, input_words_with_level, is_an_answer, listed
from vfa.report import contract as c

NOT_MEASURED = "not measured"
SHOWN_INPUTS = 5  # of those that could settle a conclusion alone; the others stand in assessment.json

REASONS: dict[str, str] = {
    "touches_border": "the image's edge cuts it",
    "treated": "cement or an implant is inside",
    "no_image": "masks alone were given, without the image",
    "no_valid_reference": "no intact vertebra to compare it with",
    "endplate_not_found": "its endplates were not found in the image",
    "canal_not_found": "the spinal canal was not found",
    "slices_too_thick": "the slices are too thick for it",
    "modality_insufficient": "this kind of image cannot show it",
    "quality_failed": "its segmentation is not plausible",
    "low_confidence": "what was seen is too uncertain",
    "not_stated": "nobody stated it",
}

STATUSES: dict[str, str] = {
    "intact": "intact",
    "breached": "breached",
    "not_assessable": "cannot be judged",
    "present": "present",
    "absent": "absent",
    "indeterminate": "uncertain",
    "straddles_threshold": "the interval lies on both sides of the limit",
    "missing_input": "an answer is missing",
    "needs_reader": "a reader must look",
    "ambiguous_rule": "the rule can be read in two ways",
    "contraindication": "contraindication",
    "relative_contraindication": "relative contraindication",
    "indication": "indication",
    "feasibility": "feasibility",
    "MET": "met",
    "NOT_MET": "not met",
    "UNKNOWN": "open",
}

_SUPERSEDED_UNITS = {"fraction": "%", "mm2": "mm²", "mm3": "mm³", "deg": "°"}


def printable(text: str) -> str:
    """Text without control characters: a DICOM header may hold terminal escapes."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def why_missing(missing: c.Missing) -> str:
    """Why something was not measured, as a reader says it."""
    return printable(missing.detail) or REASONS[missing.unmeasurable]


def why_unmeasured(vertebra: c.UnmeasuredVertebra) -> str:
    """Why a vertebra has no heights, as a reader says it."""
    return printable(vertebra.detail) or REASONS[vertebra.reason]


def status(token: str) -> str:
    """A status, verdict or reason in words."""
    return STATUSES.get(token) or REASONS.get(token) or token.replace("_", " ")


def conclusion(token: str) -> str:
    """A conclusion in words."""
    return Conclusion(token).words


def short_conclusion(token: str) -> str:
    """A conclusion in the words that fit a narrow cell."""
    return conclusion(token).partition(",")[0]


def number(value: float, decimals: int = 1) -> str:
    """A number with a fixed count of decimals, and no minus before zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def interval(ci95: Sequence[float], decimals: int = 1) -> str:
    """An interval; written with "to" where a dash would be taken for a minus."""
    low, high = (number(bound, decimals) for bound in ci95)
    return f"{low} to {high}" if "-" in low + high else f"{low}–{high}"


def percent(fraction: float) -> str:
    """A fraction in per cent."""
    return f"{number(100 * fraction)} %"


def percent_interval(ci95: Sequence[float]) -> str:
    """An interval of fractions in per cent."""
    return f"{interval([100 * bound for bound in ci95])} %"


def quantity(part: c.Quantity | c.Missing, unit: str) -> str:
    """A number with its unit and interval, or "not measured: why"."""
    if isinstance(part, c.Missing):
        return f"{NOT_MEASURED}: {why_missing(part)}"
    if unit == "fraction":
        return f"{percent(part.value)} ({percent_interval(part.ci95)})"
    return f"{number(part.value)} {_SUPERSEDED_UNITS.get(unit, unit)} ({interval(part.ci95)})".replace("  ", " ")


def evidence(one: c.Evidence) -> str:
    """A value a rule looked at."""
    if isinstance(one.value, str):
        return f"{printable(one.name)}: {printable(one.value)}"
    if one.unit == "fraction":
        shown, between = percent(one.value), percent_interval(one.ci95) if one.ci95 else ""
    else:
        unit = _SUPERSEDED_UNITS.get(one.unit, one.unit)
        shown, between = f"{number(one.value)} {unit}".strip(), interval(one.ci95) if one.ci95 else ""
    said = f"{printable(one.name)} {shown}" + (f" ({between})" if between else "")
    chance = one.probability_above_limit
    return said if chance is None else f"{said}, {printable(chance_above(one.name, one.limit, chance))}"


def needed_input(key: str) -> str:
    """An input that would settle something: "levels.L1.pain" is "pain at L1"."""
    return input_words_with_level(key)


def stated(key: str, value: str | float | tuple[str, ...]) -> str:
    """What a person stated: "pain at L1: yes"."""
    if isinstance(value, tuple):
        return printable(f"{needed_input(key)}: {', '.join(value) or 'none'}")
    return printable(f"{needed_input(key)}: {value if isinstance(value, str) else format(value, 'g')}")


def settle_one(sets: Sequence[Sequence[str]], shown: int = SHOWN_INPUTS) -> str:
    """The single inputs among the sets that could settle a conclusion, as one line; empty if there are none.

    Said beneath the level it is about, so that no level is named; of each kind at most `shown` are, the others counted.
    """
    singles = [keys[0] for keys in sets if len(keys) == 1]
    answers = [key for key in singles if is_an_answer(key)]
    images = [key for key in singles if key.startswith("image.")]
    measurements = [key for key in singles if key not in images and key not in answers]
    kinds = (("an answer on ", answers), ("a sure measurement of ", measurements), ("", images))
    return "; ".join(lead + _either_of(keys, shown) for lead, keys in kinds if keys)


def settle_together(sets: Sequence[Sequence[str]]) -> list[str]:
    """The sets of several inputs that could settle a conclusion only together, a line each."""
    return [listed(needed_input(key) for key in keys) for keys in sets if len(keys) > 1]


def _either_of(keys: Sequence[str], shown: int) -> str:
    names = list(dict.fromkeys(input_words(key) for key in keys))
    more = len(names) - shown
    return listed(names if more <= 1 else [*names[:shown], f"{more} others"], "or")


def changed_by_reader(parts: Sequence[str]) -> list[str]:
    """What a reader changed, as a sentence; nothing where all is as vfa found it."""
    names = {"level": "the name", "body": "the body's outline"}
    said = [names.get(part) or f"the {part.rpartition('.')[2]} height line" for part in parts]
    return [f"changed by a reader: {listed(said)}"] if said else []


def certainty(probability: float) -> str:
    """How sure a name is: "93 % sure"."""
    return f"{100 * probability:.0f} % sure"


def other_names(segmentation: c.Segmentation) -> str:
    """What the levels may be called instead, as a sentence; empty where their names are beyond doubt."""
    if not segmentation.alternative_naming:
        return ""
    other = printable(", ".join(segmentation.alternative_naming))
    return f"The levels could also be {other}: check the names before relying on any level's answer."


def suggested_classes(vertebra: c.Vertebra) -> str:
    """The AO and OF classes that fit, marked as a suggestion; empty where none does."""
    classes = vertebra.suggested_classes
    said = [name + " or ".join(fit) for name, fit in (("AO ", classes.ao), ("", classes.of)) if fit]
    if not said:
        return ""
    return f"Suggestion, for a reader to judge: {'; '.join(said)}, since {printable(classes.because)}."


def fracture_in_more_words(vertebra: c.Vertebra) -> str:
    """Why a fracture is uncertain or absent, and the signs beside height; empty where the headline says it all."""
    if isinstance(vertebra.deformity, c.Missing):
        return ""
    deformity = vertebra.deformity
    said = printable(deformity.because).rstrip(".") if deformity.fracture != "present" else ""
    parts = [f"{said[:1].upper()}{said[1:]}."] if said else []
    if deformity.signs:
        parts.append(f"Signs: {printable(', '.join(deformity.signs))}.")
    return " ".join(parts)


def shape_and_grade(deformity: c.Deformity) -> str:
    """Genant grade and shape: "grade 2 wedge"."""
    shape = "" if deformity.shape == "none" else f" {deformity.shape}"
    return f"grade {deformity.genant_grade}{shape}"


def fracture(vertebra: c.Vertebra) -> str:
    """One line on a level: fracture, loss and shape."""
    if isinstance(vertebra.deformity, c.Missing):
        return f"fracture {NOT_MEASURED}: {why_missing(vertebra.deformity)}"
    parts = [f"fracture {status(vertebra.deformity.fracture)}"]
    if not isinstance(vertebra.height_loss, c.Missing):
        loss = vertebra.height_loss
        parts.append(f"height loss {percent(loss.fraction)} ({percent_interval(loss.ci95)}), {loss.column} column")
    parts.append(f"Genant {shape_and_grade(vertebra.deformity)}")
    return ", ".join(parts)
