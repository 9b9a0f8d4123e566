"""The seed rules once more, as bare Kleene arithmetic on a drawn patient: 1 yes, 0 open, −1 no.

Written from the tables of the rules and not from vfa's code; it shares nothing with it but the names of the answers.
"""

from __future__ import annotations

from tests.eligibility.random_cases import Draw

VALUE = {"yes": 1, "no": -1, "present": 1, "absent": -1, "not_assessable": 0, None: 0}


def AND(*values: int) -> int:
    return min(values)


def OR(*values: int) -> int:
    return max(values)


def verdicts(d: Draw) -> dict[str, int]:  # noqa: C901 - one table, read from top to bottom
    """Every seed rule's value."""

    def patient(key: str) -> int:
        return VALUE[d.patient.get(key)]

    def level(key: str) -> int:
        return VALUE[d.level.get(key)]

    def seen(name: str) -> int:
        return VALUE[d.findings.get(name)]

    ct = d.images != "MR"
    mr = "MR" in d.images
    slice_mm = {"CT of 2.5 mm": 2.5, "CT of 5 mm": 5.0}.get(d.images, 1.0)

    fracture = level("fracture_confirmed") or {"present": 1, "absent": -1}.get(d.fracture, 0)

    def belongs(key: str) -> int:
        if level(key):
            return level(key)
        if patient(key) == -1:
            return -1
        return 1 if patient(key) == 1 and fracture == 1 and not d.also_fractured else 0

    def against(reader: int, image: int) -> int:
        if 1 in (reader, image):
            return 1
        return -1 if -1 in (reader, image) else 0

    def exceeds(limit: float) -> int:
        if d.loss is None:
            return 0
        value, sigma = d.loss
        half = max(1.96 * sigma, 0.087 if slice_mm > 3 else 0.0)
        if value - half > limit + 1e-9:
            return 1
        return -1 if value + half <= limit + 1e-9 else 0

    pain = belongs("pain")
    in_patient = 1 if 1 in (patient("metastasis"), patient("multiple_myeloma")) else patient("malignancy")
    if 1 in (level("metastasis"), level("multiple_myeloma")):
        tumour = 1
    elif level("tumour"):
        tumour = level("tumour")
    else:
        tumour = -1 if in_patient == -1 else 0

    metastasis = level("metastasis")
    if metastasis == 0 and -1 in (patient("metastasis"), patient("malignancy")):
        metastasis = -1
    myeloma = patient("multiple_myeloma")
    if myeloma == 0 and patient("malignancy") == -1:
        myeloma = -1
    if level("multiple_myeloma") == 1:
        myeloma = 1

    cleft = seen("cleft")
    if (cleft == 1 and not ct) or (cleft == -1 and not mr):
        cleft = 0
    cleft = level("osteonecrosis") or cleft
    oedema = level("marrow_oedema") or (seen("marrow_oedema") if mr else 0)
    unhealed = level("unhealed") or OR(oedema, cleft)
    trauma = level("trauma")
    if trauma == 0 and level("high_energy_trauma") == 1:
        trauma = 1
    high_energy = -1 if level("trauma") == -1 else level("high_energy_trauma")
    chronic = 0 if d.weeks is None else (1 if d.weeks >= 13 else -1)
    haemangioma = level("haemangioma") or min(seen("haemangioma"), 0)

    infection_here = 1 if 1 in (patient("local_infection"), level("local_infection"), level("osteomyelitis")) else 0
    if infection_here == 0 and -1 in (patient("local_infection"), level("local_infection")):
        infection_here = -1
    infected = 1 if patient("septicaemia") == 1 else patient("systemic_infection")
    bleeding = 1 if patient("coagulopathy") == 1 else patient("bleeding_disorder")
    clotting = patient("coagulopathy")
    if clotting == 0 and patient("bleeding_disorder") == -1:
        clotting = -1

    fragments = seen("fragmentation") if ct and slice_mm <= 3 else 0
    if fragments == -1 and slice_mm > 1.5:
        fragments = 0
    fragmented = against(level("fragmented"), fragments)
    if fragmented == 0 and fracture == -1:
        fragmented = -1

    def pushed_back() -> int:
        if d.wall is None:
            return 0
        _, back, sigma, _ = d.wall
        if back - 1.96 * sigma > 2 + 1e-9:
            return 1
        return -1 if ct and back + 1.96 * sigma <= 2 + 1e-9 else 0

    def wall() -> int:
        if d.wall is None or not ct:
            return 0
        status, _, _, outline = d.wall
        if status == "breached":
            return 1
        fragment = 0 if pushed_back() == 1 and outline == "smooth" else pushed_back()
        whole = OR(-1 if status == "intact" else 0, fragment)
        return 0 if whole == -1 and slice_mm > 2 else whole

    def excluded_only_thin(name: str) -> int:
        value = seen(name)
        return against(level(name), 0 if value == -1 and slice_mm > 3 else value)

    destroyed, narrowed = excluded_only_thin("destruction"), excluded_only_thin("foraminal_stenosis")
    if destroyed == narrowed == 1:
        both_or_reviewed = 1
    elif destroyed == narrowed == -1:
        both_or_reviewed = -1
    else:
        both_or_reviewed = level("destruction_or_stenosis_excludes")

    retropulsion = against(level("retropulsion"), pushed_back())
    epidural = against(level("epidural_tumour"), seen("epidural_extension") if mr else 0)

    prophylactic = {"prophylactic": 1, "treatment": -1, None: -1 if fracture == 1 else 0}[d.intent]

    return {
        "VP-I1": fracture,
        "VP-I2": metastasis,
        "VP-I3": 1 if level("multiple_myeloma") == 1 else AND(myeloma, OR(level("multiple_myeloma"), fracture)),
        "VP-F1": -exceeds(1 / 3),
        "VP-C1": infected,
        "VP-C2": infection_here,
        "VP-C3": bleeding,
        "VP-C4": exceeds(1 / 3),
        "VP-C5": fragmented,
        "KP-I1": AND(fracture, patient("osteoporosis"), -high_energy),
        "KP-I2": AND(tumour, pain, fracture),
        "KP-I3": AND(fracture, cleft, pain),
        "KP-I4": AND(fracture, trauma, chronic, unhealed),
        "KP-I5": AND(haemangioma, pain),
        "KP-C1": AND(fracture, -pain),
        "KP-C2": AND(clotting, -patient("coagulopathy_correctable")),
        "KP-C3": OR(infected, infection_here),
        "KP-C4": OR(patient("allergy_pmma"), patient("allergy_opacifier")),
        "KP-C5": AND(prophylactic, patient("osteoporosis")),
        "KP-C6": belongs("neurological_deficit"),
        "KP-C7": both_or_reviewed,
        "KP-C8": against(level("posterior_wall_defect"), wall()),
        "KP-C9": AND(belongs("myelopathy"), retropulsion),
        "KP-C10": belongs("radicular_pain"),
        "KP-C11": exceeds(0.7),
        "KP-C12": 1 if level("epidural_tumour") == 1 else AND(tumour, epidural),
    }


def conclusion(values: dict[str, int], procedure: str) -> str:
    """The conclusion that the values lead to."""
    against = max(value for rule, value in values.items() if rule.startswith(f"{procedure}-C"))
    speaks_for = max(value for rule, value in values.items() if rule.startswith(f"{procedure}-I"))
    if against == 1:
        return "contraindicated"
    if speaks_for == -1:
        return "no_indication"
    return "indeterminate" if 0 in (against, speaks_for) else "no_exclusion_found"
