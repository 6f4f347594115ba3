"""CLAP from LAION's file: names, numbers, front end, vocabulary, and what is said where something is missing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.public import clap
from engine.models.public.clap import LaionClap, clap_config, clap_picture, read_clap, read_tokenizer, renamed_clap
from engine.types import EngineError

GOLDEN_FOLDER = Path(__file__).parents[2] / "golden"
GOLDEN = np.load(GOLDEN_FOLDER / "laion_clap_small.npz", allow_pickle=False)
HEADS = json.loads(str(GOLDEN["config_json"]))["text"]["num_attention_heads"]
needs_transformers = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("transformers"), reason="transformers is not installed (extra clap)"
)


def keys_of(name: str) -> dict[str, list[int]]:
    return json.loads((GOLDEN_FOLDER / f"{name}_keys.json").read_text())["state_dict"]


def small_weights() -> dict[str, torch.Tensor]:
    return {key.removeprefix("sd/"): torch.from_numpy(GOLDEN[key]) for key in GOLDEN.files if key.startswith("sd/")}


def meta_weights() -> dict[str, torch.Tensor]:
    """The public file at full size, without numbers."""
    weights = {
        f"module.{key}": torch.empty(shape, device="meta") for key, shape in keys_of("laion_clap_htsat_tiny_roberta_unfused").items()
    }
    return weights | {"module.text_branch.embeddings.position_ids": torch.empty((1, 514), device="meta")}


@pytest.fixture(scope="module")
def small() -> LaionClap:
    pytest.importorskip("transformers", reason="transformers is not installed (extra clap)")
    return LaionClap(read_clap(small_weights(), text_heads=HEADS))


def test_public_file_becomes_exactly_the_public_model() -> None:
    shapes = {name: list(value.shape) for name, value in renamed_clap(meta_weights()).items()}
    expected = keys_of("transformers_clap_htsat_unfused")
    buffers = {"text_model.embeddings.position_ids", "text_model.embeddings.token_type_ids"}
    assert shapes == {name: shape for name, shape in expected.items() if name not in buffers}


@needs_transformers
def test_sizes_are_read_from_the_weights() -> None:
    from transformers import ClapModel

    config = clap_config(renamed_clap(meta_weights()))
    with torch.device("meta"):
        own = ClapModel(config).state_dict()
    assert {name: list(value.shape) for name, value in own.items()} == keys_of("transformers_clap_htsat_unfused")
    assert config.text_config.num_attention_heads == 12 and config.text_config.layer_norm_eps == 1e-5
    assert list(config.audio_config.depths) == [2, 2, 6, 2] and not config.audio_config.enable_fusion


@needs_transformers
@torch.inference_mode()
def test_other_sizes_are_read_from_the_weights() -> None:
    from transformers import ClapConfig, ClapModel

    text = {"vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 40}
    text |= {"max_position_embeddings": 90, "type_vocab_size": 2, "layer_norm_eps": 1e-5}
    audio = {"patch_embeds_hidden_size": 12, "depths": [1, 2, 1], "num_attention_heads": [2, 3, 4], "num_hidden_layers": 3}
    audio |= {"hidden_size": 48, "window_size": 4, "patch_size": 8, "patch_stride": [8, 8], "mlp_ratio": 2.0}
    theirs = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=10)).eval()
    ours = read_clap({f"module.{name}": value for name, value in theirs.state_dict().items()}, text_heads=3)
    for part, sizes in ((ours.config.text_config, text), (ours.config.audio_config, audio)):
        assert {name: getattr(part, name) for name in sizes} == sizes
    ids = torch.randint(2, 50, (2, 9))
    assert torch.equal(ours.get_text_features(ids).pooler_output, theirs.get_text_features(ids).pooler_output)
    picture = torch.randn(1, 1, 1001, 64)
    expected = theirs.get_audio_features(picture).pooler_output
    torch.testing.assert_close(ours.get_audio_features(picture).pooler_output, expected, rtol=0, atol=1e-6)


def test_front_end_is_laions() -> None:
    samples = GOLDEN["in/wave_int16_48k_1s"] / np.float32(32767)
    picture, expected = clap_picture(samples), GOLDEN["out/logmel_db_10s"][0, 0]
    assert picture.shape == expected.shape == (1001, 64)
    difference = np.abs(picture - expected)
    assert np.percentile(difference, 99) < 1e-3 and difference.max() < 5e-2


def test_short_sounds_are_repeated_and_long_ones_cut() -> None:
    rng = np.random.default_rng(0)
    sound = rng.uniform(-0.5, 0.5, 480_000).astype(np.float32)
    np.testing.assert_array_equal(clap_picture(np.concatenate([sound, sound])), clap_picture(sound))
    part = sound[:200_000]
    np.testing.assert_array_equal(clap_picture(part), clap_picture(np.concatenate([part, part, np.zeros(80_000, np.float32)])))
    with pytest.raises(EngineError):
        clap_picture(np.zeros(0))


@pytest.mark.slow
def test_embedding_of_a_sound_is_laions(small: LaionClap) -> None:
    samples = GOLDEN["in/wave_int16_48k_1s"] / np.float32(32767)
    embedded = small.embed_sound(samples)
    np.testing.assert_allclose(embedded, GOLDEN["out/audio_embed"][0], atol=1e-4)
    assert np.linalg.norm(embedded) == pytest.approx(1, abs=1e-5)


def test_embedding_of_text_is_laions(small: LaionClap) -> None:
    embedded = small.embed_tokens(GOLDEN["in/input_ids"], GOLDEN["in/attention_mask"])
    np.testing.assert_allclose(embedded, GOLDEN["out/text_embed"], atol=1e-4)


@needs_transformers
def test_other_weights_are_named() -> None:
    weights = small_weights()
    with pytest.raises(EngineError, match=r"'audio_model\.audio_encoder\.fusion\.weight', which"):
        read_clap(weights | {"module.audio_branch.fusion.weight": torch.zeros(1)}, HEADS)
    lacking = {key: value for key, value in weights.items() if "text_projection.0.bias" not in key}
    with pytest.raises(EngineError, match="lacks 'text_projection"):
        read_clap(lacking, HEADS)
    with pytest.raises(EngineError, match="has the shape"):
        read_clap(weights | {"module.audio_projection.2.bias": torch.zeros(3)}, HEADS)
    with pytest.raises(EngineError, match="no CLAP checkpoint"):
        read_clap({"weight": torch.zeros(2)})


def vocabulary(folder: Path) -> None:
    """A tiny byte-level vocabulary in RoBERTa's form."""
    letters = "abcdefghijklmnopqrstuvwxyz\u0120.,"
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *letters, "ra", "in", "rain", "\u0120rain", "<mask>"]
    folder.joinpath("vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}), encoding="utf-8")
    folder.joinpath("merges.txt").write_text("#version: 0.2\nr a\ni n\nra in\n\u0120 rain\n", encoding="utf-8")


@needs_transformers
def test_prompts_become_robertas_tokens(tmp_path: Path) -> None:
    vocabulary(tmp_path)
    tokens = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))
    encoded = read_tokenizer(tmp_path).encode("rain, rain")
    wanted = [tokens[token] for token in ("<s>", "rain", ",", "\u0120rain", "</s>")]
    assert encoded.ids == wanted + [1] * 72 and encoded.attention_mask == [1] * 5 + [0] * 72
    assert len(read_tokenizer(tmp_path).encode("a" * 200).ids) == 77
    from transformers import RobertaTokenizer

    theirs = RobertaTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert theirs("rain, rain", padding="max_length", max_length=77)["input_ids"] == encoded.ids


