"""Who is kept for the tests: seeds, templates and ordered pairs of classes, decided by hashes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

Split = Literal["train", "validation", "test"]

_BUCKETS = 1000
_TEST_END, _VALIDATION_END = 20, 40
_TEMPLATE_SHARE = 0.10
_PAIR_SHARE = 0.15


def bucket(class_id: str, seed: int) -> int:
    """Bucket 0..999 of a clip; a scene of several classes joins their ids with "+"."""
    return _hash(f"{class_id}/{seed}") % _BUCKETS


def split(class_id: str, seed: int) -> Split:
    """The split of a clip: 2 % test, 2 % validation, the rest train."""
    number = bucket(class_id, seed)
    if number < _TEST_END:
        return "test"
    return "validation" if number < _VALIDATION_END else "train"


def held_out_templates(group: Iterable[str]) -> frozenset[str]:
    """The templates of a group that training never sees: one in ten by hash, and at least one of two or more."""
    texts = sorted(set(group), key=lambda text: _share(f"template/{text}"))
    if len(texts) < 2:
        return frozenset()
    chosen = [text for text in texts if _share(f"template/{text}") < _TEMPLATE_SHARE]
    # A group must keep something for training as well.
    return frozenset(chosen[: len(texts) - 1] or texts[:1])


def held_out_pair(first: str, second: str) -> bool:
    """Whether training never hears ``first`` before (or together with) ``second``; the order of the two matters."""
    return _share(f"pair/{first}>{second}") < _PAIR_SHARE


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def _share(text: str) -> float:
    return _hash(text) / 2**64
