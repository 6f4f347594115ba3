"""Slips of the finger stay small, and names of files stay unambiguous."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus import typing_noise


def _letter_errors(first: str, second: str) -> int:
    """Edits between two words: change, drop, add or swap of neighbours."""
    rows = [list(range(len(second) + 1))]
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


@given(
    words=st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12), min_size=1, max_size=8),
    seed=st.integers(0, 2**31),
)
def test_a_slip_changes_at_most_two_letters_of_one_word_and_no_digit(words: list[str], seed: int) -> None:
    slipped = typing_noise.slip(" ".join(words), np.random.default_rng(seed)).split(" ")
    changed = [(a, b) for a, b in zip(words, slipped, strict=True) if a != b]
    assert len(changed) <= 1
    for before, after in changed:
        assert before.isalpha() and len(before) >= 4
        assert _letter_errors(before, after) <= 2
    assert re.findall(r"\d", " ".join(words)) == re.findall(r"\d", " ".join(slipped))


def test_common_misspellings_are_near_and_spellings_are_pairs() -> None:
    for right, wrong in typing_noise.MISSPELLINGS.items():
        assert 1 <= _letter_errors(right, wrong) <= 2, right
    assert all(first != second for first, second in typing_noise.SPELLINGS)


def test_file_names_have_no_spaces_and_cannot_be_taken_for_counts() -> None:
    for seed in range(200):
        name = typing_noise.file_name("a heavy wooden door, in a church", np.random.default_rng(seed))
        assert re.fullmatch(r"[a-z0-9_.-]+", name)
        assert {"heavy", "wooden", "door", "church"} <= set(re.split(r"[_.-]", name))
        assert not re.search(r"(?<![a-z0-9])\d(?![0-9])", name), name


def test_case_and_full_stops_have_the_promised_shares() -> None:
    texts = [typing_noise.finish("a big dog barks twice", "sentence", np.random.default_rng(seed)) for seed in range(3000)]
    assert sum(text[0].islower() for text in texts) / 3000 == pytest.approx(0.60, abs=0.04)
    assert sum(text.isupper() for text in texts) / 3000 == pytest.approx(0.01, abs=0.01)
    assert sum(text.endswith(".") for text in texts) / 3000 == pytest.approx(0.25, abs=0.04)