@needs_transformers
def test_words_need_their_vocabulary(small: LaionClap, tmp_path: Path) -> None:
    assert not small.reads_text
    with pytest.raises(EngineError, match=r"vocab\.json and merges\.txt"):
        small.embed_text(["rain"])
    with pytest.raises(EngineError, match=r"vocab\.json and merges\.txt"):
        read_tokenizer(tmp_path)
    (tmp_path / "vocab.json").write_text("{")
    (tmp_path / "merges.txt").write_text("")
    with pytest.raises(EngineError, match="cannot be read"):
        read_tokenizer(tmp_path)


@needs_transformers
def test_a_file_and_a_vocabulary_make_a_reader_of_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary(tmp_path)
    torch.save({"epoch": np.float64(3), "state_dict": small_weights()}, tmp_path / "clap.pt")
    monkeypatch.setattr(clap, "_HEAD_WIDTH", 32 // HEADS)
    opened = LaionClap.open(tmp_path / "clap.pt", tmp_path)
    embedded = opened.embed_text(["rain", "rain, rain"])
    np.testing.assert_allclose(np.linalg.norm(embedded, axis=1), 1, atol=1e-5)
    assert opened.reads_text and np.abs(embedded[0] - embedded[1]).max() > 1e-4


def test_without_transformers_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(EngineError, match=r"melbrush\[clap\]"):
        read_clap(small_weights())
