"""Folders and tar shards of small sounds, as people have them."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import soundfile

KINDS = {"rain": ("heavy", "light", "steady", "soft"), "bells": ("small", "church", "hand", "cracked")}
RATES = (8000, 22050, 44100, 48000)


def sound(number: int, seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    """A tone in noise, [n, channels]; every number sounds different."""
    rng = np.random.default_rng(number)
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * (200 + 37 * number) * time) * np.exp(-time)
    return np.stack([tone + 0.05 * rng.standard_normal(time.size) for _ in range(channels)], axis=1).astype(np.float32)


def write_folder(folder: Path, files: int = 40, seconds: float = 1.0) -> Path:
    """WAVs in two folders, whose names say what they are; rates and channels differ."""
    for number in range(files):
        kind = list(KINDS)[number % 2]
        path = folder / kind / f"{KINDS[kind][number // 2 % 4]}_{kind}_{number:02d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        rate = RATES[number % 4]
        soundfile.write(path, sound(number, seconds, rate, 1 + number % 2), rate)
    return folder


def wav_bytes(number: int, seconds: float = 0.5, rate: int = 22050) -> bytes:
    """A WAV file in memory."""
    file = io.BytesIO()
    soundfile.write(file, sound(number, seconds, rate), rate, format="WAV")
    return file.getvalue()


def write_tar(path: Path, members: list[tuple[str, bytes]], mode: str = "w") -> Path:
    """A tar file of named bytes."""
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_webdataset(path: Path, first: int, count: int) -> Path:
    """A shard of samples with texts, the usual way."""
    members = []
    for number in range(first, first + count):
        members += [
            (f"{number:06d}.wav", wav_bytes(number)),
            (f"{number:06d}.json", json.dumps({"caption": f"tone number {number}", "fs": 22050}).encode()),
            (f"{number:06d}.txt", f"a short tone {number}".encode()),
        ]
    return write_tar(path, members)
