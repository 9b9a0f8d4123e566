"""Where do the guideline layers come from, and what of it was seen?

Sources were read as excerpts or digests, not as whole papers; "from memory" marks what was not seen at all.
"""

from __future__ import annotations

SIR = "SIR quality improvement guideline, as quoted by a payer's policy (bcbsnd.com, percutaneous kyphoplasty)"
PRACTICE = "practice guidance, as summarised (radiopaedia.org, vertebroplasty)"
SIR_BLEEDING = (
    "SIR 2019 on bleeding risk (reference.medscape.com/viewarticle/917397); its class of procedure from memory"
)
CIRSE = "CIRSE 2017 (Cardiovasc Intervent Radiol 40:331–342), from memory: only its abstract was seen"
NICE = "NICE TA279 (2013), as summarised (jesse.tg/ngc-archive/summary/9800)"
LCD = "US Medicare coverage rules L34228, L34976, L38201, as digested (verity.backworkai.com)"
VERTOS = "VERTOS II entry criteria (pmc.ncbi.nlm.nih.gov/articles/PMC6494647)"
