"""Sounds and files that several of the tests in this folder need."""

import struct

import numpy as np

from engine.signal.audio_io import write_audio
from engine.types import Clip


def noise(frames=2000, channels=1, sample_rate=48000, seed=0):
    samples = np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32)
    return Clip(samples, sample_rate)


def sine(hz, sample_rate, seconds=1.0, amplitude=0.9):
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    return Clip((amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)[None], sample_rate)


def fitted(clip, hz):
    """Amplitude of the sine of that frequency in the middle half, and the level in dB of all that is not this sine, relative to it."""
    frames = clip.samples.shape[1]
    samples = clip.samples[0, frames // 4 : 3 * frames // 4].astype(np.float64)
    phase = 2 * np.pi * hz * np.arange(samples.size) / clip.sample_rate
    basis = np.stack([np.sin(phase), np.cos(phase), np.ones_like(phase)], axis=1)
    parts = np.linalg.lstsq(basis, samples, rcond=None)[0]
    amplitude = np.hypot(parts[0], parts[1])
    rest = np.sqrt(np.mean((samples - basis @ parts) ** 2))
    return amplitude, 20 * np.log10(rest / (amplitude / np.sqrt(2)))


def wav_header(channels=1, sample_rate=48000, data_size=8, bits=16, code=1):
    width = channels * bits // 8
    fmt = struct.pack("<HHIIHH", code, channels, sample_rate, (sample_rate * width) % 2**32, width % 2**16, bits)
    return b"RIFF\xff\xff\xff\x7fWAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", data_size)


def flac_bytes(tmp_path):
    path = tmp_path / "whole.flac"
    write_audio(path, noise(20000), format="flac")
    content = path.read_bytes()
    path.unlink()
    return content


def announcing(content, frames):
    """A FLAC that claims another length: the last 36 bits before the checksum of its sound."""
    low = frames & 0xFFFFFFFF
    return content[:21] + bytes([content[21] & 0xF0 | frames >> 32]) + low.to_bytes(4, "big") + content[26:]
