"""Which images was the answer read in, which were left aside, and what do they say of the marrow?

Sentences that table, page and PDF say alike.
"""

from __future__ import annotations

from vfa.model.input_words import listed
from vfa.report import contract as c
from vfa.report import words

NOT_USED = "not_used"
OEDEMA = "marrow_oedema"


def series_lines(document: c.AssessmentFile) -> list[str]:
    """A line for each series that took part, the measured one first, and one that counts the others."""
    used = [one for one in document.series if one.role != NOT_USED]
    lines = [_measured(one) if number == 0 else _beside(one) for number, one in enumerate(used)]
    aside = [one for one in document.series if one.role == NOT_USED]
    if aside:
        kinds = listed([f"{named(one)} ({words.printable(one.because).rstrip('.')})" for one in aside[:3]])
        more = f", and {len(aside) - 3} more" if len(aside) > 3 else ""
        lines.append(f"Not used: {kinds}{more}.")
    return lines


def named(series: c.Series) -> str:
    """A series by its kind and description."""
    if series.role == "labels":
        return "masks without an image"
    kind = "image" if isinstance(series.modality, c.Missing) else series.modality
    return f"{kind} “{words.printable(series.description)}”" if series.description else kind


def _measured(series: c.Series) -> str:
    name = named(series)
    return f"{name[0].upper()}{name[1:]}{_spacing(series)}."


def _beside(series: c.Series) -> str:
    what = {"marrow": "Marrow read beside it", "bone": "Beside it"}.get(series.role, "Beside it")
    return f"{what}: {named(series)}{_spacing(series)}, {words.printable(series.because)}."


def _spacing(series: c.Series) -> str:
    if isinstance(series.spacing_mm, c.Missing) or isinstance(series.slice_spacing_mm, c.Missing):
        return ""
    spacing = " × ".join(words.number(step, 2) for step in series.spacing_mm)
    return f", voxels {spacing} mm, slices every {words.number(series.slice_spacing_mm, 2)} mm"


def oedema_lines(document: c.AssessmentFile) -> list[str]:
    """What was found of marrow oedema: a line for each level that has it or may, one for all that have none."""
    lines, without = [], []
    untold: dict[str, list[str]] = {}
    for vertebra in document.vertebrae:
        found = vertebra.other_findings.get(OEDEMA)
        if found is None:
            continue
        if found.status == "absent":
            without.append(vertebra.level)
        elif found.status == "present":
            lines.append(f"Marrow oedema at {vertebra.level}: {words.printable(found.because)}")
        else:
            said = words.printable(found.because).replace(f"{vertebra.level} ", "It ", 1)
            untold.setdefault(said, []).append(vertebra.level)
    if without:
        lines.append(f"No marrow oedema at {', '.join(without)}.")
    lines += [f"Marrow oedema cannot be told at {', '.join(levels)}: {said}" for said, levels in untold.items()]
    return lines
