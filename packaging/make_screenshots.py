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

from gui.settings import Settings  # noqa: E402
from gui.studio import Studio  # noqa: E402

FOLDER = ROOT / "assets" / "screenshots"
PROMPTS = ("church bell in the distance", "ocean waves", "heavy rain on a tin roof", "dog barking in a large hall")
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


def main() -> None:
    """Generation in mid-run, finished take, step timeline."""
    app = QApplication.instance() or QApplication([])
    studio = Studio(app, Settings(Path(tempfile.mkdtemp()) / "settings.ini"), ROOT / "models")
    studio.window.resize(1360, 840)
    studio.window.show()
    studio.start()
    wait(app, lambda: studio.controller.pack is not None)
    for prompt in PROMPTS[:-1]:
        draw(studio, prompt)
        wait(app, lambda: studio.controller.run is None)
    draw(studio, PROMPTS[-1])
    wait(app, lambda: (run := studio.controller.run) is not None and run.latest is not None and run.latest.step >= 9)
    save(studio, "generating")
    wait(app, lambda: studio.controller.run is None)
    rest(app, 6.0)
    save(studio, "take")
    studio.controller.scrub(8)
    rest(app)
    save(studio, "steps")
    studio.shut_down()


if __name__ == "__main__":
    main()
