"""Edits with a toy pack: only what was painted changes, in tokens, in the picture and in the sound."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import firwin, stft

from engine.jobs import Encode, Extend, Fill, Generate, MakeLoop, Report, Restore
from engine.mask_shapes import cells_mask, region_mask, weak_mask
from engine.masks import Mask
from engine.models.folders import pack_folder
from engine.pipeline import Pipeline
from engine.redrawing import RegionLogits
from engine.types import Clip, Failed, Finished, GenerationRequest, Region, SamplingSettings, StepUpdate, Take, TakeReady, TokenGrid
from tests.tiny import write_tiny_pack

REQUEST = GenerationRequest("rain", seed=5, settings=SamplingSettings(steps=4))
SPEECH = sorted(Path("/usr/share/sounds/alsa").glob("*.wav"))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return Pipeline.open(folder, "cpu")


def noise(seconds: float, rate: int = 22050, channels: int = 1, level: float = 0.1) -> Clip:
    samples = level * np.random.default_rng(1).standard_normal((channels, round(seconds * rate)))
    return Clip(samples.astype(np.float32), rate)


def encoded(pipeline: Pipeline, clip: Clip) -> Take:
    return list(pipeline.run(Encode(clip)))[-1].takes[0]


def ended(pipeline: Pipeline, job: Any) -> tuple[list[Any], Take]:
    """All events of a job that succeeds, and its take."""
    events = list(pipeline.run(job))
    assert isinstance(events[-1], Finished), events[-1]
    assert isinstance(events[-2], TakeReady) and len(events[-1].takes) == 1
    take = events[-1].takes[0]
    assert np.isfinite(take.clip.samples).all() and np.isfinite(take.spectrogram.log_mel).all()
    assert take.clip.samples.dtype == np.float32 and not take.grid.hidden.any()
    return events, take


def reports(events: list[Any]) -> list[str]:
    return [event.sentence for event in events if isinstance(event, Report)]


def sentence_of(pipeline: Pipeline, job: Any) -> str:
    *_, last = pipeline.run(job)
    assert isinstance(last, Failed) and last.message.endswith(".")
    return last.message


def mask_of(take: Take, *span: float) -> Mask:
    return region_mask(Region(*span), take.spectrogram.geometry, take.spectrogram.log_mel.shape[1])


@pytest.mark.parametrize(
    ("seconds", "rate", "channels"), [(0.1, 22050, 1), (0.1, 8000, 1), (2.0, 48000, 2), (0.5, 384_000, 8), (12.3, 44100, 1)]
)
def test_a_fill_changes_only_the_painted_time(pipeline: Pipeline, seconds: float, rate: int, channels: int) -> None:
    source = encoded(pipeline, noise(seconds, rate, channels))
    mask = mask_of(source, 0.3 * seconds, 0.6 * seconds)
    events, take = ended(pipeline, Fill(source, mask, REQUEST))
    assert reports(events) == ["Outside the mask: 0 samples changed."]
    assert take.clip.samples.shape == source.clip.samples.shape and take.clip.sample_rate == rate
    frame = 256 / 22050 * rate
    start, stop = round(mask.first * frame), round(mask.last * frame)
    np.testing.assert_array_equal(take.clip.samples[:, :start], source.clip.samples[:, :start])
    np.testing.assert_array_equal(take.clip.samples[:, stop:], source.clip.samples[:, stop:])
    assert (take.clip.samples[:, start:stop] != source.clip.samples[:, start:stop]).any()


def test_known_cells_never_move_and_the_picture_stays_where_nothing_is_painted(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(3.0))
    mask = mask_of(source, 1.0, 1.6, 300, 2000)
    cells = mask.cells(pipeline.geometry)
    events, take = ended(pipeline, Fill(source, mask, REQUEST))
    np.testing.assert_array_equal(take.grid.ids[~cells], source.grid.ids[~cells])
    for update in (event for event in events if isinstance(event, StepUpdate)):
        assert not (update.grid.hidden & ~cells).any()
        np.testing.assert_array_equal(update.guess.ids[~cells], source.grid.ids[~cells])
        assert (update.confidence[~cells] == 1).all()
        np.testing.assert_array_equal(update.preview.log_mel[mask.array() == 0], source.spectrogram.log_mel[mask.array() == 0])
    np.testing.assert_array_equal(take.spectrogram.log_mel[mask.array() == 0], source.spectrogram.log_mel[mask.array() == 0])
    assert take.history.fixed.shape[1:] == source.grid.ids.shape and take.request.settings == REQUEST.settings


def test_frequencies_that_are_not_painted_stay(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(2.0, 48000, 2))
    _, take = ended(pipeline, Fill(source, mask_of(source, 0.5, 1.5, 1000, 4000), REQUEST))
    hz, _, change = stft(take.clip.samples[1] - source.clip.samples[1], 48000, nperseg=4096)
    whole = np.square(np.abs(stft(source.clip.samples[1], 48000, nperseg=4096)[2])).mean()
    power = np.square(np.abs(change)).mean(axis=1)
    assert 10 * np.log10(power[(hz < 700) | (hz > 4700)].max() / whole) < -60


def test_a_take_of_another_pack_is_read_anew(pipeline: Pipeline) -> None:
    made = encoded(pipeline, noise(2.0))
    grid = TokenGrid((made.grid.ids + 1) % 1024)
    source = replace(made, grid=grid, request=replace(made.request, pack_id="another"))
    _, take = ended(pipeline, Fill(source, mask_of(source, 0.5, 1.0), REQUEST))
    known = ~mask_of(source, 0.5, 1.0).cells(pipeline.geometry)
    np.testing.assert_array_equal(take.grid.ids[known], made.grid.ids[known])
    coarse = replace(source.spectrogram, geometry=replace(pipeline.geometry, hop_samples=512))
    told = sentence_of(pipeline, Fill(replace(source, spectrogram=coarse), mask_of(source, 0.5, 1.0), REQUEST))
    assert told.startswith("This take was made with the pack another")


def test_same_seed_same_fill_other_seed_another(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(2.0))
    job = Fill(source, mask_of(source, 0.5, 1.5), REQUEST, previews=False)
    one, again, other = (ended(pipeline, replace(job, request=replace(REQUEST, seed=seed)))[1] for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.clip.samples, again.clip.samples)
    assert not np.array_equal(one.grid.ids, other.grid.ids)


def test_a_take_that_was_drawn_can_be_varied_and_repaired(pipeline: Pipeline) -> None:
    source = list(pipeline.run(Generate(replace(REQUEST, duration_s=2.0))))[-1].takes[0]
    whole = Mask.empty(*source.spectrogram.log_mel.shape).inverted()
    _, varied = ended(pipeline, Fill(source, whole, REQUEST, strength=0.4))
    moved = (varied.grid.ids != source.grid.ids).mean()
    assert 0.2 < moved <= 0.41
    repair = weak_mask(source, 0.1)
    _, repaired = ended(pipeline, Fill(source, repair, REQUEST))
    np.testing.assert_array_equal(repaired.grid.ids[~repair.cells(pipeline.geometry)], source.grid.ids[~repair.cells(pipeline.geometry)])


class EchoingGenerator(torch.nn.Module):
    """Logits that name the condition: its first number."""

    def logits(self, ids: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
        value = 0.0 if condition is None else float(condition[0, 0])
        return torch.full((*ids.shape, 4), value)


def test_guidance_of_every_cell_is_that_of_its_own_prompt() -> None:
    left, overlap = torch.zeros(5, 6, dtype=torch.bool), torch.zeros(5, 6, dtype=torch.bool)
    left[:, :3], overlap[2:, 2:4] = True, True
    one, two, three = (torch.tensor([[value, 0.0]]) for value in (1.0, 2.0, 3.0))
    logits = RegionLogits(EchoingGenerator(), one, None, ((left, two), (overlap, three)))
    ids = torch.zeros(2, 5, 6, dtype=torch.long)
    values = logits(ids, True)[..., 0]
    assert (values[:, overlap] == 3).all() and (values[:, left & ~overlap] == 2).all() and (values[:, ~left & ~overlap] == 1).all()
    assert (logits(ids, False) == 0).all()


def test_a_prompt_of_a_region_changes_what_is_drawn_there(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(2.0))
    left, right = mask_of(source, 0.0, 0.9), mask_of(source, 1.2, 2.0)
    request = replace(REQUEST, settings=SamplingSettings(steps=1, guidance=25.0, token_temperature=0.0))
    jobs = [Fill(source, left.united(right), request, prompts) for prompts in ((), ((left, "dog bark"),))]
    plain, with_prompt = (ended(pipeline, job)[1].grid.ids for job in jobs)
    cells = left.cells(pipeline.geometry)
    assert (plain[cells] != with_prompt[cells]).any()
    np.testing.assert_array_equal(plain[~cells], with_prompt[~cells])


def test_the_decoder_is_told_the_prompt_of_each_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiny_pack(tmp_path / "tiny", hint_dim=16)
    pipeline = Pipeline.open(tmp_path / "tiny", "cpu")
    said, decode = [], pipeline.pack.tokenizer.decode

    def listening(ids: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        said.append(condition)
        return decode(ids, condition)

    monkeypatch.setattr(pipeline.pack.tokenizer, "decode", listening)
    source = encoded(pipeline, noise(4.0))
    span = mask_of(source, 1.0, 3.0)
    ended(pipeline, Fill(source, span, REQUEST, prompts=((mask_of(source, 2.0, 3.0), "dog"),)))
    rain, dog = pipeline.embed("rain")[0], pipeline.embed("dog")[0]
    for condition in said:
        torch.testing.assert_close(condition[0, :, 2, 7], rain)
        torch.testing.assert_close(condition[0, :, 2, 13], dog)


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.4), (0.37, 0.0), (1.1, 2.3), (12.0, 0.01)])
@pytest.mark.parametrize(("rate", "channels"), [(22050, 1), (48000, 2)])
def test_an_extension_has_the_length_asked_for_and_keeps_the_source(
    pipeline: Pipeline, before: float, after: float, rate: int, channels: int
) -> None:
    source = encoded(pipeline, noise(1.013, rate, channels))
    events, take = ended(pipeline, Extend(source, REQUEST, before, after, previews=False))
    count, front = source.clip.samples.shape[1], round(before * rate)
    assert take.clip.samples.shape == (channels, front + count + round(after * rate))
    seam = round(4 * 256 / 22050 * rate)
    kept = slice(seam if before else 0, count - seam if after else count)
    np.testing.assert_array_equal(take.clip.samples[:, front : front + count][:, kept], source.clip.samples[:, kept])
    assert reports(events) == ["Outside the mask: 0 samples changed."]
    assert take.grid.ids.shape[1] == pipeline.geometry.frames_to_cols(take.spectrogram.log_mel.shape[1])
    assert take.request.duration_s == pytest.approx(take.clip.duration_s, abs=1e-6)


def test_an_extension_keeps_the_tokens_of_the_source(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(2.0))
    _, take = ended(pipeline, Extend(source, REQUEST, 0.0, 1.0))
    np.testing.assert_array_equal(take.grid.ids[:, :10], source.grid.ids[:, :10])


@pytest.mark.parametrize("cutoff_hz", [3400, 4000, 5500, 7000, 8000])
def test_restoring_finds_the_cut_off_and_puts_the_lows_back(pipeline: Pipeline, cutoff_hz: int) -> None:
    taps = firwin(1023, cutoff_hz, fs=44100, window=("kaiser", 9))
    clip = noise(2.0, 44100, 2)
    low = Clip(np.stack([np.convolve(channel, taps, "same") for channel in clip.samples]).astype(np.float32), 44100)
    events, take = ended(pipeline, Restore(encoded(pipeline, low), REQUEST))
    found = float(reports(events)[0].split("above ")[1].split(" Hz")[0])
    assert found == pytest.approx(cutoff_hz, rel=0.05)
    hz, _, change = stft(take.clip.samples[0] - low.samples[0], 44100, nperseg=4096)
    lows = hz < 0.95 * found - 200
    # A sound that begins without a fade has a spectrum without limits there.
    whole = np.square(np.abs(stft(low.samples[0], 44100, nperseg=4096)[2]))[lows, 2:-2].mean()
    power = np.square(np.abs(change))[:, 2:-2].mean(axis=1)
    assert 10 * np.log10(power[lows].max() / whole) < -60
    assert power[(hz > cutoff_hz + 500) & (hz < 10_000)].mean() > 0


def test_a_sound_of_a_low_rate_gets_room_for_its_highs(pipeline: Pipeline) -> None:
    events, take = ended(pipeline, Restore(encoded(pipeline, noise(1.0, 8000)), REQUEST))
    assert take.clip.sample_rate == 22050 and take.clip.samples.shape == (1, 22050)
    assert "22050 Hz" in reports(events)[0]


def test_highs_that_are_there_need_no_restoring(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(1.0))
    assert "No cut-off was found" in sentence_of(pipeline, Restore(source, REQUEST))
    assert "cut-off must lie" in sentence_of(pipeline, Restore(source, REQUEST, 20_000.0))


@pytest.mark.parametrize(("seconds", "joint"), [(0.1, 1.0), (3.0, 0.5), (3.0, 1.0)])
def test_the_end_of_a_loop_meets_its_beginning(pipeline: Pipeline, seconds: float, joint: float) -> None:
    ramp = np.linspace(-0.5, 0.5, round(seconds * 44100))
    clip = Clip((noise(seconds, 44100, 2, 0.02).samples + ramp).astype(np.float32), 44100)
    events, take = ended(pipeline, MakeLoop(encoded(pipeline, clip), REQUEST, joint))
    assert reports(events) == ["Outside the mask: 0 samples changed."]
    assert take.clip.samples.shape == clip.samples.shape
    inside = np.abs(np.diff(take.clip.samples, axis=1))
    joint_step = np.abs(take.clip.samples[:, 0] - take.clip.samples[:, -1])
    assert (joint_step <= inside.max(axis=1)).all() and (joint_step < 0.5).all()
    middle = slice(round(clip.samples.shape[1] * 0.4), round(clip.samples.shape[1] * 0.6))
    np.testing.assert_array_equal(take.clip.samples[:, middle], clip.samples[:, middle])


def test_the_spectrum_of_a_loop_goes_on_over_the_joint(pipeline: Pipeline) -> None:
    clip = noise(2.0)
    clip = Clip(clip.samples * np.linspace(0.2, 1.0, clip.samples.shape[1], dtype=np.float32), 22050)
    _, take = ended(pipeline, MakeLoop(encoded(pipeline, clip), REQUEST, 0.5))
    twice = np.tile(take.clip.samples[0], 2)
    seam = take.clip.samples.shape[1]
    click = np.abs(np.diff(twice[seam - 200 : seam + 200], 2)).max()
    around = np.abs(np.diff(twice[seam - 6000 : seam + 6000], 2))
    assert click <= 1.5 * np.percentile(around, 99.9)


def hard(kind: str, seconds: float = 1.0, channels: int = 8) -> Clip:
    """What breaks arithmetic: nothing at all, as much as there can be, and what never moves."""
    time_s = np.arange(round(seconds * 48000)) / 48000
    sounds = {
        "silence": np.zeros_like(time_s),
        "square": np.where(time_s * 220 % 1 < 0.5, 1.0, -1.0),
        "constant": np.full_like(time_s, 0.5),
        "one impulse": (np.arange(time_s.size) == time_s.size // 2).astype(float),
    }
    return Clip(np.repeat(sounds[kind][None], channels, axis=0).astype(np.float32), 48000)


@pytest.mark.parametrize("kind", ["silence", "square", "constant", "one impulse"])
def test_hard_sounds_are_kept_and_meet_what_is_drawn(pipeline: Pipeline, kind: str) -> None:
    source = encoded(pipeline, hard(kind))
    _, take = ended(pipeline, Fill(source, mask_of(source, 0.4, 0.7), REQUEST))
    # A square wave without some of its partials is higher than with them.
    assert take.clip.samples.shape == (8, 48000) and np.abs(take.clip.samples).max() <= 1.5
    changed = np.flatnonzero((take.clip.samples != source.clip.samples).any(axis=0))
    start, stop = int(changed[0]), int(changed[-1]) + 1
    assert 0.38 < start / 48000 < 0.42 and 0.68 < stop / 48000 < 0.72
    # Over two samples at a seam nothing moves further than the source does anyway.
    for seam in (start, stop):
        added = take.clip.samples - source.clip.samples
        assert np.abs(np.diff(added[:, seam - 2 : seam + 2], axis=1)).max() < 1e-3


@pytest.mark.parametrize("kind", ["silence", "square", "constant"])
@pytest.mark.parametrize("edit", [Extend, MakeLoop, Restore])
def test_hard_sounds_can_be_edited(pipeline: Pipeline, kind: str, edit: Callable) -> None:
    values = {Extend: {"before_s": 0.2, "after_s": 0.2}, MakeLoop: {"joint_s": 0.1}, Restore: {"cutoff_hz": 4000.0}}[edit]
    source = encoded(pipeline, hard(kind, 0.1, 2))
    _, take = ended(pipeline, edit(source=source, request=REQUEST, **values))
    assert take.clip.samples.shape == (2, 24000 if edit is Extend else 4800)
    assert np.abs(take.clip.samples).max() <= 1.5


@pytest.mark.parametrize("samples", [1, 2, 384, 385, 512, 513, 1023, 1024])
@pytest.mark.parametrize("edit", [Fill, Extend, Restore, MakeLoop])
def test_what_is_too_short_is_one_sentence(pipeline: Pipeline, samples: int, edit: Callable) -> None:
    source = encoded(pipeline, noise(samples / 22050))
    values = {Fill: {"mask": mask_of(source, 0, 1)}, Extend: {"after_s": 1.0}, Restore: {"cutoff_hz": 4000.0}, MakeLoop: {}}[edit]
    assert "shorter than 0.1 s" in sentence_of(pipeline, edit(source=source, request=REQUEST, **values))


def test_what_cannot_be_done_is_one_sentence(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(1.0))
    mask = mask_of(source, 0.2, 0.4)
    assert "Nothing is painted" in sentence_of(pipeline, Fill(source, Mask.empty(80, mask.frames), REQUEST))
    assert "another sound" in sentence_of(pipeline, Fill(source, mask.fitted(500), REQUEST))
    assert "strength" in sentence_of(pipeline, Fill(source, mask, REQUEST, strength=0.0))
    assert "how many seconds" in sentence_of(pipeline, Extend(source, REQUEST))
    assert "10 minutes" in sentence_of(pipeline, Extend(source, REQUEST, after_s=600.0))
    assert "joint" in sentence_of(pipeline, MakeLoop(source, REQUEST, 0.0))


def test_without_a_prompt_what_is_around_guides(pipeline: Pipeline) -> None:
    source = encoded(pipeline, noise(2.0))
    for mask in (mask_of(source, 0.5, 1.0), mask_of(source, 0.0, 2.0)):
        ended(pipeline, Fill(source, mask, replace(REQUEST, prompt="")))


def test_silence_can_be_filled(pipeline: Pipeline) -> None:
    source = encoded(pipeline, Clip(np.zeros((2, 22050), np.float32), 22050))
    events, _ = ended(pipeline, Fill(source, mask_of(source, 0.3, 0.7), REQUEST))
    assert reports(events) == ["Outside the mask: 0 samples changed."]


def test_ten_minutes_are_edited_around_the_paint(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Clip(np.tile(noise(6.0).samples, (1, 100)), 22050)
    source = encoded(pipeline, clip)
    cells = np.zeros(source.grid.ids.shape, bool)
    cells[:, [40, 3000]] = True
    mask = cells_mask(cells, source.spectrogram.log_mel.shape[1], pipeline.geometry)
    longest = []
    decode = pipeline.picture_of
    monkeypatch.setattr(pipeline, "picture_of", lambda ids, told: (longest.append(ids.shape[-1]), decode(ids, told))[1])
    events, take = ended(pipeline, Fill(source, mask, REQUEST))
    assert max(longest) <= pipeline.geometry.cols + 3
    assert reports(events) == ["Outside the mask: 0 samples changed."]
    changed = np.flatnonzero((take.clip.samples != source.clip.samples)[0])
    near = (np.abs(changed[:, None] / 4096 - np.array([40.5, 3000.5])) <= 0.501).any(axis=1)
    assert near.all() and np.unique(changed // 4096).tolist() == [40, 3000]
    steps = [event for event in events if isinstance(event, StepUpdate)]
    assert [event.step for event in steps] == sorted({event.step for event in steps}) and steps[-1].step <= steps[-1].total


@pytest.mark.skipif(not SPEECH, reason="no recorded speech here: package alsa-utils is not installed")
def test_recorded_speech_can_be_filled_extended_and_looped(pipeline: Pipeline) -> None:
    samples, rate = soundfile.read(SPEECH[0], dtype="float32", always_2d=True)
    source = encoded(pipeline, Clip(np.ascontiguousarray(samples.T), rate))
    middle = source.clip.duration_s / 2
    for job in (
        Fill(source, mask_of(source, middle - 0.1, middle + 0.1), REQUEST),
        Extend(source, REQUEST, 0.3, 0.3),
        MakeLoop(source, REQUEST, 0.3),
    ):
        events, _ = ended(pipeline, job)
        assert reports(events) == ["Outside the mask: 0 samples changed."]


@pytest.mark.slow
@pytest.mark.skipif(not SPEECH, reason="no recorded noise here: package alsa-utils is not installed")
def test_the_shipped_pack_fills_recorded_noise_at_its_level() -> None:
    """Windows of 0.2 s at either side of a seam differ by 1 dB at most; those of the noise itself by 0.7 dB at most."""
    shipped = Pipeline.open(pack_folder("embedded"), "cpu")
    samples, rate = soundfile.read(SPEECH[0].with_name("Noise.wav"), dtype="float32")
    source = encoded(shipped, Clip(np.stack([samples, 0.5 * samples[::-1]]), rate))
    window = round(0.2 * rate)

    def level_db(clip: Clip, start: int) -> np.ndarray:
        return 10 * np.log10(np.square(clip.samples[:, start : start + window], dtype=np.float64).mean(axis=1))

    for seed, span in enumerate([(0.3, 1.1), (0.5, 0.8), (0.9, 1.15)]):
        mask = mask_of(source, *span)
        request = GenerationRequest("", seed=seed, settings=shipped.pack.manifest.sampling)
        _, take = ended(shipped, Fill(source, mask, request, previews=False))
        start, stop = (round(frame * 256 / 22050 * rate) for frame in (mask.first, mask.last))
        assert np.abs(level_db(take.clip, start) - level_db(take.clip, start - window)).max() < 1
        assert np.abs(level_db(take.clip, stop - window) - level_db(take.clip, stop)).max() < 1
