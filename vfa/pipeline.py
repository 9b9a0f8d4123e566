"""The story: series → volume → vertebral bodies → millimetres with an uncertainty → rules with a source → an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vfa.eligibility import judge, load_profile, read_clinical
from vfa.errors import EditsRefused, UsageError
from vfa.intake import StudyChoice, choose_study, list_series, read_volume, with_companions
from vfa.measure import align, compare_with_prior, measure_spine, suggest_classes, with_marrow_signal
from vfa.model.assessment import Assessment
from vfa.model.clinical import ClinicalContext
from vfa.model.edits import ReaderEdits
from vfa.model.findings import StudyFindings
from vfa.model.prior import PriorStudy
from vfa.model.series_used import labels_alone, series_of
from vfa.model.spine import Spine
from vfa.model.study import Study
from vfa.model.volume import Modality, Volume
from vfa.report.json import read_assessment
from vfa.report.read_back import prior_of
from vfa.report.read_edits import read_edits
from vfa.segment import (
    find_segmenter,
    name_by_anchor,
    name_by_reader,
    parse_anchor,
    parse_labels,
    read_segmentation,
    with_provenance,
)

Progress = Callable[[str, float], None]
AS_FOUND = ReaderEdits()


@dataclass(frozen=True)
class AssessmentRequest:
    """What to assess, and how.

    Args:
        input: a folder, file or zip with images, or series already chosen; None when masks alone are measured.
        segmentations: label files; empty to let the segmenter find the bodies. The second gives sub-regions.
        labels: the label scheme in words, "verse" or "totalseg:whole"; None to recognise it.
        clinical: the clinical file (TOML or JSON); None when nothing is stated.
        profiles: names or files of rule profiles, the leading one first.
        series_uid: the series to take; None for the most suitable.
        anchor: "LEVEL@X,Y,Z" in LPS mm: names the body at that point and counts from there.
        segmenter: name of an installed segmenter.
        modality: the kind of image, for files that do not say.
        edits: what a reader changed in an earlier result of the same input; None to take everything as found.
        prior: the result (file or folder) of an earlier examination of the same patient; None when there is none.
    """

    input: Path | StudyChoice | None = None
    segmentations: tuple[Path, ...] = ()
    labels: str | None = None
    clinical: Path | None = None
    profiles: tuple[str, ...] = ("seed",)
    series_uid: str | None = None
    anchor: str | None = None
    segmenter: str = "built-in"
    modality: Modality | None = None
    edits: Path | None = None
    prior: Path | None = None


@dataclass(frozen=True, eq=False)
class AssessmentResult:
    """The answer, with the image and the bodies it was read from."""

    assessment: Assessment
    volume: Volume | None
    spine: Spine


def run(request: AssessmentRequest, progress: Progress = lambda step, fraction: None) -> AssessmentResult:
    """Walk from the files to the answer.

    Raises:
        VfaError: when the request is wrong or an input is refused; nothing has been written then.
    """
    clinical = read_clinical(request.clinical) if request.clinical else ClinicalContext()
    profiles = [load_profile(name) for name in request.profiles]
    edits = read_edits(request.edits) if request.edits else AS_FOUND
    prior = prior_of(read_assessment(request.prior)) if request.prior else None
    study, spine = examine(request, progress)
    spine, edits = _as_edited(spine, study, request, edits)
    findings = study_findings(spine, study, progress, edits)
    if prior is not None:
        findings = since_prior(findings, prior, request)
    progress("judging the rules", 0.0)
    assessment = judge(findings, clinical, profiles)
    return AssessmentResult(assessment, study.primary if study else None, spine)


def examine(request: AssessmentRequest, progress: Progress) -> tuple[Study | None, Spine]:
    """The images of the examination, when there are any, and the bodies found in the one to be measured."""
    choice = _choose(request, progress)
    volume, spine = _locate(request, choice, progress)
    if choice is None or volume is None:
        return None, spine
    progress("reading the other series", 0.0)
    return with_companions(volume, choice, spine.region), spine


def locate(request: AssessmentRequest, progress: Progress) -> tuple[Volume | None, Spine]:
    """The image to be measured, when there is one, and the bodies in it."""
    return _locate(request, _choose(request, progress), progress)


def _choose(request: AssessmentRequest, progress: Progress) -> StudyChoice | None:
    if request.input is None and not request.segmentations:
        raise UsageError("nothing to assess: give a folder or file with images, or --segmentation FILE")
    if not isinstance(request.input, Path):
        return request.input
    found = list_series(request.input, lambda done, total: progress("reading the headers", done / total))
    return choose_study(found, request.input, request.series_uid, request.modality)


def _locate(request: AssessmentRequest, choice: StudyChoice | None, progress: Progress) -> tuple[Volume | None, Spine]:
    """The bodies come from the user's labels, else from the segmenter."""
    anchor = parse_anchor(request.anchor) if request.anchor else None
    volume = None
    if choice is not None:
        progress("reading the images", 0.0)
        volume = read_volume(choice.primary, request.modality)
    if request.segmentations:
        progress("reading the labels", 0.0)
        scheme = parse_labels(request.labels) if request.labels else None
        return volume, read_segmentation(request.segmentations, scheme, anchor, volume)
    if volume is None:
        raise UsageError("no image to segment: give INPUT, or --segmentation FILE")
    spine = find_segmenter(request.segmenter).segment(volume, progress)
    return volume, name_by_anchor(spine, anchor) if anchor else spine


def _as_edited(
    spine: Spine, study: Study | None, request: AssessmentRequest, edits: ReaderEdits
) -> tuple[Spine, ReaderEdits]:
    """The spine under the reader's names, and the edits under the same; both as they are where nothing was edited."""
    uid = study.primary.source.study_instance_uid if study is not None else ""
    if edits.study_instance_uid and uid and edits.study_instance_uid != uid:
        raise EditsRefused(f"--edits {request.edits}: they belong to study {edits.study_instance_uid}, not to {uid}")
    if request.segmentations:
        spine = with_provenance(spine, edits, study.primary.modality if study is not None else None)
    return name_by_reader(spine, edits)


def study_findings(
    spine: Spine, study: Study | None, progress: Progress, edits: ReaderEdits = AS_FOUND
) -> StudyFindings:
    """Measure every body, read its marrow in the other series, and say where everything comes from."""
    volume = study.primary if study else None
    vertebrae = measure_spine(spine, volume, lambda fraction: progress("measuring", fraction), edits)
    if study is not None:
        vertebrae = with_marrow_signal(vertebrae, spine, study)
    vertebrae = tuple(replace(one, classes=suggest_classes(one)) for one in vertebrae)
    return StudyFindings(
        series=series_of(study) if study else (labels_alone(spine.grid),),
        segmented_by=spine.segmented_by,
        naming=spine.naming,
        vertebrae=vertebrae,
        alternative_naming=spine.alternative_naming,
        notes=spine.notes,
        alignment=align(vertebrae),
    )


def since_prior(findings: StudyFindings, prior: PriorStudy, request: AssessmentRequest) -> StudyFindings:
    """The findings with the earlier examination as their reference, where it can be one."""
    own = {series.study_instance_uid for series in findings.series} - {""}
    if prior.study_instance_uid in own:
        raise UsageError(f"--prior {request.prior}: it is the result of this very study; give an earlier one")
    vertebrae, notes = compare_with_prior(findings.vertebrae, prior)
    return replace(findings, vertebrae=vertebrae, notes=(*findings.notes, *notes))
