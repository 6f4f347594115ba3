"""The whole path with a pack that has a detail part and a critic, beside the same pack without."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.drawing import draw_detail
from engine.installed_packs import copy, info_of
from engine.jobs import CopyPack, Encode, Fill, Generate, Reconstruct, Render
from engine.mask_shapes import region_mask
from engine.models.pack import load_pack
from engine.pipeline import Pipeline
from engine.signal.mel import denormalise, normalise
from engine.types import HIDDEN, Clip, Failed, Finished, GenerationRequest, Region, SamplingSettings, StepUpdate, Take
from tests.extra_parts import add_parts

REQUEST = GenerationRequest("heavy rain", duration_s=1.5, seed=3, settings=SamplingSettings(steps=4))


@pytest.fixture(scope="module")
def plain(tiny: Path) -> Pipeline:
    return Pipeline.open(tiny, "cpu")


@pytest.fixture(scope="module")
def whole(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "whole"
    add_parts(tiny, folder, "detail", "critic")
    return Pipeline.open(folder, "cpu")


def taken(pipeline: Pipeline, job: Encode | Fill | Generate | Render | Reconstruct) -> Take:
    last = list(pipeline.run(job))[-1]
    assert isinstance(last, Finished), last
    return last.takes[0]


def tone(seconds: float) -> Clip:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 22050)) / 22050)
    return Clip(wave.astype(np.float32)[None], 22050)


def test_detail_leaves_the_first_codes_alone(plain: Pipeline, whole: Pipeline) -> None:
    without, with_detail = taken(plain, Generate(REQUEST)), taken(whole, Generate(REQUEST))
    np.testing.assert_array_equal(without.grid.ids, with_detail.grid.ids)
    assert without.spectrogram.log_mel.shape == with_detail.spectrogram.log_mel.shape
    assert not np.array_equal(without.spectrogram.log_mel, with_detail.spectrogram.log_mel)
    with torch.inference_mode():
        heard = whole.pack.prompt.embed_mel(torch.from_numpy(normalise(with_detail.spectrogram.log_mel))[None, None])
        told = whole.condition_of(REQUEST, None)
    assert with_detail.prompt_match == pytest.approx(float(heard[0] @ told[0]), abs=1e-5), "it is the match of the picture that is kept"


def test_without_detail_the_picture_is_the_tokenizers(plain: Pipeline) -> None:
    take = taken(plain, Generate(REQUEST))
    with torch.inference_mode():
        decoded = plain.pack.tokenizer.decode(torch.from_numpy(take.grid.ids[None].astype(np.int64)))[0, 0]
    np.testing.assert_array_equal(take.spectrogram.log_mel, denormalise(decoded.numpy()))


def test_the_seed_decides_the_detail_and_a_grid_sounds_the_same_again(whole: Pipeline) -> None:
    take = taken(whole, Generate(REQUEST))
    np.testing.assert_array_equal(take.clip.samples, taken(whole, Generate(REQUEST)).clip.samples)
    again = taken(whole, Render(take.grid, take.request, take.seed))
    np.testing.assert_array_equal(take.clip.samples, again.clip.samples)
    other = taken(whole, Render(take.grid, take.request, take.seed + 1))
    np.testing.assert_array_equal(take.grid.ids, other.grid.ids)
    assert not np.array_equal(take.spectrogram.log_mel, other.spectrogram.log_mel)


def test_candidates_are_judged_as_the_one_that_is_kept_will_be_drawn(whole: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[torch.Tensor] = []
    original = whole._detailed
    monkeypatch.setattr(whole, "_detailed", lambda *args: (judged.append(original(*args)), judged[-1])[1])
    take = taken(whole, Generate(replace(REQUEST, settings=SamplingSettings(steps=4, candidates=3))))
    candidates, kept = judged[0], judged[1]
    assert candidates.shape[0] == 3 and kept.shape[0] == 1
    nearest = (candidates - kept).abs().flatten(1).amax(dim=1)
    assert nearest.min() < 1e-4 < nearest.max()
    np.testing.assert_allclose(take.spectrogram.log_mel, denormalise(kept[0, 0].numpy()), atol=1e-4)


@torch.inference_mode()
def test_known_second_codes_stay(whole: Pipeline) -> None:
    detail = whole.pack.detail
    first = torch.randint(1024, (1, 5, 20), generator=torch.Generator().manual_seed(0))
    start = torch.full((1, 5, 20), HIDDEN)
    start[..., 4:9] = 11
    drawn = [draw_detail(lambda ids: detail.logits(first, ids), start, seed, 3, 1.0) for seed in (1, 1, 2)]
    assert all((ids[..., 4:9] == 11).all() and not (ids == HIDDEN).any() for ids in drawn)
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    assert torch.equal(draw_detail(lambda ids: detail.logits(first, ids), drawn[0], 5, 3, 1.0), drawn[0])


@torch.inference_mode()
def test_reconstruction_takes_the_second_codes_of_the_sound(whole: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(first: torch.Tensor, second: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        raise AssertionError("what is known was drawn")

    monkeypatch.setattr(whole.pack.detail, "logits", never)
    assert taken(whole, Reconstruct(tone(1.0))).clip.samples.shape == (1, 22050)


def test_the_critic_decides_where_to_go_on(plain: Pipeline, whole: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    request = replace(REQUEST, settings=SamplingSettings(steps=4, order="critic", temperature=0.0))
    asked: list[torch.Tensor] = []

    def from_left_to_right(ids: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        asked.append(condition)
        return -torch.arange(ids[0].numel()).view(ids.shape[-1], -1).T.expand(ids.shape).float()

    with monkeypatch.context() as patch:
        patch.setattr(whole.pack.critic, "trust", from_left_to_right)
        updates = [event for event in whole.run(Generate(request)) if isinstance(event, StepUpdate)]
    fixed = [~update.grid.hidden.ravel(order="F") for update in updates]
    assert all((np.diff(cells.astype(int)) <= 0).sum() == cells.size - 1 for cells in fixed), "column by column, none left out"
    assert all(condition.shape == (1, 16) for condition in asked) and len(asked) == 3
    first, again = taken(whole, Generate(request)), taken(whole, Generate(request))
    np.testing.assert_array_equal(first.clip.samples, again.clip.samples)
    events = list(plain.run(Generate(request)))
    assert [event.kind for event in events if isinstance(event, Failed)] == ["value"] and len(events) == 1


def test_remasking_is_a_setting_of_any_pack(plain: Pipeline) -> None:
    request = replace(REQUEST, duration_s=5.0, settings=SamplingSettings(steps=8, remask=0.5))
    grids = [event.grid for event in plain.run(Generate(request)) if isinstance(event, StepUpdate)]
    assert any((grid.hidden & ~before.hidden).any() for before, grid in pairwise(grids))
    assert not grids[-1].hidden.any()
    for share in (-0.1, 1.5, float("nan")):
        events = list(plain.run(Generate(replace(request, settings=SamplingSettings(remask=share)))))
        assert [event.kind for event in events] == ["value"]


@pytest.mark.parametrize("duration", [0.05, 23.4])
def test_duration_is_exact_with_detail(whole: Pipeline, duration: float) -> None:
    take = taken(whole, Generate(replace(REQUEST, duration_s=duration, settings=SamplingSettings(steps=2))))
    assert take.clip.samples.shape == (1, round(duration * 22050)) and np.isfinite(take.spectrogram.log_mel).all()


def test_a_fill_uses_both_and_leaves_the_rest(plain: Pipeline, whole: Pipeline) -> None:
    source = taken(plain, Encode(tone(3.0)))
    mask = region_mask(Region(1.0, 2.0, 0.0, 11025.0), source.spectrogram.geometry, source.spectrogram.log_mel.shape[1])
    request = replace(REQUEST, settings=SamplingSettings(steps=4, order="critic"))
    filled = taken(whole, Fill(source, mask, request))
    np.testing.assert_array_equal(filled.clip.samples[:, : 22050 - 256], source.clip.samples[:, : 22050 - 256])
    confident = replace(request, settings=SamplingSettings(steps=4))
    with_detail, without = taken(whole, Fill(source, mask, confident)), taken(plain, Fill(source, mask, confident))
    np.testing.assert_array_equal(with_detail.grid.ids, without.grid.ids)
    assert not np.array_equal(with_detail.spectrogram.log_mel, without.spectrogram.log_mel)


def test_a_fill_draws_detail_only_where_it_draws(whole: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    source = taken(whole, Encode(tone(3.0)))
    geometry = source.spectrogram.geometry
    mask = region_mask(Region(1.0, 2.0, 0.0, 11025.0), geometry, source.spectrogram.log_mel.shape[1])
    detail, given = whole.pack.detail, []

    def logits(first: torch.Tensor, second: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        given.append(second.clone())
        return type(detail).logits(detail, first, second, condition)

    monkeypatch.setattr(detail, "logits", logits)
    taken(whole, Fill(source, mask, replace(REQUEST, settings=SamplingSettings(steps=4))))
    hidden = torch.from_numpy(mask.cells(geometry))
    assert torch.equal(given[0][0] == HIDDEN, hidden)
    with torch.inference_mode():
        known = detail.encode(torch.from_numpy(normalise(source.spectrogram.log_mel))[None, None])[0]
    assert all(torch.equal(second[0][~hidden], known[~hidden]) for second in given)


def test_a_pack_is_copied_with_all_its_parts(tiny: Path, packs: Path, tmp_path: Path) -> None:
    manifest = add_parts(tiny, tmp_path / "whole", "detail", "critic")
    list(copy(CopyPack(tmp_path / "whole", packs)))
    assert load_pack(packs / "whole").manifest.hash == manifest.hash == info_of(packs / "whole").hash
