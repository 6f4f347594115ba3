"""Applies the preferences: at the start all of them, later each one that changes."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from gui.controller import Controller
from gui.listening import Listening
from gui.main_window import MainWindow
from gui.player import Player
from gui.screen import Screen
from gui.settings import Settings
from gui.theme import apply_theme, theme_for

_APPLIED = (
    "appearance.theme",
    "canvas.colour_map",
    "canvas.floor_db",
    "canvas.live_preview",
    "canvas.show_confidence",
    "listening.device",
    "listening.volume",
    "listening.playhead_returns",
    "listening.match_loudness",
    "project.recent",
)


class Preferences(QObject):
    """Knows what every setting does."""

    def __init__(
        self,
        app: QApplication,
        settings: Settings,
        window: MainWindow,
        controller: Controller,
        listening: Listening,
        player: Player,
        screen: Screen,
    ) -> None:
        super().__init__(window)
        self._app, self._settings, self._window, self._controller = app, settings, window, controller
        self._listening, self._player, self._screen = listening, player, screen
        self._muted = False
        settings.changed.connect(self._setting_changed)
        app.styleHints().colorSchemeChanged.connect(lambda _: self._setting_changed("appearance.theme", settings.get("appearance.theme")))

    def mute(self, muted: bool) -> None:
        """Silence, without forgetting the volume."""
        self._muted = muted
        self._apply_volume()

    def flip(self, key: str) -> None:
        """Turns a switch the other way."""
        self._settings.set(key, not self._settings.get(key))

    def apply_all(self) -> None:
        """Everything as it was set at the last end."""
        for key in _APPLIED:
            self._setting_changed(key, self._settings.get(key))

    def _setting_changed(self, key: str, value: object) -> None:
        window, canvas = self._window, self._window.canvas
        match key:
            case "appearance.theme":
                theme = theme_for(str(value), self._app)
                apply_theme(self._app, theme)
                window.set_theme(theme)
            case "canvas.colour_map":
                canvas.set_colour_map(str(value))
            case "canvas.floor_db" | "canvas.top_db":
                canvas.set_levels(self._settings.get("canvas.floor_db"), self._settings.get("canvas.top_db"))
            case "canvas.show_confidence":
                canvas.set_confidence_shown(bool(value))
                self._screen.show_final_cells(self._listening.entry)
            case "canvas.live_preview":
                self._controller.live_preview = bool(value)
            case "listening.device":
                self._player.set_device(str(value) or None)
            case "listening.volume":
                self._apply_volume()
            case "listening.playhead_returns":
                self._player.returns = bool(value)
            case "project.recent":
                window.show_recent(list(value))
            case "listening.match_loudness":
                self._listening.match_loudness = bool(value)
                self._listening.refresh()

    def _apply_volume(self) -> None:
        volume = float(self._settings.get("listening.volume"))
        self._player.set_volume(0.0 if self._muted else volume)
        self._window.transport.show_volume(volume, self._muted)
