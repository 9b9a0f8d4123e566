import pytest

from vfa.eligibility.truth import Truth, both, either, no, opposite, unknown, yes
from vfa.model.assessment import Evidence, UnknownReason, Verdict

MISSING = UnknownReason.MISSING_INPUT


def test_the_sentence_of_an_and_is_that_of_the_part_that_holds_it_down():
    combined = both(yes("Fractured."), unknown(MISSING, "Pain not stated.", ("levels.L1.pain",)), no("No tumour."))
    assert combined.verdict is Verdict.NOT_MET
    assert combined.because == "No tumour."
    assert combined.needs == ()


def test_an_open_and_needs_every_open_part():
    combined = both(unknown(MISSING, "A.", ("a",)), unknown(UnknownReason.NEEDS_READER, "B.", ("b", "a")))
    assert (combined.reason, combined.because, combined.needs) == (MISSING, "A. B.", ("a", "b"))


def test_the_evidence_of_every_part_is_kept_once():
    loss = Evidence("height loss", 0.3)
    assert both(yes("A.", loss), no("B.", loss, Evidence("pain", "no"))).evidence == (loss, Evidence("pain", "no"))


def test_an_urgent_part_stays_urgent_whatever_the_verdict():
    assert both(yes("Myelopathy.").urgently("Examine now."), no("No retropulsion.")).urgent == "Examine now."


def test_not_keeps_sentence_and_needs():
    open_answer = unknown(MISSING, "Pain not stated.", ("levels.L1.pain",))
    assert opposite(open_answer) == open_answer
    assert opposite(either(no("A."), no("B."))).is_yes


def test_a_decided_answer_cannot_have_needs_or_a_reason():
    with pytest.raises(ValueError, match="needs more"):
        Truth(Verdict.MET, "Yes.", needs=("x",))
    with pytest.raises(ValueError, match="reason"):
        Truth(Verdict.MET, "Yes.", reason=MISSING)
    with pytest.raises(ValueError, match="reason"):
        Truth(Verdict.UNKNOWN, "Open.")
