"""One row of the takes strip: the picture of the sound, its name, prompt and seed, and the marks on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.session.document import TakeEntry, TakeKind
from gui.icons import icon
from gui.take_model import ENTRY_ROLE, MARKS_ROLE, Marks, has_recipe, kind_text, seconds_text
from gui.theme import RADIUS, SPACE, Theme, current_theme, mix
from gui.thumbnails import ThumbnailCache

PICTURE_HEIGHT = 56
STAR_SIDE = 24
ICON_SIDE = 14
BADGE_SIDE = 20

KIND_ICONS: dict[TakeKind, str] = {
    "generated": "generate",
    "imported": "import",
    "branched": "branch",
    "kept": "check",
    "filled": "fill",
    "varied": "shuffle",
    "repaired": "repair",
    "extended": "extend",
    "restored": "restore-highs",
    "looped": "loop",
}

Index = QModelIndex | QPersistentModelIndex


def name_font(base: QFont) -> QFont:
    """Font of a take's name."""
    font = QFont(base)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def small_font(base: QFont) -> QFont:
    """Font of seed, kind and duration."""
    font = QFont(base)
    if base.pixelSize() > 0:
        font.setPixelSize(max(10, round(base.pixelSize() * 0.88)))
    else:
        font.setPointSizeF(base.pointSizeF() * 0.88)
    return font


