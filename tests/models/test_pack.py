"""Packs are read with every doubt: one sentence for each kind of damage, nothing executed."""

import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from engine.models.detail import ConvDetail, DetailConfig
from engine.models.pack import load_pack, read_manifest, verify_pack
from engine.models.roles import Critic, Detail, Generator, PromptEncoder, Tokenizer, Vocoder
from engine.types import EngineError
from tests.extra_parts import add_parts
from tests.tiny import write_tiny_pack


@pytest.fixture
def pack(tiny: Path, tmp_path: Path) -> Path:
    """A copy, to be damaged."""
    return Path(shutil.copytree(tiny, tmp_path / "tiny"))


def edited(pack: Path, change: Callable[[dict], None]) -> None:
    path = pack / "pack.json"
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def rehash(pack: Path, role: str) -> None:
    digest = hashlib.sha256((pack / f"{role}.safetensors").read_bytes()).hexdigest()
    edited(pack, lambda data: data["parts"][role].update(sha256=digest))


def refusal(pack: Path) -> str:
    with pytest.raises(EngineError) as error:
        load_pack(pack)
    assert error.value.kind == "pack"
    assert "\n" not in error.value.message
    return error.value.message


def test_round_trip(pack: Path) -> None:
    loaded = load_pack(pack)
    assert loaded.manifest.id == "tiny"
    assert isinstance(loaded.tokenizer, Tokenizer) and isinstance(loaded.generator, Generator)
    assert isinstance(loaded.prompt, PromptEncoder) and isinstance(loaded.vocoder, Vocoder)
    assert loaded.knowledge["concepts"]["rain"] == ["rain", "rainfall"]
    assert verify_pack(pack).hash == loaded.manifest.hash
    assert not any(p.requires_grad for p in loaded.generator.parameters())


def test_a_decoder_listens_to_vectors_of_the_packs_prompt_encoder(tmp_path: Path) -> None:
    write_tiny_pack(tmp_path / "listens", hint_dim=16)
    assert load_pack(tmp_path / "listens").tokenizer.config.hint_dim == 16
    with pytest.raises(EngineError, match=r"^The tokenizer of the pack tiny has hint_dim = 8, the rest of the pack 16\.$"):
        write_tiny_pack(tmp_path / "strange", hint_dim=8)


def test_writing_again_keeps_other_files(pack: Path) -> None:
    (pack / "card.md").write_text("by hand")
    first = read_manifest(pack).hash
    write_tiny_pack(pack, seed=1)
    assert (pack / "card.md").read_text() == "by hand"
    assert read_manifest(pack).hash != first
    assert not list(pack.parent.glob(".*part"))


@pytest.mark.parametrize("role", ["tokenizer", "generator", "prompt", "vocoder"])
def test_a_flipped_byte_is_named(pack: Path, role: str) -> None:
    path = pack / f"{role}.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-5] ^= 1
    path.write_bytes(raw)
    assert f"{role}.safetensors" in refusal(pack) and "checksum" in refusal(pack)


def test_flipped_byte_in_the_knowledge(pack: Path) -> None:
    path = pack / "knowledge.json"
    path.write_bytes(path.read_bytes().replace(b"rain", b"Rain", 1))
    assert "knowledge.json" in refusal(pack)


def test_missing_file_and_missing_pack(pack: Path, tmp_path: Path) -> None:
    (pack / "vocoder.safetensors").unlink()
    assert "lacks its file vocoder.safetensors" in refusal(pack)
    assert "There is no pack" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(pack: Path, bad: float) -> None:
    path = pack / "vocoder.safetensors"
    weights = load_file(path)
    weights["embed.bias"] = weights["embed.bias"].clone()
    weights["embed.bias"][0] = bad
    save_file(weights, path)
    rehash(pack, "vocoder")
    assert "not finite" in refusal(pack)


def test_wrong_shape_missing_extra_and_wrong_type(pack: Path) -> None:
    path = pack / "vocoder.safetensors"
    original = load_file(path)
    for change, words in (
        ({"embed.bias": torch.zeros(3, dtype=torch.bfloat16)}, "shape"),
        ({"stranger": torch.zeros(1)}, "unknown tensor"),
        ({"embed.bias": torch.zeros(16, dtype=torch.int32)}, "stored as"),
    ):
        save_file({**original, **change}, path)
        rehash(pack, "vocoder")
        assert words in refusal(pack)
    save_file({name: value for name, value in original.items() if name != "embed.bias"}, path)
    rehash(pack, "vocoder")
    assert "lacks 'embed.bias'" in refusal(pack)


