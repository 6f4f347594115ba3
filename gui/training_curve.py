"""The curve of a training: how the loss falls, on sounds that are trained on and on sounds that are held out."""

from __future__ import annotations

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

from gui.theme import SPACE, current_theme
from gui.training_log import TrainingLog

_AXIS_WIDTH = 7 * SPACE


class TrainingCurve(pyqtgraph.PlotWidget):
    """Two lines over steps; only to look at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(20 * SPACE)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setAccessibleName(self.tr("Loss over steps"))
        self.setToolTip(self.tr("How far the network is from the sounds: lower is better"))
        item = self.getPlotItem()
        item.getAxis("left").setWidth(_AXIS_WIDTH)
        self._legend = item.addLegend(offset=(-1, 1), labelTextSize="9pt")
        self.trained = item.plot(name=self.tr("Sounds that it learns from"))
        self.held_out = item.plot(name=self.tr("Held-out sounds"), symbol="o", symbolSize=6)
        self._paint()

    def show_log(self, log: TrainingLog | None) -> None:
        """Draws the curves of one part; None: nothing is known yet."""
        for line, points in ((self.trained, log.trained if log else []), (self.held_out, log.held_out if log else [])):
            values = np.array(points, float).reshape(-1, 2)
            line.setData(values[:, 0], values[:, 1])
        if log is not None:
            self.setXRange(0, max(1, log.of), padding=0.01)
        self.setAccessibleDescription(self._described(log))

    def changeEvent(self, event: QEvent) -> None:
        """Follows the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "held_out"):
            self._paint()

    def _described(self, log: TrainingLog | None) -> str:
        if log is None or not log.trained:
            return self.tr("No steps yet")
        return self.tr("From {} to {} in {} steps").format(f"{log.trained[0][1]:.3g}", f"{log.trained[-1][1]:.3g}", log.step)

    def _paint(self) -> None:
        theme = current_theme()
        self.setBackground(theme.surface)
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(pyqtgraph.mkPen(theme.border))
            axis.setTextPen(pyqtgraph.mkPen(theme.muted))
        self._legend.setLabelTextColor(theme.muted)
        self.trained.setPen(pyqtgraph.mkPen(theme.accent, width=1.6))
        self.held_out.setPen(pyqtgraph.mkPen(theme.text, width=1.2))
        self.held_out.setSymbolBrush(theme.text)
        self.held_out.setSymbolPen(theme.surface)
