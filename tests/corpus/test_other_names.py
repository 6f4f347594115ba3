"""Other names of sounds: there for every class, plain, told apart, and none of them a prompt that packs are measured by."""

import re
from collections import Counter

import pytest

from engine.corpus.other_names import names_of_classes
from engine.corpus.registry import recipes
from engine.evaluation.prompts import paraphrases

NAMES = names_of_classes()


def test_every_class_has_some() -> None:
    assert NAMES.keys() == recipes().keys()
    assert min(len(names.others) for names in NAMES.values()) >= 12
    assert all(names.nouns == tuple(recipes()[name].nouns) for name, names in NAMES.items())


@pytest.mark.parametrize("name", NAMES)
def test_they_are_plain_short_and_new(name: str) -> None:
    names = NAMES[name]
    assert len(set(names.others)) == len(names.others) and not set(names.others) & set(names.nouns)
    for other in names.others:
        assert re.fullmatch(r"[a-z0-9]+(?:[ '-][a-z0-9']+)*", other) and len(other.split()) <= 9, other


def test_a_name_means_one_class() -> None:
    counts = Counter(other for names in NAMES.values() for other in names.others)
    nouns = {noun for names in NAMES.values() for noun in names.nouns}
    assert [other for other, count in counts.items() if count > 1 or other in nouns] == []


def test_no_name_is_a_prompt_that_packs_are_measured_by() -> None:
    others = {other for names in NAMES.values() for other in names.others}
    assert others.isdisjoint(text.lower().strip(".!?") for group in paraphrases().values() for text in group)
