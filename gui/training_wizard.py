"""The training wizard: from a folder of own sounds to a pack, in four pages; asks, and does nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.dialog_parts import show_beside
from gui.messages import announce
from gui.shortcuts import pass_focus
from gui.theme import SPACE
from gui.training_folder_page import FolderPage
from gui.training_parts import button, card, say, text_label
from gui.training_run_page import RunPage
from gui.training_sounds_page import SoundsPage

FOLDER, SOUNDS, RUN, DONE = range(4)


class DonePage(QWidget):
    """Last page: the pack is there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pack_id = ""
        frame, column = card(self.tr("Your pack is ready"))
        self.title, self.text = text_label("", "title"), text_label()
        hint = self.tr("It is installed beside the other packs: “Packs…” in the menu “File” shows it, checks it and deletes it.")
        for part in (self.title, self.text, text_label(hint, "muted")):
            column.addWidget(part)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        whole.addStretch(1)

    def show_pack(self, pack_id: str, name: str, in_use: bool) -> None:
        """Name and id of the pack, and whether it draws already."""
        self.pack_id = pack_id
        self.title.setText(name)
        self.text.setText(self.tr("New takes are drawn with it now.") if in_use else self.tr("Use it now, or choose it whenever you like."))


class TrainingWizard(QDialog):
    """Pages and the buttons under them.

    The pages tell what people want; besides, ``shown`` asks for what is known, ``begin_asked`` starts to train on what was counted,
    ``discard_asked`` gives that up, ``use_asked`` carries the id of the new pack and ``again_asked`` goes back to the beginning.
    """

    shown = Signal()
    begin_asked = Signal()
    discard_asked = Signal()
    use_asked = Signal(str)
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_wizard")
        self.setWindowTitle(self.tr("Bring your own sounds"))
        self.resize(116 * SPACE, 88 * SPACE)
        self.folder, self.sounds, self.run, self.done_page = FolderPage(), SoundsPage(), RunPage(), DonePage()
        self.pages = QStackedWidget()
        for page in (self.folder, self.sounds, self.run, self.done_page):
            self.pages.addWidget(page)
        self._names = (self.tr("1  Folder"), self.tr("2  What will be used"), self.tr("3  Training"), self.tr("4  Done"))
        self._heads = [text_label(name, "muted") for name in self._names]
        self.back = button("", self.tr("Back"), self.tr("To the first page; what was counted is forgotten"))
        self.next = button("", self.tr("Next"), self.tr("Look at what will be used"), primary=True)
        self.begin = button("", self.tr("Start training"), self.tr("Train in the background; the window stays free"), primary=True)
        self.use = button("check", self.tr("Use this pack"), self.tr("Draw new takes with it"), primary=True)
        self.again = button("", self.tr("Train another pack"), self.tr("Back to the first page"))
        self.close_button = button("", self.tr("Close"), self.tr("Closes this window (Esc); a training goes on in the background"))
        self._lay_out()
        self._connect()
        self.show_page(FOLDER)

    @property
    def page(self) -> int:
        """FOLDER, SOUNDS, RUN or DONE."""
        return self.pages.currentIndex()

    def open_wizard(self) -> None:
        """Shows the window where it was left."""
        show_beside(self)

    def show_page(self, page: int) -> None:
        """Turns to a page; the focus goes to what comes next there."""
        turned = page != self.page
        self.pages.setCurrentIndex(page)
        for number, head in enumerate(self._heads):
            say(head, self._names[number], "value" if number == page else "muted")
        shown = {FOLDER: (self.next,), SOUNDS: (self.back, self.begin), RUN: (), DONE: (self.again, self.use)}[page]
        for part in (self.back, self.next, self.begin, self.use, self.again):
            part.setVisible(part in shown)
        self.set_ready(False)
        if turned:
            first = {FOLDER: self.folder.path, SOUNDS: self.back, RUN: self.run.pause, DONE: self.use}[page]
            first.setFocus()
            announce(self, self._names[page])

    def set_ready(self, ready: bool) -> None:
        """Whether a training can begin with what was counted."""
        self.begin.setEnabled(ready)
        if ready and self.back.hasFocus():
            self.begin.setFocus()

    def show_pack(self, pack_id: str, name: str, in_use: bool) -> None:
        """The last page with the pack that was made."""
        self.done_page.show_pack(pack_id, name, in_use)
        self.show_page(DONE)
        if in_use and self.use.hasFocus():
            pass_focus(self.close_button)
        self.use.setEnabled(not in_use)

    def showEvent(self, event: QShowEvent) -> None:
        """What is unfinished may have changed."""
        super().showEvent(event)
        self.shown.emit()

    def _connect(self) -> None:
        self.next.clicked.connect(self.folder.ask_next)
        self.begin.clicked.connect(self.begin_asked)
        self.back.clicked.connect(self.discard_asked)
        self.use.clicked.connect(lambda: self.use_asked.emit(self.done_page.pack_id))
        self.again.clicked.connect(self.again_asked)
        self.close_button.clicked.connect(self.close)

    def _lay_out(self) -> None:
        heads, bottom = QHBoxLayout(), QHBoxLayout()
        heads.setSpacing(3 * SPACE)
        for head in self._heads:
            head.setWordWrap(False)
            heads.addWidget(head)
        heads.addStretch(1)
        bottom.setSpacing(SPACE)
        bottom.addWidget(text_label(self.tr("Your sounds stay on this computer: nothing is sent anywhere."), "muted"), 1)
        for part in (self.close_button, self.again, self.back, self.next, self.begin, self.use):
            bottom.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(heads)
        column.addWidget(self.pages, 1)
        column.addLayout(bottom)
