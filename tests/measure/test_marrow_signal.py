"""Oedema and fluid inside the bodies, read in other series than the one that was measured; truth from the phantom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.phantom_cases import true_spine
from tests.builders import found, vertebra
from vfa.measure import with_marrow_signal
from vfa.model.findings import VertebraFindings
from vfa.model.frame import Grid
from vfa.model.morphometry import FractureStatus
from vfa.model.posterior_wall import Finding
from vfa.model.spine import Spine
from vfa.model.study import Companion, Registered, Role, SameFrame, Study
from vfa.model.volume import Modality, Volume
from vfa.phantom.anatomy import PhantomSpine, SpineRecipe, build_spine
from vfa.phantom.inclusions import Cleft, Oedema
from vfa.phantom.render_mr import MrScanner, render_mr

LEVELS = ("T12", "L1", "L2", "L3", "L4")
SAGITTAL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # i backwards, j to the feet, k left
OEDEMATOUS, WITH_FLUID = "L1", "L3"
FRACTURED = (OEDEMATOUS, WITH_FLUID)
KINDS = (Modality.T1, Modality.T2, Modality.STIR)


@pytest.fixture(scope="module")
def phantom() -> PhantomSpine:
    features = {OEDEMATOUS: (Oedema(0.5),), WITH_FLUID: (Cleft(24.0, 18.0, 7.0, filling="fluid"),)}
    return build_spine(SpineRecipe(levels=LEVELS, seed=3, features=features))


def grid_over(phantom: PhantomSpine, spacing_mm: tuple[float, float, float], axes: np.ndarray) -> Grid:
    """A box of 110 × 90 mm around the column, from above the first body to below the last."""
    top, bottom = phantom[LEVELS[0]].frame.centre_lps, phantom[LEVELS[-1]].frame.centre_lps
    middle = (top + bottom) / 2 + np.array([0.0, 15.0, 0.0])
    size = np.abs(axes.T @ np.array([90.0, 110.0, float(top[2] - bottom[2]) + 50.0]))
    shape = tuple(int(n) for n in np.ceil(size / np.array(spacing_mm)) + 1)
    origin = middle - axes @ ((np.array(shape) - 1) / 2 * np.array(spacing_mm))
    return Grid.from_axes((shape[0], shape[1], shape[2]), spacing_mm, origin, axes)


@pytest.fixture(scope="module")
def mr(phantom: PhantomSpine) -> dict[Modality, Volume]:
    grid = grid_over(phantom, (1.2, 1.2, 4.4), SAGITTAL)
    return {kind: render_mr(phantom, grid, MrScanner(weighting=kind, seed=5)) for kind in KINDS}


@pytest.fixture(scope="module")
def spine(phantom: PhantomSpine) -> Spine:
    return true_spine(phantom, grid_over(phantom, (1.5, 1.5, 1.5), np.eye(3)))


@pytest.fixture(scope="module")
def ct(spine: Spine) -> Volume:
    """The measured series; its voxels are not looked at here."""
    return Volume(np.zeros(spine.grid.shape, np.int16), spine.grid, Modality.CT)


def bodies(**looked_for: str) -> tuple[VertebraFindings, ...]:
    status = {level: FractureStatus.PRESENT if level in FRACTURED else FractureStatus.ABSENT for level in LEVELS}
    return tuple(vertebra(level, status[level], 0.1, findings=found(**looked_for)) for level in LEVELS)


def beside(primary: Volume, *others: Volume) -> Study:
    return Study(primary, tuple(Companion(one, Role.MARROW, SameFrame()) for one in others))


def read(spine: Spine, study: Study, name: str = "marrow_oedema", **looked_for: str) -> dict[str, Finding]:
    seen = with_marrow_signal(bodies(**looked_for), spine, study)
    return {one.level: one.findings[name] for one in seen if name in one.findings}


def presences(found: dict[str, Finding]) -> dict[str, str]:
    return {level: one.presence.value for level, one in found.items()}


def test_oedema_is_found_where_it_is_and_nowhere_else(spine, ct, mr):
    oedema = read(spine, beside(ct, mr[Modality.T1], mr[Modality.STIR]))
    others = {level: "absent" for level in LEVELS if level not in FRACTURED}
    seen = presences(oedema)
    assert seen[OEDEMATOUS] == "present"
    assert {level: seen[level] for level in others} == others
    here = oedema[OEDEMATOUS]
    assert 0.3 < here.measures["bright_share"].value < 0.7  # half of the body is oedematous
    assert here.measures["stir_times_intact"].value > 1.6
    assert here.measures["t1_times_intact"].value < 0.9
    assert here.series == ("STIR series", "T1 series")
    assert "tumour and infection may look alike" in here.because


def test_it_makes_no_difference_which_series_was_measured(spine, ct, mr):
    on_ct = presences(read(spine, beside(ct, mr[Modality.STIR])))
    on_stir = presences(read(spine, beside(mr[Modality.STIR])))
    on_t2 = presences(read(spine, beside(mr[Modality.T2], mr[Modality.STIR])))
    assert on_ct == on_stir == on_t2


@pytest.mark.parametrize("kind", [Modality.T1, Modality.T2])
def test_without_suppressed_fat_nothing_is_said_of_oedema(spine, ct, mr, kind):
    oedema = read(spine, beside(ct, mr[kind]))
    assert set(presences(oedema).values()) == {"not_assessable"}
    assert "No STIR series" in oedema[OEDEMATOUS].because


def test_ct_alone_leaves_everything_as_it_was(spine, ct):
    assert with_marrow_signal(bodies(), spine, Study(ct))[0].findings == {}


def test_a_level_outside_the_mr_is_not_told_and_the_others_are(spine, ct, mr):
    stir = mr[Modality.STIR]
    rows = int(stir.grid.ijk_of(spine["L3"].centre_lps)[1])  # j runs to the feet
    cut = replace(
        stir,
        voxels=stir.voxels[:, :rows],
        grid=stir.grid.crop((0, 0, 0), (stir.grid.shape[0], rows, stir.grid.shape[2])),
    )
    oedema = read(spine, beside(ct, cut))
    assert presences(oedema)["L4"] == "not_assessable"
    assert oedema["L4"].because == "L4 lies outside, wholly or in part, on the STIR series."
    assert presences(oedema)[OEDEMATOUS] == "present"


def test_bright_on_t1_as_well_is_left_to_a_reader(spine, ct, mr):
    """A haemangioma holds fat: bright on T1 and on STIR."""
    t1 = mr[Modality.T1]
    brighter = t1.voxels.copy()
    body = spine[OEDEMATOUS]
    ijk = np.rint(t1.grid.ijk_of(body.grid.lps_of(np.argwhere(body.body)))).astype(int)
    brighter[tuple(ijk.T)] *= 3
    oedema = read(spine, beside(ct, mr[Modality.STIR], replace(t1, voxels=brighter)))
    assert presences(oedema)[OEDEMATOUS] == "not_assessable"
    assert "as fat or blood is" in oedema[OEDEMATOUS].because


def test_where_all_marrow_is_dark_on_t1_no_body_serves_for_comparison(spine, ct, mr):
    t1 = mr[Modality.T1]
    dark = np.where(t1.voxels > 900, t1.voxels // 3, t1.voxels)  # all that holds fat
    oedema = read(spine, beside(ct, mr[Modality.STIR], replace(t1, voxels=dark)))
    assert set(presences(oedema).values()) == {"not_assessable"}
    assert "no brighter than the discs" in oedema["T12"].because


def test_a_fading_coil_is_not_taken_for_oedema(spine, ct, mr):
    """Sensitivity falls to a third from the upper to the lower end of the images."""
    stir = mr[Modality.STIR]
    fade = np.linspace(1.0, 0.33, stir.grid.shape[1])[None, :, None]
    faded = replace(stir, voxels=(stir.voxels * fade).astype(np.int16))
    seen = presences(read(spine, beside(ct, faded)))
    assert seen[OEDEMATOUS] == "present"
    assert {seen[level] for level in ("T12", "L2", "L4")} == {"absent"}


def test_a_registered_series_is_read_through_its_motion(spine, ct, mr):
    stir = mr[Modality.STIR]
    motion = np.eye(4)
    motion[:3, 3] = (400.0, -30.0, 12.0)
    elsewhere = replace(stir, grid=Grid(stir.grid.shape, np.linalg.inv(motion) @ stir.grid.lps_from_ijk))
    study = Study(ct, (Companion(elsewhere, Role.MARROW, Registered(motion, 1.0)),))
    assert presences(read(spine, study)) == presences(read(spine, beside(ct, stir)))


def test_with_fewer_than_two_intact_bodies_there_is_nothing_to_compare_with(spine, ct, mr):
    broken = tuple(vertebra(level, FractureStatus.PRESENT, 0.3) for level in LEVELS)
    seen = with_marrow_signal(broken, spine, beside(ct, mr[Modality.STIR]))
    assert {one.findings["marrow_oedema"].presence.value for one in seen} == {"not_assessable"}


def test_fluid_that_fills_a_cleft_leaves_open_what_ct_denies(spine, ct, mr):
    cleft = read(spine, beside(ct, mr[Modality.STIR]), "cleft", cleft="absent")
    assert presences(cleft)[WITH_FLUID] == "not_assessable"
    assert "shine like the canal's fluid" in cleft[WITH_FLUID].because
    assert presences(cleft)["L2"] == "absent"
    assert cleft["L2"].because.startswith("Cleft absent. Nothing inside the body")


def test_fluid_on_mr_alone_suggests_a_cleft_and_its_absence_excludes_none(spine, mr):
    cleft = read(spine, beside(mr[Modality.T2]), "cleft", cleft="not_assessable")
    assert presences(cleft)[WITH_FLUID] == "present"
    assert presences(cleft)["L2"] == "not_assessable"  # gas is as dark as bone


def test_gas_on_ct_stays_a_cleft_whatever_mr_shows(spine, ct, mr):
    assert set(presences(read(spine, beside(ct, mr[Modality.STIR]), "cleft", cleft="present")).values()) == {"present"}


def test_where_mr_cannot_tell_of_fluid_no_gas_on_ct_excludes_no_cleft(spine, ct, mr):
    cleft = read(spine, beside(ct, mr[Modality.T1]), "cleft", cleft="absent")
    assert set(presences(cleft).values()) == {"not_assessable"}
