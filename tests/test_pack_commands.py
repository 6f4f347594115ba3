"""packs import: a public checkpoint becomes a pack that sounds, or one sentence and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from click.testing import CliRunner, Result

from engine import pack_places
from engine.cli import main
from engine.models.pack import load_pack, read_manifest
from engine.models.public.hifigan import HifiGan, HifiGanConfig
from engine.models.public.importer import KINDS as IMPORTER_KINDS
from engine.models.public.vocos import Vocos, VocosConfig
from engine.pack_commands import KINDS
from tests.extra_parts import add_parts
from tests.models.public.hostile import HOSTILE
from tests.tiny import write_tiny_pack

GOLDEN = Path(__file__).parent / "golden"
# Version 3's plan, small, on the tiny pack's mel.
SETTINGS = {
    "resblock": "2",
    "upsample_rates": [8, 8, 4],
    "upsample_kernel_sizes": [16, 16, 8],
    "upsample_initial_channel": 32,
    "resblock_kernel_sizes": [3, 5, 7],
    "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]],
    "num_mels": 80,
    "num_freq": 1025,
    "n_fft": 1024,
    "hop_size": 256,
    "win_size": 1024,
    "sampling_rate": 22050,
    "fmin": 0,
    "fmax": None,
    "fmax_for_loss": None,
}
CONFIG = HifiGanConfig(
    f_max_hz=11025.0,
    channels=32,
    rates=(8, 8, 4),
    kernels=(16, 16, 8),
    block_type="2",
    block_kernels=(3, 5, 7),
    block_dilations=((1, 2), (2, 6), (3, 12)),
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "tiny"
    write_tiny_pack(folder)
    return folder


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where imported packs go."""
    folder = tmp_path / "packs"
    folder.mkdir()
    monkeypatch.setattr(pack_places, "PACKS", folder)
    monkeypatch.setattr(pack_places, "user_packs", lambda: tmp_path / "user")
    return folder


@pytest.fixture
def hifigan(tmp_path: Path) -> tuple[Path, Path]:
    torch.manual_seed(3)
    network = HifiGan(CONFIG)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            torch.nn.utils.parametrizations.weight_norm(module)
    weights = {old_name(key): value for key, value in network.state_dict().items()}
    torch.save({"generator": weights}, tmp_path / "generator_v3")
    (tmp_path / "config.json").write_text(json.dumps(SETTINGS))
    return tmp_path / "generator_v3", tmp_path / "config.json"


def old_name(key: str) -> str:
    return key.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v")


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def imported(base: Path, kind: str, *files: Path, pack_id: str = "new") -> Result:
    return run("packs", "import", kind, *files, "--id", pack_id, "--base", base)


def refusal(result: Result, packs: Path) -> str:
    """The one sentence of an import that could not be done and left nothing."""
    assert result.exit_code == 2 and isinstance(result.exception, SystemExit), result.output
    assert result.output.startswith("melbrush: ") and result.output.count("\n") == 1
    assert list(packs.iterdir()) == []
    return result.output.strip()


def test_an_imported_vocoder_is_heard(base: Path, packs: Path, hifigan: tuple[Path, Path], tmp_path: Path) -> None:
    done = run("packs", "import", "hifigan", *hifigan, "--id", "mine", "--name", "My vocoder", "--base", base)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("mine  My vocoder  ")
    manifest = read_manifest(packs / "mine")
    assert manifest.parts["vocoder"].arch == "hifigan" and manifest.provenance["base"]["id"] == "tiny"
    assert manifest.provenance["imported"][0]["files"].keys() == {"generator_v3", "config.json"}
    for role in ("tokenizer", "generator", "prompt"):
        assert (packs / "mine" / f"{role}.safetensors").read_bytes() == (base / f"{role}.safetensors").read_bytes()
    sound = tmp_path / "a.wav"
    made = run("generate", "heavy rain", "-o", sound, "--pack", packs / "mine", "--duration", 0.5, "--seed", 3, "--device", "cpu")
    assert made.exit_code == 0, made.output
    samples, rate = soundfile.read(sound)
    assert rate == 22050 and samples.shape == (11025,) and np.isfinite(samples).all() and np.ptp(samples) > 0


@torch.inference_mode()
def test_an_imported_vocoder_computes_what_the_checkpoint_does(base: Path, packs: Path, hifigan: tuple[Path, Path]) -> None:
    assert imported(base, "hifigan", *hifigan).exit_code == 0
    torch.manual_seed(3)
    expected, log_mel_db = HifiGan(CONFIG), torch.rand(1, 80, 9) * 100 - 80
    found = load_pack(packs / "new").vocoder.synthesise(log_mel_db)
    torch.testing.assert_close(found, expected.synthesise(log_mel_db), rtol=0, atol=1e-5)


