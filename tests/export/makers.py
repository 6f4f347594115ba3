"""Takes to export, without an engine."""

import numpy as np

from engine.geometry import Geometry
from engine.session.document import TakeEntry
from engine.types import Clip, GenerationRequest, SamplingSettings, Spectrogram, Take, TokenGrid

PROMPT = 'Rain on a tin roof, "heavy" & wild <Öl> 雨'
CREATED = "2026-02-03T04:05:06+00:00"


def sine(seconds=0.5, rate=22050, dbfs=-6.0, hz=440.0, channels=1):
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[None], channels, axis=0).astype(np.float32)


def make_entry(samples=None, rate=22050, prompt=PROMPT, name="Take 1", seed=42, **fields):
    samples = sine(rate=rate) if samples is None else samples
    request = GenerationRequest(
        prompt=prompt, negative="birds", blend=0.25, duration_s=0.5, seed=seed, settings=SamplingSettings(steps=12, guidance=2.5)
    )
    take = Take(
        request,
        seed,
        TokenGrid(np.zeros((5, 3), np.int32)),
        Spectrogram(np.zeros((80, 44), np.float32), Geometry()),
        Clip(samples, rate),
    )
    return TakeEntry(take, name, **{"id": "0123456789ab", "created": CREATED, **fields})
