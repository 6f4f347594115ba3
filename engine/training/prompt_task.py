"""Training of the prompt encoder: captions and sounds of the same clip attract, all others repel (symmetric InfoNCE).

A generator follows the captions' embeddings, so an encoder that is trained on beside one is held by an anchor: what the encoder said of a
caption at the start it shall go on saying, and learn to say of the same caption with words left out and words put in. Of other names of a
sound it learns to say what the anchor says of those that captions use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.corpus.other_names import Names
from engine.models.prompt import ContrastivePromptEncoder, PromptConfig
from engine.models.roles import PromptEncoder, Tokenizer
from engine.training.idle_words import idle_word
from engine.training.loop import LoopConfig, Trainer, averaged_copy
from engine.training.shards import ShardSet

_MOST_INSERTED = 5
_HOLD = 4.0
"""How much staying with the anchor counts beside the contrast."""


@dataclass(frozen=True)
class PromptTraining:
    """Recipe of the prompt encoder.

    Half of each batch are pairs of one class, so that adjectives are learned too; ``extra_captions`` more captions a step, without their
    sounds, teach the text tower alone which class they mean (cheap: words cost a hundredth of sounds). ``decoded_share`` of the sounds are
    heard as the tokenizer gives them back, so that the audio tower can also tell what was drawn from codes; they are among the first
    ``decoded_clips``, because drawing them takes long and they are kept in memory. Of half the captions ``word_dropout`` of the words are
    left out, and into ``inserted_share`` of them words are put that say nothing of a sound. ``names_share`` of the extra captions are other
    names that people have for the sounds, where some are given.
    """

    loop: LoopConfig = LoopConfig(steps=620, batch_size=128, validate_every=200, log_every=20)
    model: PromptConfig = field(default_factory=PromptConfig)
    learning_rate: float = 1e-3
    word_dropout: float = 0.1
    inserted_share: float = 0.5
    same_class_share: float = 0.5
    extra_captions: int = 256
    names_share: float = 0.35
    decoded_share: float = 0.0
    decoded_clips: int = 4096
    validation_clips: int = 192


class PairModule(nn.Module):
    """The encoder plus a classifier of sound classes on both embeddings, which speeds up the first steps; only the encoder is shipped."""

    def __init__(self, encoder: ContrastivePromptEncoder, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.config.dim, max(1, classes))

    def forward(self, prompts: list[str], mel: Tensor, extra: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings of the pairs, and of ``extra`` captions."""
        return (*self.encoder(prompts, mel), self.encoder.embed_text(extra))

    def classify(self, embedding: Tensor) -> Tensor:
        """Logits (B, classes) of unit vectors (B, dim)."""
        return 12 * self.classifier(embedding)


