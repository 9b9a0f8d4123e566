"""Does a result, written and read again, lead to the same answers?"""

from __future__ import annotations

import random

from tests.eligibility.random_cases import draw
from vfa.cli.what_if import judged_again
from vfa.eligibility import judge, load_profile
from vfa.report.contract import AssessmentFile
from vfa.report.document import to_document
from vfa.report.json import to_bytes

PROFILES = ("seed", "us-coverage")


def test_a_result_judged_again_says_what_it_said_for_any_patient() -> None:
    dice = random.Random(17)
    loaded = [load_profile(name) for name in PROFILES]
    compared = 0
    for _ in range(25):
        drawn = draw(dice)
        written = AssessmentFile.model_validate_json(to_bytes(to_document(judge(drawn.study, drawn.clinical, loaded))))
        for profile in PROFILES:
            again = judged_again(written, profile, [])
            for old, new in zip(written.vertebrae, again.vertebrae, strict=True):
                was = old.procedures if profile == PROFILES[0] else old.other_profiles[profile]
                for name, judged in was.items():
                    now = new.procedures[name]
                    assert (now.conclusion, now.because) == (judged.conclusion, judged.because)
                    assert now.would_settle == judged.would_settle
                    assert now.notes == judged.notes
                    assert [(o.id, o.verdict, o.reason) for o in now.outcomes] == [
                        (o.id, o.verdict, o.reason) for o in judged.outcomes
                    ]
                    compared += len(judged.outcomes)
    assert compared > 500
