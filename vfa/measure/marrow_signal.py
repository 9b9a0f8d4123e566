"""What does MR say about the marrow of each body: is there oedema, and does fluid fill a cleft?

The bodies come from the series that was measured; their signal is read in every MR series of the examination that lies
in its coordinates, and compared with the bodies nearby that are not fractured. Oedema is bright where fat is suppressed
(STIR) and not bright on T1. Without such a series nothing is said: on plain T2 fat is bright too, and dark marrow on
T1 may be an old scar. Where every body is dark on T1 there is no intact marrow to compare with.

The limits are design choices, tried on the phantom; no published ones were found that hold across scanners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from vfa.measure.series_signal import SeriesSignal, read_series
from vfa.model.estimate import Estimate, Measured
from vfa.model.findings import VertebraFindings
from vfa.model.morphometry import Deformity, FractureStatus
from vfa.model.posterior_wall import Finding, Presence
from vfa.model.spine import Spine
from vfa.model.study import Study
from vfa.model.volume import Modality

BRIGHT_TIMES = 1.6  # of intact marrow, on STIR: what shines is several times as bright
ORDINARY_PERCENTILE = 98.0  # of intact marrow: noise and texture reach up to here
SHARE_PRESENT, SHARE_ABSENT = 0.15, 0.05  # of the body's core that is bright
MEAN_TIMES_ABSENT = 1.25  # mean signal of a body without oedema stays below
FATTY_TIMES = 1.1  # bright on T1 as well: fat or blood, as in a haemangioma
REFERENCES_AT_LEAST, REFERENCES_NEAREST = 2, 4
REFERENCES_ALIKE_TIMES = 1.4  # a brighter neighbour may itself be oedematous
STEEPEST_PER_LEVEL = 0.2  # of the logarithm of the signal: coils fade by no more
FLUID_OF_CSF = 0.75  # as bright as the fluid in the canal, less what partial volume takes
FLUID_PRESENT_MM3, FLUID_ABSENT_MM3 = 100.0, 30.0
CSF_TIMES = 1.5  # of intact marrow: below, the canal's fluid was not found

OEDEMA, CLEFT = "marrow_oedema", "cleft"


@dataclass(frozen=True, eq=False)
class _Marrow:
    """What all series say about one body, in the order that decides."""

    finding: VertebraFindings
    stir: SeriesSignal | None
    t1: SeriesSignal | None
    fluid: SeriesSignal | None
    measured_on_ct: bool


def with_marrow_signal(
    vertebrae: tuple[VertebraFindings, ...], spine: Spine, study: Study
) -> tuple[VertebraFindings, ...]:
    """The findings with what the MR series of the examination say of the marrow; unchanged where it has none.

    Args:
        vertebrae: findings of each body of `spine`, in its order.
        spine: the bodies, in the coordinates of the study's primary volume.
        study: the examination.
    """
    read = {kind: read_series(study, kind, spine) for kind in (Modality.STIR, Modality.T1, Modality.T2)}
    if not any(not volume.modality.is_ct for volume in study.volumes):
        return vertebrae
    stir, t1 = read[Modality.STIR], read[Modality.T1]
    return tuple(
        _with_findings(
            _Marrow(found, stir, t1, stir or read[Modality.T2], study.primary.modality.is_ct),
            vertebrae,
        )
        for found in vertebrae
    )


def _with_findings(marrow: _Marrow, all_levels: Sequence[VertebraFindings]) -> VertebraFindings:
    oedema = _oedema(marrow, all_levels)
    cleft = _cleft(marrow, _fluid(marrow, all_levels))
    found = {**marrow.finding.findings, OEDEMA: oedema}
    if cleft is not None:
        found[CLEFT] = cleft
    return replace(marrow.finding, findings=found)


def _untold(name: str, because: str, *series: SeriesSignal | None) -> Finding:
    return Finding(name, Presence.NOT_ASSESSABLE, because, series=tuple(one.name for one in series if one is not None))


def _oedema(marrow: _Marrow, all_levels: Sequence[VertebraFindings]) -> Finding:
    """Whether the body's core is bright where fat is suppressed, and not bright on T1."""
    stir, t1, level = marrow.stir, marrow.t1, marrow.finding.level
    if stir is None:
        because = "No STIR series of this examination lies in the measured one's coordinates: oedema cannot be told"
        return _untold(OEDEMA, because + " from fat on T2, nor from an old scar on T1 alone.")
    unreadable = stir.unreadable(level)
    if unreadable:
        return _untold(OEDEMA, f"{unreadable} on the {stir.name}.", stir)
    if marrow.finding.treated:
        return _untold(OEDEMA, f"The {marrow.finding.treated} changes the signal around it.", stir)
    references = _references(stir, level, all_levels)
    if len(references) < REFERENCES_AT_LEAST:
        return _untold(OEDEMA, f"Too few intact bodies to compare with on the {stir.name}.", stir)
    if t1 is not None and _all_dark(t1, level, all_levels):
        because = "On T1 the bodies nearby are no brighter than the discs: marrow may be changed throughout, and none"
        return _untold(OEDEMA, because + " is left to compare with.", stir, t1)
    return _oedema_by_brightness(marrow, stir, references, all_levels)


