"""The prompt encoder: any text is a unit vector, and words that look alike start out alike."""

from dataclasses import replace
from zlib import crc32

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.prompt import ContrastivePromptEncoder, PromptConfig, TextTower, hashed_pieces, words_of
from engine.models.roles import PromptEncoder

SMALL = PromptConfig(dim=16, buckets=4096, word_dim=32, text_width=16, text_blocks=1, text_heads=2, max_words=12, audio_channels=(8, 8, 8))
PROMPTS = ["", "rain", "heavy rain on a tin roof", "\U0001f327\ufe0f", "xqzzt blorf", "rain " * 500, "\u96e8\u306e", "a\nb", "42", "--"]


@pytest.fixture(scope="module")
def encoder() -> ContrastivePromptEncoder:
    torch.manual_seed(0)
    return ContrastivePromptEncoder(SMALL).eval()


def overlap(first: str, second: str) -> float:
    """Share of pieces in common (Jaccard)."""
    a, b = (set(hashed_pieces(word, 32768)) for word in (first, second))
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt[:12])
@torch.inference_mode()
def test_any_text_is_a_unit_vector(encoder: ContrastivePromptEncoder, prompt: str) -> None:
    vector = encoder.embed_text([prompt])
    assert vector.shape == (1, 16) and float(vector.norm()) == pytest.approx(1, abs=1e-5)


@torch.inference_mode()
def test_a_batch_equals_its_prompts_alone(encoder: ContrastivePromptEncoder) -> None:
    together = encoder.embed_text(PROMPTS)
    for index, prompt in enumerate(PROMPTS):
        torch.testing.assert_close(together[index : index + 1], encoder.embed_text([prompt]), atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_what_is_beyond_the_longest_prompt_is_dropped(encoder: ContrastivePromptEncoder) -> None:
    words = [f"word{'x' * i}" for i in range(20)]
    torch.testing.assert_close(encoder.embed_text([" ".join(words)]), encoder.embed_text([" ".join(words[:12])]))


@torch.inference_mode()
def test_case_and_punctuation_do_not_matter_but_order_does(encoder: ContrastivePromptEncoder) -> None:
    torch.testing.assert_close(encoder.embed_text(["Heavy, RAIN!"]), encoder.embed_text(["heavy rain"]))
    assert not torch.allclose(encoder.embed_text(["rain heavy"]), encoder.embed_text(["heavy rain"]), atol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 63, 64, 100, 848, 900])
def test_sounds_of_any_length_are_unit_vectors(encoder: ContrastivePromptEncoder, frames: int) -> None:
    vectors = encoder.embed_mel(torch.rand(2, 1, 80, frames) * 2 - 1)
    assert vectors.shape == (2, 16)
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(2))
    assert isinstance(encoder, PromptEncoder)


def test_words_of_file_names_and_categories() -> None:
    assert words_of("RAINMetl_Tin-Roof") == ["rain", "metl", "tin", "roof"]
    assert words_of("doorSlam 3x") == ["door", "slam", "3", "x"]
    assert words_of("\U0001f327\ufe0f \u96e8 --") == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_words_are_plain_and_saying_them_again_changes_nothing(text: str) -> None:
    words = words_of(text)
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words)
    assert words_of(" ".join(words)) == words


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("thundr", "thunder"), ("footstpes", "footsteps"), ("helicoptr", "helicopter"), ("explosoin", "explosion"), ("rainn", "rain")],
)
def test_typos_share_pieces_with_what_was_meant(typo: str, meant: str) -> None:
    others = ["dog", "alarm", "waterfall", "engine", "whistle", "applause", "piano"]
    assert overlap(typo, meant) > 0.15
    assert overlap(typo, meant) > 5 * max(overlap(typo, other) for other in others)


@torch.inference_mode()
def test_untrained_vectors_of_typos_point_the_way_of_what_was_meant() -> None:
    torch.manual_seed(0)
    tower = TextTower(replace(SMALL, buckets=32768, word_dim=512))
    for typo, meant in (("thundr", "thunder"), ("helicoptr", "helicopter"), ("explosoin", "explosion")):
        vectors = tower._words([f"{typo} {meant} applause"])[0][0]
        near, far = (float(torch.cosine_similarity(vectors[0], other, dim=0)) for other in vectors[1:])
        assert near > 0.25 and abs(far) < 0.15


def test_pieces_stay_in_their_buckets_and_are_the_same_everywhere() -> None:
    pieces = hashed_pieces("rain", 512)
    assert len(pieces) == 2 + 4 + 3 + 2 and all(0 <= piece < 512 for piece in pieces)
    grams = ("<ra", "rai", "ain", "in>", "<rai", "rain", "ain>", "<rain", "rain>")
    assert hashed_pieces("rain", 512) == tuple(crc32(piece.encode()) % 512 for piece in ("<rain>#1", "<rain>#2", *grams))


def test_gradients_reach_both_towers() -> None:
    torch.manual_seed(0)
    encoder = ContrastivePromptEncoder(SMALL)
    for module in encoder.modules():
        if hasattr(module, "conv2"):
            torch.nn.init.normal_(module.conv2.weight, std=0.1)
    text, audio = encoder(["heavy rain", "dog"], torch.rand(2, 1, 80, 64))
    (encoder.log_scale * (text * audio).sum()).backward()
    assert [name for name, value in encoder.named_parameters() if value.grad is None or not value.grad.abs().sum() > 0] == []
