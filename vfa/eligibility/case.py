"""What does a criterion look at? One vertebra, the images it was measured on, and what a person said about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from vfa.model.clinical import NOT_STATED, Answer, ClinicalContext, NotStated
from vfa.model.findings import StudyFindings, VertebraFindings
from vfa.model.volume import Modality

MORPHOMETRY = "morphometry"  # the role of the series that was measured (model.findings.SeriesRecord)


@dataclass(frozen=True)
class Images:
    """The images behind the findings.

    Args:
        modalities: every kind of image that took part; empty for masks alone.
        measured_on: the kind of the series that was measured; None for masks alone.
        slice_spacing_mm: distance between the slices of that series; None for masks alone.
    """

    modalities: frozenset[Modality]
    measured_on: Modality | None
    slice_spacing_mm: float | None

    @classmethod
    def of(cls, study: StudyFindings) -> Images:
        """The images of a study; with several measured series the CT counts, and of those the thinnest."""
        measured = [series for series in study.series if series.role == MORPHOMETRY and series.modality is not None]
        if not measured:
            return cls(study.modalities, None, None)
        first = min(measured, key=lambda series: (series.modality is not Modality.CT, series.slice_spacing_mm or 0.0))
        return cls(study.modalities, first.modality, first.slice_spacing_mm)

    @property
    def measured_on_ct(self) -> bool:
        """Whether the measured series is a CT."""
        return self.measured_on is Modality.CT

    @property
    def has_mr(self) -> bool:
        """Whether any magnetic resonance series took part."""
        return any(modality is not Modality.CT for modality in self.modalities)


@dataclass(frozen=True, eq=False)
class Case:
    """One vertebra as a criterion sees it.

    Args:
        vertebra: its findings.
        images: the images behind them.
        clinical: what a person said.
        other_fractures: levels, this one apart, that are fractured or may be; pain recorded for the whole patient
            may come from them.
    """

    vertebra: VertebraFindings
    images: Images
    clinical: ClinicalContext
    other_fractures: tuple[str, ...] = ()

    def told(self, clinical: ClinicalContext) -> Case:
        """The same vertebra with other answers; `dataclasses.replace` takes five times as long."""
        return Case(self.vertebra, self.images, clinical, self.other_fractures)

    @cached_property
    def level(self) -> str:
        """The vertebra's name."""
        return self.vertebra.level

    def at_level(self, key: str) -> Answer:
        """The level's own answer."""
        return self.clinical.at_level(self.level, key)

    def patient(self, key: str) -> Answer:
        """The patient-wide answer."""
        return self.clinical.patient(key)

    def number(self, key: str) -> float | NotStated:
        """The level's number, or the patient's when the key is a patient's."""
        at_level = self.clinical.level_numbers.get(self.level, {})
        if key in at_level:
            return at_level[key]
        return self.clinical.patient_numbers.get(key, NOT_STATED)

    def word(self, key: str) -> str | NotStated:
        """The level's word."""
        return self.clinical.level_words.get(self.level, {}).get(key, NOT_STATED)

    def level_key(self, key: str) -> str:
        """The input's name as a message shows it: "levels.L1.pain"."""
        return f"levels.{self.level}.{key}"
