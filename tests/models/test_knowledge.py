"""What a pack was taught: how well a prompt is known, and prompts that are drawn towards it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from engine.models.knowledge import Knowledge

TAUGHT = {"church bell": (1.0, 0.0, 0.0), "bell": (0.96, 0.28, 0.0), "rain": (0.0, 1.0, 0.0)}
DATA = {"words": ["bell", "church", "rain"], "concepts": {"bells": ["church bell", "bell"], "rain": ["rain"]}}


class Words:
    """An encoder that knows three phrases; everything else means something that was never taught."""

    def embed_text(self, prompts: Sequence[str]) -> torch.Tensor:
        return torch.tensor([TAUGHT.get(prompt, (0.6, 0.0, 0.8)) for prompt in prompts])


def meant(share: float, prompt: str = "my grandpa's bell") -> torch.Tensor:
    encoder = Words()
    return Knowledge(DATA, encoder).grounded(encoder.embed_text([prompt]), share)


def test_a_prompt_is_drawn_to_the_nearest_concept_as_far_as_asked() -> None:
    bell = torch.tensor(TAUGHT["church bell"])
    nearness = [float(meant(share)[0] @ bell) for share in (0.0, 0.3, 0.6, 1.0)]
    assert nearness == sorted(nearness) and nearness[0] == pytest.approx(0.6) and nearness[-1] > 0.98
    for share in (0.0, 0.3, 1.0):
        assert float(meant(share).norm()) == pytest.approx(1.0, abs=1e-6)


def test_what_was_taught_stays_where_it_is() -> None:
    assert float(meant(0.5, "rain")[0] @ torch.tensor(TAUGHT["rain"])) > 0.999


def test_a_pack_without_concepts_takes_prompts_as_they_are() -> None:
    text = torch.tensor([[0.6, 0.0, 0.8]])
    assert torch.equal(Knowledge({}, Words()).grounded(text, 0.5), text)


def test_unknown_words_lower_the_score_and_are_named() -> None:
    knowledge = Knowledge(DATA, Words())
    known, strange = knowledge.report("church bell"), knowledge.report("purple bell")
    assert known.score == 1.0 and known.unknown_words == () and known.nearest[0] == "church bell"
    assert strange.score < known.score and strange.unknown_words == ("purple",) and "“purple”" in strange.sentence
