"""How fast the embedded pack is, as multiples of real time: `python -m tests.benchmarks.speed [THREADS]`.

Machines differ and are noisy: each part is run five times and its median is set against the seconds of sound that it makes.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch

from engine.jobs import Generate
from engine.models.folders import pack_folder
from engine.pipeline import Pipeline
from engine.types import Finished, GenerationRequest

RUNS = 5


def median_s(work: Callable[[], object]) -> float:
    """Median wall seconds of some runs after one that warms up."""
    work()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def run(threads: int) -> None:
    """Prints one line per part."""
    torch.set_num_threads(threads)
    pipeline = Pipeline.open(pack_folder("embedded"), "cpu")
    pack, geometry = pipeline.pack, pipeline.geometry
    ids = torch.randint(geometry.code_count, (1, geometry.rows, geometry.cols))
    mel = torch.randn(1, geometry.bands, geometry.frames) * 10 - 40
    condition = torch.zeros(1, pack.generator.config.condition_dim)
    request = GenerationRequest("heavy rain", duration_s=geometry.duration_s, settings=pack.manifest.sampling)

    def whole() -> None:
        *_, last = pipeline.run(Generate(request, previews=False))
        assert isinstance(last, Finished)

    with torch.inference_mode():
        parts = {
            "one generator pass": median_s(lambda: pack.generator.logits(ids, condition)),
            "tokenizer decoder": median_s(lambda: pack.tokenizer.decode(ids)),
            "vocoder": median_s(lambda: pack.vocoder.synthesise(mel)),
        }
    parts["prompt to samples"] = median_s(whole)
    for name, seconds in parts.items():
        print(f"{name:20} {seconds:7.3f} s  {geometry.duration_s / seconds:7.1f} x real time, {threads} threads")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else torch.get_num_threads())
