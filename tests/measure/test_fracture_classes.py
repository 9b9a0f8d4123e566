"""Classes are suggested with their evidence, several where the image cannot tell, none where it says too little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import deformity_of, found, nothing_found, vertebra, wall_of
from vfa.measure.fracture_classes import suggest_classes
from vfa.model.estimate import Estimate
from vfa.model.findings import VertebraFindings
from vfa.model.fracture_classes import FractureClasses
from vfa.model.morphometry import FractureStatus, HeightLoss, Shape
from vfa.model.posterior_wall import WallStatus


def fractured(
    wall: WallStatus = WallStatus.INTACT, shape: Shape = Shape.WEDGE, posterior_loss: float = 0.05, **presences: str
) -> VertebraFindings:
    columns = {"anterior": 0.35, "posterior": posterior_loss}
    losses = {name: Estimate(value, 0.02, "fraction", "test") for name, value in columns.items()}
    return replace(
        vertebra(),
        deformity=replace(deformity_of(FractureStatus.PRESENT), shape=shape),
        height_loss=HeightLoss(losses["anterior"], "anterior", losses),
        posterior_wall=wall_of(wall),
        findings=nothing_found(**presences),
    )


def classes(findings: VertebraFindings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    suggested = suggest_classes(findings)
    return suggested.ao, suggested.of


def test_a_wedge_with_its_posterior_wall_whole_suggests_a1_and_of2():
    assert classes(fractured()) == (("A1",), ("OF2",))


def test_a_broken_posterior_wall_suggests_a_burst_of_either_kind_since_endplates_are_not_counted():
    suggested = suggest_classes(fractured(WallStatus.BREACHED, posterior_loss=0.3))
    assert suggested.ao == ("A3", "A4")
    assert suggested.of == ("OF3", "OF4")
    assert "not measured" in suggested.because


def test_planes_through_the_shell_before_a_whole_wall_suggest_a_split():
    assert classes(fractured(fragmentation="present"))[0] == ("A2",)


def test_where_a_split_could_not_be_excluded_it_stays_possible():
    assert classes(fractured(fragmentation="not_assessable"))[0] == ("A1", "A2")


def test_a_biconcave_body_may_have_both_endplates_broken():
    assert classes(fractured(shape=Shape.BICONCAVE)) == (("A1", "A2"), ("OF2", "OF4"))


@pytest.mark.parametrize(
    ("posterior_loss", "of"), [(0.05, ("OF2",)), (0.2, ("OF2", "OF3", "OF4")), (0.35, ("OF3", "OF4"))]
)
def test_the_posterior_height_lost_tells_of2_from_of3_only_where_its_interval_does(
    posterior_loss: float, of: tuple[str, ...]
):
    assert classes(fractured(shape=Shape.CRUSH, posterior_loss=posterior_loss))[1] == of


@pytest.mark.parametrize(
    "unclear",
    [
        fractured(WallStatus.NOT_ASSESSABLE),
        fractured(destruction="present"),
        replace(fractured(), deformity=deformity_of(FractureStatus.INDETERMINATE)),
        replace(fractured(), deformity=deformity_of(FractureStatus.ABSENT)),
    ],
)
def test_nothing_is_suggested_where_the_image_says_too_little(unclear: VertebraFindings):
    suggested = suggest_classes(unclear)
    assert (suggested.ao, suggested.of) == ((), ())
    assert suggested.because


def test_oedema_without_deformation_suggests_of1():
    intact = replace(
        fractured(), deformity=deformity_of(FractureStatus.ABSENT), findings=found(marrow_oedema="present")
    )
    assert classes(intact) == ((), ("OF1",))


def test_a_class_that_does_not_exist_cannot_be_suggested():
    with pytest.raises(ValueError, match="A7"):
        FractureClasses(("A7",), (), "")
