"""What do the images show beside the heights, and is this kind of image able to show it?

A reader's answer and the images are held together in two ways. What speaks *against* a procedure counts when either
shows it: neither can clear what the other shows. What a procedure would *rest on* is decided by the reader's word when
there is one, since no procedure may rest on what a reader denies.
"""

from __future__ import annotations

from fractions import Fraction

from vfa.eligibility.case import Case
from vfa.eligibility.facts import disagreement, not_measured, of_level, tumour_at_level
from vfa.eligibility.threshold import above
from vfa.eligibility.truth import Truth, both, either, either_source, no, sentence, unknown, yes
from vfa.model.assessment import Evidence, UnknownReason
from vfa.model.estimate import Unmeasurable, Why
from vfa.model.posterior_wall import PosteriorWall, Presence, WallStatus

NEEDS_CT = "image.CT"  # a CT with slices thin enough for the rule
NEEDS_MR = "image.MR"

# The names in VertebraFindings.findings, and how a sentence calls them.
FINDING_WORDS = {
    "fragmentation": "fragments",
    "cleft": "a gas or fluid cleft",
    "destruction": "destruction",
    "foraminal_stenosis": "foraminal stenosis",
    "epidural_extension": "tumour in the canal or epidural space",
    "marrow_oedema": "marrow oedema",
    "haemangioma": "a haemangioma",
}


def speaks_against(read: Truth, seen: Truth) -> Truth:
    """A yes of either the reader or the images; a no when one says no and neither says yes."""
    told = disagreement(read, seen)
    if read.is_yes:
        return read.saying(f"{read.because} {told}".rstrip())
    if seen.is_yes:
        return seen.saying(f"{seen.because} {read.because if read.is_no else ''}".rstrip())
    known = [truth for truth in (read, seen) if not truth.is_open]
    return both(*known) if known else _open(read, seen)


def rests_on(read: Truth, seen: Truth) -> Truth:
    """The reader's word when there is one, else the images."""
    if read.is_open:
        return _open(read, seen) if seen.is_open else seen
    return read.saying(f"{read.because} {disagreement(read, seen)}".rstrip())


def _open(read: Truth, seen: Truth) -> Truth:
    reason = seen.reason or UnknownReason.MISSING_INPUT
    return either_source(reason, f"{seen.because} {read.because}", read, seen)


def looked_for(case: Case, name: str) -> Truth:
    """What the images say about one named finding."""
    finding, words = case.vertebra.findings.get(name), FINDING_WORDS[name]
    if finding is None:
        return not_measured(_not_looked_for(case, words), name)
    said = sentence(finding.because)
    seen_in = ", ".join(finding.series) or "measured"
    evidence = Evidence(words, finding.presence.value.replace("_", " "), source=seen_in)
    if finding.presence is Presence.PRESENT:
        return yes(said, evidence)
    if finding.presence is Presence.ABSENT:
        return no(said, evidence)
    return unknown(UnknownReason.QUALITY_FAILED, said, (name,), (evidence,))


def _not_looked_for(case: Case, words: str) -> Unmeasurable:
    if case.vertebra.treated:
        return Unmeasurable(case.level, words, Why.TREATED)
    if case.vertebra.touches_border:
        return Unmeasurable(case.level, words, Why.TOUCHES_BORDER)
    return Unmeasurable(case.level, words, Why.QUALITY_FAILED, f"{words} were not looked for in the images")


def _on_ct(case: Case, seen: Truth, what: str) -> Truth:
    """The same answer when it was measured on a CT, else open."""
    if case.images.measured_on_ct:
        return seen
    return unknown(UnknownReason.MODALITY_INSUFFICIENT, f"Only a CT can tell {what}.", (NEEDS_CT,), seen.evidence)


def _thin_enough(case: Case, seen: Truth, what: str, max_slice_mm: Fraction) -> Truth:
    spacing_mm = case.images.slice_spacing_mm
    if spacing_mm is None or spacing_mm <= max_slice_mm or seen.is_open:
        return seen
    because = f"Slices of {spacing_mm:g} mm cannot tell {what}; {float(max_slice_mm):g} mm or thinner can."
    return unknown(UnknownReason.QUALITY_FAILED, because, (NEEDS_CT,), seen.evidence)


def fragmented(case: Case, max_slice_mm: Fraction, max_slice_mm_to_exclude: Fraction) -> Truth:
    """Whether the body is in fragments: by a reader, or on a CT thin enough to show or to exclude it."""
    what = "whether the body is in fragments"
    seen = _thin_enough(case, _on_ct(case, looked_for(case, "fragmentation"), what), what, max_slice_mm)
    if seen.is_no:
        seen = _thin_enough(case, seen, "that the body is in one piece", max_slice_mm_to_exclude)
    return speaks_against(of_level(case, "fragmented"), seen)


def wall_defect(case: Case, min_retropulsion_mm: Fraction, max_slice_mm: Fraction) -> Truth:
    """A breach of the posterior wall or bone pushed back beyond the limit; cleared only on a thin CT."""
    seen = _on_ct(case, _wall_seen(case, min_retropulsion_mm), "whether the posterior wall is whole")
    if seen.is_no:
        seen = _thin_enough(case, seen, "that the posterior wall is whole", max_slice_mm)
    return speaks_against(of_level(case, "posterior_wall_defect"), seen)


