"""What each command of the menus and keys does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.edit_panel import ACTIONS
from gui.tools import PAINT_TOOLS

if TYPE_CHECKING:
    from gui.studio import Studio

_JUMP_S = 1.0


def connect_commands(studio: Studio) -> None:
    """Connects the actions of the window with what they do."""
    window, canvas, listening = studio.window, studio.window.canvas, studio.listening
    paint, panel = studio.paint, studio.window.edit_panel
    commands = {
        "play.toggle": listening.toggle,
        "play.selection": lambda: listening.play_region(studio.session.document.selection),
        "play.loop": lambda: listening.set_looping(not listening.looping),
        "play.loop_selection": studio.loop_selection,
        "play.start": lambda: listening.seek(0.0),
        "play.end": lambda: listening.seek(listening.duration_s),
        "play.back": lambda: listening.seek(studio.player.position_s - _JUMP_S),
        "play.forward": lambda: listening.seek(studio.player.position_s + _JUMP_S),
        "play.ab": listening.toggle_side,
        "play.playhead_returns": lambda: studio.preferences.flip("listening.playhead_returns"),
        "view.zoom_in": canvas.zoom_in,
        "view.zoom_normal": canvas.fit,
        "view.zoom_out": canvas.zoom_out,
        "view.zoom_selection": lambda: studio.session.document.selection and canvas.zoom_to(studio.session.document.selection),
        "view.fit": canvas.fit,
        "view.confidence": lambda: studio.preferences.flip("canvas.show_confidence"),
        "view.history": lambda: window.show_side(window.side_tabs.isHidden()),
        "view.full_screen": lambda: window.showNormal() if window.isFullScreen() else window.showFullScreen(),
        "view.zoom_toggle": studio.toggle_zoom,
        "tool.pointer": partial(paint.choose_tool, "select"),
        **{f"tool.{name}": partial(paint.choose_tool, name) for name in ("hand", *PAINT_TOOLS)},
        "brush.smaller": partial(paint.resize_brush, -1),
        "brush.larger": partial(paint.resize_brush, 1),
        "mask.show": paint.flip_paint,
        **{f"mask.{name}": partial(panel.request, name) for name in ("invert", "grow", "shrink", "feather", "clear")},
        **{f"edit.{name}": partial(panel.request, name) for name in ACTIONS},
        "select.all": studio.select_all,
        "select.none": lambda: studio.session.change(studio.tr("Select nothing"), selection=None),
        "edit.undo": studio.session.undo,
        "edit.redo": studio.session.redo,
        "run.generate": studio.run,
        "run.generate_first": studio.generate,
        "run.cancel": studio.controller.cancel,
        "run.cancel_all": studio.controller.cancel,
        "run.older_prompt": lambda: window.prompt_bar.browse(-1),
        "run.newer_prompt": lambda: window.prompt_bar.browse(1),
        "run.focus_prompt": window.prompt_bar.focus_prompt,
        "file.new": studio.projects.new,
        "file.open": studio.projects.open,
        "file.save": studio.projects.save,
        "file.save_as": studio.projects.save_as,
        "file.import": studio.projects.import_sounds,
        "file.export": lambda: studio.export([]),
        "file.packs": lambda: studio.dialogs.open_packs(),
        "file.train": lambda: studio.dialogs.training_wizard.open_wizard(),
        "file.preferences": lambda: studio.dialogs.open_preferences(),
        "file.quit": studio.projects.close,
        "help.shortcuts": lambda: studio.dialogs.shortcut_sheet.open_sheet(),
        "help.demo": studio.open_demo,
        "help.about": studio.dialogs.about,
        **{f"take.variation_{n}": partial(studio.show_variation, n) for n in range(1, 5)},
    }
    for command, action in window.actions_by_id.items():
        if command in commands:
            action.triggered.connect(lambda _=False, call=commands[command]: call())
