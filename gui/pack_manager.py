"""The window of packs: what is installed, what can be done to it, and getting more, after saying what would be fetched from where."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from engine.jobs import DownloadProgress, PackInfo, PackOffer
from gui.dialog_parts import text_button
from gui.icons import icon
from gui.messages import announce
from gui.pack_views import PackCard, PackList, megabytes
from gui.theme import SPACE

_BAR_STEPS = 1000


class GetCard(QFrame):
    """Getting a pack from the hub: the repository, what it would bring, how far it is.

    ``look_asked`` carries what was typed, ``download_asked`` the PackOffer that was agreed to.
    """

    look_asked = Signal(str)
    download_asked = Signal(object)
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._offer: PackOffer | None = None
        self._begun = False
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("owner/name, or the address of its page on huggingface.co"))
        self.field.setAccessibleName(self.tr("Repository"))
        self.field.setToolTip(self.tr("The repository of the pack on the Hugging Face hub (Enter: look)"))
        self.look = text_button(self.tr("Look"), self.tr("Ask the hub what this pack consists of; fetches nothing else"), "search")
        self.download = text_button(self.tr("Download"), self.tr("Fetch these files now"), "import")
        self.download.setIcon(icon("import", "on_accent"))
        self.download.setProperty("role", "primary")
        self.cancel = text_button(self.tr("Cancel"), self.tr("Stop; what has come is kept"), "cancel")
        self.text, self.bar = QLabel(), QProgressBar()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setMinimumHeight(5 * SPACE)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self._lay_out()
        self.field.textEdited.connect(lambda _text: self.show_start())
        self.field.returnPressed.connect(self._look)
        self.look.clicked.connect(self._look)
        self.download.clicked.connect(self._download)
        self.cancel.clicked.connect(self.cancel_asked)
        self.show_start()

    def show_start(self) -> None:
        """Nothing runs and nothing was found yet."""
        self._offer, self._begun = None, False
        self._say(self.tr("Only the list of files is asked for; nothing is fetched before you agree."), "muted")
        self._show(bar=False, cancel=False)

    def show_offer(self, offer: PackOffer) -> None:
        """Says what would be fetched from where, and offers to do it."""
        self._offer, self._begun = offer, offer.kept_bytes > 0
        place = f"{offer.host}/{offer.repo}"
        text = self.tr("“{}”: {} files, {} MB, from {}. It will be called {}. Nothing of your work is sent.")
        text = text.format(offer.name, len(offer.files), megabytes(offer.total_bytes), place, offer.pack_id)
        if offer.kept_bytes:
            text += " " + self.tr("{} MB of it are here already.").format(megabytes(offer.kept_bytes))
        self._say(text)
        self.text.setToolTip("\n".join(self.tr("{}  {} MB").format(file.name, megabytes(file.size_bytes)) for file in offer.files))
        self._show(bar=False, cancel=False)
        announce(self, text)

    def show_busy(self, text: str, stoppable: bool = True) -> None:
        """Something runs of which nobody knows how long it takes."""
        self._say(text, "muted")
        self.bar.setRange(0, 0)
        self._show(bar=True, cancel=True)
        self.cancel.setEnabled(stoppable)

    def show_progress(self, progress: DownloadProgress) -> None:
        """How far it is."""
        if progress.total_bytes <= 0:
            self.show_busy(self.tr("Asking the hub…") if progress.phase == "connecting" else self.tr("The hub is busy; trying again…"))
            return
        self.bar.setRange(0, _BAR_STEPS)
        self.bar.setValue(round(_BAR_STEPS * progress.done_bytes / progress.total_bytes))
        self._say(self._numbers(progress), "muted")
        self._show(bar=True, cancel=True)
        self.cancel.setEnabled(True)

    def show_stopped(self) -> None:
        """The user has stopped it; what was agreed to can go on."""
        self._after(self.tr("Stopped. What has come is kept.") if self._begun else self.tr("Stopped."), "muted")

    def show_error(self, sentence: str) -> None:
        """What went wrong; a download can be tried again."""
        self._after(sentence, "danger")
        announce(self, sentence, assertive=True)

    def show_done(self, sentence: str) -> None:
        """It is finished."""
        self._offer, self._begun = None, False
        self.field.clear()
        self._after(sentence, "value")
        announce(self, sentence)

    def _after(self, sentence: str, role: str) -> None:
        self._say(sentence, role)
        self._show(bar=False, cancel=False)

    def _numbers(self, progress: DownloadProgress) -> str:
        done = self.tr("{} of {} MB").format(megabytes(progress.done_bytes), megabytes(progress.total_bytes))
        return " · ".join(part for part in (done, *self._details(progress), progress.file) if part)

    def _details(self, progress: DownloadProgress) -> tuple[str, ...]:
        match progress.phase:
            case "connecting":
                return (self.tr("waiting for an answer"),)
            case "retrying":
                return (self.tr("the connection was lost, trying again"),)
            case "checking":
                return (self.tr("checking"),)
        if progress.bytes_per_s <= 0:
            return ()
        left_s = (progress.total_bytes - progress.done_bytes) / progress.bytes_per_s
        left = self.tr("{} min left").format(round(left_s / 60)) if left_s >= 90 else self.tr("{} s left").format(round(left_s))
        return self.tr("{} MB/s").format(f"{progress.bytes_per_s / 1e6:,.1f}"), left

    def _say(self, text: str, role: str = "value") -> None:
        self.text.setText(text)
        self.text.setToolTip("")
        if self.text.property("role") != role:
            self.text.setProperty("role", role)
            self.text.style().polish(self.text)

    def _show(self, bar: bool, cancel: bool) -> None:
        focused = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        if self._offer is not None:
            size = megabytes(self._offer.total_bytes)
            self.download.setText(self.tr("Resume") if self._begun else self.tr("Download {} MB").format(size))
        self.bar.setVisible(bar)
        self.cancel.setVisible(cancel)
        self.download.setVisible(not cancel and self._offer is not None)
        self.field.setReadOnly(cancel)
        self.look.setEnabled(not cancel)
        if focused and (self.focusWidget() is None or not self.focusWidget().isVisibleTo(self) or not self.focusWidget().isEnabled()):
            (self.cancel if cancel else self.field).setFocus()

    def _look(self) -> None:
        if self.look.isEnabled() and self.field.text().strip():
            self.look_asked.emit(self.field.text().strip())

    def _download(self) -> None:
        self._begun = True
        self.download_asked.emit(self._offer)

    def _lay_out(self) -> None:
        name, line = QLabel(self.tr("Get a pack")), QFrame()
        name.setBuddy(self.field)
        line.setProperty("role", "line")
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(kept)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(2 * SPACE)
        bottom.setSpacing(SPACE)
        top.addWidget(name)
        top.addWidget(self.field, 1)
        top.addWidget(self.look)
        bottom.addWidget(self.text, 1)
        bottom.addWidget(self.download)
        bottom.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addSpacing(SPACE)
        column.addWidget(line)
        column.addLayout(bottom)
        column.addWidget(self.bar)


class PackManager(QDialog):
    """Packs to use, verify, show, delete, get and copy in; asks, and does nothing itself.

    ``pack_chosen``, ``verify_asked``, ``reveal_asked`` (empty: the folder of all packs) and ``delete_asked`` carry an id, ``look_asked``
    what was typed as a repository, ``download_asked`` a PackOffer, ``copy_asked`` a Path.
    """

    refresh_asked = Signal()
    pack_chosen = Signal(str)
    verify_asked = Signal(str)
    reveal_asked = Signal(str)
    delete_asked = Signal(str)
    look_asked = Signal(str)
    download_asked = Signal(object)
    copy_asked = Signal(object)
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pack_manager")
        self.setWindowTitle(self.tr("Packs"))
        self.resize(112 * SPACE, 80 * SPACE)
        self._packs: tuple[PackInfo, ...] = ()
        self._in_use = ""
        self.list, self.card, self.get = PackList(), PackCard(), GetCard()
        self.copy_in = text_button(self.tr("Copy in from a folder…"), self.tr("Choose a folder with a pack.json; it is checked"), "folder")
        self.open_folder = text_button(self.tr("Open the folder of packs"), self.tr("Where all packs lie"), "reveal")
        self.close_button = text_button(self.tr("Close"), self.tr("Closes this window (Esc); a download goes on"))
        self.place = QLabel()
        self.place.setProperty("role", "muted")
        self.place.setTextFormat(Qt.TextFormat.PlainText)
        self.place.setWordWrap(True)
        self._lay_out()
        self._connect()
        self.show_packs((), "")

    def show_packs(self, packs: tuple[PackInfo, ...], in_use: str, current: str = "") -> None:
        """All installed packs and the id of the one in use; stands on ``current``, or where it stood."""
        self._packs, self._in_use = packs, in_use
        shown = current or self.current()
        self.list.show_packs(packs, in_use, shown if any(pack.id == shown for pack in packs) else in_use)
        self._show_current()

    def set_folder(self, folder: Path) -> None:
        """The folder of packs, for people who download elsewhere."""
        self.place.setText(self.tr("Downloaded elsewhere? Put the folder that holds the pack.json into {}.").format(folder))

    def show_offer(self, offer: PackOffer) -> None:
        """What was found, to agree to."""
        self._set_busy(False)
        self.get.show_offer(offer)

    def show_busy(self, sentence: str, stoppable: bool = True) -> None:
        """Something runs."""
        self._set_busy(True)
        self.get.show_busy(sentence, stoppable)

    def show_progress(self, progress: DownloadProgress) -> None:
        """How far it is."""
        self._set_busy(True)
        self.get.show_progress(progress)

    def show_stopped(self) -> None:
        """The user has stopped it."""
        self._set_busy(False)
        self.get.show_stopped()

    def show_error(self, sentence: str) -> None:
        """What went wrong, in one sentence."""
        self._set_busy(False)
        self.get.show_error(sentence)

    def show_done(self, sentence: str) -> None:
        """What was done, in one sentence."""
        self._set_busy(False)
        self.get.show_done(sentence)

    def current(self) -> str:
        """Id of the pack on the card, empty without one."""
        pack = self._at(self.list.currentRow())
        return pack.id if pack else ""

    def showEvent(self, event: QShowEvent) -> None:
        """Packs may have come while nobody looked."""
        super().showEvent(event)
        self.refresh_asked.emit()

    def _at(self, row: int) -> PackInfo | None:
        return self._packs[row] if 0 <= row < len(self._packs) else None

    def _show_current(self) -> None:
        pack = self._at(self.list.currentRow())
        self.card.show_pack(pack, pack is not None and pack.id == self._in_use)

    def _set_busy(self, busy: bool) -> None:
        self.card.set_busy(busy)
        self.copy_in.setEnabled(not busy)

    def _use(self, pack_id: str) -> None:
        if self.card.use.isEnabled() and pack_id == self.current():
            self.pack_chosen.emit(pack_id)

    def _ask_delete(self, pack_id: str) -> None:
        pack = next(pack for pack in self._packs if pack.id == pack_id)
        box = QMessageBox(self)
        box.setObjectName("DeleteQuestion")
        box.setIcon(QMessageBox.Icon.Question)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setText(self.tr("Delete the pack “{}”?").format(pack.name))
        size = megabytes(pack.size_bytes)
        box.setInformativeText(self.tr("{} MB in {} are removed for good. Takes that it made stay.").format(size, pack.folder))
        delete = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        delete.clicked.connect(lambda: self.delete_asked.emit(pack_id))
        box.open()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a folder with a pack.json"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.copy_asked.emit(Path(name)))
        dialog.open()

    def _connect(self) -> None:
        self.list.chosen.connect(lambda _id: self._show_current())
        self.list.opened.connect(self._use)
        self.card.use_asked.connect(self.pack_chosen)
        self.card.verify_asked.connect(self.verify_asked)
        self.card.reveal_asked.connect(self.reveal_asked)
        self.card.delete_asked.connect(self._ask_delete)
        self.get.look_asked.connect(self.look_asked)
        self.get.download_asked.connect(self.download_asked)
        self.get.cancel_asked.connect(self.cancel_asked)
        self.copy_in.clicked.connect(self._choose_folder)
        self.open_folder.clicked.connect(lambda: self.reveal_asked.emit(""))
        self.close_button.clicked.connect(self.close)

    def _lay_out(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for row in (top, bottom):
            row.setSpacing(2 * SPACE if row is top else SPACE)
        top.addWidget(self.list)
        top.addWidget(self.card, 1)
        bottom.addWidget(self.copy_in)
        bottom.addWidget(self.open_folder)
        bottom.addStretch(1)
        bottom.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(top, 1)
        column.addWidget(self.get)
        column.addWidget(self.place)
        column.addLayout(bottom)
