"""The export dialog: what it offers, what it shows, what it asks for."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFileDialog, QLineEdit

from engine.export.export import export_takes
from engine.export.jobs import ExportTakes
from engine.export.settings import SUBTYPES, ExportSettings, possible_rates
from engine.types import Region
from gui.export_dialog import ExportDialog
from tests.export.makers import make_entry, sine

ENTRIES = (
    make_entry(prompt="Rain on a tin roof", name="Roof", id="a"),
    make_entry(prompt="Wind", name="Wind", id="b", starred=True),
    make_entry(prompt="", name="Door", id="c", kind="imported"),
)
REGION = Region(0.1, 0.3, 200.0, 4000.0)
EVERYTHING = ExportSettings("flac", "pcm16", 44100, False, "lufs", -2.0, -18.0, 5.0, 6.0, True, "{name}", True, "WIND", "ANN", "Ann Öther")


@pytest.fixture
def dialog(qtbot, tmp_path):
    made = ExportDialog()
    qtbot.addWidget(made)
    made.set_folder(tmp_path)
    made.show_takes(ENTRIES, "a", REGION)
    made.show()
    return made


def pick(box: QComboBox, data):
    """As a user does: the keyboard walks to the item."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findData(data)):
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == data


def write(field: QLineEdit, text):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)


def leave(field: QLineEdit):
    """Tab goes to the list of suggestions while that is open, as every key does."""
    QTest.keyClick(QApplication.activePopupWidget() or field, Qt.Key.Key_Tab)


