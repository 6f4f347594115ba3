"""The group of the export dialog that names things: template, category, who made it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QLineEdit, QMenu, QPushButton

from engine.export.names import FIELDS
from engine.export.settings import ExportSettings
from engine.export.ucs import Category, categories, propose_category
from gui.export_fields import Group, choose
from gui.theme import SPACE

_FIELDS_WIDTH = 12 * SPACE


class NameGroup(Group):
    """The name by template, or by the rules of the Universal Category System, and who made it."""

    def __init__(self) -> None:
        super().__init__()
        self.set_heading(self.tr("Name"))
        self.template, self.creator, self.originator = QLineEdit(), QLineEdit(), QLineEdit()
        self.fields = QPushButton(self.tr("Fields"))
        self.fields.setFixedWidth(_FIELDS_WIDTH)
        self.fields.setAutoDefault(False)
        self.fields.setMenu(self._field_menu())
        self.fields.setAccessibleName(self.tr("Insert a field"))
        self.fields.setToolTip(self.tr("Insert a field that is filled in for each take"))
        self.ucs = QCheckBox(self.tr("Universal Category System"))
        self.ucs.setProperty("role", "switch")
        self.category = CategoryBox()
        self.creator.setMaxLength(24)
        self.creator.setPlaceholderText(self.tr("Your initials"))
        self.originator.setMaxLength(100)
        self.add_row(self.tr("Template"), self.template, self.tr("The file name; what stands in braces is filled in"), self.fields)
        self.add_wide(self.ucs, self.tr("Names that sound libraries sort by: category, name, creator, source"))
        self.add_row(self.tr("Category"), self.category, self.tr("Written into every file; type to search all 753 categories"))
        self.add_row(self.tr("Creator"), self.creator, self.tr("The creator in UCS names and metadata"))
        self.add_row(self.tr("Your name"), self.originator, self.tr("The originator in the metadata; may be empty"))
        for field in (self.template, self.creator, self.originator):
            field.textEdited.connect(self.report)
        self.ucs.toggled.connect(self._ucs_chosen)
        self.category.editTextChanged.connect(self.report)
        self.category.left.connect(self._settle_category)

    def show_settings(self, settings: ExportSettings) -> None:
        """Shows without reporting."""
        with QSignalBlocker(self):
            self.template.setText(settings.name_template)
            self.creator.setText(settings.creator_id)
            self.originator.setText(settings.originator)
            self.ucs.setChecked(settings.ucs)
            choose(self.category, settings.category) or self.category.setCurrentIndex(0)
            self._ucs_chosen()

    def show_prompt(self, prompt: str) -> None:
        """The category that a prompt suggests stands first."""
        suggested = self.tr("Auto: {}").format(category_text(propose_category(prompt)))
        if suggested == self.category.itemText(0):
            return
        untouched = self.category.currentText() == self.category.itemText(0)
        with QSignalBlocker(self.category):
            self.category.setItemText(0, suggested)
            if untouched:
                self.category.setEditText(suggested)
                self.category.lineEdit().setCursorPosition(0)

    def part(self) -> dict[str, Any]:
        """What is chosen here; the category is None if what was typed is none."""
        return {
            "name_template": self.template.text(),
            "ucs": self.ucs.isChecked(),
            "category": self._category_id(),
            "creator_id": self.creator.text(),
            "originator": self.originator.text(),
        }

    def insert_field(self, name: str) -> None:
        """Puts a field where the cursor is."""
        self.template.insert(f"{{{name}}}")
        self.template.setFocus()
        self.report()

    def _category_id(self) -> str | None:
        """The CatID of what stands in the box, "" for the suggested one, None if it is no category."""
        text = self.category.currentText()
        index = self.category.findText(text, Qt.MatchFlag.MatchFixedString)
        return self.category.itemData(index) if index >= 0 else _id_typed(text)

    def _settle_category(self) -> None:
        """What was typed becomes the line that it means."""
        cat_id = self._category_id()
        if cat_id is not None:
            index = self.category.findData(cat_id)
            self.category.setCurrentIndex(index)
            self.category.setEditText(self.category.itemText(index))

    def _field_menu(self) -> QMenu:
        texts = {
            "prompt": self.tr("Prompt"),
            "name": self.tr("Name of the take"),
            "seed": self.tr("Seed"),
            "take": self.tr("Number in this export"),
            "date": self.tr("Date"),
            "time": self.tr("Time"),
            "cat": self.tr("Category"),
            "catid": self.tr("CatID"),
            "rate": self.tr("Sample rate"),
            "bits": self.tr("Bits"),
            "duration": self.tr("Duration"),
            "pack": self.tr("Pack"),
        }
        menu = QMenu(self)
        for name in FIELDS:
            action = QAction(f"{texts[name]}  {{{name}}}", menu)
            action.triggered.connect(lambda _checked=False, name=name: self.insert_field(name))
            menu.addAction(action)
        return menu

    def _ucs_chosen(self) -> None:
        self.template.setEnabled(not self.ucs.isChecked())
        self.fields.setEnabled(not self.ucs.isChecked())
        self.changed.emit()


def category_text(category: Category) -> str:
    """CatID and names of a category, for people."""
    return f"{category.id}  {category.category.title()}, {category.sub_category.lower()}"


class CategoryBox(QComboBox):
    """All categories; typing any part of a line finds it."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(12)
        self.setMinimumContentsLength(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItem("", "")
        for category in categories().values():
            self.addItem(category_text(category), category.id)
        completer = self.completer()
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The line edit inside does not say reliably that editing is over."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()


def _id_typed(text: str) -> str | None:
    """The CatID that somebody typed by heart, whatever the case of its letters; "" for none, None if there is no such category."""
    wanted = text.strip().casefold()
    return next((cat_id for cat_id in ("", *categories()) if cat_id.casefold() == wanted), None)
