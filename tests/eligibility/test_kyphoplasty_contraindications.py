from tests.builders import (
    all_answered,
    clinical,
    found,
    intact_vertebra,
    nothing_found,
    series,
    study,
    vertebra,
    wall_of,
)
from vfa.eligibility.kyphoplasty_contraindications import (
    AsymptomaticFracture,
    DestructionAndForaminalStenosis,
    MyelopathyFromRetropulsion,
    NeurologicalDeficit,
    Prophylaxis,
    TumourInCanal,
    UnmanageableCoagulopathy,
)
from vfa.eligibility.runner import cases_of
from vfa.model.assessment import Outcome, UnknownReason, Verdict
from vfa.model.clinical import ClinicalContext
from vfa.model.findings import SeriesRecord, VertebraFindings
from vfa.model.morphometry import FractureStatus
from vfa.model.volume import Modality

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN
MR = series(Modality.STIR, 4.0, role="marrow")


def judged(rule, told: ClinicalContext, of: VertebraFindings | None = None, *seen_on: SeriesRecord) -> Outcome:
    (case,) = cases_of(study(of or vertebra(), seen_on=seen_on or (series(),)), told)
    return rule.evaluate(case)


def test_only_a_fracture_whose_pain_is_denied_is_asymptomatic():
    assert judged(AsymptomaticFracture(), clinical(level={"pain": "no"})).verdict is MET
    assert judged(AsymptomaticFracture(), clinical()).verdict is UNKNOWN
    assert judged(AsymptomaticFracture(), clinical(level={"pain": "no"}), intact_vertebra("L1")).verdict is NOT_MET


def test_a_coagulopathy_counts_once_it_is_said_not_to_be_correctable():
    rule = UnmanageableCoagulopathy()
    assert judged(rule, clinical({"coagulopathy": "yes", "coagulopathy_correctable": "no"})).verdict is MET
    assert judged(rule, clinical({"coagulopathy": "yes", "coagulopathy_correctable": "yes"})).verdict is NOT_MET
    assert judged(rule, clinical({"coagulopathy": "yes"})).verdict is UNKNOWN
    assert judged(rule, clinical({"bleeding_disorder": "no"})).verdict is NOT_MET


def test_laboratory_values_alone_decide_no_coagulopathy():
    assert judged(UnmanageableCoagulopathy(), clinical(inr=5.0, platelets_10e9_per_l=10.0)).verdict is UNKNOWN


def test_prophylaxis_is_what_is_stated_as_such():
    rule = Prophylaxis()
    osteoporosis = {"osteoporosis": "yes"}
    assert judged(rule, clinical(osteoporosis, {"intent": "prophylactic"})).verdict is MET
    assert judged(rule, clinical(osteoporosis, {"intent": "treatment"})).verdict is NOT_MET
    assert judged(rule, clinical(osteoporosis)).verdict is NOT_MET, "a fractured level is treated"
    maybe = vertebra(fracture=FractureStatus.INDETERMINATE)
    assert judged(rule, clinical(osteoporosis), maybe).verdict is UNKNOWN


def test_bone_in_the_canal_without_an_examination_is_open_and_urgent():
    pushed_back = vertebra(wall=wall_of(retropulsion_mm=6.0, outline="angular"))
    outcome = judged(NeurologicalDeficit(), clinical(), pushed_back)
    assert outcome.verdict is UNKNOWN
    assert "examine now" in outcome.urgent
    assert judged(NeurologicalDeficit(), clinical(level={"neurological_deficit": "no"}), pushed_back).urgent == ""


def test_a_deficit_that_may_come_from_another_fracture_is_open_and_urgent():
    told = clinical({"neurological_deficit": "yes"})
    case = cases_of(study(vertebra("L1"), vertebra("L3")), told)[0]
    outcome = NeurologicalDeficit().evaluate(case)
    assert outcome.verdict is UNKNOWN
    assert outcome.urgent


def test_myelopathy_without_any_imaging_of_the_canal_is_open_and_urgent():
    outcome = judged(MyelopathyFromRetropulsion(), clinical(level={"myelopathy": "yes"}))
    assert outcome.verdict is UNKNOWN
    assert outcome.urgent


def test_myelopathy_with_bone_in_the_canal_at_the_same_level_meets_the_rule():
    pushed_back = vertebra(wall=wall_of(retropulsion_mm=6.0, outline="angular"))
    told = clinical(level={"myelopathy": "yes"})
    assert judged(MyelopathyFromRetropulsion(), told, pushed_back).verdict is MET
    assert judged(MyelopathyFromRetropulsion(), clinical(level={"myelopathy": "no"}), pushed_back).verdict is NOT_MET


def test_the_three_readings_of_destruction_and_stenosis():
    cases = {
        ("present", "present"): (MET, MET, MET),
        ("present", "absent"): (UNKNOWN, NOT_MET, MET),
        ("absent", "present"): (UNKNOWN, NOT_MET, MET),
        ("absent", "absent"): (NOT_MET, NOT_MET, NOT_MET),
    }
    for (destroyed, narrowed), expected in cases.items():
        of = vertebra(findings=found(destruction=destroyed, foraminal_stenosis=narrowed))
        got = tuple(
            judged(DestructionAndForaminalStenosis({"reading": reading}), clinical(), of).verdict
            for reading in ("review", "both", "either")
        )
        assert got == expected, (destroyed, narrowed)


def test_a_reader_ends_the_review_of_destruction_without_stenosis():
    of = vertebra(findings=found(destruction="present", foraminal_stenosis="absent"))
    open_outcome = judged(DestructionAndForaminalStenosis(), clinical(), of)
    assert open_outcome.reason is UnknownReason.AMBIGUOUS_RULE
    assert open_outcome.needs == ("levels.L1.destruction_or_stenosis_excludes",)
    for answer, verdict in (("yes", MET), ("no", NOT_MET)):
        told = clinical(level={"destruction_or_stenosis_excludes": answer})
        assert judged(DestructionAndForaminalStenosis(), told, of).verdict is verdict


def test_no_tumour_needs_no_mr_and_a_tumour_does():
    assert judged(TumourInCanal(), all_answered()).verdict is NOT_MET
    told = all_answered({"malignancy": "yes"}, {"tumour": "yes"})
    assert judged(TumourInCanal(), told, vertebra(findings=nothing_found())).verdict is UNKNOWN
    assert judged(TumourInCanal(), told, vertebra(findings=nothing_found()), series(), MR).verdict is NOT_MET
    extending = vertebra(findings=nothing_found(epidural_extension="present"))
    assert judged(TumourInCanal(), told, extending, series(), MR).verdict is MET


def test_soft_tissue_in_the_canal_without_a_known_tumour_is_open():
    extending = vertebra(findings=nothing_found(epidural_extension="present"))
    assert judged(TumourInCanal(), clinical(), extending, series(), MR).verdict is UNKNOWN
