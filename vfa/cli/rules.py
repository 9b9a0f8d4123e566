"""`vfa rules`: by which rules does a profile judge, where does each come from, and what decides it?"""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from vfa.cli.printing import print_page
from vfa.eligibility import CatalogueEntry, Profile, catalogue, load_profile, shipped_profiles

ProfileName = Annotated[
    str, typer.Option("--profile", metavar="NAME|FILE", help=f"One of {', '.join(shipped_profiles())}, or a TOML file.")
]


TITLES = {
    "vertebroplasty": "Vertebroplasty",
    "kyphoplasty": "Kyphoplasty",
    "augmentation": "Vertebroplasty and kyphoplasty",
}


def rules(profile: ProfileName = "seed") -> None:
    """List every rule of a profile with its source and what decides it.

    Exit status: 0 done; 3 the profile is refused, with the line at fault.
    """
    loaded = load_profile(profile)
    print_page(
        Group(_heading(loaded), *(_procedure(loaded, one) for one in TITLES if _entries(loaded, one)), _legend())
    )


def _heading(profile: Profile) -> Text:
    return Text(f"{profile.name}: {profile.title}\nSource: {profile.source}\n")


def _entries(profile: Profile, procedure: str) -> list[CatalogueEntry]:
    return [entry for entry in catalogue(profile) if entry.procedure == procedure]


def _procedure(profile: Profile, procedure: str) -> Table:
    table = Table(title=TITLES[procedure], title_justify="left", box=box.SIMPLE_HEAD, show_lines=True)
    for column, ratio in (("Rule", 2), ("It is met when", 5), ("Decided by", 5), ("Source", 4)):
        table.add_column(column, ratio=ratio, overflow="fold")
    for entry in _entries(profile, procedure):
        kind = entry.kind.replace("_", " ")
        table.add_row(f"{entry.id}\n{kind}", entry.sentence, _decided(entry), _source(entry))
    return table


def _decided(entry: CatalogueEntry) -> str:
    lines = [entry.decided_by]
    for setting in entry.settings:
        lines.append(f"{setting.name} = {setting.value}{'' if setting.verified else ' *'}: {setting.meaning}")
    return "\n".join(lines)


def _source(entry: CatalogueEntry) -> str:
    return entry.source if entry.verified else f"{entry.source} *"


def _legend() -> Text:
    return Text("* not verified against a published source, or set by the profile itself.")