def _oedema_by_brightness(
    marrow: _Marrow, stir: SeriesSignal, references: Sequence[str], all_levels: Sequence[VertebraFindings]
) -> Finding:
    level, t1 = marrow.finding.level, marrow.t1
    order = [found.level for found in all_levels]
    core, usual = stir.core[level], _usual(stir, level, references, order)
    ordinary = max(
        BRIGHT_TIMES,
        *(float(np.percentile(stir.core[one], ORDINARY_PERCENTILE)) / stir.median(one) for one in references),
    )
    bright = core > ordinary * usual
    share, times = float(bright.mean()), float(core.mean()) / usual
    scatter = float(np.std([stir.median(one) for one in references])) / usual
    measures: dict[str, Measured] = {
        "bright_share": Estimate(share, 0.5 * SHARE_ABSENT, "fraction", f"of the core, on the {stir.name}", 0.0),
        "stir_times_intact": Estimate(times, max(scatter, 0.05), "times", f"mean signal on the {stir.name}", 0.0),
    }
    said = (
        f"{share * 100:.0f} % of the core is bright and its mean signal {times:.1f} times that of "
        f"{', '.join(references)} on the {stir.name}"
    )
    seen = [stir]
    fatty = ""
    if t1 is not None and not t1.unreadable(level):
        compared = _references(t1, level, all_levels)
        if len(compared) >= REFERENCES_AT_LEAST:
            t1_times = float(t1.core[level].mean()) / _usual(t1, level, compared, order)
            measures["t1_times_intact"] = Estimate(t1_times, 0.1, "times", f"mean signal on the {t1.name}", 0.0)
            said += f", {t1_times:.1f} times on T1"
            seen.append(t1)
            fatty = "bright on T1 too, as fat or blood is" if t1_times > FATTY_TIMES else ""
    presence = Presence.NOT_ASSESSABLE
    if share >= SHARE_PRESENT:
        said += f"; {fatty}: a reader must say" if fatty else "; tumour and infection may look alike"
        presence = Presence.NOT_ASSESSABLE if fatty else Presence.PRESENT
    elif share <= SHARE_ABSENT and times < MEAN_TIMES_ABSENT:
        presence = Presence.ABSENT
    else:
        said += ": between clear absence and clear presence"
    return Finding(OEDEMA, presence, said + ".", measures, tuple(one.name for one in seen))


def _references(series: SeriesSignal, level: str, all_levels: Sequence[VertebraFindings]) -> tuple[str, ...]:
    """The nearest bodies that are not fractured, head to foot; on STIR only those as dark as the others."""
    order = [found.level for found in all_levels]
    here = order.index(level)
    free = [
        found.level
        for found in all_levels
        if found.level != level and not found.treated and _not_fractured(found) and not series.unreadable(found.level)
    ]
    near = sorted(free, key=lambda one: (abs(order.index(one) - here), order.index(one)))[:REFERENCES_NEAREST]
    if series.modality is Modality.STIR and len(near) >= REFERENCES_AT_LEAST:
        second = sorted(series.median(one) for one in near)[1]
        near = [one for one in near if series.median(one) <= REFERENCES_ALIKE_TIMES * second]
    return tuple(sorted(near, key=order.index))


def _not_fractured(found: VertebraFindings) -> bool:
    meaning = found.deformity
    return isinstance(meaning, Deformity) and meaning.fracture is not FractureStatus.PRESENT


