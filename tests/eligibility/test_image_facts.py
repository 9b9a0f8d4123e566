from fractions import Fraction

import pytest

from tests.builders import clinical, found, nothing_found, series, study, unmeasured, vertebra, wall_of
from vfa.eligibility.case import Case, Images
from vfa.eligibility.image_facts import fragmented, osteonecrosis, retropulsion, unhealed, wall_defect
from vfa.eligibility.runner import cases_of
from vfa.eligibility.truth import Truth
from vfa.model.assessment import UnknownReason
from vfa.model.clinical import ClinicalContext
from vfa.model.estimate import Why
from vfa.model.findings import SeriesRecord, VertebraFindings
from vfa.model.posterior_wall import PosteriorWall, WallStatus
from vfa.model.volume import Modality

TWO = Fraction(2)
MR = series(Modality.STIR, 4.0, role="marrow")


def case(of: VertebraFindings, *seen_on: SeriesRecord, told: ClinicalContext | None = None) -> Case:
    return cases_of(study(of, seen_on=seen_on or (series(),)), told or ClinicalContext())[0]


def with_wall(wall: PosteriorWall, slice_mm: float = 1.0) -> Case:
    return case(vertebra(wall=wall), series(slice_mm=slice_mm))


def in_fragments(presence: str, slice_mm: float, **told: str) -> Case:
    context = clinical(level=told) if told else None
    return case(vertebra(findings=found(fragmentation=presence)), series(slice_mm=slice_mm), told=context)


def is_fragmented(of: Case):
    return fragmented(of, Fraction(3), Fraction(3, 2))


def test_fragments_on_ct_are_fragments_and_their_absence_counts_on_thin_slices_only():
    assert is_fragmented(in_fragments("present", 2.5)).is_yes
    assert is_fragmented(in_fragments("absent", 1.5)).is_no
    assert is_fragmented(in_fragments("absent", 1.6)).reason is UnknownReason.QUALITY_FAILED
    assert is_fragmented(in_fragments("present", 3.5)).reason is UnknownReason.QUALITY_FAILED


def test_a_reader_settles_what_the_slices_cannot_but_cannot_clear_what_they_show():
    assert is_fragmented(in_fragments("absent", 5.0, fragmented="no")).is_no
    assert is_fragmented(in_fragments("absent", 1.0, fragmented="yes")).is_yes
    overruled = is_fragmented(in_fragments("present", 1.0, fragmented="no"))
    assert overruled.is_yes
    assert "Stated no" in overruled.because


def test_what_was_not_looked_for_is_named_as_missing():
    missing = is_fragmented(case(vertebra()))
    assert missing.reason is UnknownReason.QUALITY_FAILED
    assert "not looked for" in missing.because
    assert missing.needs == ("levels.L1.fragmented", "fragmentation")


@pytest.mark.parametrize(
    ("wall", "verdict"),
    [
        (wall_of(WallStatus.BREACHED), "MET"),
        (wall_of(retropulsion_mm=4.0, sigma_mm=0.5, outline="angular"), "MET"),
        (wall_of(retropulsion_mm=2.5, sigma_mm=0.5, outline="angular"), "UNKNOWN"),
        (wall_of(retropulsion_mm=2.0, sigma_mm=0.0, outline="angular"), "NOT_MET"),
        (wall_of(retropulsion_mm=1.0, sigma_mm=0.3, outline="angular"), "NOT_MET"),
        (wall_of(WallStatus.NOT_ASSESSABLE), "UNKNOWN"),
        (wall_of(WallStatus.NOT_ASSESSABLE, retropulsion_mm=6.0, outline="angular"), "MET"),
        (wall_of(retropulsion_mm=6.0, outline=unmeasured("L1", "outline")), "MET"),
    ],
)
def test_a_breach_or_a_displaced_fragment_is_a_defect_beyond_its_interval(wall: PosteriorWall, verdict: str):
    assert wall_defect(with_wall(wall), TWO, TWO).verdict.value == verdict


def test_a_smooth_bulge_behind_an_intact_cortex_is_put_to_a_reader():
    bulging = wall_defect(with_wall(wall_of(retropulsion_mm=4.0, outline="smooth")), TWO, TWO)
    assert bulging.reason is UnknownReason.NEEDS_READER


def test_an_intact_wall_counts_only_on_thin_ct():
    assert wall_defect(with_wall(wall_of(), slice_mm=2.0), TWO, TWO).is_no
    assert wall_defect(with_wall(wall_of(), slice_mm=2.5), TWO, TWO).reason is UnknownReason.QUALITY_FAILED
    on_mr = wall_defect(case(vertebra(wall=wall_of()), series(Modality.T2)), TWO, TWO)
    assert on_mr.reason is UnknownReason.MODALITY_INSUFFICIENT


def test_mr_may_show_bone_in_the_canal_but_never_that_there_is_none():
    def on_mr(retropulsion_mm: float) -> Truth:
        return retropulsion(case(vertebra(wall=wall_of(retropulsion_mm=retropulsion_mm)), series(Modality.T2)), TWO)

    assert on_mr(6.0).is_yes
    assert on_mr(0.0).reason is UnknownReason.MODALITY_INSUFFICIENT
    assert retropulsion(with_wall(wall_of(retropulsion_mm=0.0)), TWO).is_no


def test_a_wall_that_could_not_be_measured_keeps_its_reason():
    missing = vertebra(wall=unmeasured("L1", "the posterior wall", Why.CANAL_NOT_FOUND))
    assert wall_defect(case(missing), TWO, TWO).reason is UnknownReason.QUALITY_FAILED


def test_gas_on_ct_shows_osteonecrosis_and_fluid_on_mr_alone_only_suggests_it():
    gas = vertebra(findings=found(cleft="present"))
    assert osteonecrosis(case(gas)).is_yes
    assert osteonecrosis(case(gas, series(Modality.T2))).reason is UnknownReason.NEEDS_READER


def test_no_gas_on_ct_alone_does_not_rule_osteonecrosis_out():
    none = vertebra(findings=nothing_found())
    assert osteonecrosis(case(none)).reason is UnknownReason.MODALITY_INSUFFICIENT
    assert osteonecrosis(case(none, series(), MR)).is_no


def test_oedema_on_mr_shows_that_a_fracture_has_not_healed_and_ct_cannot():
    oedema = vertebra(findings=nothing_found(marrow_oedema="present"))
    assert unhealed(case(oedema, series(), MR)).is_yes
    assert unhealed(case(oedema)).is_open
    assert unhealed(case(vertebra(findings=nothing_found()), series(), MR)).is_no


def test_of_several_measured_series_the_thinnest_ct_counts():
    images = Images.of(
        study(vertebra(), seen_on=(series(Modality.T1, 1.0), series(slice_mm=3.0), series(slice_mm=1.5)))
    )
    assert images.measured_on is Modality.CT
    assert images.slice_spacing_mm == 1.5
    assert images.has_mr
