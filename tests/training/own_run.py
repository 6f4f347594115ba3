"""Trains a pack of toy size on a folder of own sounds, all stages; as a program it can be killed."""

from pathlib import Path

import torch

from engine.training.commands import follow
from engine.training.decoder_task import DecoderTraining
from engine.training.detail_generator_task import DetailGeneratorTraining
from engine.training.detail_task import DetailTraining
from engine.training.generator_task import GeneratorTraining
from engine.training.hints_task import HintsTraining
from engine.training.loop import LoopConfig
from engine.training.prompt_task import PromptTraining
from engine.training.recipes import EmbeddedRun
from engine.training.runs import STAGES, Workshop
from engine.training.tokenizer_task import TokenizerTraining
from engine.training.vocoder_task import VocoderTraining
from tests.training.synthetic import DETAIL, GENERATOR, PROMPT, TOKENIZER, VOCODER

LOOP = LoopConfig(steps=12, batch_size=4, warmup_steps=2, validate_every=6, log_every=2, checkpoint_every_s=-1.0)
RUN = EmbeddedRun(
    tokenizer=TokenizerTraining(loop=LOOP, model=TOKENIZER, crop_frames=64, validation_clips=2),
    decoder=DecoderTraining(loop=LOOP, grain=2, crop_frames=64, validation_clips=2),
    prompt=PromptTraining(loop=LOOP, model=PROMPT, extra_captions=8),
    vocoder=VocoderTraining(loop=LOOP, model=VOCODER, crop_frames=24, validation_clips=1),
    hints=HintsTraining(loop=LOOP, crop_frames=64, validation_clips=2),
    detail=DetailTraining(loop=LOOP, model=DETAIL, crop_frames=64, validation_clips=2),
    detail_generator=DetailGeneratorTraining(loop=LOOP, validation_clips=2),
    generator=GeneratorTraining(loop=LOOP, model=GENERATOR),
    name="Own",
    id="own",
)


def train_all(data: Path, folder: Path) -> None:
    """Every stage, the pack into ``folder``/pack."""
    follow(Workshop(folder / "run", RUN, data=str(data)), STAGES, folder / "pack")


def program(data: str, folder: str) -> None:
    """All of it in a process of its own."""
    torch.set_num_threads(1)
    train_all(Path(data), Path(folder))
