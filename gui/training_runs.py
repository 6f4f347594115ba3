"""Trainings on disk: what was planned, how far each one is, and the command that does it."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from PySide6.QtCore import QIODevice, QLockFile, QSaveFile

from engine.export.names import safe_name, used_names
from engine.pack_places import find_pack, places
from gui.training_log import last_step

ROOT = Path(__file__).parents[1]
STAGES = ("corpus", "tokenizer", "decoder", "prompt", "vocoder", "tokens", "hints", "detail", "detail_generator", "generator", "pack")
STAGES_FROM_PACK = ("corpus", "tokens", "generator", "pack")
EMBEDDED = "embedded"
FEWEST_HELD_OUT = 8
_LOCK, _PLAN, _STATE, _SUMMARY = ".lock", "run.json", "state.json", Path("shards") / "sounds.json"
_LONGEST_ID = 56


@dataclass(frozen=True)
class Plan:
    """What the user wants: sounds in ``data``, where ``captions`` come from, the pack ``start`` to begin with (empty: none), how long."""

    name: str
    pack_id: str
    data: str
    captions: str = "auto"
    start: str = EMBEDDED
    length: str = "quick"
    recipe: str = EMBEDDED

    @property
    def stages(self) -> tuple[str, ...]:
        """What has to be done, in order; a pack to start from lends everything but the generator."""
        return STAGES_FROM_PACK if self.start else STAGES


@dataclass(frozen=True)
class RunInfo:
    """A training in its folder: the stage it is in (empty: none yet), and steps of that as far as they are known."""

    folder: Path
    plan: Plan
    stage: str = ""
    done: bool = False
    step: int = 0
    of: int = 0

    @property
    def sounds_read(self) -> bool:
        """True if the sounds lie in the folder of the run, so that their own folder is not needed any more."""
        return (self.folder / _SUMMARY).is_file()

    @property
    def held_out(self) -> int:
        """Held-out clips among the sounds; 0 until they are read."""
        splits = _object_in(self.folder / _SUMMARY).get("splits")
        return int(splits.get("validation", 0)) if isinstance(splits, dict) else 0

    @property
    def cannot_be_watched(self) -> bool:
        """True if it shall end when it gets no better, but too few sounds are held out to notice that."""
        return self.plan.length == "best" and self.held_out < FEWEST_HELD_OUT

    @property
    def can_draw(self) -> bool:
        """True if there is a generator, so that a pack can be made of what there is."""
        return (self.folder / "checkpoints" / "generator.safetensors").is_file()

    @property
    def example(self) -> Path:
        """The file that holds the last example."""
        return self.folder / "example.wav"

    def log(self, part: str) -> Path:
        """The log of a part of the pack."""
        return self.folder / "checkpoints" / f"{part}.jsonl"


class RunShelf:
    """The folder of all trainings, and ``packs``, where they come to; those that have become a pack are no longer listed."""

    def __init__(self, folder: Path, packs: Path) -> None:
        self.folder, self.packs = folder, packs

    def add(self, plan: Plan) -> RunInfo:
        """A folder for a new plan, which gets an id that no pack and no run has. Raises OSError."""
        chosen = replace(plan, pack_id=self._free_id(plan.name))
        run = RunInfo(self.folder / chosen.pack_id, chosen)
        run.folder.mkdir(parents=True)
        self.keep(run)
        return run

    def keep(self, run: RunInfo) -> None:
        """Writes the plan of a run, whole or not at all. Raises OSError."""
        file = QSaveFile(str(run.folder / _PLAN))
        opened = file.open(QIODevice.OpenModeFlag.WriteOnly)
        if not opened or file.write(json.dumps(asdict(run.plan), indent=1).encode()) < 0 or not file.commit():
            raise OSError(0, file.errorString(), str(run.folder / _PLAN))

    def unfinished(self) -> list[RunInfo]:
        """Trainings that can go on, in the order of their ids; folders that hold none are passed over."""
        found = (self.read(path.parent) for path in sorted(self.folder.glob(f"*/{_PLAN}")))
        return [run for run in found if run is not None and not run.done]

    def read(self, folder: Path) -> RunInfo | None:
        """What a folder tells about its training; None if that cannot be read."""
        try:
            data = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
            plan = Plan(**{field.name: str(data[field.name]) for field in fields(Plan)})
        except (OSError, ValueError, KeyError, TypeError):
            return None
        state = _object_in(folder / _STATE)
        run = RunInfo(folder, plan, str(state.get("stage", "")), state.get("done") is True)
        step, of = last_step(run.log(run.stage))
        return replace(run, step=step, of=of)

    def lock(self, folder: Path) -> QLockFile | None:
        """The right to change a training; None while another window has it."""
        lock = QLockFile(str(folder / _LOCK))
        lock.setStaleLockTime(0)
        return lock if lock.tryLock(0) else None

    def remove(self, folder: Path) -> None:
        """Removes a training with everything it has made so far; the sounds themselves lie elsewhere."""
        if folder.parent == self.folder:
            shutil.rmtree(folder, ignore_errors=True)

    def command(self, run: RunInfo, stages: tuple[str, ...], threads: int) -> list[str]:
        """The command line that does ``stages`` of a run."""
        plan = run.plan
        options = {
            "data": plan.data,
            "captions": plan.captions,
            "work": str(run.folder),
            "target": str(self.packs / plan.pack_id),
            "id": plan.pack_id,
            "name": plan.name,
            "recipe": plan.recipe,
            "length": plan.length,
            "threads": str(threads),
            **({"start": str(find_pack(plan.start, self.packs) or self.packs / plan.start)} if plan.start else {}),
        }
        # With "=", so that a name may begin with a dash.
        return [*program(), "train", *stages, *(f"--{name}={value}" for name, value in options.items())]

    def _free_id(self, name: str) -> str:
        wanted = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_ID].strip("-") or "own-sounds"
        taken = {EMBEDDED}.union(*(used_names(folder) for folder in (*places(self.packs), self.folder)))
        numbered = (wanted, *(f"{wanted}-{number}" for number in range(2, 10_000)))
        # What is no safe name is a device on Windows.
        return next(name for name in numbered if name not in taken and safe_name(name) == name)


def program() -> list[str]:
    """How this program is started, as a package of its own or by Python."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, str(ROOT / "main.py")]


def _object_in(path: Path) -> dict:
    """What a JSON file holds; empty if there is none or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