def clicked(qtbot, button: QAbstractButton):
    """Clicks on the mark at the left of a wide button."""
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(12, button.height() // 2))


def test_defaults_are_shown(dialog):
    assert dialog.settings() == ExportSettings()
    assert dialog.preview.text() == "Rain on a tin roof 42.wav"
    assert dialog.summary.text() == "1 file · WAV · 24 bit · 48 kHz"
    assert dialog.export.isEnabled()
    assert dialog.export.isDefault()


@pytest.mark.parametrize(
    "settings",
    [EVERYTHING, ExportSettings("mp3", "mp3", 22050), ExportSettings("ogg", "opus"), ExportSettings("wav", "float32", 96000)],
)
def test_settings_come_back_as_they_went_in(dialog, settings, qtbot):
    with qtbot.assertNotEmitted(dialog.export_requested):
        dialog.set_settings(settings)
    assert dialog.settings() == settings
    dialog.set_settings(ExportSettings())
    assert dialog.settings() == ExportSettings()


def test_export_asks_for_a_job(dialog, qtbot, tmp_path):
    with qtbot.waitSignal(dialog.export_requested) as caught:
        qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    (job,) = caught.args
    assert isinstance(job, ExportTakes)
    assert (job.entries, job.folder, job.settings, job.region) == ((ENTRIES[0],), tmp_path, ExportSettings(), REGION)
    assert not dialog.isVisible()


def test_the_name_that_is_shown_is_the_name_of_the_file(dialog, qtbot, tmp_path):
    (tmp_path / "rain on a TIN roof 42.wav").write_bytes(b"older")
    dialog.show_takes(ENTRIES, "a", None)
    shown = dialog.preview.text()
    assert shown == "Rain on a tin roof 42 2.wav"
    with qtbot.waitSignal(dialog.export_requested) as caught:
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert [result.path.name for result in export_takes(caught.args[0])] == [shown]


def test_escape_and_cancel_ask_for_nothing(dialog, qtbot):
    with qtbot.assertNotEmitted(dialog.export_requested):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    dialog.show()
    with qtbot.assertNotEmitted(dialog.export_requested):
        qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()


@pytest.mark.parametrize(
    ("choice", "ids", "region", "name"),
    [
        ("take", "a", None, "Rain on a tin roof 42.wav"),
        ("selection", "a", REGION, "Rain on a tin roof 42.wav"),
        ("starred", "b", None, "Wind 42.wav"),
        ("all", "abc", None, "Rain on a tin roof 42.wav"),
    ],
)
def test_what_is_exported(dialog, qtbot, choice, ids, region, name):
    clicked(qtbot, dialog.what.buttons[choice])
    job = dialog.job()
    assert "".join(entry.id for entry in job.entries) == ids
    assert job.region == region
    assert dialog.preview.text() == name
    assert dialog.summary.text().startswith("1 file" if len(ids) == 1 else "3 files")


def test_what_is_not_there_cannot_be_chosen(dialog):
    unstarred = tuple(replace(entry, starred=False) for entry in ENTRIES)
    dialog.show_takes(unstarred, None, None)
    assert {name: button.isEnabled() for name, button in dialog.what.buttons.items()} == {
        "take": False,
        "selection": False,
        "starred": False,
        "all": True,
    }
    assert dialog.job().entries == unstarred
    dialog.show_takes((), None, None)
    assert not dialog.export.isEnabled()
    assert dialog.preview.text() == "There is no take to export."


def test_the_selection_is_described(dialog):
    assert dialog.what.buttons["selection"].text() == "Selection: 0.10 s to 0.30 s, 200 Hz to 4000 Hz".replace(
        "4000", dialog.locale().toString(4000.0, "f", 0)
    )
    dialog.show_takes(ENTRIES, "a", Region(0.0, 1.0))
    assert dialog.what.buttons["selection"].text() == "Selection: 0.00 s to 1.00 s"


@pytest.mark.parametrize("format", list(SUBTYPES))
def test_only_what_fits_together_is_offered(dialog, format):
    pick(dialog.format.format, format)
    box = dialog.format.subtype
    assert [box.itemData(index) for index in range(box.count())] == list(SUBTYPES[format])
    for subtype in SUBTYPES[format]:
        pick(box, subtype)
        rates = dialog.format.rate
        assert [rates.itemData(index) for index in range(rates.count())] == possible_rates(format, subtype)
        assert dialog.settings().sample_rate == 48000
        assert dialog.format.dither.isEnabled() == (subtype == "pcm16")
        assert dialog.export.isEnabled()
    assert dialog.format.loop.isEnabled() == (format == "wav")
    assert dialog.preview.text().endswith(f".{format}")


def test_the_rate_stays_if_the_format_has_it(dialog):
    pick(dialog.format.rate, 44100)
    pick(dialog.format.format, "mp3")
    assert dialog.settings().sample_rate == 44100


def test_too_many_channels_get_the_sentence(dialog):
    dialog.show_takes((make_entry(sine(channels=3)),), "0123456789ab", None)
    pick(dialog.format.format, "mp3")
    assert dialog.preview.text() == "MP3 files hold 1 to 2 channels, not 3."
    assert not dialog.export.isEnabled()


def test_levels_are_open_when_they_matter(dialog):
    enabled = {}
    for mode in ("off", "peak", "lufs"):
        pick(dialog.level.mode, mode)
        enabled[mode] = (dialog.level.lufs.isEnabled(), dialog.level.peak.isEnabled())
    assert enabled == {"off": (False, False), "peak": (False, True), "lufs": (True, True)}
    dialog.level.lufs.setFocus()
    dialog.level.lufs.selectAll()
    QTest.keyClicks(dialog.level.lufs, "-16")
    QTest.keyClick(dialog.level.lufs, Qt.Key.Key_Tab)
    assert (dialog.settings().loudness, dialog.settings().lufs) == ("lufs", -16.0)


@pytest.mark.parametrize(
    ("template", "shown", "possible"),
    [
        ("{name}-{take}", "Roof-01.wav", True),
        ("CON", "_CON.wav", True),
        ("a/b: {seed}", "a b 42.wav", True),
        ("", "The name template gives an empty file name.", False),
        ("{seed", "The name template has a brace without its partner.", False),
    ],
)
def test_the_template_is_previewed_at_every_key(dialog, template, shown, possible):
    write(dialog.name.template, template)
    assert dialog.preview.text() == shown
    assert dialog.export.isEnabled() == possible
    assert dialog.preview.property("role") == ("value" if possible else "danger")
    assert bool(dialog.summary.text()) == possible


def test_an_impossible_template_is_not_exported_by_enter(dialog, qtbot):
    write(dialog.name.template, "{colour}")
    assert "{colour}" in dialog.preview.text()
    with qtbot.assertNotEmitted(dialog.export_requested):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_a_field_is_inserted_where_the_cursor_is(dialog):
    write(dialog.name.template, "AB")
    QTest.keyClick(dialog.name.template, Qt.Key.Key_Left)
    next(action for action in dialog.name.fields.menu().actions() if "{date}" in action.text()).trigger()
    assert dialog.name.template.text() == "A{date}B"
    assert dialog.preview.text() == "A2026-02-03B.wav"


def test_ucs_names(dialog, qtbot):
    clicked(qtbot, dialog.name.ucs)
    assert dialog.preview.text() == "RAINMetl_Rain On A Tin Roof_NONE_NONE_seed 42.wav"
    assert not dialog.name.template.isEnabled()
    write(dialog.name.creator, "A_O")
    assert dialog.preview.text() == "RAINMetl_Rain On A Tin Roof_A O_NONE_seed 42.wav"
    clicked(qtbot, dialog.what.buttons["starred"])
    assert dialog.preview.text() == "WIND_Wind_A O_NONE_seed 42.wav"
    assert dialog.name.category.currentText() == "Auto: WIND  Wind, general"
    assert dialog.settings().category == ""


def test_a_category_is_found_by_typing(dialog, qtbot):
    clicked(qtbot, dialog.name.ucs)
    field = dialog.name.category.lineEdit()
    write(field, "roulette")
    assert dialog.preview.text() == "There is no such category; choose one from the list."
    assert not dialog.export.isEnabled()
    write(field, "casino")
    completer = dialog.name.category.completer()
    assert [completer.completionModel().index(row, 0).data() for row in range(completer.completionCount())] == ["GAMECas  Games, casino"]
    write(field, "gamecas")
    assert dialog.settings().category == "GAMECas"
    assert dialog.preview.text().startswith("GAMECas_")
    leave(field)
    assert dialog.name.category.currentText() == "GAMECas  Games, casino"
    write(field, "")
    assert dialog.settings().category == ""
    assert dialog.preview.text().startswith("RAINMetl_")
    leave(field)
    assert dialog.name.category.currentText() == "Auto: RAINMetl  Rain, metal"


def test_the_folder_must_be_there(dialog, tmp_path):
    write(dialog.folder_field, str(tmp_path / "missing"))
    assert dialog.preview.text() == "Choose a folder that exists."
    assert not dialog.export.isEnabled()
    write(dialog.folder_field, str(tmp_path))
    assert dialog.export.isEnabled()
    write(dialog.folder_field, "")
    assert not dialog.export.isEnabled()


def test_a_folder_is_chosen(dialog, qtbot, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(other))
    qtbot.mouseClick(dialog.browse, Qt.MouseButton.LeftButton)
    assert dialog.folder() == other
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    qtbot.mouseClick(dialog.browse, Qt.MouseButton.LeftButton)
    assert dialog.folder() == other


def test_every_control_has_a_name_a_hint_and_is_reached_by_tab(dialog):
    dialog.set_settings(replace(EVERYTHING, format="wav", ucs=False))
    controls = [
        control
        for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit)
        for control in dialog.findChildren(kind)
        if not isinstance(control.parent(), QComboBox | QAbstractSpinBox)
        and control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and control.isVisibleTo(dialog)
        and control.isEnabled()
    ]
    assert len(controls) > 20
    assert [control for control in controls if not (control.accessibleName() or getattr(control, "text", str)())] == []
    assert [control for control in controls if not control.toolTip()] == []
    reached = set()
    dialog.what.focus_chosen()
    for _ in range(60):
        focused = dialog.focusWidget()
        reached.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    # Radio buttons of one group are walked with the arrow keys.
    missing = {control for control in controls if control not in reached} - set(dialog.what.buttons.values())
    assert {control.accessibleName() for control in missing} == set()
