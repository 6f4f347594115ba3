"""Steps of a take that another pack drew: heard and continued with that pack, or refused by its name where it is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.jobs import Generate, ListPacks, PackLoaded, Render
from engine.pipeline import Pipeline
from engine.types import HIDDEN, EngineError, Finished, GenerationRequest, Loading, SamplingSettings, Take, TokenGrid
from gui.pack_runner import PackRunner
from gui.worker import EngineRunner, LoadPack, file_runner
from tests.gui.studio import Bench
from tests.tiny import write_tiny_pack

GRID = TokenGrid(np.arange(5 * 6, dtype=np.int32).reshape(5, 6))
REFUSED = "The steps of this take were drawn by the pack “mine”, which is not installed."


def write_pack(folder: Path, seed: int) -> None:
    """A toy pack that is called like its folder."""
    write_tiny_pack(folder, seed)
    manifest = folder / "pack.json"
    manifest.write_text(manifest.read_text().replace('"id": "tiny"', f'"id": "{folder.name}"'))


@pytest.fixture(scope="module")
def two_packs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    for seed, name in enumerate(("embedded", "mine")):
        write_pack(folder / name, seed)
    return folder


@pytest.fixture
def packs(two_packs, tmp_path) -> Path:
    """A folder with two packs of different weights, which a test may change."""
    return Path(shutil.copytree(two_packs, tmp_path / "packs"))


def rendering(pack_id: str) -> Render:
    request = GenerationRequest("rain", duration_s=1.0, settings=SamplingSettings(steps=4), pack_id=pack_id)
    return Render(GRID, request, 1)


def sound_of(folder: Path, job: Render | Generate) -> np.ndarray:
    """What the pack in ``folder`` makes of a job, by itself."""
    *_, end = Pipeline.open(folder, "cpu").run(job)
    return end.takes[0].clip.samples


class TestRunner:
    """The runner by itself, with real packs."""

    @pytest.fixture
    def opened(self) -> list[EngineRunner]:
        return []

    @pytest.fixture
    def runner(self, packs, opened) -> PackRunner:
        def open_runner() -> EngineRunner:
            opened.append(EngineRunner())
            return opened[-1]

        runner = PackRunner(open_runner, packs)
        list(runner.run(LoadPack(packs / "embedded", "cpu", 1)))
        return runner

    def test_each_step_is_rendered_by_the_pack_that_drew_it(self, runner, packs, opened):
        sounds = {}
        for name in ("embedded", "mine", "embedded", "mine"):
            events = list(runner.run(rendering(name)))
            assert isinstance(events[-1], Finished) and not any(isinstance(event, PackLoaded) for event in events)
            sounds.setdefault(name, events[-1].takes[0].clip.samples)
            assert np.array_equal(sounds[name], events[-1].takes[0].clip.samples)
        assert not np.array_equal(sounds["embedded"], sounds["mine"])
        assert all(np.array_equal(sound, sound_of(packs / name, rendering(name))) for name, sound in sounds.items())
        assert len(opened) == 2, "a pack that is open is not opened again"

    def test_opening_another_pack_is_told(self, runner):
        first, second = (list(runner.run(rendering("mine"))) for _ in range(2))
        assert any(isinstance(event, Loading) for event in first) and not any(isinstance(event, Loading) for event in second)

    def test_what_starts_from_nothing_is_drawn_by_the_chosen_pack(self, runner, packs, opened):
        job = Generate(replace(rendering("mine").request, seed=3), previews=False)
        *_, end = runner.run(job)
        assert np.array_equal(end.takes[0].clip.samples, sound_of(packs / "embedded", job)) and len(opened) == 1

    def test_another_choice_closes_the_other_pack(self, runner, packs, opened):
        list(runner.run(rendering("mine")))
        list(runner.run(LoadPack(packs / "mine", "cpu", 1)))
        list(runner.run(rendering("mine")))
        assert len(opened) == 2 and runner._other is None

    def test_nothing_is_rendered_before_a_pack_is_chosen(self, packs):
        (failed,) = PackRunner(EngineRunner, packs).run(rendering("mine"))
        assert failed.message == "No pack is loaded yet."

    @pytest.mark.parametrize("name", ["gone", "", ".", "..", "../packs/mine", "mine/", "mine/../mine"])
    def test_only_what_is_installed_under_that_very_name_is_opened(self, runner, opened, name):
        with pytest.raises(EngineError, match="not installed") as refusal:
            list(runner.run(rendering(name)))
        assert (refusal.value.kind, len(opened)) == ("pack", 1) and f"“{name}”" in refusal.value.message

    def test_another_version_of_a_pack_is_another_pack(self, runner, packs, opened):
        hashes = {info.id: info.hash for info in next(file_runner().run(ListPacks(packs))).packs}
        job = rendering("embedded")
        for name in ("embedded", "mine"):
            *_, end = runner.run(replace(job, request=replace(job.request, pack_hash=hashes[name])))
            assert np.array_equal(end.takes[0].clip.samples, sound_of(packs / name, job))
        with pytest.raises(EngineError, match="another version of the pack “embedded”"):
            list(runner.run(replace(job, request=replace(job.request, pack_hash="0" * 16))))
        assert len(opened) == 2

    def test_a_path_from_a_project_is_not_opened(self, runner, packs, tmp_path, opened):
        outside = tmp_path / "outside"
        write_pack(outside, 2)
        for name in (str(outside), "../outside"):
            with pytest.raises(EngineError, match="not installed"):
                list(runner.run(rendering(name)))
        assert len(opened) == 1


class TestStudio:
    """In the window: a take of the pack "mine", and then the embedded pack is chosen."""

    @pytest.fixture
    def bench(self, qtbot, packs, tmp_path) -> Iterator[Bench]:
        bench = Bench(qtbot, packs, tmp_path)
        bench.settings.set("generation.pack", "mine")
        bench.open()
        yield bench
        bench.close()

    @pytest.fixture
    def take(self, bench) -> Take:
        entry = bench.generate("rain", duration_s=2.0, seed=5, seed_locked=True)
        assert entry.take.request.pack_id == "mine"
        bench.settings.set("generation.pack", "embedded")
        bench.until(lambda: bench.controller.pack.pack_id == "embedded")
        for _ in range(2):
            bench.keys(Qt.Key.Key_Left, widget=bench.window.steps_bar._timeline)
        assert bench.controller.step == 2
        return entry.take

    def test_a_step_is_heard_as_its_own_pack_draws_it(self, bench, take, packs):
        told, heard, loading = [], [], []
        bench.controller.loading.connect(lambda *step: loading.append(step))
        bench.controller.status.connect(lambda kind, sentence: told.append(sentence))
        bench.controller.sound_made.connect(lambda clip, name: heard.append(clip.samples))
        bench.click(bench.window.steps_bar._hear)
        bench.until(lambda: heard and bench.player.playing)
        job = Render(TokenGrid(take.history.guess[1]), take.request, take.seed)
        assert np.array_equal(heard[0], sound_of(packs / "mine", job))
        assert not np.array_equal(heard[0], sound_of(packs / "embedded", job))
        assert "Opening the pack that drew this take…" in told
        assert bench.controller.pack.pack_id == "embedded" and loading == [], "the pack that is chosen is ready all the time"
        bench.no_errors()

    def test_a_branch_is_drawn_by_the_pack_of_its_take_and_the_next_take_by_the_chosen_one(self, bench, take, packs):
        bench.click(bench.window.steps_bar._branch)
        bench.until(lambda: len(bench.takes) == 2 and bench.controller.run is None)
        branch, start = bench.takes[-1].take, take.history.grid_after(2)
        assert branch.request.pack_id == "mine"
        assert np.array_equal(branch.grid.ids[start.ids != HIDDEN], start.ids[start.ids != HIDDEN])
        assert np.array_equal(branch.clip.samples, sound_of(packs / "mine", Generate(branch.request, start=start, previews=False)))
        later = bench.generate("rain").take
        assert later.request.pack_id == "embedded"
        assert np.array_equal(later.clip.samples, sound_of(packs / "embedded", Generate(later.request, previews=False)))
        bench.no_errors()

    def test_without_its_pack_a_step_is_neither_heard_nor_continued(self, bench, take, packs):
        shutil.rmtree(packs / "mine")
        bench.click(bench.window.steps_bar._hear)
        bench.until(lambda: len(bench.errors) == 1)
        assert bench.status == REFUSED and not bench.player.playing
        ends = []
        bench.controller.run_ended.connect(lambda run, how: ends.append(how))
        bench.click(bench.window.steps_bar._branch)
        bench.until(lambda: ends)
        assert ends == ["failed"] and bench.status == REFUSED and len(bench.takes) == 1
        assert bench.errors == [(REFUSED, "")] * 2
        assert bench.generate("rain").take.request.pack_id == "embedded"
