"""Which columns do the cohort's tables have, of which type and unit, and what does each mean?

The data dictionary: Parquet schemas, CSV headings, documentation and the tests are all made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "whole", "truth"]


@dataclass(frozen=True)
class Column:
    """One column; an empty cell means that there is no value, and a sibling column `…_unmeasurable` says why."""

    name: str
    kind: Kind
    unit: str
    meaning: str


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", "", meaning)


def _bounds(name: str, unit: str, meaning: str) -> tuple[Column, ...]:
    return (
        Column(name, "number", unit, meaning),
        Column(f"{name}_ci95_low", "number", unit, f"lower bound of the 95 % interval of {name}"),
        Column(f"{name}_ci95_high", "number", unit, f"upper bound of the 95 % interval of {name}"),
    )


def _estimate(name: str, unit: str, meaning: str) -> tuple[Column, ...]:
    return (*_bounds(name, unit, meaning), _why(name))


def _why(name: str) -> Column:
    return _text(f"{name}_unmeasurable", f"why there is no {name}: a token; empty when there is one")


KEYS = (
    _text("study_instance_uid", "DICOM study; for files that carry none 'file-' or 'folder-' and a hash of its place"),
    _text("series_instance_uid", "DICOM series that was measured; empty for files that carry none"),
)
MEASUREMENTS = (
    Column("level_confidence", "number", "fraction", "probability that the level's name is right"),
    _text("status", "measured, or unmeasurable"),
    *(Column(f"centre_lps_{axis}_mm", "number", "mm", f"body centre, patient {axis} (LPS)") for axis in "xyz"),
    Column("touches_border", "truth", "", "whether the image's edge cuts the body"),
    _text("treated_with", "cement or implant inside the body; empty if none was seen"),
    *_bounds("anterior_mm", "mm", "anterior height along the body's own cranial axis, central third of its width"),
    *_bounds("middle_mm", "mm", "middle height"),
    *_bounds("posterior_mm", "mm", "posterior height"),
    _why("heights"),
    *_bounds("expected_anterior_mm", "mm", "anterior height before any fracture, as the reference says"),
    *_bounds("expected_middle_mm", "mm", "middle height before any fracture"),
    *_bounds("expected_posterior_mm", "mm", "posterior height before any fracture"),
    _text("expected_heights_reference", "where the expected heights come from"),
    _why("expected_heights"),
    *_estimate("height_loss_fraction", "fraction", "1 − height / expected height of the column that lost most"),
    _text("height_loss_column", "that column: anterior, middle or posterior"),
    *_estimate("lateral_loss_fraction", "fraction", "the same for the left and right thirds"),
    _text("lateral_loss_side", "the side that lost most: left or right"),
    _text("fracture", "present, absent or indeterminate"),
    Column("genant_grade", "whole", "", "0–3: < 20 %, < 25 %, < 40 %, ≥ 40 % height loss"),
    _text("shape", "none, wedge, biconcave, crush or lateral"),
    _why("deformity"),
    _text("posterior_wall", "intact, breached or not_assessable"),
    _why("posterior_wall"),
    *_estimate("retropulsion_mm", "mm", "bone behind the expected posterior wall"),
    *_estimate("canal_ap_mm", "mm", "mid-sagittal diameter of the canal"),
    *_estimate("marrow_mean_hu", "HU", "mean attenuation of the marrow (CT)"),
)
CONCLUSIONS = (
    _text(
        "vertebroplasty",
        "conclusion by the leading profile: contraindicated, no_indication, indeterminate, no_exclusion_found",
    ),
    _text("kyphoplasty", "likewise for kyphoplasty"),
)
VERTEBRAE = (
    *KEYS,
    _text("level", "C1–C7, T1–T13, L1–L6, or V1, V2, … when nothing names it"),
    *MEASUREMENTS,
    *CONCLUSIONS,
)
STUDIES = (
    *KEYS,
    _text("patient_id", "as the files state it"),
    _text("status", "measured, or nothing_measured when no vertebra was found or none could be measured"),
    _text("modality", "CT, T1, T2, STIR, MR; empty when masks alone were measured"),
    _text("series_description", "as the files state it; empty when de-identified"),
    Column("slice_spacing_mm", "number", "mm", "distance between slices"),
    Column("vertebrae", "whole", "", "vertebrae found"),
    Column("vertebrae_measured", "whole", "", "of these, measured"),
    Column("fractures_present", "whole", "", "of these, with a fracture present"),
    Column("fractures_indeterminate", "whole", "", "of these, with a fracture that is indeterminate"),
    Column("highest_genant_grade", "whole", "", "highest grade among fractures present"),
    _text("segmented_by", "who made the masks, with the version"),
    _text("level_naming", "what the level names hang on"),
    _text("profiles", "rule profiles, the leading one first"),
    _text("notes", "remarks on the images and the findings"),
    _text("vfa_version", "version of vfa"),
)
FAILURES = (
    _text("study_instance_uid", "the study; empty when the file belongs to none that could be told"),
    _text("stage", "scan, clinical or assess"),
    _text("reason", "a token"),
    _text("why", "the sentence"),
    _text("where", "file or folder within the export, or row of the clinical table"),
    _text("what_to_do", "advice"),
)
TABLES: dict[str, tuple[Column, ...]] = {"vertebrae": VERTEBRAE, "studies": STUDIES, "failures": FAILURES}
SORTED_BY = {
    "vertebrae": ("study_instance_uid", "series_instance_uid"),  # then from head to foot
    "studies": ("study_instance_uid", "series_instance_uid"),
    "failures": ("study_instance_uid", "stage", "reason", "where", "why"),
}
