"""Packs between their window and the worker that reads, checks and fetches them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from engine.jobs import (
    CopyPack,
    DeletePack,
    DownloadPack,
    DownloadProgress,
    FindPack,
    ListPacks,
    PackDeleted,
    PackFound,
    PackInfo,
    PackInstalled,
    PackOffer,
    PacksListed,
    PackVerified,
    VerifyPack,
)
from engine.types import Failed
from gui.pack_manager import PackManager
from gui.worker import Cancelled, Worker


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class PackDesk(QObject):
    """Carries the wishes of a PackManager to a worker of file jobs, and its answers back; one wish at a time.

    ``pack_installed`` and ``pack_deleted`` carry an id, ``pack_chosen`` the id of the pack that the user wants to use. The worker is best
    one of its own: a download takes minutes, and what waits behind it, waits.
    """

    pack_installed = Signal(str)
    pack_deleted = Signal(str)
    pack_chosen = Signal(str)

    def __init__(
        self,
        manager: PackManager,
        worker: Worker,
        packs: Path,
        in_use: str,
        open_folder: Callable[[Path], None] = _open_folder,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._manager, self._worker, self._packs, self._in_use = manager, worker, packs, in_use
        self._open_folder = open_folder
        self._listed: tuple[PackInfo, ...] = ()
        self._list_ticket = self._ticket = 0
        self._current = ""
        manager.set_folder(packs)
        worker.event.connect(self._event)
        manager.refresh_asked.connect(self.refresh)
        manager.pack_chosen.connect(self.pack_chosen)
        manager.verify_asked.connect(self._verify)
        manager.reveal_asked.connect(self._reveal)
        manager.delete_asked.connect(self._delete)
        manager.look_asked.connect(self._look)
        manager.download_asked.connect(self._download)
        manager.copy_asked.connect(self._copy)
        manager.cancel_asked.connect(self.cancel)

    @property
    def busy(self) -> bool:
        """True while something is fetched, copied, checked or deleted."""
        return self._ticket != 0

    def set_in_use(self, pack_id: str) -> None:
        """The pack that draws now."""
        self._in_use = pack_id
        self._manager.show_packs(self._listed, pack_id)

    @Slot()
    def refresh(self) -> None:
        """Looks which packs are installed."""
        self._list_ticket = self._worker.submit(ListPacks(self._packs), first=True)

    @Slot()
    def cancel(self) -> None:
        """Stops what runs; what has come is kept."""
        if self._ticket:
            self._worker.cancel(self._ticket)

    @Slot(str)
    def _verify(self, pack_id: str) -> None:
        self._ask(VerifyPack(self._folder(pack_id)), self.tr("Checking every file of {}…").format(pack_id), stoppable=False)

    @Slot(str)
    def _reveal(self, pack_id: str) -> None:
        if not pack_id:
            # Nothing was put there yet.
            with suppress(OSError):
                self._packs.mkdir(parents=True, exist_ok=True)
        self._open_folder(self._folder(pack_id) if pack_id else self._packs)

    @Slot(str)
    def _delete(self, pack_id: str) -> None:
        self._ask(DeletePack(self._packs, pack_id), self.tr("Deleting {}…").format(pack_id), stoppable=False)

    @Slot(str)
    def _look(self, repo: str) -> None:
        self._ask(FindPack(repo, self._packs), self.tr("Asking the hub…"))

    @Slot(object)
    def _download(self, offer: PackOffer) -> None:
        self._ask(DownloadPack(offer, self._packs), self.tr("Connecting to {}…").format(offer.host))

    @Slot(object)
    def _copy(self, source: Path) -> None:
        self._ask(CopyPack(source, self._packs), self.tr("Copying {}…").format(source.name))

    def _folder(self, pack_id: str) -> Path:
        """Where a pack of the list lies, which need not be where new ones go."""
        return next((pack.folder for pack in self._listed if pack.id == pack_id), self._packs / pack_id)

    def _ask(self, job: Any, sentence: str, stoppable: bool = True) -> None:
        if not self.busy:
            self._manager.show_busy(sentence, stoppable)
            self._ticket = self._worker.submit(job)

    @Slot(int, object)
    def _event(self, ticket: int, event: Any) -> None:
        if ticket == self._list_ticket and isinstance(event, PacksListed):
            self._listed = event.packs
            self._manager.show_packs(event.packs, self._in_use, self._current)
            self._current = ""
        if ticket == self._ticket and ticket:
            self._answer(event)

    def _answer(self, event: Any) -> None:
        if not isinstance(event, DownloadProgress):
            self._ticket = 0
        match event:
            case DownloadProgress():
                self._manager.show_progress(event)
            case PackFound(offer=offer):
                self._manager.show_offer(offer)
            case PackVerified(pack_id=pack_id, hash=digest):
                self._manager.show_done(self.tr("{} is whole ({}).").format(pack_id, digest))
            case PackDeleted(pack_id=pack_id):
                self._manager.show_done(self.tr("{} is deleted.").format(pack_id))
                self.refresh()
                self.pack_deleted.emit(pack_id)
            case PackInstalled(pack_id=pack_id, name=name):
                self._manager.show_done(self.tr("“{}” is installed as {}.").format(name, pack_id))
                self._current = pack_id
                self.refresh()
                self.pack_installed.emit(pack_id)
            case Cancelled():
                self._manager.show_stopped()
            case Failed(message=message):
                self._manager.show_error(message)
                self.refresh()
