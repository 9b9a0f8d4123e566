"""What does the panel show at this moment? One frozen value, from which every widget is set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from VertebralFractureAssessmentLib.Parameters import Answers
from VertebralFractureAssessmentLib.Result import Question, Result


class State(Enum):
    """Where the module stands."""

    NO_VOLUME = "no volume"
    READY = "ready"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SHOWN = "shown"
    NOTHING_MEASURED = "nothing measured"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Shown:
    """What is the case.

    Args:
        state: where the module stands.
        message: the sentence under the button; why, when something did not work.
        step: what the worker is doing; empty while it does nothing.
        fraction: how far it is with that, 0–1.
        result: the assessment that is shown; None before there is one.
        selected: the level whose reasons are shown.
        answers: clinical answers given so far.
        is_stale: answers were given that the shown result does not know.
        has_volume: whether there is anything to assess.
        can_undo: whether there is a correction to take back.
    """

    state: State
    message: str
    step: str
    fraction: float
    result: Result | None
    selected: str
    answers: Answers
    is_stale: bool
    has_volume: bool
    can_undo: bool

    @property
    def is_busy(self) -> bool:
        """Whether the worker works."""
        return self.state in (State.RUNNING, State.CANCELLING)

    @property
    def button(self) -> str:
        """What the one button does."""
        if self.is_busy:
            return "Cancel"
        return "Update" if self.is_stale else "Assess"

    @property
    def can_press(self) -> bool:
        """Whether the button may be pressed."""
        return self.has_volume and self.state is not State.CANCELLING

    @property
    def can_edit(self) -> bool:
        """Whether answers, names and lines may be changed."""
        return self.result is not None and not self.is_busy

    @property
    def warning(self) -> str:
        """Why the shown conclusions must not be relied on just now; empty when they may."""
        if self.is_stale and not self.is_busy:
            return "Answers have changed since: press Update."
        return ""

    @property
    def questions(self) -> tuple[tuple[Question, str], ...]:
        """Clinical questions of the selected level with their answers."""
        if self.result is None or not self.selected:
            return ()
        asked = self.result.questions(self.selected)
        return tuple((one, self.answers.value(one.scope, one.key)) for one in asked)
