"""What is in the sample study? A digital spine with two fractures, as DICOM, with what is true of it.

`write_sample` writes study/*.dcm (CT), mr/t1 and mr/stir, clinical.toml, expected.json and README.md into a folder. The
recipe shipped with vfa has a wedge fracture at L1 and a burst fracture at L3.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vfa.model.frame import FloatArray, Grid
from vfa.model.volume import Volume
from vfa.phantom.anatomy import PhantomSpine, build_spine
from vfa.phantom.fractures import Burst, Fracture, Wedge
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.render_ct import CtScanner, render_ct
from vfa.phantom.sample_mr import write_sample_mr
from vfa.phantom.true_heights import ColumnHeights
from vfa.phantom.truth import TrueVertebra, truth_of
from vfa.phantom.write_dicom import StudyHeader, write_ct_study

NO_FRACTURE = "none"
PATIENT_ANSWERS = """\
[patient]
age_years = 74
osteoporosis = "yes"
bleeding_disorder = "no"
coagulopathy = "no"
systemic_infection = "no"
local_infection = "no"
allergy_pmma = "no"
allergy_opacifier = "no"
malignancy = "no"
multiple_myeloma = "no"
metastasis = "no"
inr = 1.0
platelets_10e9_per_l = 240
medications = ["vitamin D"]
"""
LEVEL_ANSWERS = """
[levels.{level}]
pain = "yes"
fracture_confirmed = "yes"
neurological_deficit = "no"
radicular_pain = "no"
myelopathy = "no"
trauma = "no"
weeks_since_onset = 3
intent = "treatment"
"""


@dataclass(frozen=True)
class SampleStudy:
    """What a sample study is made of.

    Args:
        recipe: the spine.
        scanner: how it is imaged.
        field_of_view_mm: width and depth of the square slices, centred on the spine.
        pixel_mm: spacing within a slice.
        slice_spacing_mm: spacing of slices.
        name: the study's name, from which its UIDs follow.
    """

    recipe: SpineRecipe
    scanner: CtScanner = field(default_factory=lambda: CtScanner(0.45, 1.5, 12.0, 105.0, seed=11))
    field_of_view_mm: float = 150.0
    pixel_mm: float = 0.75
    slice_spacing_mm: float = 1.5
    name: str = "vfa sample"


SHIPPED = SampleStudy(
    SpineRecipe(
        seed=7,
        fractures={"L1": Wedge(7.1, band="sclerotic"), "L3": Burst(10.2, retropulsion_mm=5.0)},
        height_sd=0.01,
        variation=0.5,
    )
)


def write_sample(folder: Path, study: SampleStudy = SHIPPED) -> None:
    """Write a sample study into a folder, which is made when absent."""
    folder.mkdir(parents=True, exist_ok=True)
    spine = build_spine(study.recipe)
    header = StudyHeader(name_of_study=study.name)
    write_ct_study(sample_volume(spine, study), folder / "study", header, "jpeg-ls")
    write_sample_mr(study.recipe, folder / "mr", header)
    expected = expected_of(spine, header)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    (folder / "clinical.toml").write_text(clinical_file(study.recipe), encoding="utf-8")
    (folder / "README.md").write_text(read_me(study), encoding="utf-8")


def sample_grid(spine: PhantomSpine, study: SampleStudy) -> Grid:
    """Axial slices from above the first body to below the sacrum's first, the square around all bodies and arches."""
    centres = np.stack([segment.construction.centre_lps for segment in spine.segments])
    canal = spine.canal_lps
    low, high = centres[:, 2].min() - 26.0, centres[:, 2].max() + 22.0
    middle = (np.minimum(centres, canal).min(axis=0) + np.maximum(centres, canal).max(axis=0)) / 2
    pixels = round(study.field_of_view_mm / study.pixel_mm)
    slices = int(np.ceil((high - low) / study.slice_spacing_mm))
    first = middle[:2] - study.pixel_mm * (pixels - 1) / 2 + np.array([0.0, 4.0])  # arches reach further than bodies
    origin = np.round([first[0], first[1], low], 2)
    return Grid.from_axes((pixels, pixels, slices), (study.pixel_mm, study.pixel_mm, study.slice_spacing_mm), origin)


