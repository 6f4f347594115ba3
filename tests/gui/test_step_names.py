"""What the engine names by keys is said in the user's language: in the list of steps, and on the cards of takes."""

import re
from typing import get_args

import pytest
from PySide6.QtCore import Qt

from engine.session.document import TakeKind
from engine.session.step_names import ENGLISH, StepName
from gui.step_names import step_text
from gui.take_model import kind_text
from tests.gui.test_main_window import WORDS, Pseudo

VALUES = {"delete_take": ("Door",), "delete_takes": (3,)}
ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
ROLES += (Qt.ItemDataRole.AccessibleDescriptionRole,)
BRACKETS = re.compile(r"\[[^\[\]]*\]")


@pytest.fixture
def pseudo(qapp):
    translator = Pseudo()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


def names():
    return [StepName(key, VALUES.get(key, ())) for key in ENGLISH]


def test_without_a_translation_the_window_says_what_the_engine_says(qapp):
    assert [step_text(name) for name in names()] == [str(name) for name in names()]
    assert step_text("Generate “rain”") == "Generate “rain”"


def test_every_name_is_translated(pseudo, qapp):
    told = [step_text(name) for name in names()]
    assert [text for text in told if not text.startswith("[")] == []
    assert "Door" in told[-2] and "3" in told[-1]


def test_every_kind_of_take_has_a_word(pseudo, qapp):
    assert [kind for kind in get_args(TakeKind) if not kind_text(kind).startswith("[")] == []


def raw_words(text, data):
    """What is left of a text without translations and without what the user wrote; the innermost brackets first."""
    text = re.sub(r"</?[a-z]+>", "", text)
    while BRACKETS.search(text):
        text = BRACKETS.sub("", text)
    for known in sorted(data, key=len, reverse=True):
        text = text.replace(known, "")
    return WORDS.findall(text)


def texts(model):
    for row in range(model.rowCount()):
        for role in ROLES:
            yield model.index(row).data(role) or ""


def test_steps_and_cards_show_no_raw_text(pseudo, bench):
    bench.generate("rain", duration_s=1.0)
    bench.generate("dog bark")
    first, second = bench.takes
    bench.session.rename_take(second.id, "Roof")
    bench.session.star_take(second.id, True)
    bench.session.star_take(second.id, False)
    bench.studio.edits.run("vary")
    bench.until(lambda: len(bench.takes) == 3 and bench.controller.run is None)
    bench.session.delete_take(first.id)
    bench.session.delete_takes([entry.id for entry in bench.takes])
    bench.session.undo()
    window = bench.window
    window.side_tabs.setCurrentWidget(window.history_panel)
    window.history_panel.list.grab()
    window.side_tabs.setCurrentWidget(window.takes_panel)
    window.takes_panel.list.grab()
    # The step that a test makes to prepare is no text of the program.
    data = {"prepare", "rain", "dog bark", "Roof"}
    shown = {text for panel in (window.history_panel, window.takes_panel) for text in texts(panel.list.model())}
    shown |= {window.history_panel.list_text(), window.history_panel._undo.toolTip(), window.history_panel._redo.toolTip()}
    assert {text for text in shown if raw_words(text, data)} == set()
    assert any("Delete" in text for text in shown) and any("Start" in text for text in shown)
    bench.no_errors()
