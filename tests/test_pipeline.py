"""The whole path with a toy pack: events, lengths, determinism, errors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.drawing import window_starts
from engine.jobs import Assess, Encode, Generate, Reconstruct, Render
from engine.pipeline import Pipeline, choose_device
from engine.types import (
    HIDDEN,
    Clip,
    EngineError,
    Failed,
    Finished,
    GenerationRequest,
    SamplingSettings,
    StepUpdate,
    Take,
    TakeReady,
    TokenGrid,
)
from tests.tiny import write_tiny_pack

REQUEST = GenerationRequest("heavy rain", duration_s=1.5, seed=3, settings=SamplingSettings(steps=4))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder)
    return Pipeline.open(folder, "cpu")


def takes_of(pipeline: Pipeline, request: GenerationRequest, reference: Clip | None = None) -> tuple[Take, ...]:
    last = list(pipeline.run(Generate(request, reference)))[-1]
    assert isinstance(last, Finished), last
    return last.takes


def tone(seconds: float, rate: int = 22050, channels: int = 1) -> Clip:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return Clip(np.tile(wave.astype(np.float32), (channels, 1)), rate)


@pytest.mark.parametrize(
    "job", [Generate(REQUEST), Reconstruct(tone(1.0)), Generate(replace(REQUEST, prompt=" "))], ids=["draw", "again", "empty"]
)
def test_updates_then_one_terminal_event(pipeline: Pipeline, job: Generate | Reconstruct) -> None:
    *updates, last = list(pipeline.run(job))
    assert all(isinstance(event, StepUpdate | TakeReady) for event in updates)
    assert isinstance(last, Finished | Failed)


def test_updates_show_cells_filling_in(pipeline: Pipeline) -> None:
    updates = [event for event in pipeline.run(Generate(REQUEST)) if isinstance(event, StepUpdate)]
    hidden = [int(update.grid.hidden.sum()) for update in updates]
    assert hidden == sorted(hidden, reverse=True) and hidden[-1] == 0
    assert [update.step for update in updates] == [1, 2, 3, 4]
    for update in updates:
        assert update.preview.log_mel.shape == (80, 16 * update.grid.ids.shape[1])
        assert update.confidence.shape == update.grid.ids.shape
        assert np.isfinite(update.preview.log_mel).all()


@pytest.mark.parametrize("duration", [0.05, 0.2, 1.0, 9.845, 10.0, 23.4])
def test_duration_is_exact(pipeline: Pipeline, duration: float) -> None:
    take = takes_of(pipeline, replace(REQUEST, duration_s=duration, settings=SamplingSettings(steps=2)))[0]
    assert take.clip.samples.shape == (1, round(duration * 22050))
    assert take.clip.samples.dtype == np.float32
    assert not (take.grid.ids == HIDDEN).any()


def test_same_seed_same_sound_other_seed_other_sound(pipeline: Pipeline) -> None:
    first, again = takes_of(pipeline, REQUEST)[0], takes_of(pipeline, REQUEST)[0]
    np.testing.assert_array_equal(first.clip.samples, again.clip.samples)
    other = takes_of(pipeline, replace(REQUEST, seed=4))[0]
    assert not np.array_equal(first.grid.ids, other.grid.ids)


def test_takes_of_one_run_equal_runs_of_their_seeds(pipeline: Pipeline) -> None:
    several = takes_of(pipeline, replace(REQUEST, count=3))
    assert [take.seed for take in several] == [3, 4, 5]
    for take in several:
        alone = takes_of(pipeline, replace(REQUEST, seed=take.seed))[0]
        np.testing.assert_array_equal(take.clip.samples, alone.clip.samples)
        assert take.request == replace(REQUEST, seed=take.seed, count=1)


def test_a_sound_can_be_the_prompt(pipeline: Pipeline) -> None:
    request = replace(REQUEST, reference="tone.wav", blend=1.0)
    with_sound = takes_of(pipeline, request, tone(2.0, 48000, 2))[0]
    without = takes_of(pipeline, REQUEST)[0]
    assert not np.array_equal(with_sound.grid.ids, without.grid.ids)


def test_long_sounds_are_one_grid_of_overlapping_windows(pipeline: Pipeline) -> None:
    seen: list[int] = []
    for event in pipeline.run(Generate(replace(REQUEST, duration_s=30.0, settings=SamplingSettings(steps=2)))):
        if isinstance(event, StepUpdate):
            fixed = event.grid.ids[:, : seen[-1]] if seen else None
            done = int((~event.grid.hidden).all(axis=0).sum())
            if fixed is not None:
                assert not (fixed == HIDDEN).any()
            seen.append(done)
    assert seen == sorted(seen) and seen[-1] == 162


@pytest.mark.parametrize("cols", [1, 53, 56, 57, 100, 162, 323, 3000])
def test_windows_cover_the_grid_and_overlap(cols: int) -> None:
    starts = window_starts(cols, 53)
    covered = np.zeros(cols, bool)
    for start in starts:
        assert start == 0 or covered[start : start + 8].all()
        covered[start : min(cols, start + max(53, cols if len(starts) == 1 else 0))] = True
    assert covered.all()
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"duration_s": -1.0}, "value"),
        ({"duration_s": 0.0}, "value"),
        ({"duration_s": float("nan")}, "value"),
        ({"count": 0}, "value"),
        ({"settings": SamplingSettings(steps=0)}, "value"),
        ({"settings": SamplingSettings(guidance=float("inf"))}, "value"),
        ({"settings": SamplingSettings(temperature=-1.0)}, "value"),
        ({"seed": -1}, "value"),
        ({"settings": SamplingSettings(order="spiral")}, "value"),
        ({"settings": SamplingSettings(schedule="sideways")}, "value"),
        ({"settings": SamplingSettings(candidates=0)}, "value"),
    ],
)
def test_impossible_requests_fail_in_one_sentence(pipeline: Pipeline, change: dict, kind: str) -> None:
    events = list(pipeline.run(Generate(replace(REQUEST, **change))))
    assert len(events) == 1 and isinstance(events[0], Failed)
    assert events[0].kind == kind and "\n" not in events[0].message


def test_numbers_that_are_not_finite_end_the_run_politely(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.pack.generator, "logits", lambda ids, condition: torch.full((*ids.shape, 1024), torch.nan))
    assert [(e.kind) for e in pipeline.run(Generate(REQUEST)) if isinstance(e, Failed)] == ["numeric"]


def test_running_out_of_memory_costs_the_job_only(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(ids: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.pack.generator, "logits", hungry)
        events = list(pipeline.run(Generate(REQUEST)))
    assert isinstance(events[-1], Failed) and events[-1].kind == "memory"
    assert takes_of(pipeline, REQUEST)


def test_inference_mode_is_off_in_the_caller_between_steps(pipeline: Pipeline) -> None:
    for _ in pipeline.run(Generate(REQUEST)):
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()


def test_devices() -> None:
    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") in ("cpu", "cuda", "mps")
    with pytest.raises(EngineError, match="no device called"):
        choose_device("toaster")


def test_knows_what_it_was_taught(pipeline: Pipeline) -> None:
    report = pipeline.knowledge.report("heavy rain on a xylophone")
    assert report.unknown_words == ("xylophone",)
    assert set(report.nearest) <= {"rain", "rainfall", "dog bark"}
    assert 0 <= report.score < pipeline.knowledge.report("heavy rain").score + 1e-9
    assert "xylophone" in report.sentence


def test_every_iteration_is_on_record(pipeline: Pipeline) -> None:
    updates = [event for event in pipeline.run(Generate(REQUEST)) if isinstance(event, StepUpdate)]
    take = takes_of(pipeline, REQUEST)[0]
    history = take.history
    assert history.steps == 4 and history.guess.shape == (4, *take.grid.ids.shape)
    for step, update in enumerate(updates, 1):
        np.testing.assert_array_equal(history.grid_after(step).ids, update.grid.ids)
        np.testing.assert_array_equal(history.confidence[step - 1], update.confidence)
    np.testing.assert_array_equal(history.guess[-1], take.grid.ids)


def test_an_iteration_can_be_heard(pipeline: Pipeline) -> None:
    take = takes_of(pipeline, REQUEST)[0]
    *_, last = pipeline.run(Render(TokenGrid(take.history.guess[-1]), take.request, take.seed))
    np.testing.assert_array_equal(last.takes[0].clip.samples, take.clip.samples)
    *_, early = pipeline.run(Render(TokenGrid(take.history.guess[0]), take.request, take.seed))
    assert early.takes[0].clip.samples.shape == take.clip.samples.shape
    *_, refused = pipeline.run(Render(take.history.grid_after(1), take.request, take.seed))
    assert isinstance(refused, Failed) and refused.kind == "value"


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_tiny_pack(folder, hint_dim=16)
    return Pipeline.open(folder, "cpu")


class TestTold:
    """A pack whose decoder is told what it draws."""

    def test_the_picture_is_that_of_the_prompt(self, listening: Pipeline) -> None:
        *_, update, _, finished = listening.run(Generate(REQUEST))
        take = finished.takes[0]
        ids = torch.from_numpy(take.grid.ids)[None]
        told = listening.picture_of(ids, listening.embed("heavy rain")).log_mel
        np.testing.assert_allclose(take.spectrogram.log_mel, told, atol=1e-3)
        np.testing.assert_allclose(update.preview.log_mel, told, atol=1e-3)
        assert np.abs(told - listening.picture_of(ids).log_mel).mean() > 1

    @pytest.mark.parametrize(("prompt", "with_sound"), [("heavy rain", False), ("heavy rain", True), ("", True)])
    def test_hearing_the_last_iteration_is_hearing_the_take(self, listening: Pipeline, prompt: str, with_sound: bool) -> None:
        reference = tone(1.0) if with_sound else None
        request = replace(REQUEST, prompt=prompt, reference="tone" if with_sound else None)
        take = takes_of(listening, request, reference)[0]
        again = list(listening.run(Render(take.grid, take.request, take.seed, reference)))[-1].takes[0]
        np.testing.assert_array_equal(again.clip.samples, take.clip.samples)

    def test_a_sound_that_is_only_coded_is_told_nothing(self, listening: Pipeline) -> None:
        take = list(listening.run(Reconstruct(tone(1.0))))[-1].takes[0]
        untold = listening.picture_of(torch.from_numpy(take.grid.ids)[None]).log_mel
        np.testing.assert_allclose(take.spectrogram.log_mel, untold, atol=1e-3)


def test_a_branch_keeps_the_cells_of_the_iteration(pipeline: Pipeline) -> None:
    take = takes_of(pipeline, REQUEST)[0]
    start = take.history.grid_after(2)
    request = replace(REQUEST, prompt="dog bark", seed=9, settings=SamplingSettings(steps=2))
    *_, last = pipeline.run(Generate(request, start=start))
    branch = last.takes[0].grid.ids
    known = ~start.hidden
    assert known.any() and not known.all()
    np.testing.assert_array_equal(branch[known], take.grid.ids[known])
    assert not np.array_equal(branch, take.grid.ids)
    *_, wrong = pipeline.run(Generate(replace(request, duration_s=5.0), start=start))
    assert isinstance(wrong, Failed) and wrong.kind == "value"


def test_takes_arrive_one_by_one(pipeline: Pipeline) -> None:
    kinds = [type(event).__name__ for event in pipeline.run(Generate(replace(REQUEST, count=2)))]
    assert kinds == [*["StepUpdate"] * 4, "TakeReady", *["StepUpdate"] * 4, "TakeReady", "Finished"]


def test_of_several_candidates_the_best_suited_is_kept(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SamplingSettings(steps=4, candidates=3)
    seen: list[torch.Tensor] = []
    original = pipeline.matches

    def watched(*args: object, **told: object) -> torch.Tensor:
        seen.append(original(*args, **told))
        return seen[-1]

    monkeypatch.setattr(pipeline, "matches", watched)
    events = list(pipeline.run(Generate(replace(REQUEST, settings=settings))))
    assert [tuple(values.shape) for values in seen] == [(3,), (1,)]
    assert sum(isinstance(event, StepUpdate) for event in events) == 4
    alone = [takes_of(pipeline, replace(REQUEST, seed=REQUEST.seed + 104_729 * index))[0] for index in range(3)]
    best, take = alone[int(seen[0].argmax())], events[-1].takes[0]
    np.testing.assert_array_equal(take.history.guess, best.history.guess)
    np.testing.assert_array_equal(take.clip.samples, best.clip.samples)
    assert take.prompt_match == max(other.prompt_match for other in alone)


@pytest.mark.parametrize(("rate", "channels", "seconds"), [(48000, 2, 1.3), (22050, 1, 0.01), (8000, 3, 25.0)])
def test_a_sound_becomes_a_take(pipeline: Pipeline, rate: int, channels: int, seconds: float) -> None:
    clip = tone(seconds, rate, channels)
    *_, last = pipeline.run(Encode(clip))
    take = last.takes[0]
    assert take.clip is clip and take.history is None
    assert take.grid.ids.shape[1] == -(-take.spectrogram.log_mel.shape[1] // 16)
    assert abs(take.spectrogram.log_mel.shape[1] * 256 / 22050 - seconds) < 0.03


def test_grounding_draws_a_prompt_to_what_was_taught(pipeline: Pipeline) -> None:
    request = replace(REQUEST, prompt="my neighbour's dog won't stop barking")
    conditions = [
        pipeline.condition_of(replace(request, settings=replace(REQUEST.settings, grounding=share)), None) for share in (0.0, 0.5, 1.0)
    ]
    taught = pipeline.knowledge.grounded(pipeline.embed(request.prompt), 1.0)
    nearness = [float(condition[0] @ taught[0]) for condition in conditions]
    assert nearness[0] < nearness[1] < nearness[2] and nearness[2] == pytest.approx(1.0, abs=1e-5)
    assert torch.equal(conditions[0], pipeline.embed(request.prompt))


def test_candidates_of_a_grounded_prompt_are_compared_with_what_was_taught(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    aims: list[torch.Tensor] = []
    original = pipeline.matches
    monkeypatch.setattr(pipeline, "matches", lambda aim, *args, **told: (aims.append(aim), original(aim, *args, **told))[1])
    prompt, clip = "my neighbour's dog won't stop barking", tone(1.0)
    for grounding, reference in ((0.5, None), (0.0, None), (0.5, clip)):
        settings = SamplingSettings(steps=2, candidates=2, grounding=grounding)
        takes_of(pipeline, replace(REQUEST, prompt=prompt, settings=settings, reference="tone" if reference else None), reference)
    chosen_by, measured_by = aims[::2], aims[1::2]
    text = pipeline.embed(prompt)
    torch.testing.assert_close(chosen_by[0], pipeline.knowledge.grounded(text, 1.0))
    torch.testing.assert_close(chosen_by[1], text)
    # With a sound as part of the prompt, what was drawn by is also what is chosen by.
    assert torch.equal(chosen_by[2], measured_by[2]) and not torch.allclose(chosen_by[0], measured_by[0])


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_of_grounding_lies_between_0_and_1(pipeline: Pipeline, share: float) -> None:
    events = list(pipeline.run(Generate(replace(REQUEST, settings=SamplingSettings(grounding=share)))))
    assert [(event.kind, "grounding" in event.message) for event in events] == [("value", True)]


def test_a_prompt_is_assessed(pipeline: Pipeline) -> None:
    assessed, end = pipeline.run(Assess("heavy zebra"))
    assert assessed.unknown_words == ("zebra",) and assessed.sentence and isinstance(end, Finished)
