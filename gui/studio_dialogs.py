"""The windows beside the main one, made when they are first asked for: the main one shall be there at once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.pack_places import installed
from gui.dialog_parts import show_beside
from gui.worker import Worker, file_runner

if TYPE_CHECKING:
    from gui.export_dialog import ExportDialog
    from gui.output import DeviceInfo
    from gui.pack_manager import PackManager
    from gui.settings_dialog import SettingsDialog
    from gui.shortcut_sheet import ShortcutSheet
    from gui.studio import Studio
    from gui.training_desk import TrainingDesk
    from gui.training_wizard import TrainingWizard


class StudioDialogs(QObject):
    """Preferences, keys, packs, training, export and about of one studio."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self.downloads: Worker | None = None
        self.training: TrainingDesk | None = None

    def show_pack_in_use(self, pack: str) -> None:
        """Tells the list of packs, if there is one, which of them draws."""
        if self.downloads is not None:
            self.pack_desk.set_in_use(pack)

    def refresh_packs(self) -> None:
        """Looks again which packs are installed, if their list was ever opened."""
        if self.downloads is not None:
            self.pack_desk.refresh()

    def shut_down(self) -> None:
        """Ends what works behind the windows."""
        if self.downloads is not None:
            self.downloads.stop()
        if self.training is not None:
            self.training.close()

    @cached_property
    def settings_dialog(self) -> SettingsDialog:
        """The preferences."""
        from gui.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._studio.settings, self._studio.window)

        def offer(devices: list[DeviceInfo]) -> None:
            dialog.set_choices("listening.device", [(device.name, device.name) for device in devices])

        offer(self._studio.player.devices())
        self._studio.player.devices_changed.connect(offer)
        return dialog

    @cached_property
    def shortcut_sheet(self) -> ShortcutSheet:
        """The sheet of keys."""
        from gui.shortcut_sheet import ShortcutSheet

        return ShortcutSheet(self._studio.shortcuts, self._studio.window)

    @cached_property
    def pack_manager(self) -> PackManager:
        """The installed packs, with a worker of its own: a long download must not hold up saving."""
        from gui.downloads import PackDesk
        from gui.pack_manager import PackManager

        manager = PackManager(self._studio.window)
        self.downloads = Worker(file_runner, "packs", self)
        self.pack_desk = PackDesk(manager, self.downloads, self._studio.packs, self._studio.settings.get("generation.pack"))
        self.pack_desk.pack_chosen.connect(lambda pack: self._studio.settings.set("generation.pack", pack))
        return manager

    @cached_property
    def training_wizard(self) -> TrainingWizard:
        """From own sounds to a pack; the training itself is a process of its own."""
        from gui.training_desk import connected_training

        wizard, self.training = connected_training(self._studio)
        return wizard

    @cached_property
    def export_dialog(self) -> ExportDialog:
        """The export, with what was used last."""
        from gui.export_dialog import ExportDialog

        dialog = ExportDialog(self._studio.window)
        dialog.export_requested.connect(self._studio.projects.export)
        return dialog

    def open_packs(self) -> None:
        """Shows the installed packs."""
        show_beside(self.pack_manager)

    def open_preferences(self) -> None:
        """Shows the preferences, with the packs that are installed by now."""
        self.settings_dialog.set_choices("generation.pack", [(pack.name, pack.name) for pack in installed(self._studio.packs)])
        self.settings_dialog.open_preferences()

    def about(self) -> None:
        from PySide6.QtWidgets import QMessageBox

        from engine import __version__

        box = QMessageBox(self._studio.window)
        box.setWindowTitle(self.tr("About Melbrush"))
        box.setText(self.tr("Melbrush {}").format(__version__))
        pack = self._studio.controller.pack
        what = self.tr("Pack: {} ({}) on {}").format(pack.name, pack.hash, pack.device) if pack else ""
        box.setInformativeText(self.tr("Sound design on a mel spectrogram. Apache-2.0.") + "\n" + what)
        box.open()
