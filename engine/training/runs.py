"""A run of a recipe: corpus, tokenizer, its decoder, prompt encoder, vocoder, tokens, detail, generator, pack; every stage resumes.

A run can start from a finished pack: what it trains begins with the pack's weights, what it does not train is taken over as it is. It can
also be made of people's own sounds instead of the rendered corpus; without captions these need a prompt encoder that exists already.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.corpus.other_names import names_of_classes
from engine.corpus.registry import recipes
from engine.geometry import Geometry
from engine.models.critic import TokenCritic
from engine.models.detail import ConvDetail
from engine.models.folders import pack_folder
from engine.models.pack import ARCHITECTURES, Manifest, Pack, load_pack, write_pack
from engine.models.prompt import ContrastivePromptEncoder, words_of
from engine.models.quantizer import CosineQuantizer
from engine.models.specvqgan import SpecVqganConfig, SpecVqganTokenizer
from engine.models.tokenizer import ConvTokenizer, ConvTokenizerConfig
from engine.models.transformer import MaskedTransformer
from engine.models.vocoder import FourierVocoder
from engine.training.checkpoint import load_checkpoint
from engine.training.critic_task import CriticTask
from engine.training.decoder_task import DecoderTask, calmed, extended, with_grain
from engine.training.detail_generator_task import BothCodes, DetailGeneratorTask, encode_second, second_codes
from engine.training.detail_task import DetailTask, build_detail
from engine.training.early_stopping import FEWEST_CLIPS, WatchedGeneratorTask
from engine.training.encode import TokenSet, encode_shard
from engine.training.folder_data import CaptionSource
from engine.training.generator_task import GeneratorTask, GeneratorTraining
from engine.training.hints_task import HintsTask, hint_names
from engine.training.loop import Trainer
from engine.training.own_sounds import Summary, read_sounds, summary_of
from engine.training.prompt_task import PromptTask
from engine.training.recipes import EmbeddedRun
from engine.training.shards import CLIPS_PER_SHARD, Shard, ShardSet, render_shards
from engine.training.tokenizer_task import TokenizerTask, build_tokenizer
from engine.training.told_task import Told
from engine.training.vocoder_task import VocoderTask
from engine.types import EngineError

if TYPE_CHECKING:
    from lightning.fabric import Fabric

PARTS = ("tokenizer", "decoder", "prompt", "vocoder", "hints", "detail", "detail_generator", "generator")
STAGES = ("corpus", "tokenizer", "decoder", "prompt", "vocoder", "tokens", "hints", "detail", "detail_generator", "generator", "pack")
# What a pack may have besides; a run does these stages only if they are asked for.
EXTRA_PARTS = ("critic",)
# Parts that some tokenizers and recipes do without.
_DISPENSABLE = ("decoder", "hints", "detail", "detail_generator")
ALL_STAGES = (*STAGES[:-1], *EXTRA_PARTS, STAGES[-1])


# The prompt encoder learns nothing from fewer clips with captions than these.
FEWEST_CAPTIONED = 16
PATIENCE = 5


class Workshop:
    """One run in one folder: shards, checkpoints, logs, encoded tokens."""

    def __init__(
        self,
        folder: Path,
        run: EmbeddedRun,
        workers: int = 1,
        start: Path | None = None,
        data: str | None = None,
        captions: CaptionSource = "auto",
        fabric: Fabric | None = None,
    ) -> None:
        self.folder, self.run, self.workers = folder, run, workers
        self.start: Pack | None = load_pack(start) if start else None
        self.data, self.captions, self.fabric = data, captions, fabric
        self.shards, self.encoded, self.checkpoints = folder / "shards", folder / "encoded", folder / "checkpoints"
        self.stopped = False

    @property
    def sounds(self) -> Summary | None:
        """What is known of people's own sounds in the shards; None if they are rendered."""
        return summary_of(self.shards)

    @property
    def learns_words(self) -> bool:
        """True if there are captions to train a prompt encoder on."""
        return self.sounds is None or self.sounds.captioned_clips.get("train", 0) >= FEWEST_CAPTIONED

    @cached_property
    def spoken(self) -> Pack:
        """The pack whose prompt encoder is kept where there are no captions."""
        return self.start or load_pack(pack_folder("embedded"))

    def stage(self, name: str) -> Iterator[str]:
        """Does one stage, yielding lines that say how far it is; ``stopped`` is set when a training was asked to stop before its end.

        Of several processes the first alone does what is no training, while the others wait.
        """
        if name in (*PARTS, *EXTRA_PARTS) or self.fabric is None:
            yield from self._stage(name)
            return
        if self.fabric.is_global_zero:
            yield from self._stage(name)
        self.fabric.barrier()

    def _stage(self, name: str) -> Iterator[str]:
        stages: dict[str, Callable[[], Iterator[str]]] = {
            "corpus": self._corpus,
            "tokenizer": self._tokenizer,
            "decoder": self._decoder,
            "prompt": self._prompt,
            "vocoder": self._vocoder,
            "tokens": self._tokens,
            "hints": self._hints,
            "generator": self._generator,
            "detail": self._detail,
            "detail_generator": self._detail_generator,
            "critic": self._critic,
        }
        yield from stages[name]()

    def _corpus(self) -> Iterator[str]:
        if self.data is not None:
            yield from read_sounds(self.data, self.shards, self.captions, self.workers)
            return
        if self.sounds is not None:
            raise EngineError("path", f"{self.shards} holds sounds that were read with --data; nothing is rendered there.")
        for path in render_shards(self.shards, 0, self.run.shards, self.workers, self.run.single_share):
            yield f"rendered {path.name}"

    def _sets(self, captioned: bool = False) -> tuple[ShardSet, ShardSet]:
        train, validation = (ShardSet(self.shards, split, captioned=captioned) for split in ("train", "validation"))
        if not len(train):
            raise EngineError("path", f"There are no clips to train on in {self.shards}; do the stage corpus first.")
        return train, validation

    def _tokenizer(self) -> Iterator[str]:
        yield from self._train(TokenizerTask(replace(self.run.tokenizer, model=self.tokenizer_model), *self._sets()))

    def _decoder(self) -> Iterator[str]:
        tokenizer = self._coder()
        if not isinstance(tokenizer, ConvTokenizer) or not self.run.decoder.grain:
            yield "decoder: it stays as the training of the tokenizer left it."
            return
        yield from self._train(DecoderTask(self.run.decoder, tokenizer, *self._sets()))

    def _prompt(self) -> Iterator[str]:
        if not self.learns_words:
            yield (
                f"prompt: fewer than {FEWEST_CAPTIONED} training clips have captions, so the prompt encoder of the pack"
                f" {self.spoken.manifest.id} is kept, and what it hears in each clip tells the generator what to draw."
            )
            return
        classes = list(recipes()) if self.sounds is None else self.sounds.classes
        tokenizer = self.trained_tokenizer() if self.run.prompt.decoded_share else None
        # Own sounds may bring words that the pack has yet to learn; the corpus says nothing new.
        anchor = self.start.prompt if self.start and self.sounds is None else None
        names = names_of_classes() if self.sounds is None else None
        yield from self._train(PromptTask(self.run.prompt, *self._sets(captioned=True), classes, tokenizer, anchor, names))

    def _vocoder(self) -> Iterator[str]:
        tokenizer = self.trained_tokenizer() if self.start or (self.checkpoints / "tokenizer.safetensors").exists() else None
        yield from self._train(VocoderTask(self.run.vocoder, *self._sets(), tokenizer=tokenizer))

    def _tokens(self) -> Iterator[str]:
        tokenizer, prompt = self.trained_tokenizer(), self.trained_prompt()
        for path in sorted(self.shards.glob("shard-*")):
            yield f"encoded {encode_shard(path, self.encoded, tokenizer, prompt).name}"

    def _hints(self) -> Iterator[str]:
        tokenizer = self._finished_tokenizer()
        if not isinstance(tokenizer, ConvTokenizer) or not self.run.hints.listens:
            yield "hints: the decoder draws what the codes say and is told nothing."
            return
        yield from self._train(HintsTask(self.run.hints, tokenizer, self.trained_prompt(), *self._told()))

    def _told(self) -> list[Told]:
        return [Told(*pair) for pair in zip(self._sets(), self._token_sets(), strict=True)]

    def _token_sets(self) -> tuple[TokenSet, TokenSet]:
        train, validation = (TokenSet(self.shards, self.encoded, split) for split in ("train", "validation"))
        if not len(train):
            raise EngineError("path", f"There are no tokens to train on in {self.encoded}; do the stage tokens first.")
        return train, validation

    def _detail(self) -> Iterator[str]:
        tokenizer = self.trained_tokenizer()
        if not isinstance(tokenizer, ConvTokenizer):
            yield "detail: this tokenizer does without."
            return
        yield from self._train(DetailTask(self.run.detail, tokenizer, self.trained_prompt(), *self._told()))

    def _detail_generator(self) -> Iterator[str]:
        detail, folder = self._coded_detail(self.trained_tokenizer()), self.folder / "second"
        if detail is None:
            yield "detail_generator: there are no second codes to learn."
            return
        for path in sorted(self.shards.glob("shard-*")):
            yield f"second codes of {encode_second(path, folder, detail).stem}"
        both = [BothCodes(words, second_codes(words, folder)) for words in self._token_sets()]
        yield from self._train(DetailGeneratorTask(self.run.detail_generator, detail.config, *both))

    def _coded_detail(self, tokenizer: nn.Module) -> ConvDetail | None:
        """Averaged detail part of the last checkpoint, or that of the pack to start from while what it builds on stays."""
        if self._has_trained("detail"):
            return self._averaged("detail", build_detail(self.run.detail.model, tokenizer))
        return self.start.detail if self.start and not self._has_trained("tokenizer", "decoder", "hints") else None

    def _critic(self) -> Iterator[str]:
        train, validation = self._token_sets()
        recipe = replace(self.run.critic, model=replace(self.run.critic.model, condition_dim=self.trained_prompt().config.dim))
        yield from self._train(CriticTask(recipe, train, validation if len(validation) else train, self.trained_generator()))

    def _generator(self) -> Iterator[str]:
        train, validation = self._token_sets()
        recipe = self.run.generator
        if self.sounds is not None and not any(self.sounds.captioned_clips.values()):
            recipe = replace(recipe, text_share=0.0)
        if recipe.loop.patience:
            yield from self._train(self._watched(recipe, train, validation))
            return
        if not len(validation):
            yield "generator: no sound file fell to validation, so the figures are those of clips that it is trained on."
        yield from self._train(GeneratorTask(recipe, train, validation if len(validation) else train))

    def _watched(self, recipe: GeneratorTraining, train: TokenSet, validation: TokenSet) -> WatchedGeneratorTask:
        """The generator with early stopping. Raises EngineError("value") if there is too little to measure by."""
        if len(validation) < FEWEST_CLIPS:
            told = f"Early stopping needs at least {FEWEST_CLIPS} clips for validation; there are {len(validation)}."
            raise EngineError("value", told)
        return WatchedGeneratorTask(recipe, train, validation, self.trained_tokenizer(), self.trained_prompt())

    def _train(self, task: Any) -> Iterator[str]:
        source = self._source(task.name)
        if source is not None:
            for network in (task.network, task.averaged):
                _take_over(network, source, task.name)
        trainer = Trainer(task, self.checkpoints, self.fabric)
        yield f"{task.name}: from step {trainer.step} of {task.config.steps}, log in {self.checkpoints / (task.name + '.jsonl')}"
        trainer.run()
        self.stopped = not trainer.done
        yield f"{task.name}: step {trainer.step} of {task.config.steps}"
        if trainer.best is not None:
            yield f"{task.name}: nearest to the held-out clips at step {trainer.best.step}, Frechet distance {trainer.best.distance:.3f}"

    def _source(self, part: str) -> nn.Module | None:
        """What the pack to start from has of a part; the decoder has nothing there, for it starts from the tokenizer of this run."""
        if part == "detail_generator":
            # It knows the codes that it was trained on, and no others.
            return None if self._has_trained("detail") else getattr(getattr(self.start, "detail", None), "generator", None)
        return getattr(self.start, part, None)

    def _averaged(self, part: str, network: nn.Module, prefix: str = "") -> nn.Module:
        path, source = self.checkpoints / f"{part}.safetensors", self._source(part)
        if not path.exists() and source is not None:
            return _take_over(network, source, part).eval().requires_grad_(False)
        if not path.exists():
            raise EngineError("path", f"There is no checkpoint {path}; do the stage {part} first.")
        checkpoint = load_checkpoint(path)
        state = checkpoint["best"]["weights"] if "best" in checkpoint else checkpoint["averaged"]
        network.load_state_dict({key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)})
        return network.eval().requires_grad_(False)

    @property
    def tokenizer_model(self) -> ConvTokenizerConfig | SpecVqganConfig:
        """The recipe's sizes, with noise and hints in the decoder if the pack that the run starts from has them."""
        model, start = self.run.tokenizer.model, self.start.tokenizer.config if self.start else None
        both = isinstance(model, ConvTokenizerConfig) and isinstance(start, ConvTokenizerConfig)
        return replace(model, grain=start.grain, hint_dim=start.hint_dim) if both else model

    def _coder(self) -> ConvTokenizer | SpecVqganTokenizer:
        """Averaged tokenizer as its own training left it."""
        return self._averaged("tokenizer", build_tokenizer(self.tokenizer_model))

    def trained_tokenizer(self) -> ConvTokenizer | SpecVqganTokenizer:
        """Averaged tokenizer of the last checkpoint, with the finished decoder, and with what it has learned to listen to."""
        tokenizer = self._finished_tokenizer()
        if not self._has_trained("hints"):
            return tokenizer
        listening = extended(tokenizer, hint_dim=self.trained_prompt().config.dim)
        return self._with_weights(listening, "hints", [f"decoder.{name}" for name in hint_names(listening)])

    def _finished_tokenizer(self) -> ConvTokenizer | SpecVqganTokenizer:
        """Averaged tokenizer with the finished decoder if there is one, before it learned to listen."""
        tokenizer = self._coder()
        if not self._has_trained("decoder"):
            return tokenizer
        finished = with_grain(tokenizer, self.run.decoder.grain)
        finished = self._with_weights(finished, "decoder", [f"decoder.{name}" for name in finished.decoder.state_dict()])
        return calmed(finished, self.run.decoder.grain_share)

    def _with_weights(self, tokenizer: ConvTokenizer, stage: str, names: list[str]) -> ConvTokenizer:
        """The tokenizer with averaged weights of a stage; all others are its own, whatever was done to it since."""
        averaged = load_checkpoint(self.checkpoints / f"{stage}.safetensors")["averaged"]
        tokenizer.load_state_dict({**tokenizer.state_dict(), **{name: averaged[name] for name in names}})
        return tokenizer.eval().requires_grad_(False)

    def trained_prompt(self) -> ContrastivePromptEncoder:
        """Averaged prompt encoder of the last checkpoint, or that of a finished pack where there are no captions.

        Raises EngineError("pack") if it does not fit the generator.
        """
        if self.learns_words:
            return self._averaged("prompt", ContrastivePromptEncoder(self.run.prompt.model), "encoder.")
        encoder, wanted = self.spoken.prompt, self.run.generator.model.condition_dim
        if encoder.config.dim != wanted:
            pack = self.spoken.manifest.id
            raise EngineError("pack", f"The prompt encoder of the pack {pack} has {encoder.config.dim} dimensions, the generator {wanted}.")
        return encoder

    def trained_vocoder(self) -> FourierVocoder:
        """Averaged vocoder of the last checkpoint."""
        return self._averaged("vocoder", FourierVocoder(self.run.vocoder.model))

    def trained_generator(self) -> MaskedTransformer:
        """Averaged generator of the last checkpoint."""
        return self._averaged("generator", MaskedTransformer(self.run.generator.model))

    def export(self, target: Path) -> Manifest:
        """Writes the pack of the last checkpoints."""
        run = self.run
        trained = (self.trained_tokenizer(), self.trained_generator(), self.trained_prompt(), self.trained_vocoder())
        networks = {}
        for network in (*trained, *self._extras(trained[0])):
            name, architecture = next((n, a) for n, a in ARCHITECTURES.items() if a.config is type(network.config))
            networks[architecture.role] = (name, network.config, network.state_dict())
        fields = {
            "id": run.id,
            "name": run.name,
            "geometry": asdict(Geometry()),
            "sampling": asdict(run.sampling if self.sounds is None else replace(run.sampling, grounding=0.0)),
            "classes": sorted(self.class_counts()),
            "provenance": self.provenance(),
        }
        return write_pack(target, fields, networks, self.knowledge())

    def _extras(self, tokenizer: nn.Module) -> Iterator[nn.Module]:
        """The parts besides: those that this run has trained, and those of the pack to start from if what they build on stayed."""
        detail = self._coded_detail(tokenizer)
        if detail is not None:
            detail.generator = self._averaged("detail_generator", detail.generator)
            yield detail
        if self._has_trained("critic"):
            model = replace(self.run.critic.model, condition_dim=self.trained_prompt().config.dim)
            yield self._averaged("critic", TokenCritic(model))
        elif self.start and self.start.critic is not None and not self._has_trained("tokenizer", "prompt"):
            yield self.start.critic

    def _has_trained(self, *parts: str) -> bool:
        """True if this run has a checkpoint of one of the parts."""
        return any((self.checkpoints / f"{part}.safetensors").exists() for part in parts)

    def class_counts(self) -> dict[str, int]:
        """Clips of each class that training saw."""
        counts: dict[str, int] = {}
        for path in sorted(self.shards.glob("shard-*")):
            for row in Shard(path).rows:
                for name in row["classes"]:
                    counts[name] = counts.get(name, 0) + 1
        return counts

    def knowledge(self) -> dict[str, Any]:
        """Words that training met at least twice, and phrases that name each class; what a prompt encoder knows that is kept stays."""
        if not self.learns_words:
            return self.spoken.knowledge
        seen: dict[str, int] = {}
        for path in sorted(self.shards.glob("shard-*")):
            for row in Shard(path).rows:
                for word in {word for caption in row["captions"] for word in words_of(caption)}:
                    seen[word] = seen.get(word, 0) + 1
        classes = self.class_counts()
        if self.sounds is None:
            concepts = {name: list(recipe.nouns) for name, recipe in recipes().items() if name in classes}
        else:
            concepts = {name: [" ".join(words_of(name))] for name in classes if words_of(name)}
        # A prompt encoder that was taken over and not trained has not forgotten anything.
        kept = self.start.knowledge if self.start and not self._steps_of("prompt") else {}
        words = {*kept.get("words", ()), *(word for word, count in seen.items() if count >= 2)}
        if self.sounds is None and self._steps_of("prompt"):
            words |= {word for name in concepts for other in names_of_classes()[name].others for word in words_of(other)}
        return {"words": sorted(words), "concepts": {**kept.get("concepts", {}), **concepts}}

    def provenance(self) -> dict[str, Any]:
        """Where the pack comes from: commit, corpus or number of own sounds, hours, steps, compute; never a path or a name of a file."""
        extras = [part for part in EXTRA_PARTS if self._has_trained(part)]
        steps = {part: self._steps_of(part) for part in (*PARTS, *extras)}
        origin = {"started_from": {"hash": self.start.manifest.hash, **self.start.manifest.provenance}} if self.start else {}
        return {
            **origin,
            "commit": _commit(),
            **self._data_facts(),
            "steps": steps,
            "torch": torch.__version__,
            **self.run.notes,
        }

    def _steps_of(self, part: str) -> int:
        """Steps behind the weights that the pack gets."""
        path = self.checkpoints / f"{part}.safetensors"
        if not path.exists() and (self.start or part in _DISPENSABLE or (part == "prompt" and not self.learns_words)):
            return 0
        checkpoint = load_checkpoint(path)
        return int(checkpoint["best"]["step"] if "best" in checkpoint else checkpoint["step"])

    def _data_facts(self) -> dict[str, Any]:
        sounds = self.sounds
        if sounds is None:
            clips = len(list(self.shards.glob("shard-*"))) * CLIPS_PER_SHARD
            return {
                "corpus_seeds": [0, clips - 1],
                "clips": clips,
                "hours_of_audio": round(clips * Geometry().duration_s / 3600, 1),
            }
        kept = {} if self.learns_words else {"prompt_encoder_of": self.spoken.manifest.hash}
        facts = {"own_sound_files": sounds.files, "files_with_captions": sounds.captioned, "clips": sounds.clips}
        return {**facts, "hours_of_audio": round(sounds.hours, 3), **kept}


def _take_over(network: nn.Module, source: nn.Module, part: str) -> nn.Module:
    """Gives a network, or the network that a trainer has wrapped, the weights of a pack. Raises EngineError("pack")."""
    inner = getattr(network, "encoder", network) if part == "prompt" else network
    try:
        inner.load_state_dict(source.state_dict())
    except RuntimeError as error:
        raise EngineError("pack", f"The {part} of the pack to start from has another size than this recipe's.") from error
    for module in inner.modules():
        if isinstance(module, CosineQuantizer):
            module.go_on()
    return network


def _commit() -> str:
    try:
        return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