@pytest.mark.parametrize("name", ["../tiny/vocoder.safetensors", "/etc/passwd", "a\\b", "", ".hidden", "x" * 200, "nul\0byte"])
def test_names_that_are_paths(pack: Path, name: str) -> None:
    edited(pack, lambda data: data["parts"]["vocoder"].update(file=name))
    assert "outside its folder" in refusal(pack)


def test_unknown_architecture_and_wrong_role(pack: Path) -> None:
    edited(pack, lambda data: data["parts"]["vocoder"].update(arch="os.system"))
    assert "does not know" in refusal(pack)
    edited(pack, lambda data: data["parts"]["vocoder"].update(arch="conv-vq"))
    assert "it is a tokenizer" in refusal(pack)


@pytest.fixture
def whole(pack: Path) -> Path:
    """The pack with every part that one can have."""
    add_parts(pack, pack.with_name("whole"), "detail", "critic")
    return pack.with_name("whole")


def test_extra_parts_are_loaded_and_count_in_the_hash(pack: Path, whole: Path) -> None:
    plain, loaded = load_pack(pack), load_pack(whole)
    assert plain.detail is None and plain.critic is None and set(plain.manifest.parts) == {"tokenizer", "generator", "prompt", "vocoder"}
    assert isinstance(loaded.detail, Detail) and isinstance(loaded.critic, Critic)
    assert not loaded.detail.training and not any(p.requires_grad for p in loaded.critic.parameters())
    assert load_file(whole / "detail.safetensors")["quantizer.codebook"].dtype == torch.float32
    texts = [plain.manifest.parts[role].sha256 for role in ("tokenizer", "generator", "prompt", "vocoder")]
    assert [loaded.manifest.parts[role].sha256 for role in ("tokenizer", "generator", "prompt", "vocoder")] == texts
    assert plain.manifest.hash == hashlib.sha256("".join(texts).encode()).hexdigest()[:16] != loaded.manifest.hash


@pytest.mark.parametrize("role", ["detail", "critic"])
def test_damage_of_extra_parts_is_named(whole: Path, role: str) -> None:
    path = whole / f"{role}.safetensors"
    original = path.read_bytes()
    path.write_bytes(original[:-5] + bytes([original[-5] ^ 1]) + original[-4:])
    assert f"{role}.safetensors" in refusal(whole) and "checksum" in refusal(whole)
    path.unlink()
    assert f"lacks its file {role}.safetensors" in refusal(whole)
    path.write_bytes(original)
    edited(whole, lambda data: data["parts"][role].update(arch="of-tomorrow"))
    assert "'of-tomorrow', which this version does not know" in refusal(whole)
    edited(whole, lambda data: data["parts"][role].update(arch="fourier"))
    assert f"as its {role}, but it is a vocoder" in refusal(whole)
    edited(whole, lambda data: data["parts"].update({role: "nothing"}))
    refusal(whole)
    edited(whole, lambda data: data["parts"].pop(role))
    load_pack(whole)


@pytest.mark.parametrize(
    ("role", "config", "words"),
    [
        ("detail", {"steps": 0}, "steps"),
        ("detail", {"width": 10**12}, ""),
        ("detail", {"reach_cols": -4}, ""),
        ("detail", {"heads": 3}, "3 heads do not divide the width 16"),
        ("detail", {"surprise": 1}, "surprise"),
        ("critic", {"rows": 6}, ""),
        ("critic", {"blocks": 1.5}, ""),
        ("critic", {"heads": 3}, "3 heads do not divide the width 16"),
    ],
)
def test_hostile_configs_of_extra_parts(whole: Path, role: str, config: dict, words: str) -> None:
    edited(whole, lambda data: data["parts"][role]["config"].update(config))
    assert words in refusal(whole)


