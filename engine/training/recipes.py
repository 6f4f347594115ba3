"""Recipes of whole runs: which sizes and steps of all parts go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.models.critic import CriticConfig
from engine.models.detail import DetailConfig
from engine.models.prompt import PromptConfig
from engine.models.tokenizer import ConvTokenizerConfig
from engine.models.transformer import EMBEDDED_LARGE, GeneratorConfig
from engine.models.vocoder import VocoderConfig
from engine.training.critic_task import CriticTraining
from engine.training.decoder_task import DecoderTraining
from engine.training.detail_generator_task import DetailGeneratorTraining
from engine.training.detail_task import DetailTraining
from engine.training.generator_task import PAPER_TRAINING, GeneratorTraining
from engine.training.hints_task import HintsTraining
from engine.training.loop import LoopConfig
from engine.training.prompt_task import PromptTraining
from engine.training.tokenizer_task import PAPER_TOKENIZER, TokenizerTraining
from engine.training.vocoder_task import VocoderTraining
from engine.types import SamplingSettings

# Chosen by the judge on paraphrases (LOG.md): with guidance from 0, as in the paper, this small model draws its first cells without the
# prompt and ends in a noise floor; several grids in six iterations hold a better one than two grids in sixteen, at the same cost.
EMBEDDED_SAMPLING = SamplingSettings(
    steps=6, guidance=8.0, guidance_start=3.0, temperature=8.0, token_temperature=0.7, candidates=5, grounding=0.5
)


@dataclass(frozen=True)
class EmbeddedRun:
    """Sizes of one run; the defaults are what two cores train in some hours."""

    shards: int = 100
    single_share: float = 0.8
    tokenizer: TokenizerTraining = TokenizerTraining()
    decoder: DecoderTraining = DecoderTraining()
    prompt: PromptTraining = PromptTraining(decoded_share=0.5)
    vocoder: VocoderTraining = VocoderTraining()
    hints: HintsTraining = HintsTraining()
    generator: GeneratorTraining = GeneratorTraining()
    detail: DetailTraining = DetailTraining()
    detail_generator: DetailGeneratorTraining = DetailGeneratorTraining()
    critic: CriticTraining = CriticTraining()
    sampling: SamplingSettings = EMBEDDED_SAMPLING
    name: str = "Melbrush embedded"
    id: str = "embedded"
    notes: dict[str, Any] = field(default_factory=dict)


def toy_run() -> EmbeddedRun:
    """Everything so small that the whole recipe runs in a minute: a rehearsal, not a model."""
    loop = LoopConfig(steps=4, batch_size=4, warmup_steps=2, validate_every=4, log_every=2)
    return EmbeddedRun(
        shards=1,
        tokenizer=TokenizerTraining(loop=loop),
        decoder=DecoderTraining(loop=loop),
        prompt=PromptTraining(loop=replace(loop, batch_size=8)),
        vocoder=VocoderTraining(loop=loop, crop_frames=32),
        hints=HintsTraining(loop=loop),
        generator=GeneratorTraining(loop=loop),
        detail=DetailTraining(loop=loop),
        detail_generator=DetailGeneratorTraining(loop=loop),
        critic=CriticTraining(loop=loop),
        name="Rehearsal",
        id="toy",
    )


def smallest_run() -> EmbeddedRun:
    """Networks of no use that are trained in seconds: for trying out everything around a training."""
    loop = LoopConfig(steps=60, batch_size=4, warmup_steps=2, validate_every=6, log_every=2, checkpoint_every_s=0.1)
    prompt = PromptConfig(dim=16, buckets=512, word_dim=8, text_width=16, text_blocks=1, text_heads=2, audio_channels=(8, 8, 8))
    tokenizer = ConvTokenizerConfig(fine_channels=8, coarse_channels=16, full_channels=8, fine_blocks=1, coarse_blocks=1)
    generator = GeneratorConfig(blocks=1, width=32, heads=2, hidden=64, condition_dim=prompt.dim, positions="rotary")
    return EmbeddedRun(
        tokenizer=TokenizerTraining(loop=loop, model=tokenizer, crop_frames=64, validation_clips=2),
        decoder=DecoderTraining(loop=loop, grain=2, crop_frames=64, validation_clips=2),
        prompt=PromptTraining(loop=loop, model=prompt, extra_captions=8),
        vocoder=VocoderTraining(loop=loop, model=VocoderConfig(width=16, hidden=32, blocks=1), crop_frames=24, validation_clips=1),
        hints=HintsTraining(loop=loop, crop_frames=64, validation_clips=2),
        generator=GeneratorTraining(loop=loop, model=generator),
        detail=DetailTraining(loop=loop, model=DetailConfig(width=16, blocks=1, heads=2, hidden=32), crop_frames=64, validation_clips=2),
        detail_generator=DetailGeneratorTraining(loop=loop),
        critic=CriticTraining(loop=loop, model=CriticConfig(blocks=1, width=16, heads=2, hidden=32)),
        sampling=SamplingSettings(steps=4),
        name="Smallest",
        id="smallest",
    )


def accelerator_run() -> EmbeddedRun:
    """The larger embedded generator (12 x 384) on a larger corpus: what an accelerator trains in minutes."""
    generator = GeneratorTraining(loop=LoopConfig(steps=20_000, batch_size=512, warmup_steps=400), model=EMBEDDED_LARGE, learning_rate=6e-4)
    return EmbeddedRun(shards=400, single_share=0.55, generator=generator)


def paper_run() -> EmbeddedRun:
    """The published sizes and training details (SpecMaskGIT section 4), for whoever has the data and the accelerators."""
    model = GeneratorConfig(condition_dim=PromptTraining().model.dim)
    generator = replace(PAPER_TRAINING, model=model)
    return EmbeddedRun(
        shards=1000,
        tokenizer=PAPER_TOKENIZER,
        generator=generator,
        sampling=SamplingSettings(),
        name="Melbrush at the paper's size",
        id="paper",
    )


RUNS: dict[str, Callable[[], EmbeddedRun]] = {
    "embedded": EmbeddedRun,
    "accelerator": accelerator_run,
    "paper": paper_run,
    "toy": toy_run,
    "smallest": smallest_run,
}