def test_another_mel_is_told_in_one_sentence(base: Path, packs: Path, hifigan: tuple[Path, Path]) -> None:
    hifigan[1].write_text(json.dumps({**SETTINGS, "fmax": 8000, "sampling_rate": 24000}))
    sentence = refusal(imported(base, "hifigan", *hifigan), packs)
    assert "was made for another mel picture than its tokenizer: sample_rate 24000 instead of 22050, f_max_hz 8000.0 instead of" in sentence


def test_vocos_says_that_its_mel_is_another(base: Path, packs: Path, tmp_path: Path) -> None:
    config = VocosConfig(sample_rate=22050, bands=80, f_max_hz=11025.0, width=16, hidden=24, blocks=1)
    torch.save(Vocos(config).state_dict(), tmp_path / "pytorch_model.bin")
    parts = {
        "feature_extractor": ("a.MelSpectrogramFeatures", {"sample_rate": 22050, "n_fft": 1024, "hop_length": 256, "n_mels": 80}),
        "backbone": ("a.VocosBackbone", {"input_channels": 80, "dim": 16, "intermediate_dim": 24, "num_layers": 1}),
        "head": ("a.ISTFTHead", {"dim": 16, "n_fft": 1024, "hop_length": 256, "padding": "center"}),
    }
    (tmp_path / "config.json").write_text(json.dumps({part: {"class_path": c, "init_args": a} for part, (c, a) in parts.items()}))
    sentence = refusal(imported(base, "vocos", tmp_path / "pytorch_model.bin", tmp_path / "config.json"), packs)
    assert "mel_scale htk instead of slaney" in sentence


@pytest.fixture
def codebook(tmp_path: Path) -> tuple[Path, Path]:
    with np.load(GOLDEN / "specvqgan_vqmodel_tiny.npz", allow_pickle=False) as golden:
        weights = {key[3:]: torch.from_numpy(golden[key]) for key in golden.files if key.startswith("sd/")}
        settings = json.loads(str(golden["config_json"]))
    torch.save({"state_dict": {**weights, "loss.discriminator.main.0.weight": torch.zeros(2)}, "epoch": 3}, tmp_path / "last.ckpt")
    (tmp_path / "project.json").write_text(json.dumps(settings))
    return tmp_path / "last.ckpt", tmp_path / "project.json"


@pytest.fixture
def melgan(tmp_path: Path) -> tuple[Path, Path]:
    with np.load(GOLDEN / "specvqgan_melgan_small.npz", allow_pickle=False) as golden:
        torch.save({key[3:]: torch.from_numpy(golden[key]) for key in golden.files if key.startswith("sd/")}, tmp_path / "best_netG.pt")
    text = "!!python/object:argparse.Namespace\nn_mel_channels: 80\nngf: 4\nn_residual_layers: 3\n"
    (tmp_path / "args.yml").write_text(text)
    return tmp_path / "best_netG.pt", tmp_path / "args.yml"


@torch.inference_mode()
def test_a_codebook_brings_its_mel_and_its_vocoder(
    base: Path, packs: Path, codebook: tuple[Path, Path], melgan: tuple[Path, Path], tmp_path: Path
) -> None:
    done = imported(base, "specvqgan", *codebook, *melgan)
    assert done.exit_code == 0, done.output
    assert "generate gives noise until a generator is trained on these codes" in done.stderr
    pack = load_pack(packs / "new")
    g = pack.manifest.geometry
    assert (g.f_min_hz, g.f_max_hz, g.code_count, g.rows, g.cols) == (125.0, 7600.0, 128, 5, 53)
    assert pack.manifest.provenance["generator"] == "untrained"
    with np.load(GOLDEN / "specvqgan_vqmodel_tiny.npz", allow_pickle=False) as golden:
        ids = pack.tokenizer.encode(torch.from_numpy(golden["in/x"]))
        np.testing.assert_array_equal(ids.numpy(), golden["out/indices"])
    with np.load(GOLDEN / "specvqgan_melgan_small.npz", allow_pickle=False) as golden:
        assert np.abs(pack.vocoder(torch.from_numpy(golden["in/mel"])).numpy() - golden["out/wav"]).max() < 1e-4
    soundfile.write(tmp_path / "in.wav", np.sin(np.arange(11025) / 9) * 0.3, 22050)
    made = run("reconstruct", tmp_path / "in.wav", "-o", tmp_path / "out.wav", "--pack", packs / "new", "--device", "cpu")
    assert made.exit_code == 0, made.output
    assert soundfile.info(tmp_path / "out.wav").frames == 11025


