"""What every test of a command shares: a runner, and a pipeline that answers without images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.report import made_up
from vfa.cli import app
from vfa.model.assessment import Assessment
from vfa.pipeline import AssessmentRequest, AssessmentResult

Progress = Callable[[str, float], None]


@dataclass
class Pipeline:
    """Stands in for `vfa.pipeline.run`: takes the request, tells progress, returns or raises what it is given."""

    answer: Assessment | BaseException = field(default_factory=made_up.assessment)
    requests: list[AssessmentRequest] = field(default_factory=list)

    def run(self, request: AssessmentRequest, progress: Progress) -> AssessmentResult:
        self.requests.append(request)
        progress("reading the images", 0.0)
        progress("measuring", 0.5)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return AssessmentResult(self.answer, made_up.volume(), made_up.spine())


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    stand_in = Pipeline()
    monkeypatch.setattr("vfa.pipeline.run", stand_in.run)
    return stand_in


@pytest.fixture
def vfa() -> Callable[..., Result]:
    """`vfa("assess", path)` as on the command line, in this process."""

    def call(*arguments: Any) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="vfa")

    return call
