"""Preferences: one table says what there is, one object keeps it between starts."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, QSettings, Signal

CONTEXT = "Settings"

Kind = Literal["choice", "pick", "switch", "integer", "decimal", "text", "folder", "list", "table"]
"""``choice``: one of ``choices``; ``pick``: a name that the program offers at run time; ``list``: texts; ``table``: JSON object."""

_TYPES: dict[str, type] = {"switch": bool, "integer": int, "decimal": float, "list": list, "table": dict}


@dataclass(frozen=True)
class Setting:
    """One row: what is stored under ``key`` and how people see it; without ``section`` it is kept but not shown."""

    key: str
    kind: Kind
    default: Any
    label: str = ""
    help: str = ""
    section: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    automatic: str = ""

    def accepts(self, value: Any) -> bool:
        """True if ``value`` has the type and range of this setting."""
        wanted = _TYPES.get(self.kind, str)
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            return False
        if self.kind == "choice":
            return value in dict(self.choices)
        if self.kind in ("integer", "decimal"):
            return math.isfinite(value) and self.low <= value <= self.high
        return self.kind != "list" or all(isinstance(item, str) for item in value)


def _tr(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)


APPEARANCE = QT_TRANSLATE_NOOP("Settings", "Appearance")
CANVAS = QT_TRANSLATE_NOOP("Settings", "Canvas")
LISTENING = QT_TRANSLATE_NOOP("Settings", "Listening")
GENERATION = QT_TRANSLATE_NOOP("Settings", "Generation")
FILES = QT_TRANSLATE_NOOP("Settings", "Files")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "appearance.theme",
        "choice",
        "dark",
        QT_TRANSLATE_NOOP("Settings", "Theme"),
        QT_TRANSLATE_NOOP("Settings", "Colours of the window. The canvas stays dark in both."),
        APPEARANCE,
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "As the system")),
            ("dark", QT_TRANSLATE_NOOP("Settings", "Dark")),
            ("light", QT_TRANSLATE_NOOP("Settings", "Light")),
        ),
    ),
    Setting(
        "language",
        "choice",
        "system",
        QT_TRANSLATE_NOOP("Settings", "Language"),
        QT_TRANSLATE_NOOP("Settings", "Takes effect at the next start."),
        APPEARANCE,
        choices=(("system", QT_TRANSLATE_NOOP("Settings", "As the system")), ("en", "English")),
    ),
    Setting(
        "canvas.colour_map",
        "choice",
        "inferno",
        QT_TRANSLATE_NOOP("Settings", "Colour map"),
        QT_TRANSLATE_NOOP("Settings", "All maps rise evenly in lightness; Cividis looks alike with and without colour blindness."),
        CANVAS,
        choices=(
            ("inferno", QT_TRANSLATE_NOOP("Settings", "Inferno")),
            ("cividis", QT_TRANSLATE_NOOP("Settings", "Cividis (colour-blind friendly)")),
            ("viridis", QT_TRANSLATE_NOOP("Settings", "Viridis")),
            ("magma", QT_TRANSLATE_NOOP("Settings", "Magma")),
            ("grey", QT_TRANSLATE_NOOP("Settings", "Grey, loud is white")),
            ("grey-inverse", QT_TRANSLATE_NOOP("Settings", "Grey, loud is black")),
        ),
    ),
    Setting(
        "canvas.floor_db",
        "decimal",
        -80.0,
        QT_TRANSLATE_NOOP("Settings", "Quietest level"),
        QT_TRANSLATE_NOOP("Settings", "Level of the first colour; everything below looks the same."),
        CANVAS,
        low=-140.0,
        high=50.0,
        unit="dB",
    ),
    Setting(
        "canvas.top_db",
        "decimal",
        10.0,
        QT_TRANSLATE_NOOP("Settings", "Loudest level"),
        QT_TRANSLATE_NOOP("Settings", "Level of the last colour; everything above looks the same."),
        CANVAS,
        low=-130.0,
        high=60.0,
        unit="dB",
    ),
    Setting(
        "canvas.show_confidence",
        "switch",
        False,
        QT_TRANSLATE_NOOP("Settings", "Show confidence"),
        QT_TRANSLATE_NOOP("Settings", "Veils the cells of which the model is least sure."),
        CANVAS,
    ),
    Setting(
        "canvas.live_preview",
        "switch",
        True,
        QT_TRANSLATE_NOOP("Settings", "Draw while generating"),
        QT_TRANSLATE_NOOP("Settings", "Shows the spectrogram after each step. Off saves a little time."),
        CANVAS,
    ),
    Setting(
        "listening.device",
        "pick",
        "",
        QT_TRANSLATE_NOOP("Settings", "Output device"),
        QT_TRANSLATE_NOOP("Settings", "Where takes are played."),
        LISTENING,
        automatic=QT_TRANSLATE_NOOP("Settings", "System default"),
    ),
    Setting(
        "listening.auto_play",
        "switch",
        True,
        QT_TRANSLATE_NOOP("Settings", "Play new takes"),
        QT_TRANSLATE_NOOP("Settings", "Starts playing as soon as the first take of a run is ready."),
        LISTENING,
    ),
    Setting(
        "listening.playhead_returns",
        "switch",
        True,
        QT_TRANSLATE_NOOP("Settings", "Playhead returns on stop"),
        QT_TRANSLATE_NOOP("Settings", "Off: playing goes on where it was stopped."),
        LISTENING,
    ),
    Setting(
        "listening.match_loudness",
        "switch",
        True,
        QT_TRANSLATE_NOOP("Settings", "Match loudness when comparing"),
        QT_TRANSLATE_NOOP("Settings", "Plays A and B equally loud, so that the louder one does not win."),
        LISTENING,
    ),
    Setting(
        "generation.pack",
        "pick",
        "",
        QT_TRANSLATE_NOOP("Settings", "Model pack"),
        QT_TRANSLATE_NOOP("Settings", "The model that draws new takes."),
        GENERATION,
        automatic=QT_TRANSLATE_NOOP("Settings", "The built-in pack"),
    ),
    Setting(
        "generation.device",
        "choice",
        "auto",
        QT_TRANSLATE_NOOP("Settings", "Compute on"),
        QT_TRANSLATE_NOOP("Settings", "Automatic takes a graphics processor only if the pack runs on it."),
        GENERATION,
        choices=(
            ("auto", QT_TRANSLATE_NOOP("Settings", "Automatic")),
            ("cpu", QT_TRANSLATE_NOOP("Settings", "Processor (CPU)")),
            ("cuda", QT_TRANSLATE_NOOP("Settings", "NVIDIA graphics processor (CUDA)")),
            ("mps", QT_TRANSLATE_NOOP("Settings", "Apple graphics processor (MPS)")),
        ),
    ),
    Setting(
        "generation.threads",
        "integer",
        0,
        QT_TRANSLATE_NOOP("Settings", "Processor threads"),
        QT_TRANSLATE_NOOP("Settings", "Automatic leaves one core to the window and to playing."),
        GENERATION,
        low=0,
        high=256,
        automatic=QT_TRANSLATE_NOOP("Settings", "Automatic"),
    ),
    Setting(
        "project.autosave_s",
        "integer",
        60,
        QT_TRANSLATE_NOOP("Settings", "Recovery copy every"),
        QT_TRANSLATE_NOOP("Settings", "Of unsaved changes, also made after each take. Your project file is written only when you save."),
        FILES,
        low=10,
        high=3600,
        unit="s",
    ),
    Setting(
        "files.drag_folder",
        "folder",
        "",
        QT_TRANSLATE_NOOP("Settings", "Folder of dragged sounds"),
        QT_TRANSLATE_NOOP("Settings", "Takes dragged into other programs are written here first and stay here."),
        FILES,
        automatic=QT_TRANSLATE_NOOP("Settings", "Melbrush in your music folder"),
    ),
    Setting(
        "export.originator",
        "text",
        "",
        QT_TRANSLATE_NOOP("Settings", "Originator"),
        QT_TRANSLATE_NOOP("Settings", "Your name or studio, written into exported files."),
        FILES,
    ),
    Setting(
        "export.creator_id",
        "text",
        "",
        QT_TRANSLATE_NOOP("Settings", "Creator ID"),
        QT_TRANSLATE_NOOP("Settings", "Short code for file names after the Universal Category System."),
        FILES,
    ),
    # Linear gain; the transport bar shows it.
    Setting("listening.volume", "decimal", 1.0, low=0.0, high=1.0),
    Setting("export.settings", "table", {}),
    Setting("project.recent", "list", []),
    Setting("shortcuts", "table", {}),
    Setting("window.geometry", "text", ""),
    Setting("window.splitter", "text", ""),
)

BY_KEY: dict[str, Setting] = {setting.key: setting for setting in SETTINGS}


class Settings(QObject):
    """Typed values on an INI file; a value that cannot be read counts as not set.

    ``changed`` carries the key and the new value, also after a reset. Without ``path`` the file lies in the user's configuration folder.
    """

    changed = Signal(str, object)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if path is None:
            self._store = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Melbrush", "Melbrush")
        else:
            self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, key: str) -> Any:
        """The stored value or the default; KeyError for unknown keys."""
        setting = BY_KEY[key]
        try:
            value = json.loads(str(self._store.value(key, "")))
        except (ValueError, RecursionError):
            value = setting.default
        if not setting.accepts(value):
            value = setting.default
        return _fresh(float(value) if setting.kind == "decimal" else value)

    def set(self, key: str, value: Any) -> None:
        """Stores ``value``; KeyError for unknown keys, ValueError for values that the setting does not accept."""
        if not BY_KEY[key].accepts(value):
            raise ValueError(f"{key} cannot be {value!r}")
        if value != self.get(key):
            # JSON, because an INI file turns every value into text and a list of one into a plain text.
            self._store.setValue(key, json.dumps(value))
            self.changed.emit(key, self.get(key))

    def is_default(self, key: str) -> bool:
        """True if the value is the one of a fresh installation."""
        return self.get(key) == BY_KEY[key].default

    def reset(self, key: str) -> None:
        """Back to the default; KeyError for unknown keys."""
        before = self.get(key)
        self._store.remove(key)
        if before != BY_KEY[key].default:
            self.changed.emit(key, self.get(key))

    def reset_all(self) -> None:
        """Every setting that the preferences show goes back to its default; recent files and the layout stay."""
        for setting in SETTINGS:
            if setting.section:
                self.reset(setting.key)

    def save(self) -> None:
        """Writes to the disk now."""
        self._store.sync()


def _fresh(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, list | dict) else value


def remember_recent(settings: Settings, path: Path, limit: int = 10) -> None:
    """Puts ``path`` first in the list of recent projects."""
    others = [known for known in settings.get("project.recent") if known != str(path)]
    settings.set("project.recent", [str(path), *others][:limit])


def label_of(setting: Setting) -> str:
    """Name of a setting in the user's language."""
    return _tr(setting.label)


def help_of(setting: Setting) -> str:
    """Help text of a setting in the user's language."""
    return _tr(setting.help)


def automatic_of(setting: Setting) -> str:
    """What the empty value or zero is called in the user's language."""
    return _tr(setting.automatic)


def choices_of(setting: Setting) -> list[tuple[str, str]]:
    """Values and their names in the user's language."""
    return [(value, _tr(name)) for value, name in setting.choices]


def sections() -> list[str]:
    """Sections in the order of the table, untranslated."""
    return list(dict.fromkeys(setting.section for setting in SETTINGS if setting.section))


def section_name(section: str) -> str:
    """Name of a section in the user's language."""
    return _tr(section)