def _usual(series: SeriesSignal, level: str, references: Sequence[str], order: Sequence[str]) -> float:
    """What intact marrow would measure at a level: coils fade towards their ends, so the references' trend counts."""
    places = np.array([order.index(one) for one in references], dtype=float)
    signal = np.log([series.median(one) for one in references])
    pairs = combinations(range(len(places)), 2)
    steepness = [(signal[b] - signal[a]) / (places[b] - places[a]) for a, b in pairs]
    slope = float(np.clip(np.median(steepness), -STEEPEST_PER_LEVEL, STEEPEST_PER_LEVEL))
    return float(np.exp(np.median(signal - slope * (places - order.index(level)))))


def _all_dark(t1: SeriesSignal, level: str, all_levels: Sequence[VertebraFindings]) -> bool:
    """Whether intact marrow is no brighter than the discs on T1, where both can be read."""
    references = _references(t1, level, all_levels)
    enough = bool(t1.discs) and len(references) >= REFERENCES_AT_LEAST
    return enough and np.median([t1.median(one) for one in references]) <= float(np.median(t1.discs))


def _fluid(marrow: _Marrow, all_levels: Sequence[VertebraFindings]) -> Finding:
    """Whether fluid as bright as that in the canal lies inside the body (the fluid sign)."""
    series, level = marrow.fluid, marrow.finding.level
    if series is None:
        return _untold(CLEFT, "no STIR or T2 series shows whether fluid fills a cleft")
    unreadable = series.unreadable(level)
    if unreadable:
        return _untold(CLEFT, f"whether fluid fills a cleft is not told: {unreadable} on the {series.name}", series)
    csf, references = series.csf.get(level), _references(series, level, all_levels)
    usual = float(np.median([series.median(one) for one in references])) if references else 0.0
    if csf is None or len(references) < REFERENCES_AT_LEAST or csf < CSF_TIMES * usual:
        because = f"the fluid in the canal, to compare with, was not found on the {series.name}"
        return _untold(CLEFT, because, series)
    held_mm3 = series.largest_piece_mm3(level, FLUID_OF_CSF * csf)
    volume = Estimate(held_mm3, 0.3 * held_mm3 + 20.0, "mm3", f"as bright as CSF on the {series.name}", 0.0)
    if held_mm3 >= FLUID_PRESENT_MM3:
        presence, said = Presence.PRESENT, f"{held_mm3 / 1000:.1f} ml inside the body shine like the canal's fluid"
    elif held_mm3 <= FLUID_ABSENT_MM3:
        presence, said = Presence.ABSENT, "nothing inside the body shines like the canal's fluid"
    else:
        presence, said = Presence.NOT_ASSESSABLE, "a small spot inside the body shines like the canal's fluid"
    return Finding(CLEFT, presence, f"{said} on the {series.name}", {"fluid_volume_mm3": volume}, (series.name,))


def _cleft(marrow: _Marrow, fluid: Finding) -> Finding | None:
    """What gas on CT and fluid on MR say together; None where neither says anything of a cleft.

    Gas shows a cleft. Fluid alone suggests one on MR, and leaves open what CT denies. Neither excludes the other.
    """
    gas = marrow.finding.findings.get(CLEFT)
    if gas is not None and gas.presence is Presence.PRESENT:
        return gas
    if fluid.presence is Presence.ABSENT:
        if gas is None or gas.presence is not Presence.ABSENT:
            return gas
        return replace(_joined(gas, fluid), presence=Presence.ABSENT)
    if fluid.presence is Presence.PRESENT:
        presence = Presence.NOT_ASSESSABLE if marrow.measured_on_ct else Presence.PRESENT
        return replace(_joined(gas, fluid), presence=presence)
    if gas is None or gas.presence is Presence.NOT_ASSESSABLE:
        return gas
    return replace(_joined(gas, fluid), presence=Presence.NOT_ASSESSABLE)


def _joined(gas: Finding | None, fluid: Finding) -> Finding:
    said = f"{fluid.because[0].upper()}{fluid.because[1:]}."
    if gas is None or not gas.because:
        return replace(fluid, because=said)
    stop = "" if gas.because.endswith(".") else "."
    return Finding(
        CLEFT,
        fluid.presence,
        f"{gas.because}{stop} {said}",
        {**gas.measures, **fluid.measures},
        (*gas.series, *fluid.series),
    )