def test_extra_parts_have_to_fit(pack: Path, whole: Path) -> None:
    part = json.loads((whole / "pack.json").read_text())["parts"]["critic"]
    weights = load_file(whole / "critic.safetensors")
    weights["row_position"] = torch.cat([weights["row_position"]] * 2)[:7]
    save_file(weights, pack / "critic.safetensors")
    digest = hashlib.sha256((pack / "critic.safetensors").read_bytes()).hexdigest()
    edited(pack, lambda data: data["parts"].update(critic={**part, "config": {**part["config"], "rows": 7}, "sha256": digest}))
    assert "The critic of the pack tiny has rows = 7, the rest of the pack 5." in refusal(pack)


def test_a_detail_part_that_listens_to_other_prompts_does_not_fit(pack: Path, whole: Path) -> None:
    config = {**json.loads((whole / "pack.json").read_text())["parts"]["detail"]["config"], "hint_dim": 5}
    weights = {name: value.contiguous() for name, value in ConvDetail(DetailConfig(**config)).state_dict().items()}
    save_file(weights, pack / "detail.safetensors")
    digest = hashlib.sha256((pack / "detail.safetensors").read_bytes()).hexdigest()
    part = {"arch": "conv-detail", "config": config, "file": "detail.safetensors", "sha256": digest}
    edited(pack, lambda data: data["parts"].update(detail=part))
    assert "The detail of the pack tiny has hint_dim = 5, the rest of the pack 16." in refusal(pack)


def test_format_of_the_future(pack: Path) -> None:
    edited(pack, lambda data: data.update(format=99))
    assert "format 99" in refusal(pack)


HEADERS: dict[str, bytes] = {
    "empty": b"",
    "short": b"\x01\x02",
    "huge header": struct.pack("<Q", 2**62),
    "header beyond the file": struct.pack("<Q", 1000) + b"{}",
    "no json": struct.pack("<Q", 4) + b"abcd",
    "no object": struct.pack("<Q", 2) + b"[]",
    "not utf-8": struct.pack("<Q", 4) + b"\xff\xfe\xfd\xfc",
    "unknown dtype": (h := b'{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "offsets reversed": (h := b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "offsets outside": (h := b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "offsets with a hole": (h := b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 8,
    "size is a lie": (h := b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,4]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "shape overflows": (h := b'{"a":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,4]}}')
    and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "negative shape": (h := b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "float shape": (h := b'{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "string offsets": (h := b'{"a":{"dtype":"F32","shape":[1],"data_offsets":["0","4"]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 4,
    "deep nesting": (h := b"[" * 5000) and struct.pack("<Q", len(h)) + h,
    "trailing bytes": (h := b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}') and struct.pack("<Q", len(h)) + h + b"\0" * 9,
    "pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "truncated": struct.pack("<Q", 54) + b'{"a":{"dtype":"F32","shape":[1],"data_of',
    "duplicate names": (h := b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}')
    and struct.pack("<Q", len(h)) + h + b"\0" * 4,
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_headers_are_refused(pack: Path, name: str) -> None:
    (pack / "vocoder.safetensors").write_bytes(HEADERS[name])
    rehash(pack, "vocoder")
    assert "vocoder.safetensors" in refusal(pack)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", '{"format": 1}', '{"format": 1, "id": 3}', "[" * 100_000, '{"format": NaN}', '{"format": ' + "9" * 5000 + "}"],
)
def test_hostile_json(pack: Path, text: str) -> None:
    (pack / "pack.json").write_text(text)
    assert "pack" in refusal(pack)


@pytest.mark.parametrize(
    "config", [{"width": -1}, {"width": "wide"}, {"width": 10**12}, {"blocks": 1.5}, {"surprise": 1}, {"hop_samples": 0}]
)
def test_hostile_configs(pack: Path, config: dict) -> None:
    edited(pack, lambda data: data["parts"]["vocoder"]["config"].update(config))
    refusal(pack)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10**6), value=st.integers(1, 255))
@example(position=1089, value=1)
def test_any_changed_byte_of_the_manifest_is_harmless(pack: Path, position: int, value: int) -> None:
    path = pack / "pack.json"
    original = path.read_bytes()
    raw = bytearray(original)
    raw[position % len(raw)] ^= value
    path.write_bytes(raw)
    try:
        load_pack(pack)
    except EngineError as error:
        assert error.kind == "pack"
    finally:
        path.write_bytes(original)
