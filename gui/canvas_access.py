"""What screen readers are told of the picture: a canvas whose value is its selection."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface, QAccessibleValueChangeEvent
from PySide6.QtWidgets import QAccessibleWidget, QWidget

VALUE_PROPERTY = "accessible_value"
"""Dynamic property of a widget with the text that screen readers read as its value."""

# Qt keeps plain pointers: an interface that Python forgets would be a dangling one.
_interfaces: dict[int, QAccessibleInterface] = {}


class CanvasInterface(QAccessibleWidget):
    """A widget in the role of a canvas; its value is the text of ``VALUE_PROPERTY``."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget, QAccessible.Role.Canvas, widget.accessibleName())

    def text(self, part: QAccessible.Text) -> str:
        """Value from the property, name and description from the widget."""
        if part == QAccessible.Text.Value and self.object() is not None:
            return self.object().property(VALUE_PROPERTY) or ""
        return super().text(part)


@lru_cache
def install(class_name: str) -> None:
    """Makes every widget of a class a canvas for screen readers; further calls change nothing."""

    def make(name: str, item: QObject | None) -> QAccessibleInterface | None:
        if name != class_name or not isinstance(item, QWidget):
            return None
        key = id(item)
        _interfaces[key] = CanvasInterface(item)
        item.destroyed.connect(lambda: _interfaces.pop(key, None))
        return _interfaces[key]

    QAccessible.installFactory(make)


def tell_value(widget: QWidget, value: str) -> None:
    """Sets the value of a canvas and tells those who listen."""
    if widget.property(VALUE_PROPERTY) == value:
        return
    widget.setProperty(VALUE_PROPERTY, value)
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleValueChangeEvent(widget, value))
