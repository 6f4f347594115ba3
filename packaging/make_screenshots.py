"""Takes the pictures of the README from the real program: `python packaging/make_screenshots.py` (on any display, Xvfb included)."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PySide6.QtWidgets import QApplication  # noqa: E402

from engine.mask_shapes import stroke_mask  # noqa: E402
from engine.types import Region  # noqa: E402
from gui.settings import Settings  # noqa: E402
from gui.studio import Studio  # noqa: E402

FOLDER = ROOT / "assets" / "screenshots"
RAIN = "heavy rain on a tin roof"
PROMPTS = ("church bell in the distance", "ocean waves", RAIN, "dog barking in a large hall")
SEED = 7


def wait(app: QApplication, done: Callable[[], bool], limit_s: float = 120.0) -> None:
    """Lets the program live until something has happened."""
    begun = time.monotonic()
    while not done() and time.monotonic() - begun < limit_s:
        app.processEvents()
        time.sleep(0.004)


def rest(app: QApplication, seconds: float = 0.4) -> None:
    """Lets what moves come to rest."""
    begun = time.monotonic()
    wait(app, lambda: time.monotonic() - begun > seconds)


def draw(studio: Studio, prompt: str) -> None:
    """Starts a run as a user would."""
    studio.session.change("Prompt", prompt=prompt, seed=SEED, seed_locked=True)
    studio.controller.assess(prompt)
    rest(studio.app, 0.2)
    studio.run()


def save(studio: Studio, name: str) -> None:
    """The window as it is now."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    studio.window.grab().save(str(FOLDER / f"{name}.png"))


def paint_and_fill(studio: Studio) -> None:
    """A painted mask over the rain, the fill in mid-run, and what it changed."""
    rain = next(entry for entry in studio.session.document.takes if entry.name == RAIN)
    studio.session.show_take(rain.id)
    frames = rain.take.spectrogram.log_mel.shape[1]
    studio.paint.choose_tool("brush")
    studio.edits.paint(stroke_mask([(180, 22), (240, 45), (330, 58)], 16, 7, 0.6, rain.take.spectrogram.log_mel.shape[0], frames))
    studio.edits.add(Region(6.0, 7.6, 300, 3500))
    studio.edits.set_prompt(studio.session.document.active_region, "thunder")
    studio.window.side_tabs.setCurrentIndex(1)
    rest(studio.app)
    save(studio, "painted")
    studio.run()
    wait(studio.app, lambda: (run := studio.controller.run) is not None and run.latest is not None and run.latest.step >= 3)
    save(studio, "filling")
    wait(studio.app, lambda: studio.controller.run is None)
    studio.window.edit_panel.request("difference")
    rest(studio.app)
    save(studio, "difference")


def main() -> None:
    """Generation in mid-run, finished take, step timeline, paint."""
    app = QApplication.instance() or QApplication([])
    settings = Settings(Path(tempfile.mkdtemp()) / "settings.ini")
    # Where there is no sound output the status line would say so instead of what the picture is about.
    settings.set("listening.auto_play", False)
    studio = Studio(app, settings, ROOT / "models")
    studio.window.resize(1360, 920)
    studio.window.show()
    studio.start()
    wait(app, lambda: studio.controller.pack is not None)
    for prompt in PROMPTS[:-1]:
        draw(studio, prompt)
        wait(app, lambda: studio.controller.run is None)
    draw(studio, PROMPTS[-1])
    wait(app, lambda: (run := studio.controller.run) is not None and run.latest is not None and run.latest.step >= 4)
    save(studio, "generating")
    wait(app, lambda: studio.controller.run is None)
    rest(app, 6.0)
    save(studio, "take")
    studio.controller.scrub(4)
    rest(app)
    save(studio, "steps")
    studio.controller.leave_steps()
    paint_and_fill(studio)
    studio.shut_down()


if __name__ == "__main__":
    main()
