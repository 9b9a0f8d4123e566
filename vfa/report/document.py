"""How does an Assessment become the contract's document, from which every file and table is made?"""

from __future__ import annotations

from vfa import __version__
from vfa.intended_use import NOTICE
from vfa.model.anatomy import order
from vfa.model.assessment import Assessment, Outcome, ProcedureAssessment
from vfa.model.clinical import Answer, ClinicalContext
from vfa.model.findings import SeriesRecord, StudyFindings, VertebraFindings
from vfa.report import contract as c
from vfa.report.vertebra_part import measured_parts, missing


def to_document(assessment: Assessment) -> c.AssessmentFile:
    """The contract's document of an assessment."""
    findings = assessment.findings
    return c.AssessmentFile(
        schema_version=c.SCHEMA_VERSION,
        vfa_version=__version__,
        intended_use=NOTICE,
        study_instance_uid=next((s.study_instance_uid for s in findings.series if s.study_instance_uid), ""),
        profiles=assessment.profiles,
        series=tuple(_series(record) for record in findings.series),
        segmentation=c.Segmentation(
            produced_by=findings.segmented_by,
            naming=findings.naming,
            alternative_naming=findings.alternative_naming,
        ),
        vertebrae=tuple(_vertebra(vertebra, assessment) for vertebra in findings.vertebrae),
        alignment=c.Alignment(angles_deg=_alignment(findings, "deg"), listhesis_mm=_alignment(findings, "mm")),
        clinical=_clinical(assessment.clinical),
        readiness=c.Readiness(
            checklist=tuple(
                c.ChecklistItem(id=item.id, sentence=item.sentence, status=item.status, because=item.because)
                for item in assessment.checklist
            ),
            account=tuple(
                c.AccountItem.model_validate(
                    {"procedure": one.procedure, "question": one.question, "answer": one.answer, "source": one.source}
                )
                for one in assessment.account
            ),
        ),
        notes=(*findings.notes, *assessment.notes),
    )


def _alignment(findings: StudyFindings, unit: str) -> tuple[c.AlignmentMeasure, ...]:
    return tuple(
        c.AlignmentMeasure(
            value=measure.estimate.value,
            ci95=measure.estimate.ci95,
            name=measure.name,
            level=measure.level,
            cranial_landmark=measure.cranial_landmark,
            caudal_landmark=measure.caudal_landmark,
        )
        for measure in findings.alignment
        if measure.estimate.unit == unit
    )


def _clinical(told: ClinicalContext) -> c.Clinical:
    """The answers under the keys of the clinical file."""
    medications = {} if told.medications is None else {"medications": told.medications}
    return c.Clinical(
        patient={**_answers(told.patient_answers), **told.patient_numbers, **medications},
        levels={
            level: {
                **_answers(told.level_answers.get(level, {})),
                **told.level_numbers.get(level, {}),
                **told.level_words.get(level, {}),
            }
            for level in sorted(told.levels, key=order)
        },
        not_read=told.not_read,
    )


def _answers(given: dict[str, Answer]) -> dict[str, str]:
    return {key: answer.value for key, answer in given.items() if answer is not Answer.NOT_STATED}


def _series(record: SeriesRecord) -> c.Series:
    if record.role == "labels":
        no_kind = missing("no_image", "masks alone were given")
    else:
        no_kind = missing("not_stated", "the file does not state its kind")
    nowhere = missing("not_stated", record.because)
    return c.Series.model_validate(
        {
            "role": record.role,
            "modality": record.modality.value if record.modality else no_kind,
            "series_instance_uid": record.series_instance_uid,
            "description": record.description,
            "spacing_mm": record.spacing_mm or nowhere,
            "slice_spacing_mm": record.slice_spacing_mm or nowhere,
            "corrections": record.corrections,
            "because": record.because,
        }
    )


def _vertebra(vertebra: VertebraFindings, assessment: Assessment) -> c.Vertebra:
    judged = {name: _procedures(levels.get(vertebra.level, ())) for name, levels in assessment.judged.items()}
    leading = next(iter(judged), "")
    parts = {
        **measured_parts(vertebra),
        "procedures": judged.get(leading, {}),
        "other_profiles": {name: procedures for name, procedures in judged.items() if name != leading},
    }
    heights = parts["heights_mm"]
    if isinstance(heights, c.Missing):
        return c.UnmeasuredVertebra(status="unmeasurable", reason=heights.unmeasurable, detail=heights.detail, **parts)
    return c.MeasuredVertebra(status="measured", **parts)


def _procedures(judged: tuple[ProcedureAssessment, ...]) -> dict[str, c.Procedure]:
    return {
        one.procedure: c.Procedure(
            conclusion=one.conclusion.value,
            because=one.because,
            would_settle=one.would_settle,
            outcomes=tuple(_outcome(outcome) for outcome in one.outcomes),
            notes=one.notes,
        )
        for one in judged
    }


def _outcome(outcome: Outcome) -> c.Outcome:
    return c.Outcome(
        id=outcome.criterion_id,
        kind=outcome.kind.value,
        sentence=outcome.sentence,
        verdict=outcome.verdict.value,
        reason=outcome.reason.value if outcome.reason else None,
        because=outcome.because,
        evidence=tuple(
            c.Evidence(
                name=one.name,
                value=one.value,
                unit=one.unit,
                ci95=one.ci95,
                source=one.source,
                limit=one.limit,
                probability_above_limit=one.probability_above_limit,
            )
            for one in outcome.evidence
        ),
        needs=outcome.needs,
        source=outcome.source,
        urgent=outcome.urgent,
    )
