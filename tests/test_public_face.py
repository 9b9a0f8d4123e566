"""What a program may rely on: these names and no others, and an import that costs nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import vfa

PUBLIC = {
    "Assessed",
    "AssessmentFile",
    "AssessmentRequest",
    "AssessmentResult",
    "Cohort",
    "Comparison",
    "InputRefused",
    "UsageError",
    "VfaError",
    "assess",
    "assess_many",
    "compare",
    "read_cohort",
}
# One process that says how long the import took and what came with it.
ASK = "import sys, time; t = time.process_time(); import vfa; print(time.process_time() - t, *sorted(sys.modules))"


def test_the_public_names_are_these() -> None:
    assert set(vfa.__all__) == PUBLIC
    assert set(dir(vfa)) == {*PUBLIC, "__version__"}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there_and_explained(name: str) -> None:
    thing = getattr(vfa, name)
    assert inspect.isclass(thing) or inspect.isfunction(thing)
    assert inspect.getdoc(thing)
    assert thing.__module__ == "vfa" or thing.__module__.startswith("vfa.")


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'vfa' has no attribute 'nonsense'"):
        _ = vfa.nonsense


def test_the_import_is_fast_and_brings_no_library() -> None:
    answer = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout.split()
    seconds, modules = float(answer[0]), set(answer[1:])
    assert seconds < 0.2
    assert not modules & {"numpy", "scipy", "SimpleITK", "pydicom", "pandas", "matplotlib", "pydantic", "onnxruntime"}