def test_an_order_by_a_critic_stays_only_with_the_critic(
    base: Path, packs: Path, hifigan: tuple[Path, Path], codebook: tuple[Path, Path], melgan: tuple[Path, Path], tmp_path: Path
) -> None:
    judged = tmp_path / "judged"
    add_parts(base, judged, "critic")
    data = json.loads((judged / "pack.json").read_text())
    data["sampling"]["order"] = "critic"
    (judged / "pack.json").write_text(json.dumps(data))
    for pack_id, kind, files in (("voice", "hifigan", hifigan), ("codes", "specvqgan", (*codebook, *melgan))):
        assert imported(judged, kind, *files, pack_id=pack_id).exit_code == 0
    voice, codes = read_manifest(packs / "voice"), read_manifest(packs / "codes")
    assert "critic" in voice.parts and voice.sampling.order == "critic"
    assert "critic" not in codes.parts and codes.sampling.order == "confidence"


def test_a_codebook_without_its_vocoder_is_refused(base: Path, packs: Path, codebook: tuple[Path, Path]) -> None:
    assert "give SpecVQGAN's MelGAN too" in refusal(imported(base, "specvqgan", *codebook), packs)


def test_a_melgan_alone_does_not_fit(base: Path, packs: Path, melgan: tuple[Path, Path]) -> None:
    sentence = refusal(imported(base, "melgan", *melgan), packs)
    assert "f_min_hz 125.0 instead of 0.0, f_max_hz 7600.0 instead of 11025.0" in sentence


@pytest.mark.parametrize(
    "name", ["command beside the weights", "command as a weight", "command in an old file", "zip bomb", "huge memo", "safetensors, cut"]
)
def test_hostile_files_leave_nothing(base: Path, packs: Path, hifigan: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    mark = tmp_path / "executed"
    hifigan[0].write_bytes(HOSTILE[name](mark))
    assert "generator_v3 " in refusal(imported(base, "hifigan", *hifigan), packs)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"resblock": "1"}, "generator_v3 holds 'resblocks.0.convs.0.bias', which this network does not have"),
        ({"upsample_initial_channel": 64}, "has the shape"),
        ({"hop_size": 300}, "its rates make 256 samples of a frame, not 300"),
        ({"resblock": "3"}, "has 'resblock' = 3, which is none of 1, 2"),
        ({"upsample_rates": "8"}, "no list of at most 16 whole numbers"),
        ({"upsample_initial_channel": 2**40}, "no whole number from 1 to"),
        ({"win_size": 800}, "a window of another length than its transform"),
        ({"num_mels": True}, "no whole number"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    base: Path, packs: Path, hifigan: tuple[Path, Path], change: dict[str, object], sentence: str
) -> None:
    hifigan[1].write_text(json.dumps({**SETTINGS, **change}))
    assert sentence in refusal(imported(base, "hifigan", *hifigan), packs)


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in ("num_freq", "fmax_for_loss")])
def test_nothing_is_guessed(base: Path, packs: Path, hifigan: tuple[Path, Path], name: str) -> None:
    hifigan[1].write_text(json.dumps({key: value for key, value in SETTINGS.items() if key != name}))
    assert f"config.json lacks the setting '{name}'." in refusal(imported(base, "hifigan", *hifigan), packs)


def test_another_kind_is_refused(base: Path, packs: Path, hifigan: tuple[Path, Path]) -> None:
    hifigan[1].write_text(json.dumps({**SETTINGS, "activation": "snakebeta", "snake_logscale": True}))
    assert "generator_v3 " in refusal(imported(base, "bigvgan", *hifigan), packs)
    assert "lacks the setting 'n_mel_channels'" in refusal(imported(base, "melgan", *hifigan), packs)


def test_files_must_come_in_pairs(base: Path, packs: Path, hifigan: tuple[Path, Path]) -> None:
    for files in (hifigan[:1], hifigan[1:], (*hifigan, hifigan[0])):
        assert "hifigan needs one file of weights and one of settings" in refusal(imported(base, "hifigan", *files), packs)


@pytest.mark.parametrize("pack_id", ["../up", "a/b", "..", ".hidden", "end.", "Big", "", "x" * 65])
def test_ids_are_no_paths(base: Path, packs: Path, hifigan: tuple[Path, Path], pack_id: str) -> None:
    refusal(imported(base, "hifigan", *hifigan, pack_id=pack_id), packs)


def test_packs_are_not_overwritten(base: Path, packs: Path, hifigan: tuple[Path, Path]) -> None:
    (packs / "new").mkdir()
    result = imported(base, "hifigan", *hifigan)
    assert result.exit_code == 2 and "already a pack called 'new'" in result.output
    assert list((packs / "new").iterdir()) == []


def test_a_base_that_is_not_there(packs: Path, hifigan: tuple[Path, Path], tmp_path: Path) -> None:
    assert "There is no pack called" in refusal(imported(tmp_path / "none", "hifigan", *hifigan), packs)


def test_the_command_knows_every_kind() -> None:
    assert set(KINDS) == set(IMPORTER_KINDS)
