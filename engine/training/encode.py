"""Turns shards into what the generator is trained on: tokens and prompt embeddings, computed once."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.models.roles import PromptEncoder, Tokenizer
from engine.training.shards import CAPTIONS_PER_CLIP, Shard


def encode_shard(shard: Path, folder: Path, tokenizer: Tokenizer, prompt: PromptEncoder, batch: int = 16) -> Path:
    """Writes ``<shard>.npz`` with tokens int16 [n, rows, cols], sound and caption embeddings float16 [n, D] and [n, captions, D].

    Clips with fewer captions than others repeat theirs; those without any have the embedding of their sound instead.
    """
    target = folder / f"{shard.name}.npz"
    if target.exists():
        return target
    source = Shard(shard)
    tokens, sounds = [], []
    with torch.inference_mode():
        for start in range(0, len(source.rows), batch):
            mel = torch.from_numpy(np.asarray(source.mel[start : start + batch], np.float32))[:, None]
            tokens.append(tokenizer.encode(mel).to(torch.int16).numpy())
            sounds.append(prompt.embed_mel(mel).half().numpy())
        most = max(len(row["captions"]) for row in source.rows) or CAPTIONS_PER_CLIP
        heard = np.concatenate(sounds)
        texts = np.stack([_texts_of(row["captions"], sound, most, prompt) for row, sound in zip(source.rows, heard, strict=True)])
    folder.mkdir(parents=True, exist_ok=True)
    building = target.with_suffix(f".{os.getpid()}.part")
    with open(building, "wb") as file:
        np.savez(file, tokens=np.concatenate(tokens), sounds=heard, texts=texts)
    os.replace(building, target)
    return target


def _texts_of(captions: list[str], sound: NDArray[np.float16], count: int, prompt: PromptEncoder) -> NDArray[np.float16]:
    """Embeddings [count, D] of a clip's captions."""
    known = prompt.embed_text(captions).half().numpy() if captions else sound[None]
    return known[np.arange(count) % len(known)]


class TokenSet:
    """Tokens and embeddings of one split, whole in memory."""

    def __init__(self, shards: Path, encoded: Path, split: str = "train", first: int = 0) -> None:
        self.shards, self.encoded, self.split, self.first = shards, encoded, split, first
        self._seen: set[Path] = set()
        self._parts: list[tuple[NDArray, NDArray, NDArray]] = []
        self.rows: list[dict] = []
        self.refresh()

    def refresh(self) -> None:
        """Adds encoded shards that appeared since the last look."""
        for path in sorted(self.encoded.glob("shard-*.npz")):
            if path in self._seen or int(path.stem.split("-")[1]) < self.first:
                continue
            self._seen.add(path)
            rows = Shard(self.shards / path.stem).rows
            keep = np.array([row["split"] == self.split for row in rows])
            with np.load(path, allow_pickle=False) as arrays:
                self._parts.append(tuple(arrays[name][keep] for name in ("tokens", "sounds", "texts")))
            self.rows += [row for row, kept in zip(rows, keep, strict=True) if kept]
        if self._parts:
            self.tokens, self.sounds, self.texts = (np.concatenate(part) for part in zip(*self._parts, strict=True))
            self._parts = [(self.tokens, self.sounds, self.texts)]

    def __len__(self) -> int:
        return len(self.rows)
