"""How does what is the case reach the widgets? Each is set from one `Shown`; what is clicked goes to the Presenter.

Widgets are written by their setters and read from what their signals carry, which Slicer's Qt and others' do alike.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from VertebralFractureAssessmentLib.Parameters import LEVELS, NOT_STATED
from VertebralFractureAssessmentLib.Result import COLUMN_HEADINGS, LEGEND, NOT_MEASURED, Question
from VertebralFractureAssessmentLib.Shown import Shown

QUESTIONS = Path(__file__).resolve().parent.parent / "Resources" / "questions.json"
TRI_STATE = (NOT_STATED, "yes", "no")


class Panel:
    """The module's widgets.

    Args:
        ui: the widgets by their names in the .ui file.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self._presenter: Any = None
        self._levels: tuple[str, ...] = ()
        self._asked: tuple[tuple[Question, str], ...] = ()
        self._known = json.loads(QUESTIONS.read_text(encoding="utf-8"))
        self._form: Any = None
        self._controls: dict[Question, Any] = {}  # also keeps them alive
        self._selected = ""

    def connect(self, presenter: Any) -> None:
        """Send what is clicked to the presenter."""
        self._presenter = presenter
        ui = self._ui
        ui.assessButton.clicked.connect(lambda *_: presenter.assess())
        ui.undoButton.clicked.connect(lambda *_: presenter.undo())
        ui.remeasureButton.clicked.connect(lambda *_: presenter.remeasure())
        ui.resultTable.cellClicked.connect(lambda row, _column: presenter.select(self._levels[row]))
        ui.levelCombo.currentTextChanged.connect(self._renamed)

    def render(self, shown: Shown) -> None:
        """Show this."""
        ui = self._ui
        ui.assessButton.setText(shown.button)
        ui.assessButton.setEnabled(shown.can_press)
        ui.progressBar.setVisible(shown.is_busy)
        ui.progressBar.setValue(round(100 * shown.fraction))
        ui.messageLabel.setText(f"{shown.step} …" if shown.step else shown.message)
        ui.warningLabel.setText(shown.warning)
        ui.warningLabel.setVisible(bool(shown.warning))
        ui.undoButton.setEnabled(shown.can_undo)
        for widget in (ui.remeasureButton, ui.exportButton, ui.levelCombo, ui.questionsBox):
            widget.setEnabled(shown.can_edit)
        self._render_table(shown)
        self._render_reasons(shown)
        self._render_level(shown)
        self._render_questions(shown)

    def _render_table(self, shown: Shown) -> None:
        import qt

        table, result = self._ui.resultTable, shown.result
        self._levels = result.levels if result is not None else ()
        table.blockSignals(True)
        table.setColumnCount(len(COLUMN_HEADINGS))
        table.setRowCount(len(self._levels))
        headings = [f"{heading}\n{unit}" if unit else heading for heading, unit in COLUMN_HEADINGS]
        table.setHorizontalHeaderLabels(headings)
        for number, level in enumerate(self._levels):
            red, green, blue = (round(255 * share) for share in result.colour(level))
            for column, words in enumerate(result.row(level)):
                item = qt.QTableWidgetItem(words)
                if column == 0:
                    item.setBackground(qt.QBrush(qt.QColor(red, green, blue)))
                if words == NOT_MEASURED:
                    item.setToolTip(result[level].get("detail") or NOT_MEASURED)
                table.setItem(number, column, item)
        if shown.selected in self._levels:
            table.selectRow(self._levels.index(shown.selected))
        table.resizeColumnsToContents()
        table.blockSignals(False)

    def _render_reasons(self, shown: Shown) -> None:
        if shown.result is None:
            self._ui.reasonsText.setHtml("")
            self._ui.remarksLabel.setText("")
            return
        self._ui.reasonsText.setHtml(shown.result.explained(shown.selected) if shown.selected else "")
        self._ui.remarksLabel.setText("\n".join((*shown.result.remarks(), LEGEND)))

    def _render_level(self, shown: Shown) -> None:
        self._selected = shown.selected
        combo = self._ui.levelCombo
        combo.blockSignals(True)
        combo.clear()
        combo.addItems([shown.selected, *(level for level in LEVELS if level != shown.selected)])
        combo.blockSignals(False)
        self._ui.levelLabel.setText(f"{shown.selected or 'The selected level'} is really")

    def _renamed(self, name: str) -> None:
        if self._selected and name:
            self._presenter.rename(self._selected, name)

    def _render_questions(self, shown: Shown) -> None:
        """The questions that could change this level's answer, each with its control; rebuilt only when they change."""
        if shown.questions == self._asked:
            return
        import qt

        self._asked = shown.questions
        if self._form is not None:
            self._form.setParent(None)
            self._form.deleteLater()
        self._form = qt.QWidget()
        layout = qt.QFormLayout(self._form)
        self._controls = {}
        for question, answer in shown.questions:
            control = self._control(question, answer)
            self._controls[question] = control
            place = "Patient" if question.scope == "patient" else question.scope
            layout.addRow(f"{place}: {self._words(question)}", control)
        self._ui.questionsBox.layout().addWidget(self._form)

    def _control(self, question: Question, answer: str) -> Any:
        import qt

        if question.key in self._known["numbers"] or question.key == "medications":
            line = qt.QLineEdit()
            line.setPlaceholderText(NOT_STATED)
            line.setText("" if answer == NOT_STATED else answer)
            typed = [answer]
            line.textChanged.connect(lambda text: typed.__setitem__(0, text))
            line.editingFinished.connect(lambda: self._presenter.answer(question.scope, question.key, typed[0]))
            return line
        combo = qt.QComboBox()
        combo.addItems([NOT_STATED, *self._known["words"].get(question.key, TRI_STATE[1:])])
        combo.setCurrentText(answer)
        combo.currentTextChanged.connect(lambda text: self._presenter.answer(question.scope, question.key, text))
        return combo

    def _words(self, question: Question) -> str:
        place = "patient" if question.scope == "patient" else "level"
        told: str = self._known[place].get(question.key) or self._known["numbers"].get(question.key) or question.words
        return told
