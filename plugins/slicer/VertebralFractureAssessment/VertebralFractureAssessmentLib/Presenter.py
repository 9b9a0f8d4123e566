"""What happens when? The one state machine of the module, driven by the panel, the scene and the worker.

    NO_VOLUME ──volume──▶ READY ──assess──▶ RUNNING ──ended──▶ SHOWN · NOTHING_MEASURED · REFUSED · FAILED
                            ▲                  │ cancel
                            └──── ended ── CANCELLING

It knows no Qt and no MRML: what it needs is handed to it (see the protocols in `Roles`), and after every change it
hands the panel one frozen `Shown`. A correction that is refused leaves the result as it was, and says why.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from VertebralFractureAssessmentLib.Command import TO_EXPORT_DICOM, TO_EXPORT_FILES, TO_SHOW, command
from VertebralFractureAssessmentLib.Parameters import PATIENT, Answers, Edits, MovedLine, Point, Request
from VertebralFractureAssessmentLib.Result import Result
from VertebralFractureAssessmentLib.Roles import Bridge, Installer, Kept, Panel, Worker
from VertebralFractureAssessmentLib.Shown import Shown, State

DONE, WRONG_USE, REFUSED, NOTHING_MEASURED = 0, 2, 3, 4  # what `vfa assess` ends with


@dataclass(frozen=True)
class _Run:
    """What the worker is doing.

    Args:
        request: what was asked for.
        judged: what vfa was told: without the answers about levels while the levels are about to be renamed.
        out: where its files appear.
        history: what can be undone once it has worked.
        is_export: whether its files are for the user and not to be shown.
    """

    request: Request
    judged: Request
    out: Path
    history: tuple[Request, ...]
    is_export: bool = False


class Presenter:
    """Drives one assessment.

    Args:
        bridge: the scene.
        worker: runs vfa.
        installer: says whether vfa is there, and offers to install it.
        panel: shows what is the case.
    """

    def __init__(self, bridge: Bridge, worker: Worker, installer: Installer, panel: Panel) -> None:
        self._bridge, self._worker, self._installer, self._panel = bridge, worker, installer, panel
        self._folder = Path(tempfile.mkdtemp(prefix="vfa-slicer-"))
        self._runs = 0
        self._forget()
        self._render()

    def _forget(self) -> None:
        self._request = Request()
        self._state, self._message = State.NO_VOLUME, "Choose a volume."
        self._run: _Run | None = None
        self._progress: tuple[str, float] = ("", 0.0)
        self._selected = ""
        self._found: Result | None = None  # without edits: whose names and bodies the edits mean
        self._shown: tuple[Request, Result] | None = None
        self._results: dict[Request, tuple[Result, str]] = {}
        self._history: tuple[Request, ...] = ()

    # ---- what the panel says

    def choose(self, volume: str, segmentation: str, modality: str) -> None:
        """Another image, segmentation or kind of image; what was found in others is taken down."""
        wanted = replace(self._request, volume=volume, segmentation=segmentation, modality=modality)
        if wanted == self._request:
            return
        self._worker.abandon()
        answers = self._request.answers if volume == self._request.volume else Answers()
        had_result = self._shown is not None
        self._forget()
        self._request = replace(wanted, answers=answers, edits=Edits())
        if had_result:
            self._bridge.clear()
        self._rest("Press Assess." if volume else "Choose a volume.")

    def assess(self) -> None:
        """Assess what was chosen, with the answers and edits there are; while running, cancel."""
        if self._run is not None:
            self.cancel()
        elif not self._request.volume:
            self._rest("Choose a volume.")
        elif reason := self._installer.ensure():
            self._say(State.FAILED, reason)
        else:
            self._start(self._request, self._history)

    def cancel(self) -> None:
        """Stop the worker; what was shown before stays."""
        if self._run is not None and self._state is not State.CANCELLING:
            self._say(State.CANCELLING, "Cancelling …")
            self._worker.cancel()

    def answer(self, scope: str, key: str, value: str) -> None:
        """A clinical answer: "yes", "no", a number, or "not stated"."""
        if self._run is None:
            self._request = replace(self._request, answers=self._request.answers.stating(scope, key, value))
            self._render()

    def select(self, level: str) -> None:
        """Show one level: its reasons in the panel, its own mid-plane in the views."""
        if self._shown is not None and level in self._shown[1].levels:
            self._selected = level
            self._bridge.jump(self._shown[1].mid_plane(level))
            self._render()

    def rename(self, level: str, name: str) -> None:
        """The reader's name for one level; all others are counted from it."""
        if level != name and (found := self._as_found(level)):
            self._edit(self._request.edits.renaming(found, name))

    def undo(self) -> None:
        """Leave out the last correction."""
        if self._run is not None or not self._history or self._shown is None:
            return
        *earlier, before = self._history
        names = dict(zip(self._shown[1].levels, self._results[before][0].levels, strict=False))
        wanted = replace(before, answers=self._request.answers.under(names))
        if wanted in self._results:
            self._history = tuple(earlier)
            self._show(wanted, *self._results[wanted])
        else:
            self._start(wanted, tuple(earlier))

    def export(self, folder: str) -> None:
        """Write the reports, and DICOM SEG and SR where the images are DICOM."""
        if self._shown is None or self._run is not None:
            return
        if self._is_stale():
            self._say(self._state, "Answers have changed: press Update before exporting.")
        else:
            self._start(self._request, self._history, Path(folder))

    # ---- what the scene says

    def line_moved(self, level: str, column: str, ends_lps: tuple[Point, Point]) -> None:
        """The reader has set an end of a height line elsewhere."""
        if found := self._as_found(level):
            self._edit(self._request.edits.moving(MovedLine(found, column, *ends_lps)))

    def remeasure(self) -> None:
        """Measure the bodies that the reader has redrawn, if any."""
        if self._run is not None or self._shown is None or self._found is None:
            return
        levels = [found for level in self._bridge.redrawn() if (found := self._as_found(level))]
        if not levels:
            self._rest("No body was redrawn.")
            return
        names = dict(zip(self._shown[1].levels, self._found.levels, strict=True))
        file = str(self._bridge.write_bodies(self._new_folder(), names))
        edits = self._request.edits
        for level in levels:
            edits = edits.redrawing(level, file)
        self._edit(edits)

    def scene_closed(self) -> None:
        """Everything is gone; a worker has nothing left to work for."""
        self._worker.abandon()
        self._forget()
        self._render()

    def scene_opened(self) -> None:
        """A scene that was saved with a result shows it again, word for word."""
        kept = self._bridge.kept()
        if kept is None:
            return
        self._forget()
        self._request = Request.from_text(kept.request, kept.volume, kept.segmentation)
        if self._request.edits.bodies:
            self._request = self._with_bodies_of_scene(kept)
        self._found = Result(kept.found)
        self._show(self._request, Result(kept.shown), "")

    def _with_bodies_of_scene(self, kept: Kept) -> Request:
        names = dict(zip(Result(kept.shown).levels, Result(kept.found).levels, strict=True))
        file = self._bridge.write_bodies(self._new_folder(), names)
        return replace(self._request, edits=replace(self._request.edits, bodies_file=str(file)))

    # ---- what the worker says

    def progressed(self, step: str, fraction: float) -> None:
        """How far it is."""
        if self._run is not None:
            self._progress = (step, fraction)
            self._render()

    def ended(self, status: int, last_words: str) -> None:
        """It has ended, with vfa's exit status and its last sentence."""
        run, self._run = self._run, None
        if run is None:
            return
        if self._state is State.CANCELLING:
            self._back("Cancelled.")
        elif status in (DONE, NOTHING_MEASURED) and run.is_export:
            self._rest(f"Written to {run.out}.")
        elif status in (DONE, NOTHING_MEASURED):
            self._take(run)
        elif status in (WRONG_USE, REFUSED):
            self._back(last_words or "vfa refused this input and did not say why.", State.REFUSED)
        else:
            self._back(f"vfa failed (status {status}). {last_words}", State.FAILED)

    # ---- inside

    def _as_found(self, level: str) -> str:
        """The name vfa gave a level that is shown; empty while nothing can be edited."""
        if self._run is not None or self._shown is None or self._found is None:
            return ""
        names = dict(zip(self._shown[1].levels, self._found.levels, strict=True))
        return names.get(level, "")

    def _edit(self, edits: Edits) -> None:
        if self._shown is not None:
            self._start(replace(self._request, edits=edits), (*self._history, self._shown[0]))

    def _start(self, request: Request, history: tuple[Request, ...], export_to: Path | None = None) -> None:
        """Run vfa for a request."""
        judged = replace(request, answers=self._answers_that_hold(request))
        folder = self._new_folder()
        try:
            given = self._bridge.write_input(request, folder)
            out = (folder / "result", TO_SHOW)
            if export_to is not None:
                out = (export_to, TO_EXPORT_DICOM if given.is_dicom else TO_EXPORT_FILES)
            arguments = command(judged, given, self._found, folder, out)
        except (OSError, ValueError) as error:
            self._back(f"The volume could not be handed to vfa: {error}", State.FAILED)
            return
        self._run = _Run(request, judged, out[0], history, export_to is not None)
        self._progress = ("starting", 0.0)
        self._bridge.lock()
        self._say(State.RUNNING, "")
        self._worker.start(arguments, self)

    def _answers_that_hold(self, request: Request) -> Answers:
        """The answers, without those about levels while it is not yet known what each body will be called."""
        is_renaming = self._shown is not None and request.edits.renamed != self._shown[0].edits.renamed
        if not is_renaming or any(one.edits == request.edits for one in self._results):
            return request.answers
        return Answers(tuple(one for one in request.answers.given if one[0] == PATIENT))

    def _take(self, run: _Run) -> None:
        """Show what the worker wrote."""
        try:
            result = Result((run.out / "assessment.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self._back(f"vfa ended well but left no readable result: {error}", State.FAILED)
            return
        bodies = run.out / "bodies.seg.nrrd"
        if not run.request.edits:
            self._found = result
        names = dict(zip(self._shown[1].levels if self._shown else result.levels, result.levels, strict=False))
        self._history = run.history
        self._show(run.judged, result, str(bodies) if bodies.exists() else "")
        if run.judged != run.request:  # now every body has its name, so the answers about levels can be judged
            self._request = replace(run.judged, answers=run.request.answers.under(names))
            self._start(self._request, self._history)

    def _show(self, request: Request, result: Result, bodies_file: str) -> None:
        self._selected = self._same_body(result)
        self._request, self._shown = request, (request, result)
        self._results[request] = (result, bodies_file)
        self._bridge.show(result, bodies_file, request)
        found = self._found.text if self._found else result.text
        self._bridge.keep(Kept(found, result.text, request.to_text(), request.volume, request.segmentation))
        self._rest("")

    def _back(self, message: str, state: State | None = None) -> None:
        """Nothing came of it: what was shown before is shown again."""
        if self._shown is not None:
            self._bridge.show(self._shown[1], "", self._shown[0])
        self._rest(message, state)

    def _same_body(self, result: Result) -> str:
        """The name in a result of the body that is selected; the one of most interest where none is."""
        if self._shown is not None and self._selected and len(self._shown[1].levels) == len(result.levels):
            return result.levels[self._shown[1].levels.index(self._selected)]
        return result.of_most_interest()

    def _rest(self, message: str, state: State | None = None) -> None:
        """Settle in the state that follows from what there is, unless one is given."""
        if self._shown is not None:
            self._bridge.unlock()
        if state is None and self._shown is not None:
            state = State.SHOWN if self._shown[1].measured else State.NOTHING_MEASURED
            message = message or self._shown[1].at_a_glance()
        self._say(state or (State.READY if self._request.volume else State.NO_VOLUME), message)

    def _say(self, state: State, message: str) -> None:
        self._state, self._message = state, message
        self._render()

    def _is_stale(self) -> bool:
        return self._shown is not None and self._request != self._shown[0]

    def _render(self) -> None:
        result = self._shown[1] if self._shown is not None else None
        self._panel.render(
            Shown(
                state=self._state,
                message=self._message,
                step=self._progress[0] if self._run else "",
                fraction=self._progress[1] if self._run else 0.0,
                result=result,
                selected=self._selected if result else "",
                answers=self._request.answers,
                is_stale=self._is_stale(),
                has_volume=bool(self._request.volume),
                can_undo=bool(self._history) and self._run is None,
            )
        )

    def _new_folder(self) -> Path:
        self._runs += 1
        folder = self._folder / f"run-{self._runs:03d}"
        folder.mkdir(parents=True)
        return folder

    def close(self) -> None:
        """The module is gone: stop the worker, remove what was written on the way."""
        self._worker.abandon()
        self._run = None
        shutil.rmtree(self._folder, ignore_errors=True)
