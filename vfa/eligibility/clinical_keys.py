"""Which questions may the clinical file answer, and what does each mean?

Every answer is "yes", "no" or left out; left out is never a no. A level's answers are a person's reading or examination
of that level; patient-wide answers hold for every level unless the key is one that must be attributed to a level.
"""

from __future__ import annotations

from dataclasses import dataclass

PATIENT_ANSWERS: dict[str, str] = {
    "osteoporosis": "osteoporosis is known (densitometry, or a fragility fracture so diagnosed)",
    "bleeding_disorder": "any bleeding disorder is known, corrected or not",
    "coagulopathy": "blood clotting is impaired at present",
    "coagulopathy_correctable": "the coagulopathy can be corrected for the procedure",
    "systemic_infection": "a systemic infection is present",
    "septicaemia": "the systemic infection is a septicaemia",
    "local_infection": "an infection is present where the needle would pass or in a vertebra to be treated",
    "allergy_pmma": "allergy to polymethylmethacrylate cement",
    "allergy_opacifier": "allergy to the cement's opacifier or the contrast agent",
    "malignancy": "any malignant disease, myeloma included",
    "multiple_myeloma": "multiple myeloma is diagnosed",
    "metastasis": "a metastasis in any vertebra is diagnosed",
    "pain": "back pain",
    "neurological_deficit": "a neurological deficit from a compressed vertebra",
    "radicular_pain": "radicular pain",
    "myelopathy": "signs of myelopathy",
    "pregnancy": "the patient is pregnant",
    "cardiopulmonary_disease": "heart or lung disease is severe",
    "hospitalised_for_pain": "the patient is in hospital because of the pain",
}

LEVEL_ANSWERS: dict[str, str] = {
    "pain": "pain attributed to this level by examination or imaging",
    "fracture_confirmed": "a reader says this vertebra is fractured",
    "neurological_deficit": "a neurological deficit attributed to this level",
    "radicular_pain": "radicular pain attributed to this level",
    "myelopathy": "myelopathy attributed to this level",
    "trauma": "the fracture followed an injury",
    "high_energy_trauma": "the injury was of high energy, so that sound bone would have broken",
    "unhealed": "a reader says the fracture has not healed",
    "metastasis": "a metastasis in this vertebra is diagnosed",
    "multiple_myeloma": "myeloma involves this vertebra",
    "tumour": "any tumour in this vertebra is diagnosed",
    "haemangioma": "a haemangioma in this vertebral body, as a reader sees it",
    "osteonecrosis": "osteonecrosis of the body (Kümmell), as a reader sees it",
    "local_infection": "an infection at this level or on the way to it",
    "osteomyelitis": "active osteomyelitis of this vertebra",
    "fragmented": "the body is in fragments (burst, split), as a reader sees it on CT",
    "destruction": "the vertebra is destroyed (lysis), as a reader sees it",
    "foraminal_stenosis": "foraminal stenosis at this level, as a reader sees it",
    "destruction_or_stenosis_excludes": "a reader judges that the destruction or stenosis found rules kyphoplasty out",
    "posterior_wall_defect": "a defect in the posterior wall, as a reader sees it on CT",
    "retropulsion": "bone pushed back into the canal, as a reader sees it",
    "epidural_tumour": "tumour in the canal or epidural space, as a reader sees it on MR",
    "marrow_oedema": "marrow oedema in this body, as a reader sees it on MR",
    "unstable": "the fracture is unstable",
    "kyphotic_deformity": "kyphotic deformity at this level",
    "tenderness": "tenderness over this level on examination",
    "conservative_treatment_failed": "optimal conservative treatment of the pain at this level has failed",
    "pain_improving": "the pain at this level is improving on conservative treatment",
    "pain_worsening": "the pain at this level is getting worse",
    "pain_from_elsewhere": "the pain comes mainly from something other than this fracture",
}

# Patient-wide "yes" to these says nothing about which of several fractured levels is meant.
ATTRIBUTED = frozenset({"pain", "neurological_deficit", "radicular_pain", "myelopathy"})

# A patient-wide "no" to these rules out the level's "yes".
PATIENT_NO_COVERS_LEVEL = (*sorted(ATTRIBUTED), "local_infection", "metastasis", "multiple_myeloma")


@dataclass(frozen=True)
class NumberKey:
    """A number of the clinical file: what it means, and the range in which it can be true."""

    sentence: str
    lowest: float
    highest: float


PATIENT_NUMBERS: dict[str, NumberKey] = {
    "age_years": NumberKey("age in years", 0, 125),
    "inr": NumberKey("international normalised ratio", 0.3, 30),
    "platelets_10e9_per_l": NumberKey("platelets, 10⁹ per litre", 0, 5000),
    "crp_mg_per_l": NumberKey("C-reactive protein, mg per litre", 0, 1000),
    "temperature_celsius": NumberKey("body temperature, °C", 25, 45),
    "t_score": NumberKey("bone density as T-score", -10, 10),
    "pain_score_0_10": NumberKey("pain on a scale from 0 to 10", 0, 10),
    "roland_morris_0_24": NumberKey("Roland–Morris disability score", 0, 24),
    "levels_planned": NumberKey("levels planned for one session", 0, 24),
}

LEVEL_NUMBERS: dict[str, NumberKey] = {
    "weeks_since_onset": NumberKey("weeks since pain or injury began", 0, 5200),
    "pain_score_0_10": NumberKey("pain at this level on a scale from 0 to 10", 0, 10),
}

LEVEL_WORDS: dict[str, tuple[str, ...]] = {
    "intent": ("treatment", "prophylactic"),
}
