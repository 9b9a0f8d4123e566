"""What is an input called in a sentence? One name for every answer, measurement and image that a rule may need.

Keys are those of `Outcome.needs` and `ProcedureAssessment.would_settle`: "patient.inr", "levels.L1.pain", the name of a
measurement ("posterior_wall") or a kind of image ("image.MR").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What the key itself does not say well enough with its underscores taken out.
INPUT_WORDS: dict[str, str] = {
    "inr": "INR",
    "platelets_10e9_per_l": "platelet count",
    "age_years": "age",
    "allergy_pmma": "allergy to bone cement",
    "allergy_opacifier": "allergy to the opacifier",
    "coagulopathy_correctable": "whether the coagulopathy can be corrected",
    "crp_mg_per_l": "CRP",
    "temperature_celsius": "temperature",
    "t_score": "T-score",
    "roland_morris_0_24": "Roland–Morris score",
    "hospitalised_for_pain": "a hospital stay for the pain",
    "pain_score_0_10": "pain score",
    "pain_improving": "whether pain is improving",
    "pain_worsening": "whether pain is getting worse",
    "conservative_treatment_failed": "whether conservative treatment has failed",
    "high_energy_trauma": "high-energy trauma",
    "trauma": "an injury",
    "unhealed": "whether the fracture has healed",
    "fragmented": "fragmentation",
    "unstable": "instability",
    "cardiopulmonary_disease": "severe heart or lung disease",
    "destruction_or_stenosis_excludes": "the weight of the destruction or stenosis",
    "weeks_since_onset": "weeks since onset",
    "intent": "treatment or prophylaxis",
    "osteonecrosis": "osteonecrosis",
    "fracture_confirmed": "the fracture",
    "posterior_wall": "the posterior wall",
    "posterior_wall_defect": "the posterior wall",
    "height_loss": "the height loss",
    "lateral_loss": "the lateral height loss",
    "deformity": "the fracture",
    "cleft": "a cleft in the body",
    "image.MR": "an MRI",
    "image.CT": "a thin-slice CT",
}

# The measurement that a reader's answer about a level can stand in for.
MEASURED_BY_A_READER: dict[str, str] = {
    "fragmented": "fragmentation",
    "posterior_wall_defect": "posterior_wall",
    "retropulsion": "posterior_wall",
    "destruction": "destruction",
    "foraminal_stenosis": "foraminal_stenosis",
    "epidural_tumour": "epidural_extension",
    "marrow_oedema": "marrow_oedema",
    "osteonecrosis": "cleft",
    "haemangioma": "haemangioma",
}

_AT_LEVEL = re.compile(r"levels\.([A-Z]\d+)\.(.+)")


def input_words(need: str) -> str:
    """An input as a sentence about its level calls it: "levels.L1.pain" is "pain"."""
    if need in INPUT_WORDS:
        return INPUT_WORDS[need]
    key = key_of(need)
    return INPUT_WORDS.get(key, key.replace("_", " ").replace(".", " "))


def input_words_with_level(need: str) -> str:
    """An input with the level it belongs to: "levels.L1.pain" is "pain at L1"."""
    at_level = _AT_LEVEL.fullmatch(need)
    return f"{input_words(need)} at {at_level[1]}" if at_level else input_words(need)


def key_of(need: str) -> str:
    """The key of a person's answer without its scope; a measurement or an image as it stands."""
    at_level = _AT_LEVEL.fullmatch(need)
    return at_level[2] if at_level else need.removeprefix("patient.")


def is_an_answer(need: str) -> bool:
    """Whether a person states it, for the patient or for a level."""
    return need.startswith(("patient.", "levels."))


def without_doubles(needs: Iterable[str]) -> tuple[str, ...]:
    """The inputs, each once; a measurement is left out where a reader's answer among them can stand in for it."""
    once = tuple(dict.fromkeys(needs))
    read = {MEASURED_BY_A_READER.get(key_of(need)) for need in once if need.startswith("levels.")}
    return tuple(need for need in once if need not in read)


def chance_above(name: str, limit: str, probability: float) -> str:
    """The probability that a quantity exceeds a limit: "P(height loss > 1/3) = 73 %"; never 0 or 100 %."""
    if probability < 0.01:
        return f"P({name} > {limit}) < 1 %"
    if probability > 0.99:
        return f"P({name} > {limit}) > 99 %"
    return f"P({name} > {limit}) = {probability * 100:.0f} %"


def listed(names: Iterable[str], word: str = "and") -> str:
    """Say a list as "a", "a and b" or "a, b and c"."""
    each = list(names)
    return each[0] if len(each) == 1 else f"{', '.join(each[:-1])} {word} {each[-1]}"
