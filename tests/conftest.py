"""What every test shares: where real data lies, and that nothing is skipped in continuous integration."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

# How long one example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images beside the repository; the test is skipped where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real images are not on this machine ({SHARED_DATA} is missing)")
    return SHARED_DATA


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """In continuous integration a skipped test is a failed one: there, everything it needs is present."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("VFA_REQUIRE_ALL_TESTS"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report
