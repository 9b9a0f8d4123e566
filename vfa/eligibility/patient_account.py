"""What would a patient ask about the two procedures, and what does the seed text answer?

Retold in our words from the seed text, and nothing beyond it: where it is silent on kyphoplasty, the answer says so
instead of borrowing from vertebroplasty. No answer changes a conclusion.
"""

from __future__ import annotations

from vfa.model.assessment import AccountItem

_SOURCE = "seed text"
_WHAT, _HOW_IT_WORKS = "What is it?", "How does it work?"
_HOW_DONE, _PAIN = "How is it done, and how long does it take?", "Does it hurt?"
_BENEFITS, _RISKS, _WHO = "What may be gained?", "What may go wrong?", "Who performs it?"
_SILENT = "The text this account is taken from does not say it for kyphoplasty; ask the physician."

_VERTEBROPLASTY = {
    _WHAT: (
        "Bone cement (polymethylmethacrylate) is injected through a needle into the body of a vertebra that is "
        "fractured or holds a metastasis; it is also used in multiple myeloma."
    ),
    _HOW_IT_WORKS: (
        "Powder and liquid are mixed to a paste that soon sets as hard as bone. Setting gives off heat, which can "
        "destroy nerve endings inside the vertebra and so relieve pain, and the set cement holds the broken parts "
        "together. The vertebra must not have lost more than one third of its height."
    ),
    _HOW_DONE: (
        "In an operating room, lying face down, lightly sedated and with local anaesthesia. Under imaging a thick "
        "needle is led into the vertebra; once it is seen to be in place, the paste is injected within minutes, "
        "before it sets. The patient then stays lying for about an hour, is taken to bed, and rests for one day."
    ),
    _PAIN: "The warming paste may hurt somewhat; painkillers help, and as a rule the pain is gone afterwards.",
    _BENEFITS: (
        "Done properly it works well in vertebral fractures: recovery is quick, while with a corset or the like "
        "healing can take weeks."
    ),
    _RISKS: (
        "Cement that gets into the blood may form clots that travel to the lungs. Cement that leaks into the spinal "
        "canal sets there at once, and surgery may be needed immediately."
    ),
    _WHO: "Trained spine surgeons, neurosurgeons or pain specialists.",
}
_KYPHOPLASTY = {
    _WHAT: (
        "An intervention for painful compression fractures of vertebrae in osteoporosis or malignant disease: balloons "
        "are placed in the vertebral body before bone cement (polymethylmethacrylate) is injected."
    ),
    _HOW_IT_WORKS: (
        "The balloons are inflated and deflated. That makes a cavity and is meant to restore height; the cement then "
        "fills the cavity."
    ),
    _HOW_DONE: _SILENT,
    _PAIN: _SILENT,
    _BENEFITS: f"Restored height is the aim. {_SILENT}",
    _RISKS: _SILENT,
    _WHO: _SILENT,
}

ACCOUNT: tuple[AccountItem, ...] = tuple(
    AccountItem(procedure, question, answer, _SOURCE)
    for procedure, answers in (("vertebroplasty", _VERTEBROPLASTY), ("kyphoplasty", _KYPHOPLASTY))
    for question, answer in answers.items()
)
