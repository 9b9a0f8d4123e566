"""Numbers and inputs in words."""

from __future__ import annotations

import pytest

from tests.report import made_up
from vfa.eligibility.clinical_keys import LEVEL_ANSWERS, LEVEL_NUMBERS, LEVEL_WORDS, PATIENT_ANSWERS, PATIENT_NUMBERS
from vfa.model.estimate import Why
from vfa.report import contract as c
from vfa.report import words
from vfa.report.document import to_document


@pytest.mark.parametrize(
    ("value", "said"), [(18.249, "18.2"), (18.25001, "18.3"), (-0.04, "0.0"), (0.0, "0.0"), (-1.26, "-1.3")]
)
def test_a_number_has_one_decimal_and_no_minus_zero(value: float, said: str) -> None:
    assert words.number(value) == said


def test_an_interval_uses_a_dash_only_between_positive_bounds() -> None:
    assert words.interval((17.6, 18.8)) == "17.6–18.8"
    assert words.interval((-0.2, 1.1)) == "-0.2 to 1.1"


def test_a_fraction_is_said_in_per_cent() -> None:
    part = c.Quantity(value=1 / 3, ci95=(0.3, 0.36))
    assert words.quantity(part, "fraction") == "33.3 % (30.0–36.0 %)"


def test_a_missing_number_says_why() -> None:
    missing = c.Missing(unmeasurable="slices_too_thick", detail="")
    assert words.quantity(missing, "mm") == "not measured: the slices are too thick for it"
    told = c.Missing(unmeasurable="slices_too_thick", detail="slices of 5 mm hide the wall")
    assert words.quantity(told, "mm") == "not measured: slices of 5 mm hide the wall"


def test_every_reason_of_the_model_is_one_of_the_contract() -> None:
    for reason in Why:
        c.Missing(unmeasurable=reason.value)
        assert reason.value in words.REASONS


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("patient.bleeding_disorder", "bleeding disorder"),
        ("patient.inr", "INR"),
        ("levels.L1.pain", "pain at L1"),
        ("levels.T12.neurological_deficit", "neurological deficit at T12"),
        ("posterior_wall", "the posterior wall"),
        ("image.MR", "an MRI"),
    ],
)
def test_an_input_is_named_as_a_person_names_it(key: str, said: str) -> None:
    assert words.needed_input(key) == said


def test_answers_measurements_and_images_stand_apart_and_so_do_combinations() -> None:
    sets = [
        ["patient.inr"],
        ["posterior_wall"],
        ["levels.L1.pain"],
        ["image.CT"],
        ["levels.L1.pain", "height_loss", "image.MR"],
    ]
    said = "an answer on INR or pain; a sure measurement of the posterior wall; a thin-slice CT"
    assert words.settle_one(sets) == said
    assert words.settle_together(sets) == ["pain at L1, the height loss and an MRI"]
    assert words.settle_one(sets[4:]) == ""


def test_evidence_shows_its_number_and_interval() -> None:
    loss = c.Evidence(name="height loss", value=0.31, unit="fraction", ci95=(0.27, 0.35))
    assert words.evidence(loss) == "height loss 31.0 % (27.0–35.0 %)"
    assert words.evidence(c.Evidence(name="pain", value="yes", unit="")) == "pain: yes"
    assert words.evidence(c.Evidence(name="area", value=12.0, unit="mm2")) == "area 12.0 mm²"
    held = loss.model_copy(update={"limit": "1/3", "probability_above_limit": 0.127})
    assert words.evidence(held) == "height loss 31.0 % (27.0–35.0 %), P(height loss > 1/3) = 13 %"


def test_every_key_of_the_clinical_file_is_named_without_its_underscores_or_units() -> None:
    for key in (*PATIENT_ANSWERS, *LEVEL_ANSWERS, *PATIENT_NUMBERS, *LEVEL_NUMBERS, *LEVEL_WORDS):
        said = words.needed_input(f"patient.{key}")
        assert "_" not in said
        assert not {"per", "0", "10e9", "celsius"} & set(said.split())


def test_a_long_list_of_inputs_is_cut_and_counted() -> None:
    sets = [[f"levels.L1.{key}"] for key in ("pain", "trauma", "intent", "tumour", "myelopathy", "unstable")]
    assert words.settle_one(sets).endswith("tumour, myelopathy or instability")
    assert words.settle_one([*sets, ["patient.inr"]]).endswith("tumour, myelopathy or 2 others")


def test_what_was_stated_is_said_with_its_level() -> None:
    assert words.stated("levels.L1.pain", "yes") == "pain at L1: yes"
    assert words.stated("patient.inr", 1.0) == "INR: 1"
    assert words.stated("patient.medications", ("aspirin", "ginseng")) == "medications: aspirin, ginseng"
    assert words.stated("patient.medications", ()) == "medications: none"


def test_other_names_of_the_levels_come_with_what_to_do_about_them() -> None:
    doubtful = c.Segmentation(produced_by="", naming="", alternative_naming=("T12", "L1"))
    said = "The levels could also be T12, L1: check the names before relying on any level's answer."
    assert words.other_names(doubtful) == said
    assert words.other_names(c.Segmentation(produced_by="", naming="", alternative_naming=())) == ""


def test_a_headline_that_says_it_all_is_not_said_twice() -> None:
    l1 = to_document(made_up.assessment()).vertebrae[2]
    deformity = l1.deformity.model_copy(update={"because": "the loss reaches across 20 %", "signs": ()})
    present, uncertain, signs = (
        l1.model_copy(update={"deformity": deformity.model_copy(update=update)})
        for update in ({}, {"fracture": "indeterminate"}, {"signs": ("a pit",)})
    )
    assert words.fracture_in_more_words(present) == ""
    assert words.fracture_in_more_words(uncertain) == "The loss reaches across 20 %."
    assert words.fracture_in_more_words(signs) == "Signs: a pit."


def test_fitting_classes_are_told_as_a_suggestion_with_what_they_rest_on() -> None:
    l1 = to_document(made_up.assessment()).vertebrae[2]
    fit = c.SuggestedClasses(ao=("A3", "A4"), of=("OF3",), because="the wall is broken")
    told = words.suggested_classes(l1.model_copy(update={"suggested_classes": fit}))
    assert told == "Suggestion, for a reader to judge: AO A3 or A4; OF3, since the wall is broken."
    none = c.SuggestedClasses(because="the posterior wall could not be judged")
    assert words.suggested_classes(l1.model_copy(update={"suggested_classes": none})) == ""
