"""The answer: for each vertebra and procedure a conclusion, every rule's outcome, and what would settle the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from vfa.model.clinical import ClinicalContext
from vfa.model.findings import StudyFindings

PROCEDURES = ("vertebroplasty", "kyphoplasty")


class Verdict(str, Enum):
    """Strong Kleene truth values of a rule, in the order NOT_MET < UNKNOWN < MET."""

    NOT_MET = "NOT_MET"
    UNKNOWN = "UNKNOWN"
    MET = "MET"


class UnknownReason(str, Enum):
    """Why a rule has no answer."""

    MISSING_INPUT = "missing_input"
    MODALITY_INSUFFICIENT = "modality_insufficient"
    STRADDLES_THRESHOLD = "straddles_threshold"
    NO_VALID_REFERENCE = "no_valid_reference"
    QUALITY_FAILED = "quality_failed"
    NEEDS_READER = "needs_reader"
    AMBIGUOUS_RULE = "ambiguous_rule"
    TREATED = "treated"
    TOUCHES_BORDER = "touches_border"


class RuleKind(str, Enum):
    """What a rule does to the conclusion."""

    INDICATION = "indication"
    CONTRAINDICATION = "contraindication"
    RELATIVE = "relative_contraindication"  # listed for the specialist to weigh; alone it never contraindicates
    FEASIBILITY = "feasibility"  # shown, tied to its contraindication twin


class Conclusion(str, Enum):
    """The only four conclusions; never "safe", never a bare "eligible"."""

    CONTRAINDICATED = "contraindicated"
    NO_INDICATION = "no_indication"
    INDETERMINATE = "indeterminate"
    NO_EXCLUSION_FOUND = "no_exclusion_found"

    @property
    def words(self) -> str:
        """As a reader sees it."""
        return {
            "contraindicated": "contraindicated",
            "no_indication": "no indication",
            "indeterminate": "indeterminate",
            "no_exclusion_found": "no exclusion found, for specialist review",
        }[self.value]


@dataclass(frozen=True)
class Evidence:
    """A value that a rule looked at.

    Args:
        name: in words, "height loss".
        value: the number or word looked at.
        unit: "fraction", "mm", "" …
        ci95: its 95 % interval, when it has one.
        source: "CT series …", "clinical file", "measured" …
        limit: the limit it was held against, in words ("1/3", "2 mm"); empty when it was held against none.
        probability_above_limit: the probability that the true value exceeds that limit.
    """

    name: str
    value: float | str
    unit: str = ""
    ci95: tuple[float, float] | None = None
    source: str = ""
    limit: str = ""
    probability_above_limit: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What one rule says about one vertebra.

    Args:
        criterion_id: "VP-C4".
        kind: indication, contraindication, relative contraindication or feasibility.
        sentence: the rule in words.
        verdict: MET, NOT_MET or UNKNOWN.
        reason: set exactly when the verdict is UNKNOWN.
        because: the sentence why.
        evidence: what was looked at.
        needs: for UNKNOWN, the inputs that would decide it ("patient.bleeding_disorder", "posterior_wall", "image.MR").
        source: where the rule comes from.
        urgent: a sentence when this needs attention now, else empty.
    """

    criterion_id: str
    kind: RuleKind
    sentence: str
    verdict: Verdict
    because: str
    source: str
    reason: UnknownReason | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[str, ...] = ()
    urgent: str = ""

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.UNKNOWN) != (self.reason is not None):
            raise ValueError(f"{self.criterion_id}: a reason belongs to UNKNOWN and only to it")


@dataclass(frozen=True)
class ProcedureAssessment:
    """The conclusion for one procedure at one vertebra.

    Args:
        procedure: "vertebroplasty" or "kyphoplasty".
        conclusion: one of the four.
        because: the one sentence why.
        outcomes: every rule's outcome, in the profile's order.
        would_settle: the smallest sets of unknown inputs that could change the conclusion.
        notes: remarks (warnings, published counter-readings) that change nothing.
    """

    procedure: str
    conclusion: Conclusion
    because: str
    outcomes: tuple[Outcome, ...]
    would_settle: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChecklistItem:
    """One item of the preparation checklist; never changes eligibility."""

    id: str
    sentence: str
    status: str  # "to do", "applies", "does not apply", "not stated"
    because: str = ""


@dataclass(frozen=True)
class AccountItem:
    """One question of a patient about a procedure, and its answer in plain words.

    Args:
        procedure: "vertebroplasty" or "kyphoplasty".
        question: as a patient would ask it.
        answer: sentences a patient can read.
        source: where the answer comes from.
    """

    procedure: str
    question: str
    answer: str
    source: str


@dataclass(frozen=True)
class Assessment:
    """Findings, and for every profile the procedures judged at every vertebra.

    Args:
        findings: what the images say.
        judged: profile name → level → procedure assessments; the first profile is the one that leads.
        checklist: readiness, apart from eligibility.
        notes: patient-wide remarks.
        clinical: what a person said, on which the rules rest.
        account: what each procedure is, for the patient; changes no conclusion.
    """

    findings: StudyFindings
    judged: dict[str, dict[str, tuple[ProcedureAssessment, ...]]]
    checklist: tuple[ChecklistItem, ...] = ()
    notes: tuple[str, ...] = ()
    clinical: ClinicalContext = field(default_factory=ClinicalContext)
    account: tuple[AccountItem, ...] = ()

    @property
    def profiles(self) -> tuple[str, ...]:
        """Profile names, the leading one first."""
        return tuple(self.judged)
