"""What do the generated pages of docs/ say about rules and FHIR codes? `python -m vfa.eligibility.rules_page docs`.

docs/rules.md lists every rule of every shipped profile from the catalogue; docs/fhir.md lists the mapping table. A test
keeps both up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from vfa.eligibility.catalogue import CatalogueEntry, CatalogueSetting, catalogue
from vfa.eligibility.clinical_keys import (
    LEVEL_ANSWERS,
    LEVEL_NUMBERS,
    LEVEL_WORDS,
    PATIENT_ANSWERS,
    PATIENT_NUMBERS,
)
from vfa.eligibility.fhir_codes import ALLERGIES, CONDITIONS, NO_KNOWN_ALLERGY, OBSERVATIONS, SNOMED
from vfa.eligibility.profile import Profile
from vfa.eligibility.read_profile import load_profile, shipped_profiles

_RULES_HEAD = """# The rules

Generated from the catalogue by `python -m vfa.eligibility.rules_page docs`; `vfa rules --profile NAME` prints the
same.

Every rule is answered *met*, *not met* or *open*, by strong Kleene logic, from what the images and the clinical
answers say; a number is held against its limit with its whole 95 % interval, and exactly the limit is allowed. What
nobody stated and what could not be measured is open, never "no".

How a conclusion follows, in this order:

1. any **contraindication** met: *contraindicated*, whatever else is open;
2. every **indication** not met: *no indication*;
3. anything open that could still change the answer: *indeterminate*, with the inputs that could settle it;
4. else *no exclusion found, for specialist review*.

A **relative contraindication** never contraindicates alone and keeps nothing open: where it is met it is listed
under the conclusion, to weigh. A **feasibility** rule is the other side of a contraindication, which counts in its
stead.

Profiles are judged apart; none changes another's answer, and the first one named leads. `seed` is the default. A
mark \\* stands for: the source was not seen to say so (a design choice, or a text known from memory only). In a
profile that vfa ships, no rule whose source is marked contraindicates; settings that are marked are design choices.
"""

_FHIR_HEAD = """# Clinical answers from FHIR

Generated from the mapping table by `python -m vfa.eligibility.rules_page docs`.

`--clinical bundle.json` takes a FHIR R4 Bundle (JSON) of one patient, read with fhir.resources (`pip install
'vfa[fhir]'`). Only the codes below are taken. Everything else is listed under `clinical.not_read` in
`assessment.json`, and how many entries that is stands under the remarks. What a bundle does not mention is not
stated, never "no".

- A **Condition** answers with yes when it is confirmed (or carries no verification status) and active (or carries
  no clinical status). Provisional, resolved and refuted ones are listed; a refuted one is a no only where marked.
- An **Observation** counts when it is final, amended or corrected, in a unit below, and exact (no "<"). The newest
  counts.
- An **AllergyIntolerance** is told by its name, since its codes are too many to list.
- A **MedicationStatement** that is active or intended gives its name; bundles without any leave medicines not
  stated.

SNOMED CT and LOINC codes stand for themselves alone, not for their descendants; ICD-10 codes (of WHO, CM and GM)
for all that begin with them.
"""

_CSV = """
# Clinical answers from a table

A CSV in UTF-8 with one row for each patient or for each level. `study_instance_uid` or `patient_id` says whom a row
is about, `level` which vertebra. Every other column is a key: `patient.KEY`, `levels.L1.KEY`, `level.KEY` for the
row's own level, or the bare key where it can mean only one of them. An empty cell is not stated; a column that is
no key is named and the table refused.
"""


def rules_page() -> str:
    """The text of docs/rules.md."""
    parts = [_RULES_HEAD, *(part for name in shipped_profiles() for part in _profile(load_profile(name))), *_keys()]
    return "\n".join(parts) + "\n"


def fhir_page() -> str:
    """The text of docs/fhir.md."""
    lines = [_FHIR_HEAD, "| resource | code | key | meaning | refuted is |", "|---|---|---|---|---|"]
    for condition in CONDITIONS:
        keys = ", ".join(f"`patient.{key}`" for key in condition.keys)
        few = len(condition.codes) < len(CONDITIONS)
        codes = ", ".join(condition.codes) if few else f"{condition.codes[0]}–{condition.codes[-1]}"
        system = "SNOMED CT" if condition.system == SNOMED else condition.system
        lines.append(f"| Condition | {system} {codes} | {keys} = yes | {condition.meaning} | {condition.refuted} |")
    for number in OBSERVATIONS:
        units = ", ".join(f"`{unit}`" for unit in number.factor_of_unit if unit)
        codes = ", ".join(number.codes)
        lines.append(f"| Observation | LOINC {codes} | `patient.{number.key}` | {number.meaning}; units {units} | – |")
    for key, words in ALLERGIES.items():
        lines.append(f"| AllergyIntolerance | name with {', '.join(words)} | `patient.{key}` = yes | allergy | no |")
    both = ", ".join(f"`patient.{key}`" for key in ALLERGIES)
    lines.append(f"| AllergyIntolerance | SNOMED CT {NO_KNOWN_ALLERGY} | {both} = no | no known allergy | – |")
    lines.append("| MedicationStatement | its text or display | `patient.medications` | a medicine taken | – |")
    return "\n".join([*lines, _CSV])


def _profile(profile: Profile) -> Iterator[str]:
    yield f"\n## `{profile.name}`: {profile.title}\n\nSource: {profile.source}.\n"
    yield from (f"{note}\n" for note in profile.notes)
    yield "| rule | kind | met when | decided by | source |\n|---|---|---|---|---|"
    for entry in catalogue(profile):
        kind = entry.kind.replace("_", " ")
        both = " (both procedures)" if entry.procedure == "augmentation" else ""
        cited = f"{entry.source}{_mark(entry)}"
        yield f"| {entry.id} | {kind}{both} | {entry.sentence} | {_decided(entry)} | {cited} |"


def _decided(entry: CatalogueEntry) -> str:
    settings = (f"`{one.name} = {one.value}`{_mark(one)}: {one.meaning}" for one in entry.settings)
    return "<br>".join([entry.decided_by, *settings])


def _mark(part: CatalogueEntry | CatalogueSetting) -> str:
    return "" if part.verified else " \\*"


def _keys() -> Iterator[str]:
    yield "\n## The clinical file's keys\n\n| key | yes means |\n|---|---|"
    yield from (f"| `patient.{key}` | {meaning} |" for key, meaning in PATIENT_ANSWERS.items())
    yield from (f"| `levels.LEVEL.{key}` | {meaning} |" for key, meaning in LEVEL_ANSWERS.items())
    yield "\n| key | number or word | range |\n|---|---|---|"
    for scope, numbers in (("patient", PATIENT_NUMBERS), ("levels.LEVEL", LEVEL_NUMBERS)):
        for key, number in numbers.items():
            yield f"| `{scope}.{key}` | {number.sentence} | {number.lowest:g} to {number.highest:g} |"
    yield from (
        f"| `levels.LEVEL.{key}` | one of the words | {', '.join(words)} |" for key, words in LEVEL_WORDS.items()
    )
    yield "| `patient.medications` | names of medicines and supplements | a list; empty for none |"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "rules.md").write_text(rules_page(), encoding="utf-8")
    (folder / "fhir.md").write_text(fhir_page(), encoding="utf-8")
