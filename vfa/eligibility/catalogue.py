"""Which rules does a profile apply? Every criterion with its sentence, its source and what decides it."""

from __future__ import annotations

from dataclasses import dataclass

from vfa.eligibility.criterion import shown
from vfa.eligibility.profile import Profile


@dataclass(frozen=True)
class CatalogueSetting:
    """A setting of a rule, as the profile has it."""

    name: str
    value: str
    meaning: str
    source: str
    verified: bool


@dataclass(frozen=True)
class CatalogueEntry:
    """One rule as a committee reads it.

    Args:
        id: "VP-C4".
        procedure: "vertebroplasty" or "kyphoplasty".
        kind: "indication", "contraindication" or "feasibility".
        sentence: the rule in words, with the profile's limits in it.
        source: where it comes from.
        verified: whether that source was seen to say so.
        decided_by: what decides it.
        requires: the inputs it looks at.
        settings: what the profile sets.
    """

    id: str
    procedure: str
    kind: str
    sentence: str
    source: str
    verified: bool
    decided_by: str
    requires: tuple[str, ...]
    settings: tuple[CatalogueSetting, ...]


def catalogue(profile: Profile) -> tuple[CatalogueEntry, ...]:
    """Every rule of the profile, in its order."""
    return tuple(
        CatalogueEntry(
            id=criterion.id,
            procedure=criterion.procedure,
            kind=criterion.kind.value,
            sentence=criterion.phrase,
            source=criterion.source,
            verified=criterion.verified,
            decided_by=criterion.decided_by,
            requires=criterion.requires,
            settings=tuple(
                CatalogueSetting(
                    name=parameter.name,
                    value=shown(criterion.settings[parameter.name]),
                    meaning=parameter.meaning,
                    source=parameter.source
                    if criterion.settings[parameter.name] == parameter.default
                    else f"set by the profile {profile.name}",
                    verified=parameter.verified and criterion.settings[parameter.name] == parameter.default,
                )
                for parameter in criterion.parameters
            ),
        )
        for criterion in profile.criteria
    )
