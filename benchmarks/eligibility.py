"""How many levels can be judged in a second, with what would settle the open ones?

python -m benchmarks.eligibility [--cases N] [--profile NAME]

An assessment is one procedure at one level: every rule answered, the conclusion, the sentence why, the notes and the
smallest sets of inputs that could settle it. Time is this process's CPU time, so that a busy machine changes little.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence

from tests.builders import all_answered, clear_vertebra, study, vertebra
from tests.eligibility.random_cases import draw
from vfa.eligibility import load_profile, shipped_profiles
from vfa.eligibility.case import Case
from vfa.eligibility.profile import Profile
from vfa.eligibility.runner import cases_of, judge_case
from vfa.model.clinical import ClinicalContext

SEED = 7
ASKED_FOR_PER_SECOND = 500


def mixed(how_many: int) -> list[Case]:
    """Random patients, from nothing stated to everything stated, as the tests draw them."""
    dice = random.Random(SEED)
    return [cases_of(drawn.study, drawn.clinical)[0] for drawn in (draw(dice) for _ in range(how_many))]


def answered(how_many: int) -> list[Case]:
    """A fracture on which everything is measured and stated."""
    return [cases_of(study(clear_vertebra()), all_answered())[0]] * how_many


def silent(how_many: int) -> list[Case]:
    """A fracture about which nobody stated anything and of which only the height was measured: the slowest case."""
    return [cases_of(study(vertebra()), ClinicalContext())[0]] * how_many


def per_second(cases: Sequence[Case], profile: Profile) -> tuple[float, Counter[str]]:
    """Assessments per second of CPU time, and how often each conclusion was reached."""
    concluded: Counter[str] = Counter()
    start = time.process_time()
    for case in cases:
        for procedure in profile.procedures:
            concluded[judge_case(case, profile, procedure).conclusion.value] += 1
    return concluded.total() / (time.process_time() - start), concluded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--profile", choices=shipped_profiles())
    options = parser.parse_args()
    for name in [options.profile] if options.profile else shipped_profiles():
        profile = load_profile(name)
        rates = {}
        for kind, made in (("mixed", mixed), ("all answered", answered), ("nothing stated", silent)):
            cases = made(options.cases if kind == "mixed" else options.cases // 8)
            per_second(cases[:2], profile)  # caches are filled once, not measured
            rates[kind], concluded = per_second(cases, profile)
            if kind == "mixed":
                shares = ", ".join(f"{count} {words}" for words, count in concluded.most_common())
        said = ", ".join(f"{kind} {rate:.0f}/s" for kind, rate in rates.items())
        print(f"{name}: {said} (mixed: {shares})")
        if name == "seed":
            verdict = "reached" if rates["mixed"] >= ASKED_FOR_PER_SECOND else "missed"
            print(f"  asked for: {ASKED_FOR_PER_SECOND}/s with what would settle; {verdict}")


if __name__ == "__main__":
    main()