def _wall_seen(case: Case, min_retropulsion_mm: Fraction) -> Truth:
    wall = case.vertebra.posterior_wall
    if isinstance(wall, Unmeasurable):
        return not_measured(wall, "posterior_wall")
    said = sentence(wall.because)
    evidence = Evidence("posterior wall", wall.status.value.replace("_", " "), source="measured")
    if wall.status is WallStatus.BREACHED:
        return yes(said, evidence)
    pushed_back = _pushed_back_as_fragment(case, wall, min_retropulsion_mm)
    if wall.status is WallStatus.INTACT:
        return either(no(said, evidence), pushed_back)
    return either(unknown(UnknownReason.QUALITY_FAILED, said, ("posterior_wall",), (evidence,)), pushed_back)


def _pushed_back_as_fragment(case: Case, wall: PosteriorWall, min_retropulsion_mm: Fraction) -> Truth:
    """Retropulsion beyond the limit; a smooth bulge may be remodelling or tumour, so a reader must say."""
    pushed_back = above(wall.retropulsion_mm, min_retropulsion_mm, "retropulsion", "posterior_wall")
    if not pushed_back.is_yes or wall.outline != "smooth":
        return pushed_back
    because = f"{pushed_back.because} The outline is smooth: remodelled or bulging, not a fragment; a reader must say."
    key = case.level_key("posterior_wall_defect")
    return unknown(UnknownReason.NEEDS_READER, because, (key,), pushed_back.evidence)


def retropulsion(case: Case, min_retropulsion_mm: Fraction) -> Truth:
    """Bone pushed back into the canal beyond the limit, on CT or MR or by a reader; MR alone never excludes it."""
    wall = case.vertebra.posterior_wall
    if isinstance(wall, Unmeasurable):
        seen = not_measured(wall, "posterior_wall")
    else:
        seen = above(wall.retropulsion_mm, min_retropulsion_mm, "retropulsion", "posterior_wall")
    if seen.is_no:
        seen = _on_ct(case, seen, "that no bone is pushed back")
    return speaks_against(of_level(case, "retropulsion"), seen)


def destruction(case: Case, max_slice_mm: Fraction) -> Truth:
    """Destruction of the vertebra: by a reader or the images; excluded only on slices thin enough."""
    return _against(case, "destruction", max_slice_mm)


def foraminal_stenosis(case: Case, max_slice_mm: Fraction) -> Truth:
    """Foraminal stenosis: by a reader or the images; excluded only on slices thin enough."""
    return _against(case, "foraminal_stenosis", max_slice_mm)


def _against(case: Case, name: str, max_slice_mm: Fraction) -> Truth:
    seen = looked_for(case, name)
    if seen.is_no:
        seen = _thin_enough(case, seen, f"that there is no {FINDING_WORDS[name]}", max_slice_mm)
    return speaks_against(of_level(case, name), seen)


def tumour_in_canal(case: Case) -> Truth:
    """Tumour in the canal or epidural space: by a reader, or a tumour at this level and its extension seen on MR."""
    read = of_level(case, "epidural_tumour")
    return read if read.is_yes else both(tumour_at_level(case), _epidural_extension(case))


def _epidural_extension(case: Case) -> Truth:
    seen = looked_for(case, "epidural_extension")
    if not case.images.has_mr:
        because = "CT alone cannot tell whether tumour is in the canal or epidural space."
        seen = unknown(UnknownReason.MODALITY_INSUFFICIENT, because, (NEEDS_MR,), seen.evidence)
    elif seen.is_open:
        because = "MR is there, but vfa does not look for tumour in the canal: a reader must say what it shows."
        seen = unknown(UnknownReason.NEEDS_READER, because, (case.level_key("epidural_tumour"),))
    return speaks_against(of_level(case, "epidural_tumour"), seen)


def osteonecrosis(case: Case) -> Truth:
    """A cleft as in Kümmell's disease: gas on CT shows it; fluid on MR alone, or no gas on CT alone, leaves it open."""
    seen = looked_for(case, "cleft")
    key = case.level_key("osteonecrosis")
    if seen.is_yes and not case.images.measured_on_ct:
        because = f"{seen.because} Without gas on CT this suggests a cleft; a reader must confirm."
        seen = unknown(UnknownReason.NEEDS_READER, because, (key,), seen.evidence)
    if seen.is_no and not case.images.has_mr:
        because = f"{seen.because} Gas may give way to fluid while lying, which CT does not show."
        seen = unknown(UnknownReason.MODALITY_INSUFFICIENT, because, (NEEDS_MR,), seen.evidence)
    return rests_on(of_level(case, "osteonecrosis"), seen)


def unhealed(case: Case) -> Truth:
    """Whether the fracture has not healed: a reader's word, else oedema on MR or a cleft."""
    return rests_on(of_level(case, "unhealed"), either(marrow_oedema(case), osteonecrosis(case)))


def marrow_oedema(case: Case) -> Truth:
    """Oedema of the marrow: a reader's word, else what MR shows."""
    seen = looked_for(case, "marrow_oedema")
    if not case.images.has_mr:
        seen = unknown(UnknownReason.MODALITY_INSUFFICIENT, "Only MR shows marrow oedema.", (NEEDS_MR,))
    return rests_on(of_level(case, "marrow_oedema"), seen)


def haemangioma(case: Case) -> Truth:
    """A haemangioma in the body: a reader's word; an image alone only suggests it."""
    seen = looked_for(case, "haemangioma")
    if seen.is_yes:
        because = f"{seen.because} A reader must confirm the haemangioma."
        seen = unknown(UnknownReason.NEEDS_READER, because, (case.level_key("haemangioma"),), seen.evidence)
    return rests_on(of_level(case, "haemangioma"), seen)
