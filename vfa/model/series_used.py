"""Which series does an examination hold, and what was each used for?"""

from __future__ import annotations

from vfa.model.findings import NOT_USED, SeriesRecord
from vfa.model.frame import Grid
from vfa.model.study import Apart, Role, Study
from vfa.model.volume import Volume


def labels_alone(grid: Grid) -> SeriesRecord:
    """The record that stands for images where masks alone were given, on this lattice."""
    return SeriesRecord("labels", None, "", "", "masks alone", grid.spacing_mm, max(grid.spacing_mm))


def series_of(study: Study) -> tuple[SeriesRecord, ...]:
    """Every series of the examination with what it was used for, the measured one first."""
    return (
        _used(study.primary, Role.MORPHOMETRY.value, ""),
        *(_used(one.volume, one.role.value, one.placement.words) for one in study.companions),
        *(_not_used(one, study) for one in study.apart),
    )


def _used(volume: Volume, role: str, because: str) -> SeriesRecord:
    return SeriesRecord(
        role=role,
        modality=volume.modality,
        study_instance_uid=volume.source.study_instance_uid,
        series_instance_uid=volume.source.series_instance_uid,
        description=volume.source.description,
        spacing_mm=volume.spacing_mm,
        slice_spacing_mm=volume.slice_spacing_mm,
        corrections=volume.corrections,
        because=because,
    )


def _not_used(apart: Apart, study: Study) -> SeriesRecord:
    return SeriesRecord(
        role=NOT_USED,
        modality=apart.modality,
        study_instance_uid=study.primary.source.study_instance_uid,
        series_instance_uid=apart.series_instance_uid,
        description=apart.description,
        spacing_mm=apart.spacing_mm,
        slice_spacing_mm=apart.spacing_mm[2] if apart.spacing_mm else None,
        because=apart.reason,
    )
