"""Which criteria are there? vfa's own, and those of other packages by the entry point group `vfa.criteria`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from vfa.eligibility import (
    coverage_contraindications,
    guideline_indications,
    height_rules,
    indications,
    kyphoplasty_contraindications,
    sir_cirse_contraindications,
    trial_contraindications,
    vertebroplasty_contraindications,
)
from vfa.eligibility.criterion import ENTRY_POINTS, Criterion
from vfa.errors import InputRefused

OWN: tuple[type[Criterion], ...] = (
    indications.VertebralFracture,
    indications.VertebralMetastasis,
    indications.MultipleMyeloma,
    height_rules.HeightAllowsVertebroplasty,
    vertebroplasty_contraindications.SystemicInfection,
    vertebroplasty_contraindications.LocalInfection,
    vertebroplasty_contraindications.BleedingDisorder,
    height_rules.CollapsedMoreThanOneThird,
    vertebroplasty_contraindications.FragmentedFracture,
    indications.OsteoporoticFracture,
    indications.PainfulTumourFracture,
    indications.PainfulOsteonecrosis,
    indications.ChronicTraumaticFracture,
    indications.PainfulHaemangioma,
    kyphoplasty_contraindications.AsymptomaticFracture,
    kyphoplasty_contraindications.UnmanageableCoagulopathy,
    kyphoplasty_contraindications.SystemicOrLocalInfection,
    kyphoplasty_contraindications.CementAllergy,
    kyphoplasty_contraindications.Prophylaxis,
    kyphoplasty_contraindications.NeurologicalDeficit,
    kyphoplasty_contraindications.DestructionAndForaminalStenosis,
    kyphoplasty_contraindications.PosteriorWallDefect,
    kyphoplasty_contraindications.MyelopathyFromRetropulsion,
    kyphoplasty_contraindications.RadicularPain,
    height_rules.CollapsedMoreThanSeventyPercent,
    kyphoplasty_contraindications.TumourInCanal,
    guideline_indications.RefractoryPainfulFracture,
    guideline_indications.SevereRecentUnhealedFracture,
    guideline_indications.CoveredFracture,
    guideline_indications.CoveredTumour,
    guideline_indications.TrialFracture,
    sir_cirse_contraindications.Septicaemia,
    sir_cirse_contraindications.Osteomyelitis,
    sir_cirse_contraindications.SirCoagulopathy,
    sir_cirse_contraindications.SirCementAllergy,
    sir_cirse_contraindications.RadiculopathyRelative,
    sir_cirse_contraindications.CompressionWithDeficit,
    sir_cirse_contraindications.SystemicInfectionRelative,
    sir_cirse_contraindications.ImprovingPain,
    sir_cirse_contraindications.ProphylaxisRelative,
    sir_cirse_contraindications.MyelopathyRelative,
    sir_cirse_contraindications.BleedingRiskByLaboratory,
    sir_cirse_contraindications.SevereCollapseRelative,
    sir_cirse_contraindications.TumourInCanalRelative,
    sir_cirse_contraindications.UnstableFracture,
    sir_cirse_contraindications.AsymptomaticRelative,
    coverage_contraindications.CoverageInfection,
    coverage_contraindications.Pregnancy,
    coverage_contraindications.PainFromElsewhere,
    coverage_contraindications.TooManyLevels,
    coverage_contraindications.CoverageAllergy,
    coverage_contraindications.UncorrectedCoagulopathy,
    coverage_contraindications.CoverageInstability,
    coverage_contraindications.CoverageDeficit,
    coverage_contraindications.CoverageRetropulsion,
    trial_contraindications.TrialCardiopulmonary,
    trial_contraindications.TrialCoagulopathy,
    trial_contraindications.TrialInfection,
    trial_contraindications.TrialTumour,
    trial_contraindications.TrialRadicular,
    trial_contraindications.TrialCordCompression,
)


@cache
def criteria() -> dict[str, type[Criterion]]:
    """Every criterion by id, vfa's own first.

    Raises:
        InputRefused: if another package's criterion cannot be loaded, is none, or takes an id that is taken.
    """
    known = {criterion.id: criterion for criterion in OWN}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        criterion = _load(entry)
        if criterion.id in known:
            raise InputRefused(
                f"criterion {entry.value}: the id {criterion.id} is taken by "
                f"{known[criterion.id].__module__}.{known[criterion.id].__name__}; give it another"
            )
        known[criterion.id] = criterion
    return known


def _load(entry: EntryPoint) -> type[Criterion]:
    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        raise InputRefused(f"criterion {entry.name} ({entry.value}) cannot be loaded: {error}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Criterion)):
        raise InputRefused(
            f"criterion {entry.name} ({entry.value}) is no subclass of vfa.eligibility.criterion.Criterion"
        )
    return loaded
