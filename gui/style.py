"""The style sheet: shapes of all controls, filled with the colours of a theme.

Heights follow the 8-pixel grid: 32 for controls (18 text + 2 x 6 padding + 2 x 1 border). A focused control gets a 2-pixel edge in
the accent colour and one pixel less padding, so that nothing moves.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.theme import Theme

GENERAL = """
* { outline: 0; }
QWidget { color: $text; selection-background-color: $selection; selection-color: $text; }
QMainWindow, QDialog, QWidget#window { background: $window; }
QWidget:disabled { color: $disabled; }
QToolTip { background: $raised; color: $text; border: 1px solid $outline; padding: 4px 8px; }
QAbstractScrollArea { background: $surface; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: 13pt; font-weight: 600; }
QLabel[role="section"] { font-weight: 600; color: $muted; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="value"] { color: $text; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="keys"] { background: $raised; border: 1px solid $border; border-radius: 4px; padding: 1px 6px; }
QFrame[role="panel"] { background: $surface; border: 0; }
QFrame[role="card"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[role="card"][selected="true"] { border-color: $accent; background: $accent_soft; }
QFrame[role="line"] { background: $border; border: 0; max-height: 1px; min-height: 1px; }
QGroupBox { background: $surface; border: 1px solid $border; border-radius: ${radius}px; margin-top: 24px; padding: 8px; }
QGroupBox::title { subcontrol-origin: margin; subcontrol-position: top left; left: 0; padding: 0 0 4px 0; color: $muted; font-weight: 600; }
QSplitter::handle { background: $window; }
QSplitter::handle:horizontal { width: 8px; }
QSplitter::handle:vertical { height: 8px; }
QSplitter::handle:hover { background: $border; }
QStatusBar { background: $surface; border-top: 1px solid $border; color: $muted; }
QStatusBar::item { border: 0; }
QDockWidget { titlebar-close-icon: none; }
QDockWidget::title { background: $surface; padding: 8px; }
"""

BUTTONS = """
QPushButton {
    background: $raised; border: 1px solid $border; border-radius: ${radius}px; padding: 6px 14px; min-height: 18px; min-width: 48px;
}
QPushButton:hover { background: $hover; border-color: $outline; }
QPushButton:pressed, QPushButton:open { background: $pressed; }
QPushButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QPushButton:disabled { background: $surface; border-color: $border; color: $disabled; }
QPushButton::menu-indicator { image: url("$pictures/chevron-down.svg"); width: 12px; subcontrol-position: right center; right: 8px; }
QPushButton[role="primary"] { background: $accent; border-color: $accent; color: $on_accent; font-weight: 600; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:pressed { background: $accent_pressed; border-color: $accent_pressed; }
QPushButton[role="primary"]:focus { border: 6px double $on_accent; padding: 1px 9px; background: $accent; }
QPushButton[role="primary"]:disabled { background: $raised; border-color: $raised; color: $disabled; }
QPushButton[role="danger"] { color: $danger; }
QPushButton[role="quiet"], QPushButton[role="icon"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"] { padding: 6px 10px; }
QPushButton[role="icon"] { padding: 6px; min-width: 18px; max-width: 18px; }
QPushButton[role="quiet"]:hover, QPushButton[role="icon"]:hover { background: $hover; }
QPushButton[role="quiet"]:pressed, QPushButton[role="icon"]:pressed { background: $pressed; }
QPushButton[role="quiet"]:checked, QPushButton[role="icon"]:checked { background: $accent_soft; border-color: $accent; }
QPushButton[role="quiet"]:focus { border: 2px solid $accent; padding: 5px 9px; }
QPushButton[role="icon"]:focus { border: 2px solid $accent; padding: 5px; }
QPushButton[role="quiet"]:disabled, QPushButton[role="icon"]:disabled { background: transparent; border-color: transparent; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: ${radius}px; padding: 4px; }
QToolButton { min-height: 19px; min-width: 19px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:open { background: $pressed; }
QToolButton:checked { background: $accent_soft; border-color: $accent; }
QToolButton:focus { border: 2px solid $accent; padding: 3px; }
QToolButton:disabled { color: $disabled; }
QToolButton[popupMode="1"] { padding-right: 20px; }
QToolButton::menu-button { border: 0; width: 16px; }
QToolButton::menu-arrow, QToolButton::menu-indicator { image: url("$pictures/chevron-down.svg"); width: 12px; height: 12px; }
QLineEdit QToolButton { border: 0; padding: 0; min-width: 0; min-height: 0; background: transparent; }
QToolBar { background: $surface; border: 0; spacing: 4px; padding: 4px; }
QToolBar::separator { background: $border; width: 1px; margin: 6px 4px; }
"""

FIELDS = """
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox {
    background: $field; border: 1px solid $outline; border-radius: ${radius}px; padding: 6px 8px;
}
QLineEdit, QComboBox { min-height: 18px; }
QLineEdit, QPlainTextEdit, QTextEdit { placeholder-text-color: $muted; }
QLineEdit:hover, QPlainTextEdit:hover, QTextEdit:hover, QComboBox:hover, QAbstractSpinBox:hover { border-color: $muted; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
    border: 2px solid $accent; padding: 5px 7px;
}
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {
    background: $surface; border-color: $border; color: $disabled;
}
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"] { border-color: $danger; }
QLineEdit[role="prompt"], QPlainTextEdit[role="prompt"], QTextEdit[role="prompt"] { font-size: 13pt; padding: 8px 12px; }
QLineEdit[role="prompt"]:focus, QPlainTextEdit[role="prompt"]:focus, QTextEdit[role="prompt"]:focus { padding: 7px 11px; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: 0; padding: 0; background: transparent; min-height: 0; }
QAbstractSpinBox { padding: 5px 22px 5px 8px; qproperty-alignment: 'AlignRight | AlignVCenter'; }
QAbstractSpinBox:focus { padding: 4px 21px 4px 7px; }
QAbstractSpinBox[buttonSymbols="2"] { padding-right: 8px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 20px; border: 0; background: transparent; margin: 1px;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; border-top-right-radius: 5px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; border-bottom-right-radius: 5px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-button:pressed, QAbstractSpinBox::down-button:pressed { background: $pressed; }
QAbstractSpinBox::up-arrow { image: url("$pictures/chevron-up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$pictures/chevron-down.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::up-arrow:disabled, QAbstractSpinBox::up-arrow:off { image: url("$pictures/chevron-up-disabled.svg"); }
QAbstractSpinBox::down-arrow:disabled, QAbstractSpinBox::down-arrow:off { image: url("$pictures/chevron-down-disabled.svg"); }
QComboBox { padding-right: 26px; combobox-popup: 0; }
QComboBox:focus { padding-right: 25px; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 26px; border: 0; background: transparent; }
QComboBox::down-arrow { image: url("$pictures/chevron-down.svg"); width: 12px; height: 12px; }
QComboBox::down-arrow:disabled { image: url("$pictures/chevron-down-disabled.svg"); }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $outline; padding: 4px; border-radius: 0; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }
"""

MARKS = """
QCheckBox, QRadioButton { background: transparent; spacing: 8px; padding: 2px; border: 2px solid transparent; border-radius: ${radius}px; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator, QGroupBox::indicator {
    width: 16px; height: 16px; border: 1px solid $outline; border-radius: 4px; background: $field;
}
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $text; }
QCheckBox::indicator:pressed, QRadioButton::indicator:pressed { background: $pressed; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked, QGroupBox::indicator:checked {
    background: $accent; border-color: $accent; image: url("$pictures/check.svg");
}
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate {
    background: $accent; border-color: $accent; image: url("$pictures/dash.svg");
}
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: url("$pictures/dot.svg"); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; background: $surface; }
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {
    border-color: $border; background: $raised; image: url("$pictures/check-disabled.svg");
}
QCheckBox[role="switch"]::indicator { width: 34px; height: 18px; border-radius: 10px; image: url("$pictures/knob-off.svg"); }
QCheckBox[role="switch"]::indicator:checked { image: url("$pictures/knob-on.svg"); }
QCheckBox[role="switch"]::indicator:disabled { image: url("$pictures/knob-off-disabled.svg"); }
QCheckBox[role="switch"]::indicator:checked:disabled { image: url("$pictures/knob-on-disabled.svg"); }
QSlider { background: transparent; }
QSlider:horizontal { min-height: 24px; }
QSlider:vertical { min-width: 24px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $groove; }
QSlider::groove:vertical { width: 4px; border-radius: 2px; background: $groove; }
QSlider::sub-page:horizontal, QSlider::add-page:vertical { background: $accent; border-radius: 2px; }
QSlider::handle { background: $text; border: 1px solid $surface; border-radius: 8px; }
QSlider::handle:horizontal { width: 14px; margin: -6px 0; }
QSlider::handle:vertical { height: 14px; margin: 0 -6px; }
QSlider::handle:hover { background: $accent_hover; }
QSlider::handle:focus { background: $text; border: 3px solid $accent; }
QSlider::groove:disabled, QSlider::sub-page:horizontal:disabled, QSlider::add-page:vertical:disabled { background: $border; }
QSlider::handle:disabled { background: $disabled; }
QProgressBar { background: $groove; border: 0; border-radius: 4px; min-height: 8px; max-height: 8px; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
"""

LISTS = """
QScrollArea { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget { background: transparent; }
QGraphicsView { border: 0; }
QListView, QTableView, QTreeView {
    background: $surface; alternate-background-color: $stripe; border: 1px solid $border; border-radius: ${radius}px;
    gridline-color: $border; selection-background-color: $accent_soft; selection-color: $text;
}
QListView:focus, QTableView:focus, QTreeView:focus { border: 2px solid $accent; }
QListView[role="plain"], QTreeView[role="plain"], QTableView[role="plain"] { background: transparent; border: 2px solid transparent; }
QListView[role="plain"]:focus, QTreeView[role="plain"]:focus, QTableView[role="plain"]:focus { border: 2px solid $accent; }
QListView::item { padding: 6px 8px; border: 1px solid transparent; border-radius: 4px; color: $text; }
QTreeView::item, QTableView::item { padding: 5px 8px; border: 0; color: $text; }
QListView::item:hover, QTreeView::item:hover, QTableView::item:hover { background: $hover; }
QListView::item:selected { background: $accent_soft; border-color: $accent; color: $text; }
QTreeView::item:selected, QTableView::item:selected { background: $accent_soft; color: $text; }
QListView::item:disabled, QTreeView::item:disabled, QTableView::item:disabled { color: $muted; background: transparent; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url("$pictures/chevron-right.svg"); }
QTreeView::branch:has-children:open { image: url("$pictures/chevron-down.svg"); }
QHeaderView { background: $surface; border: 0; }
QHeaderView::section { background: $surface; color: $muted; border: 0; border-bottom: 1px solid $border; }
QHeaderView::section { padding: 6px 11px; font-weight: 400; }
QHeaderView::section:hover { color: $text; }
QTableCornerButton::section { background: $surface; border: 0; }
QTabWidget::pane { border: 0; border-top: 1px solid $border; }
QTabWidget::tab-bar { left: 0; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 8px 14px; border: 0; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus:selected { border: 2px solid $accent; padding: 6px 12px 8px 12px; border-radius: 4px; }
QTabBar::tab:disabled { color: $disabled; }
QTabBar::close-button { image: url("$pictures/close.svg"); }
QScrollBar { background: transparent; border: 0; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $outline; }
QScrollBar::handle:pressed { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
"""

MENUS = """
QMenuBar { background: $surface; border-bottom: 1px solid $border; padding: 2px 4px; }
QMenuBar::item { background: transparent; padding: 6px 10px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenuBar::item:pressed { background: $accent_soft; }
QMenuBar::item:disabled { color: $disabled; }
QMenu { background: $raised; border: 1px solid $outline; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border: 1px solid transparent; border-radius: 4px; background: transparent; }
QMenu::item:selected { background: $accent_soft; border-color: $accent; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::right-arrow { image: url("$pictures/chevron-right.svg"); width: 12px; height: 12px; right: 4px; }
QMenu::indicator { width: 14px; height: 14px; margin-left: 6px; border: 1px solid $outline; border-radius: 3px; }
QMenu::indicator:exclusive { border-radius: 7px; }
QMenu::indicator:checked { background: $accent; border-color: $accent; image: url("$pictures/check.svg"); }
QMenu::indicator:exclusive:checked { image: url("$pictures/dot.svg"); }
"""

SHEET = Template(GENERAL + FIELDS + BUTTONS + MARKS + LISTS + MENUS)


def fill(theme: Theme, shades: dict[str, str], pictures: Path) -> str:
    """The sheet with the fields of ``theme``, the derived ``shades`` and the folder of its small pictures."""
    return SHEET.substitute(vars(theme), **shades, pictures=pictures.as_posix())
