"""Which tissues does the phantom tell apart?

The numbers are what a label volume stores, so they never change their meaning; new tissues are added at the end.
"""

from __future__ import annotations

from enum import IntEnum


class Tissue(IntEnum):
    """One tissue of a label volume (uint8)."""

    AIR = 0  # outside the patient
    FAT = 1
    MUSCLE = 2  # also ligament and other plain soft tissue
    ORGAN = 3
    SKIN = 4
    VESSEL = 5  # flowing blood
    BODY_CORTEX = 6  # the wall of a vertebral body
    BODY_MARROW = 7
    ENDPLATE = 8  # the bony endplate
    IMPACTED_MARROW = 9  # trabeculae packed together under a fractured endplate
    POSTERIOR_BONE = 10  # the cortex of arch and processes
    POSTERIOR_MARROW = 11
    DISC = 12  # annulus
    DISC_NUCLEUS = 13
    CANAL = 14  # cerebrospinal fluid within the dural sac
    CORD = 15
    SACRUM_CORTEX = 16
    SACRUM_MARROW = 17
    RIB = 18
    RIB_MARROW = 19
    FLUID = 20  # haematoma or fluid in a fracture line or cleft
    GAS = 21
    CONTRAST = 22
    CALCIUM = 23
    PELVIS = 24
    PELVIS_MARROW = 25
    FEMUR = 26
    FEMUR_MARROW = 27
    BOWEL = 28
    LUNG = 29
    CEMENT = 30
    METAL = 31
    TUMOUR = 32  # soft tissue that has taken the place of bone
    OEDEMA = 33  # marrow full of water: on CT like any other
