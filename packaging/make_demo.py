"""Makes assets/demo.melbrush with the embedded pack: three sounds, a painted region and what was filled there. Run it after a new pack."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine import __version__  # noqa: E402
from engine.jobs import Fill, Generate  # noqa: E402
from engine.mask_shapes import region_mask  # noqa: E402
from engine.pipeline import Pipeline  # noqa: E402
from engine.session.document import Document, PaintedRegion, TakeEntry  # noqa: E402
from engine.session.history import History  # noqa: E402
from engine.session.project import save_project  # noqa: E402
from engine.types import EngineError, Failed, Finished, GenerationRequest, Region, Take  # noqa: E402

SOUNDS = (("heavy rain on a tin roof", 7), ("church bell in the distance", 7), ("ocean waves", 7))
PAINTED = Region(4.0, 6.0)
THUNDER = "thunder"
CREATED = "2026-11-21T12:00:00+00:00"


def take_of(pipeline: Pipeline, job: Generate | Fill) -> Take:
    """The one take of a job. Raises EngineError."""
    for event in pipeline.run(job):
        if isinstance(event, Failed):
            raise EngineError(event.kind, event.message)
        if isinstance(event, Finished):
            return event.takes[0]
    raise EngineError("numeric", "The run ended without a result.")


def main() -> None:
    """Draws the sounds and writes the project; the same pack gives the same file."""
    pipeline = Pipeline.open(ROOT / "models" / "embedded", "cpu")
    settings = pipeline.pack.manifest.sampling
    history = History(Document(settings=settings))
    for number, (prompt, seed) in enumerate(SOUNDS):
        take = take_of(pipeline, Generate(GenerationRequest(prompt, seed=seed, settings=settings), previews=False))
        entry = TakeEntry(take, prompt, id=f"demo{number}", created=CREATED)
        document = replace(history.document.with_take(entry), prompt=prompt, seed=seed).with_prompt_remembered()
        history.push(f"Generate “{prompt}”", document)
    rain = history.document.entry("demo0")
    mask = region_mask(PAINTED, pipeline.geometry, rain.take.spectrogram.log_mel.shape[1])
    painted = replace(history.document.with_region(PaintedRegion(mask, THUNDER, id="paint")), current="demo0")
    history.push("Paint", painted)
    request = replace(rain.take.request, seed=11)
    filled = take_of(pipeline, Fill(rain.take, mask, request, ((mask, THUNDER),), previews=False))
    entry = TakeEntry(filled, "heavy rain on a tin roof – filled", "filled", parent="demo0", id="demo3", created=CREATED)
    history.push("Fill", replace(history.document.with_take(entry), compared="demo0"))
    save_project(ROOT / "assets" / "demo.melbrush", history, f"Melbrush {__version__}")


if __name__ == "__main__":
    main()
