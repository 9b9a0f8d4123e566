"""The story: series → volume → vertebral bodies → millimetres with an uncertainty → rules with a source → an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vfa.eligibility import judge, load_profile, read_clinical
from vfa.errors import EditsRefused, UsageError
from vfa.intake import SeriesCandidate, load_volume, read_volume
from vfa.measure import align, measure_spine
from vfa.model.assessment import Assessment
from vfa.model.clinical import ClinicalContext
from vfa.model.edits import ReaderEdits
from vfa.model.findings import SeriesRecord, StudyFindings
from vfa.model.spine import Spine
from vfa.model.volume import Modality, Volume
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
        input: a folder, file or zip with images, or a series already chosen; None when masks alone are measured.
        segmentations: label files; empty to let the segmenter find the bodies. The second gives sub-regions.
        labels: the label scheme in words, "verse" or "totalseg:whole"; None to recognise it.
        clinical: the clinical file (TOML or JSON); None when nothing is stated.
        profiles: names or files of rule profiles, the leading one first.
        series_uid: the series to take; None for the most suitable.
        anchor: "LEVEL@X,Y,Z" in LPS mm: names the body at that point and counts from there.
        segmenter: name of an installed segmenter.
        modality: the kind of image, for files that do not say.
        edits: what a reader changed in an earlier result of the same input; None to take everything as found.
    """

    input: Path | SeriesCandidate | None = None
    segmentations: tuple[Path, ...] = ()
    labels: str | None = None
    clinical: Path | None = None
    profiles: tuple[str, ...] = ("seed",)
    series_uid: str | None = None
    anchor: str | None = None
    segmenter: str = "built-in"
    modality: Modality | None = None
    edits: Path | None = None


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
    volume, spine = locate(request, progress)
    spine, edits = _as_edited(spine, volume, request, edits)
    findings = study_findings(spine, volume, progress, edits)
    progress("judging the rules", 0.0)
    assessment = judge(findings, clinical, profiles)
    return AssessmentResult(assessment, volume, spine)


def locate(request: AssessmentRequest, progress: Progress) -> tuple[Volume | None, Spine]:
    """The image, when there is one, and the bodies in it: from the user's labels, else from the segmenter."""
    if request.input is None and not request.segmentations:
        raise UsageError("nothing to assess: give a folder or file with images, or --segmentation FILE")
    anchor = parse_anchor(request.anchor) if request.anchor else None
    volume = None
    if request.input is not None:
        progress("reading the images", 0.0)
        volume = _load(request.input, request)
    if request.segmentations:
        progress("reading the labels", 0.0)
        scheme = parse_labels(request.labels) if request.labels else None
        return volume, read_segmentation(request.segmentations, scheme, anchor, volume)
    if volume is None:
        raise UsageError("no image to segment: give INPUT, or --segmentation FILE")
    spine = find_segmenter(request.segmenter).segment(volume, progress)
    return volume, name_by_anchor(spine, anchor) if anchor else spine


def _load(source: Path | SeriesCandidate, request: AssessmentRequest) -> Volume:
    if isinstance(source, SeriesCandidate):
        return read_volume(source, request.modality)
    return load_volume(source, request.series_uid, request.modality)


def _as_edited(
    spine: Spine, volume: Volume | None, request: AssessmentRequest, edits: ReaderEdits
) -> tuple[Spine, ReaderEdits]:
    """The spine under the reader's names, and the edits under the same; both as they are where nothing was edited."""
    study = volume.source.study_instance_uid if volume is not None else ""
    if edits.study_instance_uid and study and edits.study_instance_uid != study:
        raise EditsRefused(f"--edits {request.edits}: they belong to study {edits.study_instance_uid}, not to {study}")
    if edits.provenance is not None and request.segmentations:
        spine = with_provenance(spine, edits.provenance)
    return name_by_reader(spine, edits)


def study_findings(
    spine: Spine, volume: Volume | None, progress: Progress, edits: ReaderEdits = AS_FOUND
) -> StudyFindings:
    """Measure every body and put the findings together with where they come from."""
    vertebrae = measure_spine(spine, volume, lambda fraction: progress("measuring", fraction), edits)
    return StudyFindings(
        series=(_series_record(spine, volume),),
        segmented_by=spine.segmented_by,
        naming=spine.naming,
        vertebrae=vertebrae,
        alternative_naming=spine.alternative_naming,
        notes=spine.notes,
        alignment=align(vertebrae),
    )


def _series_record(spine: Spine, volume: Volume | None) -> SeriesRecord:
    """Where the measurements come from: the image, or the masks alone."""
    if volume is None:
        spacing = spine.grid.spacing_mm
        return SeriesRecord("labels", None, "", "", "masks alone", spacing, max(spacing))
    return SeriesRecord(
        role="morphometry",
        modality=volume.modality,
        study_instance_uid=volume.source.study_instance_uid,
        series_instance_uid=volume.source.series_instance_uid,
        description=volume.source.description,
        spacing_mm=volume.spacing_mm,
        slice_spacing_mm=volume.slice_spacing_mm,
        corrections=volume.corrections,
    )
