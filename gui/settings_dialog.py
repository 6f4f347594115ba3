"""Preferences: a page per section, made from the table of settings; every change takes effect at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.dialog_parts import button_row, search_field, show_beside, text_button
from gui.icons import icon
from gui.settings import SETTINGS, Setting, Settings, automatic_of, choices_of, help_of, label_of, section_name, sections
from gui.theme import SPACE

Report = Callable[[Any], None]
CONTROL_WIDTH = 30 * SPACE


class Field(QWidget):
    """One editor for one setting: shows a value without reporting it, reports what the user does."""

    def __init__(self, setting: Setting, report: Report) -> None:
        super().__init__()
        self.setting = setting
        self._report = report
        self.control = self._make()
        self.control.setAccessibleName(label_of(setting))
        self.control.setAccessibleDescription(help_of(setting))
        self.control.setToolTip(help_of(setting))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        row.addWidget(self.control, 1)
        if setting.kind == "switch":
            row.setAlignment(Qt.AlignmentFlag.AlignRight)
        if setting.kind == "folder":
            row.addWidget(self._browse_button())

    def show_value(self, value: Any) -> None:
        """Shows ``value`` and reports nothing."""
        blocker = QSignalBlocker(self.control)
        match self.control:
            case QComboBox():
                self._show_choice(self.control, value)
            case QCheckBox():
                self.control.setChecked(value)
            case QSpinBox() | QDoubleSpinBox():
                self.control.setValue(value)
            case QLineEdit():
                self.control.setText(value)
        blocker.unblock()

    def set_choices(self, choices: list[tuple[str, str]]) -> None:
        """Values and names that a ``pick`` offers besides the automatic one."""
        if isinstance(self.control, QComboBox):
            value = self.control.currentData()
            blocker = QSignalBlocker(self.control)
            self.control.clear()
            for name, text in [("", automatic_of(self.setting)), *choices]:
                self.control.addItem(text, name)
            blocker.unblock()
            self.show_value(value or "")

    def _show_choice(self, box: QComboBox, value: str) -> None:
        index = box.findData(value)
        if index < 0:
            # A device that is unplugged now stays chosen.
            box.addItem(self.tr("{} (not found)").format(value), value)
            index = box.count() - 1
        box.setCurrentIndex(index)

    def _make(self) -> QWidget:
        makers = {
            "choice": self._make_choice,
            "pick": self._make_choice,
            "switch": self._make_switch,
            "integer": self._make_number,
            "decimal": self._make_number,
            "text": self._make_text,
            "folder": self._make_text,
        }
        return makers[self.setting.kind]()

    def _make_choice(self) -> QComboBox:
        box = QComboBox()
        box.setFixedWidth(CONTROL_WIDTH)
        choices = choices_of(self.setting) if self.setting.kind == "choice" else [("", automatic_of(self.setting))]
        for value, text in choices:
            box.addItem(text, value)
        box.currentIndexChanged.connect(lambda _index: self._report(box.currentData()))
        return box

    def _make_switch(self) -> QCheckBox:
        box = QCheckBox()
        box.setProperty("role", "switch")
        box.toggled.connect(self._report)
        return box

    def _make_number(self) -> QSpinBox | QDoubleSpinBox:
        setting = self.setting
        if setting.kind == "integer":
            box: QSpinBox | QDoubleSpinBox = QSpinBox()
            box.setRange(int(setting.low), int(setting.high))
        else:
            box = QDoubleSpinBox()
            box.setRange(setting.low, setting.high)
            box.setDecimals(1)
        box.setSuffix(f" {setting.unit}" if setting.unit else "")
        box.setSpecialValueText(automatic_of(setting) if setting.automatic else "")
        # Half-typed numbers are no wish yet.
        box.setKeyboardTracking(False)
        box.setFixedWidth(CONTROL_WIDTH)
        box.valueChanged.connect(self._report)
        return box

    def _make_text(self) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(automatic_of(self.setting) if self.setting.automatic else "")
        if self.setting.kind == "text":
            field.setFixedWidth(CONTROL_WIDTH)
        else:
            field.setFixedWidth(CONTROL_WIDTH - 32 - SPACE // 2)
        field.editingFinished.connect(lambda: self._report(field.text().strip()))
        return field

    def _browse_button(self) -> QPushButton:
        button = QPushButton(icon("folder"), "")
        button.setProperty("role", "icon")
        button.setAutoDefault(False)
        button.setAccessibleName(self.tr("Choose a folder"))
        button.setToolTip(self.tr("Choose a folder"))
        button.clicked.connect(self._browse)
        return button

    def _browse(self) -> None:
        start = self.control.text() if isinstance(self.control, QLineEdit) else ""
        dialog = QFileDialog(self, label_of(self.setting), start)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._report)
        dialog.open()


class Row(QFrame):
    """Name, help and editor of one setting; an arrow back appears when it differs from the default."""

    def __init__(self, setting: Setting, settings: Settings) -> None:
        super().__init__()
        self.setting = setting
        self._settings = settings
        self.field = Field(setting, self._set)
        self.reset = self._make_reset()
        name = QLabel(label_of(setting))
        name.setBuddy(self.field.control)
        about = QLabel(help_of(setting))
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(name)
        texts.addWidget(about)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE, 0, SPACE)
        row.setSpacing(SPACE)
        row.addLayout(texts, 1)
        row.addSpacing(SPACE)
        row.addWidget(self.field)
        row.addWidget(self.reset)
        self.refresh()

    def matches(self, words: list[str]) -> bool:
        """True if every word occurs in the texts of the setting."""
        names = " ".join(text for _, text in choices_of(self.setting))
        content = f"{label_of(self.setting)} {help_of(self.setting)} {section_name(self.setting.section)} {names}".casefold()
        return all(word in content for word in words)

    def refresh(self) -> None:
        """Shows the stored value."""
        self.field.show_value(self._settings.get(self.setting.key))
        self.reset.setEnabled(not self._settings.is_default(self.setting.key))

    def _set(self, value: Any) -> None:
        if self.setting.accepts(value):
            self._settings.set(self.setting.key, value)
        else:
            self.refresh()

    def _make_reset(self) -> QPushButton:
        button = QPushButton(icon("reset"), "")
        button.setProperty("role", "icon")
        button.setAutoDefault(False)
        button.setAccessibleName(self.tr("Reset {}").format(label_of(self.setting)))
        button.setToolTip(self.tr("Back to the default"))
        # A disabled button under the focus would hand it to a random neighbour.
        button.clicked.connect(lambda: (self.field.control.setFocus(), self._settings.reset(self.setting.key)))
        return button


class SettingsDialog(QDialog):
    """All settings that have a section; search looks through all of them. Show it with ``open_preferences``."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle(self.tr("Preferences"))
        self.resize(100 * SPACE, 72 * SPACE)
        self.rows = {setting.key: Row(setting, settings) for setting in SETTINGS if setting.section}
        self.search = self._make_search()
        self.list = self._make_list()
        self.nothing = QLabel(self.tr("No setting has these words in its name or help."))
        self.nothing.setProperty("role", "muted")
        self.nothing.hide()
        left = QVBoxLayout()
        left.setSpacing(SPACE)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        columns = QHBoxLayout()
        columns.setSpacing(2 * SPACE)
        columns.addLayout(left)
        columns.addWidget(self._make_page(), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        whole.setSpacing(2 * SPACE)
        whole.addLayout(columns, 1)
        whole.addLayout(self._make_buttons())
        self.list.currentRowChanged.connect(lambda _row: self._filter())
        self.search.textChanged.connect(lambda _text: self._filter())
        settings.changed.connect(self._on_changed)
        self.list.setCurrentRow(0)

    def open_preferences(self, section: str = "") -> None:
        """Shows the dialog beside the work, at ``section`` if given (a name of ``gui.settings.sections``)."""
        if section:
            self.search.clear()
            self.list.setCurrentRow(sections().index(section))
        show_beside(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Measures the sections anew: rows measured before the first show keep the height they have without a style sheet."""
        super().showEvent(event)
        self.list.doItemsLayout()

    def set_choices(self, key: str, choices: list[tuple[str, str]]) -> None:
        """Values and names that the ``pick`` under ``key`` offers; KeyError for keys that are not shown."""
        self.rows[key].field.set_choices(choices)
        self.rows[key].refresh()

    def _make_search(self) -> QLineEdit:
        told = self.tr("Shows the settings of all sections that contain this text")
        search = search_field(self.tr("Search"), self.tr("Search preferences"), told)
        search.setFixedWidth(22 * SPACE)
        return search

    def _make_list(self) -> QListWidget:
        chooser = QListWidget()
        chooser.setFixedWidth(22 * SPACE)
        chooser.setProperty("role", "plain")
        chooser.setAccessibleName(self.tr("Sections"))
        chooser.setToolTip(self.tr("Sections of the preferences"))
        chooser.addItems([section_name(section) for section in sections()])
        return chooser

    def _make_page(self) -> QScrollArea:
        inner = QFrame()
        inner.setProperty("role", "panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(3 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(0)
        self._titles: dict[str, QLabel] = {}
        for section in sections():
            title = QLabel(section_name(section))
            title.setProperty("role", "title")
            title.setContentsMargins(0, SPACE, 0, SPACE)
            self._titles[section] = title
            column.addWidget(title)
            for row in self.rows.values():
                if row.setting.section == section:
                    column.addWidget(row)
        column.addWidget(self.nothing)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _make_buttons(self) -> QHBoxLayout:
        reset = text_button(self.tr("Reset all"), self.tr("Puts every setting back to its default; keys and recent projects stay"))
        reset.clicked.connect(self._settings.reset_all)
        close = text_button(self.tr("Close"), self.tr("Closes the preferences (Esc)"))
        close.clicked.connect(self.close)
        return button_row((reset,), close)

    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        chosen = sections()[max(self.list.currentRow(), 0)]
        for row in self.rows.values():
            row.setVisible(row.matches(words) if words else row.setting.section == chosen)
        shown = {row.setting.section for row in self.rows.values() if not row.isHidden()}
        for section, title in self._titles.items():
            title.setVisible(section in shown)
        self.nothing.setVisible(not shown)

    def _on_changed(self, key: str, _value: object) -> None:
        if key in self.rows:
            self.rows[key].refresh()