def sample_volume(spine: PhantomSpine, study: SampleStudy) -> Volume:
    """The CT of a sample study."""
    return render_ct(spine, sample_grid(spine, study), study.scanner)


def _kind(fracture: Fracture | None) -> str:
    return NO_FRACTURE if fracture is None else type(fracture).__name__.lower()


def _heights(heights: ColumnHeights) -> dict[str, float]:
    return {
        "anterior": round(heights.anterior_mm, 2),
        "middle": round(heights.middle_mm, 2),
        "posterior": round(heights.posterior_mm, 2),
    }


def _rounded(vector: FloatArray, digits: int) -> list[float]:
    return [round(float(part), digits) + 0.0 for part in vector]  # + 0.0 turns -0.0 into 0.0


def _expected_level(true: TrueVertebra, fracture: Fracture | None) -> dict[str, Any]:
    anterior, middle, posterior = (round(loss, 3) for loss in true.column_losses)
    return {
        "level": true.level,
        "fracture": _kind(fracture),
        "marrow_oedema_on_mr": fracture is not None,
        "heights_mm": _heights(true.heights["centre"]),
        "heights_before_fracture_mm": _heights(true.intact_heights["centre"]),
        "height_loss_fraction": {"anterior": anterior, "middle": middle, "posterior": posterior},
        "retropulsion_mm": round(true.retropulsion_mm, 2),
        "canal_ap_mm": round(true.canal.ap_mm, 1),
        "canal_ap_before_fracture_mm": round(true.intact_canal.ap_mm, 1),
        "canal_area_mm2": round(true.canal.area_mm2),
        "canal_area_before_fracture_mm2": round(true.intact_canal.area_mm2),
        "volume_mm3": round(true.volume_mm3),
        "centre_lps_mm": _rounded(true.frame.centre_lps, 2),
        "cranial": _rounded(true.frame.cranial, 4),
        "anterior": _rounded(true.frame.anterior, 4),
    }


def expected_of(spine: PhantomSpine, header: StudyHeader) -> dict[str, Any]:
    """What is true of the sample, level by level, as plain values."""
    fractures = spine.recipe.fractures
    return {
        "study_instance_uid": str(header.uid("study")),
        "series_instance_uid": str(header.uid("series", header.series_number)),
        "vertebrae": [_expected_level(true, fractures.get(true.level)) for true in truth_of(spine)],
    }


def clinical_file(recipe: SpineRecipe) -> str:
    """The clinical file: a patient without contraindications, and pain at every fractured level."""
    return PATIENT_ANSWERS + "".join(LEVEL_ANSWERS.format(level=level) for level in recipe.fractures)


def _described(level: str, fracture: Fracture) -> str:
    words = f"- {level}: {_kind(fracture)} fracture, {fracture.loss_mm:g} mm lost where it is deepest"
    if fracture.retropulsion_mm:
        words += f", a fragment {fracture.retropulsion_mm:g} mm into the canal"
    return words + "."


def read_me(study: SampleStudy) -> str:
    """The README: what this is, how it was made, what to expect."""
    fractures = "\n".join(_described(level, fracture) for level, fracture in study.recipe.fractures.items())
    return f"""# A synthetic spine with known truth, on CT and MR

No patient: a digital phantom, written by `vfa sample`. Fractures:

{fractures or "- none."}

| file | what |
|---|---|
| `study/` | {study.slice_spacing_mm:g} mm axial CT as DICOM, JPEG-LS lossless, {study.pixel_mm:g} mm pixels |
| `mr/` | the same spine as sagittal T1 and STIR, every 4.4 mm; the fractured bodies are oedematous |
| `clinical.toml` | an invented patient's answers for the rules |
| `expected.json` | what is true: heights (mm) now and before the fracture, losses, canal, volume, own frames |

Made by `vfa.phantom.sample.write_sample(folder)` from seed {study.recipe.seed} (anatomy) and {study.scanner.seed} \
(noise), {study.scanner.noise_hu:g} HU noise, {study.scanner.slice_thickness_mm:g} mm slice thickness.
The same recipe gives the same files. Heights follow vfa's definitions: along the body's own cranial axis, over the
central third of its width, at 8–20 %, 42–58 % and 80–92 % of its depth from the front.
"""
