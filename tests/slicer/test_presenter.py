"""The whole of the module's behaviour, without Qt, MRML or a worker."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from VertebralFractureAssessmentLib.Shown import State

from tests.slicer.players import FOUND, Scene, Stage, named

ENDS = ((0.0, -12.0, -13.0), (0.0, -12.0, 1.0))


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.presenter.close()


@pytest.fixture
def assessed(stage: Stage) -> Stage:
    return stage.with_result()


def test_without_a_volume_nothing_can_be_pressed(stage: Stage) -> None:
    assert (stage.now.state, stage.now.can_press, stage.now.button) == (State.NO_VOLUME, False, "Assess")
    stage.presenter.assess()
    assert stage.worker.commands == []


def test_with_a_volume_one_press_runs_the_same_command_as_the_command_line(stage: Stage) -> None:
    stage.presenter.choose("volume-1", "", "")
    assert (stage.now.state, stage.now.can_press) == (State.READY, True)
    stage.presenter.assess()
    command = stage.worker.commands[-1]
    assert command[:4] == ["assess", "/study", "--series", "1.2.3"]
    assert stage.worker.option("--progress") == "json"
    assert stage.worker.option("--emit") == "json,labels"
    assert "--clinical" not in command
    assert "--edits" not in command


def test_vfa_is_installed_from_the_button_and_never_before(stage: Stage) -> None:
    assert stage.installer.asked == 0
    stage.installer.reason = "vfa is not installed."
    stage.presenter.choose("volume-1", "", "")
    assert stage.installer.asked == 0
    stage.presenter.assess()
    assert (stage.now.state, stage.now.message) == (State.FAILED, "vfa is not installed.")
    assert stage.worker.commands == []


def test_while_it_runs_the_button_cancels_and_progress_is_told(stage: Stage) -> None:
    stage.presenter.choose("volume-1", "", "")
    stage.presenter.assess()
    stage.presenter.progressed("looking for the spine", 0.4)
    assert (stage.now.button, stage.now.step, stage.now.fraction) == ("Cancel", "looking for the spine", 0.4)
    stage.presenter.assess()
    assert stage.worker.cancelled == 1
    assert (stage.now.state, stage.now.can_press) == (State.CANCELLING, False)
    stage.worker.ends(143)
    assert (stage.now.state, stage.now.message) == (State.READY, "Cancelled.")
    assert stage.now.result is None


def test_a_result_is_drawn_kept_and_can_be_dragged(assessed: Stage) -> None:
    assert assessed.now.state is State.SHOWN
    assert assessed.now.message == "3 of 4 vertebrae measured."
    assert assessed.now.selected == "L1"  # the fractured one
    result, bodies, _ = assessed.scene.shown[-1]
    assert result.levels == ("T11", "T12", "L1", "L2")
    assert Path(bodies).name == "bodies.seg.nrrd"
    assert not assessed.scene.locked
    assert assessed.scene.saved is not None


def test_an_empty_result_is_a_state_of_its_own_and_says_why(stage: Stage) -> None:
    nothing = {**deepcopy(FOUND), "vertebrae": [], "notes": ["The images show no spine."]}
    stage.presenter.choose("volume-1", "", "")
    stage.presenter.assess()
    stage.worker.ends(4, "nothing measured", nothing)
    assert stage.now.state is State.NOTHING_MEASURED
    assert "No vertebra was found" in stage.now.message
    assert "The images show no spine." in stage.now.message


def test_when_all_is_unmeasurable_the_reasons_are_told(stage: Stage) -> None:
    cut = deepcopy(FOUND)
    cut["vertebrae"] = [one for one in cut["vertebrae"] if one["status"] == "unmeasurable"]
    stage.with_result(cut)
    assert stage.now.state is State.NOTHING_MEASURED
    assert "Nothing could be measured: " in stage.now.message


@pytest.mark.parametrize("status", [2, 3])
def test_a_refusal_is_shown_in_vfas_own_words(stage: Stage, status: int) -> None:
    stage.presenter.choose("volume-1", "", "")
    stage.presenter.assess()
    stage.worker.ends(status, "the slices are not one volume")
    assert (stage.now.state, stage.now.message) == (State.REFUSED, "the slices are not one volume")


@pytest.mark.parametrize("status", [1, -1, 139])
def test_a_fault_is_a_failure_and_no_empty_result(stage: Stage, status: int) -> None:
    stage.presenter.choose("volume-1", "", "")
    stage.presenter.assess()
    stage.worker.ends(status, "a fault of vfa")
    assert stage.now.state is State.FAILED
    assert f"status {status}" in stage.now.message
    assert stage.now.result is None


def test_ending_well_without_a_result_is_a_failure(stage: Stage) -> None:
    stage.presenter.choose("volume-1", "", "")
    stage.presenter.assess()
    stage.worker.ends(0)
    assert stage.now.state is State.FAILED
    assert "no readable result" in stage.now.message


def test_a_volume_that_cannot_be_written_is_a_failure() -> None:
    stage = Stage(scene=Scene(faulty="the volume is empty"))
    stage.presenter.choose("volume-1", "", "")
    stage.presenter.assess()
    assert stage.now.state is State.FAILED
    assert "the volume is empty" in stage.now.message


def test_selecting_a_level_jumps_to_its_own_plane_and_gives_its_reasons(assessed: Stage) -> None:
    assessed.presenter.select("T12")
    assert assessed.scene.jumps[-1].centre_lps == (0.0, 0.0, 35.0)
    assert assessed.scene.jumps[-1].anterior == (0.0, -1.0, 0.0)
    assert assessed.now.selected == "T12"
    assessed.presenter.select("C1")
    assert assessed.now.selected == "T12"


def test_an_answer_makes_the_shown_conclusions_out_of_date_until_updated(assessed: Stage) -> None:
    assessed.presenter.answer("L1", "pain", "yes")
    assert assessed.now.is_stale
    assert assessed.now.warning
    assert assessed.now.button == "Update"
    assessed.presenter.answer("patient", "inr", "1,4")
    assessed.presenter.assess()
    assert assessed.worker.file("--clinical") == {"levels": {"L1": {"pain": "yes"}}, "patient": {"inr": 1.4}}
    assessed.worker.ends(document=FOUND)
    assert not assessed.now.is_stale
    assert assessed.now.button == "Assess"


def test_not_stated_is_no_answer_at_all(assessed: Stage) -> None:
    assessed.presenter.answer("L1", "pain", "no")
    assessed.presenter.answer("L1", "pain", "not stated")
    assert assessed.now.answers.given == ()
    assert not assessed.now.is_stale


def test_a_moved_line_recomputes_through_edits(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    edits = {one["level"]: one for one in assessed.worker.file("--edits")["vertebrae"]}
    assert edits["L1"]["edited_by_reader"] == ["height_lines.anterior"]
    assert edits["L1"]["geometry"]["height_lines_lps_mm"] == {"anterior": [list(end) for end in ENDS]}
    assert edits["L2"]["edited_by_reader"] == []
    assert assessed.scene.locked
    assessed.worker.ends(document=FOUND)
    assert assessed.now.can_undo


def test_nothing_can_be_edited_while_it_runs(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.presenter.line_moved("L2", "anterior", ENDS)
    assessed.presenter.rename("L1", "L2")
    assessed.presenter.remeasure()
    assessed.presenter.answer("L1", "pain", "yes")
    assert len(assessed.worker.commands) == 2
    assert assessed.now.answers.given == ()
    assert not assessed.now.can_edit


def test_a_refused_line_goes_back_where_it_was_and_says_why(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.worker.ends(3, "the line does not run upwards")
    assert (assessed.now.state, assessed.now.message) == (State.REFUSED, "the line does not run upwards")
    assert assessed.scene.shown[-1][0].text == assessed.scene.shown[0][0].text
    assert not assessed.now.can_undo
    assert not assessed.now.is_stale
    assert not assessed.scene.locked


def test_a_cancelled_correction_leaves_the_result_as_it_was(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.presenter.cancel()
    assessed.worker.ends(143)
    assert assessed.now.state is State.SHOWN
    assert assessed.now.message == "Cancelled."
    assert not assessed.now.can_undo


def test_undo_leaves_the_last_correction_out_without_asking_vfa_again(assessed: Stage) -> None:
    edited = deepcopy(FOUND)
    edited["vertebrae"][2]["edited_by_reader"] = ["height_lines.anterior"]
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.worker.ends(document=edited)
    assert assessed.now.result is not None
    assert assessed.now.result.edited == ("L1",)
    asked = len(assessed.worker.commands)
    assessed.presenter.undo()
    assert len(assessed.worker.commands) == asked
    assert assessed.now.result.edited == ()
    assert not assessed.now.can_undo


def test_renaming_one_level_renames_all_and_takes_the_answers_along(assessed: Stage) -> None:
    assessed.presenter.answer("L1", "pain", "yes")
    assessed.presenter.answer("patient", "osteoporosis", "yes")
    assessed.presenter.rename("L1", "T12")
    edits = {one["level"]: one for one in assessed.worker.file("--edits")["vertebrae"]}
    assert edits["L1"]["renamed_to"] == "T12"
    # Until vfa has said what each body is called, an answer about a level must not reach another body.
    assert assessed.worker.file("--clinical") == {"patient": {"osteoporosis": "yes"}}
    assessed.worker.ends(document=named(FOUND, -1))
    assert assessed.now.result is not None
    assert assessed.now.result.levels == ("T10", "T11", "T12", "L1")
    assert assessed.now.state is State.RUNNING  # judged again, now with the level's answer under its new name
    expected = {"levels": {"T12": {"pain": "yes"}}, "patient": {"osteoporosis": "yes"}}
    assert assessed.worker.file("--clinical") == expected
    assessed.worker.ends(document=named(FOUND, -1))
    assert assessed.now.state is State.SHOWN
    assert not assessed.now.is_stale
    assert assessed.now.selected == "T12"  # the same body


def test_cancelling_the_second_part_of_a_renaming_leaves_the_answers_open(assessed: Stage) -> None:
    assessed.presenter.answer("L1", "pain", "yes")
    assessed.presenter.rename("L1", "T12")
    assessed.worker.ends(document=named(FOUND, -1))
    assessed.presenter.cancel()
    assessed.worker.ends(143)
    assert assessed.now.is_stale
    assert assessed.now.answers.value("T12", "pain") == "yes"


def test_undoing_a_renaming_gives_the_answers_back_to_their_body(assessed: Stage) -> None:
    assessed.presenter.rename("L1", "T12")
    assessed.worker.ends(document=named(FOUND, -1))
    assessed.presenter.answer("T12", "pain", "yes")
    assessed.presenter.undo()
    assert assessed.worker.file("--clinical") == {"levels": {"L1": {"pain": "yes"}}}
    assert "--edits" not in assessed.worker.commands[-1]
    assessed.worker.ends(document=FOUND)
    assert assessed.now.result is not None
    assert assessed.now.result.levels == ("T11", "T12", "L1", "L2")
    assert assessed.now.answers.value("L1", "pain") == "yes"
    assert not assessed.now.is_stale


def test_after_a_renaming_a_moved_line_still_means_the_same_body(assessed: Stage) -> None:
    assessed.presenter.rename("L1", "T12")
    assessed.worker.ends(document=named(FOUND, -1))
    assessed.presenter.line_moved("T12", "anterior", ENDS)
    edits = {one["level"]: one for one in assessed.worker.file("--edits")["vertebrae"]}
    assert edits["L1"]["renamed_to"] == "T12"
    assert edits["L1"]["edited_by_reader"] == ["height_lines.anterior"]


def test_a_redrawn_body_is_measured_on_the_new_mask(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.worker.ends(document=FOUND)
    assessed.scene.changed = ("L1",)
    assessed.presenter.remeasure()
    assert Path(assessed.worker.option("--segmentation")).name == "redrawn.seg.nrrd"
    edits = {one["level"]: one for one in assessed.worker.file("--edits")["vertebrae"]}
    assert edits["L1"]["edited_by_reader"] == ["body"]  # the line drawn on the old mask is gone
    assert assessed.scene.written[-1]["L1"] == "L1"


def test_with_no_body_redrawn_nothing_is_measured_again(assessed: Stage) -> None:
    assessed.presenter.remeasure()
    assert len(assessed.worker.commands) == 1
    assert assessed.now.message == "No body was redrawn."


def test_export_writes_dicom_where_the_images_are_dicom(assessed: Stage, tmp_path: Path) -> None:
    assessed.presenter.export(str(tmp_path / "out"))
    assert assessed.worker.option("--emit") == "json,html,pdf,seg,sr,sc"
    assert assessed.worker.option("--out") == str(tmp_path / "out")
    assessed.worker.ends(document=FOUND)
    assert assessed.now.message == f"Written to {tmp_path / 'out'}."
    assert assessed.now.state is State.SHOWN


def test_export_of_an_image_that_is_no_dicom_writes_what_can_be_written(tmp_path: Path) -> None:
    stage = Stage(scene=Scene(is_dicom=False)).with_result()
    stage.presenter.export(str(tmp_path))
    assert stage.worker.option("--emit") == "json,html,pdf,labels"


def test_answers_that_are_not_in_the_conclusions_are_never_exported(assessed: Stage, tmp_path: Path) -> None:
    assessed.presenter.answer("L1", "pain", "yes")
    assessed.presenter.export(str(tmp_path))
    assert len(assessed.worker.commands) == 1
    assert "press Update before exporting" in assessed.now.message


def test_another_volume_takes_down_what_was_found_and_stops_the_worker(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.presenter.choose("volume-2", "", "")
    assert assessed.worker.abandoned > 0
    assert assessed.scene.cleared == 1
    assert assessed.now.result is None
    assert assessed.now.state is State.READY


def test_choosing_the_same_again_changes_nothing(assessed: Stage) -> None:
    before = len(assessed.panel.shown)
    assessed.presenter.choose("volume-1", "", "")
    assert len(assessed.panel.shown) == before


def test_closing_the_scene_stops_the_worker_and_forgets(assessed: Stage) -> None:
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.presenter.scene_closed()
    assert assessed.worker.listener is None
    assert (assessed.now.state, assessed.now.result) == (State.NO_VOLUME, None)


def test_a_saved_scene_comes_back_word_for_word_and_can_be_edited_further(assessed: Stage) -> None:
    edited = deepcopy(FOUND)
    edited["vertebrae"][2]["edited_by_reader"] = ["height_lines.anterior"]
    assessed.presenter.answer("L1", "pain", "yes")
    assessed.presenter.line_moved("L1", "anterior", ENDS)
    assessed.worker.ends(document=edited)
    again = Stage(scene=Scene(saved=assessed.scene.saved))
    again.presenter.scene_opened()
    assert again.now.result is not None
    assert again.now.result.document == edited
    assert again.now.answers == assessed.now.answers
    assert not again.now.is_stale
    again.presenter.choose("volume-1", "", "")
    assert again.now.state is State.SHOWN
    again.presenter.line_moved("L2", "middle", ENDS)
    edits = {one["level"]: one["edited_by_reader"] for one in again.worker.file("--edits")["vertebrae"]}
    assert edits["L1"] == ["height_lines.anterior"]
    assert edits["L2"] == ["height_lines.middle"]


def test_a_scene_without_a_result_changes_nothing(stage: Stage) -> None:
    stage.presenter.scene_opened()
    assert stage.now.state is State.NO_VOLUME


def test_what_was_written_on_the_way_is_removed_at_the_end(assessed: Stage) -> None:
    folder = Path(assessed.worker.option("--out")).parents[1]
    assert folder.is_dir()
    assessed.presenter.close()
    assert not folder.exists()
