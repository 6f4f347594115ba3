"""Shards: what is in a split, where a clip lies, what appears while training runs, and their tokens."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.prompt import ContrastivePromptEncoder
from engine.models.tokenizer import ConvTokenizer
from engine.training.encode import TokenSet, encode_shard
from engine.training.shards import Shard, ShardSet, render_shard, render_shards
from tests.training.synthetic import CAPTIONS_PER_CLIP, PROMPT, TOKENIZER, write_shard


@pytest.fixture(scope="module")
def networks() -> tuple[ConvTokenizer, ContrastivePromptEncoder]:
    torch.manual_seed(0)
    return ConvTokenizer(TOKENIZER).eval(), ContrastivePromptEncoder(PROMPT).eval()


def seeds(clips: ShardSet) -> list[int]:
    return [clips.row(clip)["seed"] for clip in range(len(clips))]


def test_a_set_holds_the_clips_of_one_split(shards: Path) -> None:
    assert seeds(ShardSet(shards, "train")) == [1, 2, 3, 5, 6, 7]
    assert seeds(ShardSet(shards, "validation")) == [0, 4]
    assert seeds(ShardSet(shards, "test")) == []


def test_clips_are_found_in_their_shard(tmp_path: Path) -> None:
    folders = [write_shard(tmp_path, index, clips=4) for index in (0, 1)]
    clips = ShardSet(tmp_path, "train")
    assert seeds(clips) == [1, 2, 3, 5, 6, 7]
    second = Shard(folders[1])
    np.testing.assert_array_equal(clips.mel(4), second.mel[2].astype(np.float32))
    np.testing.assert_array_equal(clips.mel(4, 100, 16), second.mel[2, :, 100:116].astype(np.float32))
    np.testing.assert_allclose(clips.audio(4, 512, 1000), second.audio[2, 512:1512] / 32767, atol=1e-7)
    assert clips.mel(0).shape == (80, 848) and clips.audio(0).shape == (217088,)
    assert clips.mel(0).dtype == clips.audio(0).dtype == np.float32
    assert np.abs(clips.audio(0)).max() <= 1


def test_new_shards_are_noticed_and_old_ones_keep_their_numbers(tmp_path: Path) -> None:
    write_shard(tmp_path, 3, clips=4)
    clips = ShardSet(tmp_path, "train")
    assert seeds(clips) == [13, 14, 15]
    write_shard(tmp_path, 1, clips=4)
    (tmp_path / ".building-00002-1").mkdir()
    clips.refresh()
    clips.refresh()
    assert seeds(clips) == [13, 14, 15, 5, 6, 7]


def test_a_set_can_begin_later(tmp_path: Path) -> None:
    for index in (0, 1, 2):
        write_shard(tmp_path, index, clips=4)
    assert seeds(ShardSet(tmp_path, "train", first=2)) == [9, 10, 11]


def test_a_rendered_shard_is_left_alone(shards: Path) -> None:
    before = (shards / "shard-00000" / "rows.jsonl").stat().st_mtime_ns
    assert render_shard(shards, 0) == shards / "shard-00000"
    assert (shards / "shard-00000" / "rows.jsonl").stat().st_mtime_ns == before


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    write_shard(tmp_path, 0, clips=1)
    (tmp_path / ".building-00000-123").mkdir()
    assert list(render_shards(tmp_path, 0, 1, workers=1)) == [tmp_path / "shard-00000"]
    assert [path.name for path in tmp_path.iterdir()] == ["shard-00000"]


def test_tokens_and_embeddings_are_those_of_the_networks(
    shards: Path, tmp_path: Path, networks: tuple[ConvTokenizer, ContrastivePromptEncoder]
) -> None:
    tokenizer, prompt = networks
    path = encode_shard(shards / "shard-00000", tmp_path / "encoded", tokenizer, prompt, batch=3)
    assert [file.name for file in path.parent.iterdir()] == ["shard-00000.npz"]
    clips, encoded = ShardSet(shards, "train"), TokenSet(shards, tmp_path / "encoded", "train")
    assert len(encoded) == len(clips) == 6 and encoded.rows[2] == clips.row(2)
    assert encoded.tokens.shape == (6, 5, 53) and encoded.sounds.shape == (6, 16) and encoded.texts.shape == (6, CAPTIONS_PER_CLIP, 16)
    mel = torch.from_numpy(clips.mel(2))[None, None]
    with torch.inference_mode():
        np.testing.assert_array_equal(encoded.tokens[2], tokenizer.encode(mel)[0].numpy())
        np.testing.assert_allclose(encoded.sounds[2], prompt.embed_mel(mel)[0].numpy(), atol=2e-3)
        np.testing.assert_allclose(encoded.texts[2], prompt.embed_text(clips.row(2)["captions"]).numpy(), atol=2e-3)


def test_a_shard_is_encoded_once(shards: Path, tmp_path: Path, networks: tuple[ConvTokenizer, ContrastivePromptEncoder]) -> None:
    path = encode_shard(shards / "shard-00000", tmp_path, *networks)
    before = path.stat().st_mtime_ns
    assert encode_shard(shards / "shard-00000", tmp_path, *networks) == path
    assert path.stat().st_mtime_ns == before


def test_new_tokens_are_noticed(tmp_path: Path, networks: tuple[ConvTokenizer, ContrastivePromptEncoder]) -> None:
    for index in (0, 1):
        write_shard(tmp_path, index, clips=4)
    encode_shard(tmp_path / "shard-00001", tmp_path / "encoded", *networks)
    encoded = TokenSet(tmp_path, tmp_path / "encoded", "train")
    assert [row["seed"] for row in encoded.rows] == [5, 6, 7]
    encode_shard(tmp_path / "shard-00000", tmp_path / "encoded", *networks)
    encoded.refresh()
    encoded.refresh()
    assert [row["seed"] for row in encoded.rows] == [5, 6, 7, 1, 2, 3]
    assert len(encoded) == len(encoded.tokens) == len(encoded.sounds) == len(encoded.texts) == 6