class PromptTask:
    """Task role: (caption, mel) pairs."""

    name = "prompt"

    def __init__(
        self,
        recipe: PromptTraining,
        train: ShardSet,
        validation: ShardSet,
        classes: list[str],
        tokenizer: Tokenizer | None = None,
        anchor: PromptEncoder | None = None,
        names: Mapping[str, Names] | None = None,
    ) -> None:
        torch.manual_seed(recipe.loop.seed)
        self.recipe, self.config = recipe, recipe.loop
        self.train, self.validation = train, validation
        self.tokenizer, self.anchor = tokenizer, anchor
        self.class_index = {name: i for i, name in enumerate(classes)}
        self.names = [(label, names[name]) for name, label in self.class_index.items() if name in names] if names else []
        self.network: nn.Module = PairModule(ContrastivePromptEncoder(recipe.model), len(classes))
        # Sharper or softer contrasts would move the words.
        self.network.encoder.log_scale.requires_grad_(anchor is None)
        self.averaged = averaged_copy(self.network)
        self._decoded: dict[int, NDArray[np.float16]] = {}
        self._by_class: dict[str, list[int]] = defaultdict(list)
        for clip in range(len(train)):
            self._by_class[self._main_class(train, clip)].append(clip)

    @staticmethod
    def _main_class(clips: ShardSet, clip: int) -> str:
        """The first class of a clip, or nothing."""
        return next(iter(clips.row(clip)["classes"]), "")

    def optimizers(self) -> list[tuple[nn.Module, list[torch.optim.Optimizer]]]:
        """One AdamW."""
        learned = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        return [(self.network, [torch.optim.AdamW(learned, self.recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)])]

    def batch(self, rng: np.random.Generator, size: int, step: int) -> dict[str, Tensor]:
        """Indices of clips and of their captions; the texts are looked up in ``update``."""
        clips = list(rng.integers(len(self.train), size=size))
        for i in range(0, int(size * self.recipe.same_class_share) - 1, 2):
            clips[i + 1] = rng.choice(self._by_class[self._main_class(self.train, int(clips[i]))])
        decoded = self._decoded_count(size)
        clips[size - decoded :] = rng.integers(min(self.recipe.decoded_clips, len(self.train)), size=decoded)
        captions = rng.integers(1 << 30, size=size)
        return {"clip": torch.tensor(np.asarray(clips)), "caption": torch.from_numpy(captions)}

    def update(self, trainer: Trainer, batch: dict[str, Tensor]) -> dict[str, float]:
        """One step of contrast plus class recognition."""
        clips = [int(clip) for clip in batch["clip"]]
        rng = np.random.default_rng([self.config.seed, trainer.step, 5])
        captions = [self._caption(clip, int(draw)) for clip, draw in zip(clips, batch["caption"], strict=True)]
        first_decoded = len(clips) - self._decoded_count(len(clips))
        heard = [self._decoded_mel(clip) if i >= first_decoded else self.train.mel(clip) for i, clip in enumerate(clips)]
        mel = torch.from_numpy(np.stack(heard))[:, None].to(batch["clip"].device)
        alone, known, alone_labels = self._extra(rng)
        # Every parameter takes part in every step, as several processes demand: without single sounds the pairs are read, and not judged.
        texts, extra = ([self._disturbed(caption, rng) for caption in wanted] for wanted in (captions, alone or captions))
        text, audio, alone_text = trainer.modules[0](texts, mel, extra)
        meant = self._meant([*captions, *(known or captions)])
        scale = self.network.encoder.log_scale.exp().clamp(max=100)
        loss = contrastive_loss(text if meant is None else meant[: len(text)], audio, scale, texts, clips)
        single = torch.tensor([self._label(clip) is not None for clip in clips], device=text.device)
        labels = torch.tensor([self._label(clip) or 0 for clip in clips], device=text.device)
        named = F.cross_entropy(self.network.classify(audio[single]), labels[single]) if single.any() else loss.new_zeros(())
        logits = self.network.classify(alone_text)
        read = F.cross_entropy(logits, alone_labels.to(text.device)) if alone else 0.0 * logits.sum()
        logs = {"loss": loss.item(), "heard": named.item(), "read": read.item(), "scale": scale.item()}
        whole = loss + 0.25 * named + 0.5 * read
        if meant is not None:
            drift = (1 - (torch.cat([text, alone_text]) * meant).sum(dim=-1)).mean()
            whole, logs["drift"] = whole + _HOLD * drift, drift.item()
        trainer.descend(0, whole)
        return logs

    @torch.no_grad()
    def _meant(self, captions: list[str]) -> Tensor | None:
        """What the anchor says of captions (n, D); None without one."""
        return None if self.anchor is None else self.anchor.embed_text(captions).to(next(self.network.parameters()).device)

    def _decoded_count(self, size: int) -> int:
        """How many clips at the end of a batch are heard through the tokenizer."""
        return round(size * self.recipe.decoded_share) if self.tokenizer is not None else 0

    @torch.no_grad()
    def _decoded_mel(self, clip: int) -> NDArray[np.float32]:
        """A clip as the tokenizer gives it back."""
        if clip not in self._decoded:
            mel = torch.from_numpy(self.train.mel(clip))[None, None]
            again = self.tokenizer.decode(self.tokenizer.encode(mel))[0, 0, :, : mel.shape[-1]]
            self._decoded[clip] = again.float().clamp(-1, 1).numpy().astype(np.float16)
        return self._decoded[clip].astype(np.float32)

    def _label(self, clip: int) -> int | None:
        """Class number of a clip that holds one sound."""
        classes = self.train.row(clip)["classes"]
        return self.class_index.get(classes[0]) if len(classes) == 1 else None

    def _extra(self, rng: np.random.Generator) -> tuple[list[str], list[str], Tensor]:
        """Captions of random single sounds and other names of sounds, what they mean in words known before, and their class numbers."""
        count = self.recipe.extra_captions
        named = round(self.recipe.names_share * count) if self.names else 0
        clips = [int(clip) for clip in rng.integers(len(self.train), size=4 * count) if self._label(int(clip)) is not None]
        clips = clips[: count - named]
        draws = rng.integers(1 << 30, size=len(clips))
        captions = [self._caption(clip, int(draw)) for clip, draw in zip(clips, draws, strict=True)]
        drawn = [self.names[i] for i in rng.integers(len(self.names), size=named)] if named else []
        others = [names.others[rng.integers(len(names.others))] for _, names in drawn]
        nouns = [names.nouns[rng.integers(len(names.nouns))] for _, names in drawn]
        labels = [*(self._label(clip) for clip in clips), *(label for label, _ in drawn)]
        return captions + others, captions + nouns, torch.tensor(labels)

    def _caption(self, clip: int, draw: int) -> str:
        captions = self.train.row(clip)["captions"]
        return captions[draw % len(captions)]

    def _disturbed(self, caption: str, rng: np.random.Generator) -> str:
        """A caption as people might type it: with words left out, and with words that say nothing of the sound."""
        words = caption.split(" ")
        if len(words) > 3 and rng.random() < 0.5:
            words = [word for word in words if rng.random() > self.recipe.word_dropout] or words
        if rng.random() < self.recipe.inserted_share:
            for _ in range(rng.integers(1, _MOST_INSERTED + 1)):
                words.insert(int(rng.integers(len(words) + 1)), idle_word(rng))
        return " ".join(words)

    def validate(self) -> dict[str, float]:
        """Retrieval of held-out clips by their captions: share of captions whose own clip is ranked first, and in the first five."""
        count = min(self.recipe.validation_clips, len(self.validation))
        if count < 8:
            return {}
        encoder = self.averaged.encoder
        device = next(encoder.parameters()).device
        audio = torch.cat([encoder.embed_mel(torch.from_numpy(self.validation.mel(c))[None, None].to(device)) for c in range(count)])
        captions = [self.validation.row(c)["captions"] for c in range(count)]
        text = encoder.embed_text([theirs[min(2, len(theirs) - 1)] for theirs in captions])
        order = (text @ audio.T).argsort(dim=1, descending=True)
        rank = (order == torch.arange(count, device=device)[:, None]).float().argmax(dim=1)
        classes = [self._main_class(self.validation, c) for c in range(count)]
        right = np.mean([classes[int(order[c, 0])] == classes[c] for c in range(count)])
        return {"recall_1": (rank < 1).float().mean().item(), "recall_5": (rank < 5).float().mean().item(), "class_1": float(right)}


def contrastive_loss(text: Tensor, audio: Tensor, scale: Tensor, captions: list[str], clips: Sequence[int] | None = None) -> Tensor:
    """Symmetric InfoNCE; pairs whose captions read the same, or that are the same clip, are no negatives of each other."""
    logits = scale * text @ audio.T
    number = {caption: i for i, caption in enumerate(captions)}
    ids = torch.tensor([number[caption] for caption in captions], device=text.device)
    same = ids[:, None] == ids[None]
    if clips is not None:
        sound = torch.tensor(clips, device=text.device)
        same |= sound[:, None] == sound[None]
    logits = logits.masked_fill(same & ~torch.eye(len(captions), dtype=torch.bool, device=text.device), -1e4)
    target = torch.arange(len(captions), device=text.device)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))
