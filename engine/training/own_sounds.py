"""Shards of people's own sounds, in the format of the rendered corpus; killed and started again, reading goes on after the last shard."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from engine.geometry import Geometry
from engine.signal.replacing import replace_file
from engine.training.folder_data import CaptionSource, Listing, Pieces, Sound, list_sounds, pieces_of, sounds_of, split_of
from engine.training.shards import CAPTIONS_PER_CLIP, CLIPS_PER_SHARD, Shard, clear_unfinished, write_shard
from engine.types import EngineError

FEW_CLIPS = 200
_SUMMARY = "sounds.json"


@dataclass
class Summary:
    """What was read: sounds used and refused, clips, their seconds, and what is known of them."""

    fingerprint: str
    captions: str
    webdataset: bool
    left_aside: int = 0
    files: int = 0
    captioned: int = 0
    seconds: float = 0.0
    refused: list[list[str]] = field(default_factory=list)
    splits: dict[str, int] = field(default_factory=dict)
    captioned_clips: dict[str, int] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)

    @property
    def clips(self) -> int:
        """Clips of all splits."""
        return sum(self.splits.values())

    @property
    def hours(self) -> float:
        """Hours of sound, silence that fills short clips not counted."""
        return self.seconds / 3600

    @property
    def lines(self) -> list[str]:
        """What people are told, the refused files one by one."""
        total, classes = self.files + len(self.refused), len(self.classes)
        kinds = f"{classes} classes: {', '.join(self.classes[:8])}{', ...' if classes > 8 else ''}" if classes else "no classes"
        told = [f"refused: {name} {reason}" for name, reason in self.refused]
        told.append(f"{self.files} of {total} sound files are used: {self.clips} clips, {self.hours:.2f} hours of sound; {kinds}.")
        told.append(f"{len(self.refused)} sound files were refused; {self.left_aside} other files were left aside.")
        told.append(f"Captions were found for {self.captioned} of {self.files} sound files.")
        told.append(", ".join(f"{self.splits.get(name, 0)} clips for {name}" for name in ("train", "validation", "test")) + ".")
        if self.clips < FEW_CLIPS:
            told.append(f"Warning: {self.clips} clips are few; with fewer than {FEW_CLIPS} a pack learns little beyond these very sounds.")
        return told


def summary_of(shards: Path) -> Summary | None:
    """What was read into a folder of shards; None if reading has not come to its end or the shards are rendered."""
    try:
        return Summary(**json.loads((shards / _SUMMARY).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise EngineError("path", f"{shards / _SUMMARY} is damaged; remove the folder {shards} and read the sounds again.") from error


def read_sounds(data: str, shards: Path, captions: CaptionSource = "auto", workers: int = 1) -> Iterator[str]:
    """Reads a folder, a tar file or a pattern of tar files into shards, yielding lines that say how far it is and then what was used.

    Raises EngineError("path") if there is nothing to read, or if the shards are already those of other sounds.
    """
    listing = list_sounds(data)
    clear_unfinished(shards)
    done = summary_of(shards)
    if done is None:
        reader = _Reader(listing, shards, captions)
        yield from reader.read(workers)
        done = reader.summary
        if not done.clips:
            raise EngineError("path", f"None of the {len(done.refused)} sound files in {data!r} can be used: {_first_reason(done)}")
        replace_file(shards / _SUMMARY, [json.dumps(asdict(done), indent=1).encode()])
    _check_same(listing, captions, done.fingerprint, done.captions, shards)
    yield from done.lines


def _first_reason(summary: Summary) -> str:
    return " ".join(summary.refused[0]) if summary.refused else "there is none."


def _check_same(listing: Listing, captions: str, fingerprint: str, stored_captions: str, shards: Path) -> None:
    if (listing.fingerprint, captions) != (fingerprint, stored_captions):
        raise EngineError("path", f"{shards} holds other sounds, or the sounds have changed since; choose another folder with --work.")


class _Reader:
    """Fills shards with the clips of sounds in their order."""

    def __init__(self, listing: Listing, shards: Path, captions: CaptionSource) -> None:
        self.listing, self.shards, self.source = listing, shards, captions
        self.summary = Summary(listing.fingerprint, captions, listing.is_webdataset, listing.left_aside)
        self._next = (0, 0)
        self._index = 0
        self._seen: set[str] = set()
        self._classes: Counter[str] = Counter()
        self._clips: list[tuple[Any, Any, dict]] = []
        self._restore()

    def read(self, workers: int) -> Iterator[str]:
        """Lines of progress; afterwards ``summary`` is complete."""
        for number, sound, pieces in self._decoded(workers):
            first = self._next[1] if number == self._next[0] else 0
            problem = pieces.problem or ("has the same content as another file." if first == 0 and pieces.digest in self._seen else "")
            if problem:
                self.summary.refused.append([sound.name, problem])
                continue
            if first == 0:
                self._count(sound, pieces)
            for piece in range(first, len(pieces.audio)):
                self._clips.append((pieces.audio[piece], pieces.mel[piece], self._row(sound, pieces, piece)))
                if len(self._clips) == CLIPS_PER_SHARD:
                    yield self._flush((number, piece + 1))
        if self._clips:
            yield self._flush((number + 1, 0))
        self.summary.classes = sorted(self._classes)

    def _decoded(self, workers: int) -> Iterator[tuple[int, Sound, Pieces]]:
        """Sounds from where the last shard ends, decoded by several processes but in their order."""
        waiting: deque[tuple[int, Sound, Future[Pieces] | Pieces]] = deque()
        # "spawn" instead of "fork": the caller may hold threads that a fork would copy half-way.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers > 1 else nullcontext() as pool:
            for number, sound in enumerate(sounds_of(self.listing, self.source)):
                if number < self._next[0]:
                    continue
                job = (sound, Geometry(), self.shards)
                waiting.append((number, sound, pool.submit(pieces_of, *job) if pool else pieces_of(*job)))
                if len(waiting) >= 2 * workers or not pool:
                    yield _settled(waiting.popleft())
            while waiting:
                yield _settled(waiting.popleft())

    def _count(self, sound: Sound, pieces: Pieces) -> None:
        self.summary.files += 1
        self.summary.captioned += bool(sound.captions)
        self.summary.seconds += float(pieces.seconds.sum())
        self._seen.add(pieces.digest)

    def _row(self, sound: Sound, pieces: Pieces, piece: int) -> dict:
        split = split_of(pieces.digest)
        self._add(split, [sound.group] if sound.group else [], bool(sound.captions))
        texts = [sound.captions[i % len(sound.captions)] for i in range(CAPTIONS_PER_CLIP)] if sound.captions else []
        return {
            "seed": self._index * CLIPS_PER_SHARD + len(self._clips),
            "split": split,
            "classes": [sound.group] if sound.group else [],
            "captions": texts,
            "manifest": {"file": pieces.digest, "piece": piece},
        }

    def _add(self, split: str, classes: list[str], captioned: bool) -> None:
        """One more clip."""
        s = self.summary
        s.splits[split] = s.splits.get(split, 0) + 1
        s.captioned_clips[split] = s.captioned_clips.get(split, 0) + captioned
        self._classes.update(classes)

    def _flush(self, upto: tuple[int, int]) -> str:
        """Writes the clips that have come together as the next shard, with everything that is needed to go on after it."""
        audio, mel, rows = zip(*self._clips, strict=True)
        path = self.shards / f"shard-{self._index:05d}"
        self.summary.classes = sorted(self._classes)
        write_shard(path, np.stack(audio), np.stack(mel), rows, {"upto": upto, "summary": asdict(self.summary)})
        self._index += 1
        self._clips = []
        return f"read {path.name}: {len(rows)} clips"

    def _restore(self) -> None:
        """Goes on after the last shard. Raises EngineError("path") if the shards are not made of these sounds."""
        for path in sorted(self.shards.glob("shard-*")):
            if not (path / "state.json").exists():
                raise EngineError("path", f"{self.shards} holds rendered clips; choose another folder with --work.")
            state = json.loads((path / "state.json").read_text(encoding="utf-8"))
            self.summary = Summary(**state["summary"])
            _check_same(self.listing, self.source, self.summary.fingerprint, self.summary.captions, self.shards)
            self._next, self._index = tuple(state["upto"]), self._index + 1
            self._classes.update(self.summary.classes)
            self._seen.update(row["manifest"]["file"] for row in Shard(path).rows)


def _settled(job: tuple[int, Sound, Future[Pieces] | Pieces]) -> tuple[int, Sound, Pieces]:
    number, sound, pieces = job
    return number, sound, pieces.result() if isinstance(pieces, Future) else pieces