@dataclass(frozen=True)
class CardLayout:
    """Places of all parts of a card in logical pixels."""

    card: QRect
    picture: QRect
    name: QRect
    star: QRect
    prompt: QRect
    facts: QRect

    @classmethod
    def of(cls, rect: QRect, font: QFont) -> CardLayout:
        """The parts of the card in the row ``rect``."""
        card = rect.adjusted(SPACE, SPACE // 2, -SPACE, -SPACE // 2)
        inner = card.adjusted(SPACE, SPACE, -SPACE, -SPACE)
        picture = QRect(inner.x(), inner.y(), max(1, inner.width()), PICTURE_HEIGHT)
        star = QRect(inner.right() + 1 - STAR_SIDE + 4, picture.bottom() + 1 + SPACE // 2, STAR_SIDE, STAR_SIDE)
        name = QRect(inner.x(), star.y(), star.x() - inner.x() - SPACE // 2, STAR_SIDE)
        prompt = QRect(inner.x(), name.bottom() + 1, inner.width(), QFontMetrics(font).height())
        facts = QRect(inner.x(), prompt.bottom() + 1 + SPACE // 2, inner.width(), QFontMetrics(small_font(font)).height())
        return cls(card, picture, name, star, prompt, facts)

    @staticmethod
    def height(font: QFont) -> int:
        """Height of a row with that font."""
        texts = QFontMetrics(font).height() + QFontMetrics(small_font(font)).height()
        return 3 * SPACE + PICTURE_HEIGHT + SPACE // 2 + STAR_SIDE + texts + SPACE // 2


class TakeCard(QStyledItemDelegate):
    """Paints rows of a ``TakeModel``; ``pulse`` 0..1 is the brightness of placeholders."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = current_theme()
        self.pulse = 0.0
        self.thumbnails = ThumbnailCache()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As wide as the list, all of the same height."""
        return QSize(120, CardLayout.height(option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws a take, or the place of one that is to come."""
        layout = CardLayout.of(option.rect, option.font)
        entry: TakeEntry | None = index.data(ENTRY_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry is None:
            self._paint_placeholder(painter, layout, option)
        else:
            marks: Marks = index.data(MARKS_ROLE)
            self._paint_card(painter, layout.card, option.state, marks)
            self._paint_picture(painter, layout.picture, entry)
            self._paint_marks(painter, layout.picture, option.font, entry, marks)
            self._paint_texts(painter, layout, option, entry)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QLineEdit:
        """A text field in the place of the name."""
        editor = QLineEdit(parent)
        editor.setObjectName("takeNameEditor")
        editor.setAccessibleName(self.tr("Name of the take"))
        editor.setMaxLength(120)
        # Between picture and prompt there is less room than the style sheet gives to a field.
        editor.setStyleSheet("min-height: 0; padding: 0 6px;")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The whole name, selected."""
        if isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(index.data(Qt.ItemDataRole.EditRole))
            editor.selectAll()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Over name and star, so that long names have room."""
        layout = CardLayout.of(option.rect, option.font)
        top, bottom = layout.picture.bottom() + 1, layout.prompt.top()
        editor.setGeometry(layout.picture.x() - 1, top, layout.picture.width() + 2, bottom - top)

    def _paint_card(self, painter: QPainter, card: QRect, state: QStyle.StateFlag, marks: Marks) -> None:
        theme = self.theme
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        fill = theme.accent_soft if marks.current else theme.raised if selected or hovered else theme.surface
        border = theme.accent if marks.current else theme.outline if selected else theme.border
        painter.setBrush(QColor(fill))
        painter.setPen(QPen(QColor(border), 1))
        painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent if not marks.current else theme.text), 2))
            painter.drawRoundedRect(QRectF(card).adjusted(-1, -1, 1, 1), RADIUS + 1, RADIUS + 1)

    def _paint_picture(self, painter: QPainter, rect: QRect, entry: TakeEntry) -> None:
        ratio = painter.device().devicePixelRatioF()
        painter.save()
        path = QPainterPath()
        path.addRoundedRect(QRectF(rect), RADIUS - 2, RADIUS - 2)
        painter.setClipPath(path)
        painter.drawImage(rect.topLeft(), self.thumbnails.picture(entry, rect.width(), rect.height(), ratio))
        painter.restore()

    def _paint_marks(self, painter: QPainter, rect: QRect, font: QFont, entry: TakeEntry, marks: Marks) -> None:
        theme = self.theme
        x = rect.x() + SPACE // 2
        for shown, letter, fill, ink in (
            (marks.current, self.tr("A"), theme.accent, theme.on_accent),
            (marks.compared, self.tr("B"), theme.selection_light, theme.selection_dark),
        ):
            if shown:
                badge = QRectF(x, rect.y() + SPACE // 2, BADGE_SIDE, BADGE_SIDE)
                self._paint_pill(painter, badge, name_font(font), letter, QColor(fill), QColor(ink))
                x += BADGE_SIDE + SPACE // 2
        dark = QColor(theme.selection_dark)
        dark.setAlpha(200)
        small = small_font(font)
        height = QFontMetrics(small).height() + 2
        bottom = rect.bottom() + 1 - SPACE // 2 - height
        text = seconds_text(entry)
        width = QFontMetrics(small).horizontalAdvance(text) + SPACE
        light = QColor(theme.selection_light)
        self._paint_pill(painter, QRectF(rect.right() + 1 - SPACE // 2 - width, bottom, width, height), small, text, dark, light)
        if marks.key:
            key = QRectF(rect.x() + SPACE // 2, bottom, max(height, BADGE_SIDE), height)
            self._paint_pill(painter, key, name_font(small), str(marks.key), dark, light, outlined=True)

    def _paint_pill(
        self, painter: QPainter, rect: QRectF, font: QFont, text: str, fill: QColor, ink: QColor, outlined: bool = False
    ) -> None:
        edge = ink if outlined else QColor(self.theme.selection_dark)
        painter.setBrush(fill)
        painter.setPen(QPen(edge, 1))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_texts(self, painter: QPainter, layout: CardLayout, option: QStyleOptionViewItem, entry: TakeEntry) -> None:
        theme, font = self.theme, option.font
        _paint_line(painter, layout.name, name_font(font), theme.text, entry.name)
        _paint_line(painter, layout.prompt, font, theme.text if entry.take.request.prompt else theme.muted, self._prompt_line(entry))
        glyph = QRect(layout.facts.x(), layout.facts.center().y() - ICON_SIDE // 2 + 1, ICON_SIDE, ICON_SIDE)
        icon(KIND_ICONS[entry.kind], "muted").paint(painter, glyph)
        facts = layout.facts.adjusted(ICON_SIDE + SPACE // 2, 0, 0, 0)
        _paint_line(painter, facts, small_font(font), theme.muted, self._facts_line(entry))
        lively = option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected)
        if entry.starred or lively:
            star = icon("star-filled", "accent") if entry.starred else icon("star", "muted")
            star.paint(painter, layout.star.adjusted(4, 4, -4, -4))

    def _prompt_line(self, entry: TakeEntry) -> str:
        prompt = " ".join(entry.take.request.prompt.split())
        if prompt:
            return prompt
        return PurePath(entry.source_path).name if entry.source_path else self.tr("No prompt")

    def _facts_line(self, entry: TakeEntry) -> str:
        kind = kind_text(entry.kind)
        if not has_recipe(entry):
            return kind
        return self.tr("{0} · seed {1}").format(kind, entry.take.seed)

    def _paint_placeholder(self, painter: QPainter, layout: CardLayout, option: QStyleOptionViewItem) -> None:
        theme = self.theme
        tone = QColor(mix(theme.surface, theme.border, 0.3 + 0.4 * self.pulse))
        pen = QPen(QColor(theme.border), 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(layout.card).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        painter.drawRoundedRect(QRectF(layout.picture), RADIUS - 2, RADIUS - 2)
        for line, share in ((layout.prompt, 0.8), (layout.facts, 0.5)):
            middle = QPointF(line.x(), line.center().y() - 3)
            painter.drawRoundedRect(QRectF(middle.x(), middle.y(), line.width() * share, 8), 4, 4)
        _paint_line(painter, layout.name, option.font, theme.muted, self.tr("Drawing…"))


def _paint_line(painter: QPainter, rect: QRect, font: QFont, colour: str, text: str) -> None:
    """One line of text, shortened at its end where it does not fit."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    line = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine, line)
