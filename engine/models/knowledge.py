"""What a prompt encoder was taught, so that the program can say how well it knows a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from engine.models.prompt import words_of
from engine.models.roles import PromptEncoder

# Words without content: being unknown or alone they say nothing about a sound.
_FUNCTION_WORDS = frozenset(
    """a an the of in on at to and or with while by for from into over under as is are it its that this there some very then i me my
    make sound sounds give please need can you want noise effect sfx audio recording generate""".split()  # noqa: SIM905
)

# Twice as sharp as the encoder's own contrast: the nearest two or three phrases count, mostly those of one class.
_GROUNDING_SHARPNESS = 35.0


@dataclass(frozen=True)
class PromptReport:
    """How well a prompt is known: ``score`` 0..1, content words that training never saw, and the nearest known sounds."""

    score: float
    unknown_words: tuple[str, ...]
    nearest: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """One plain sentence for people."""
        near = ", ".join(self.nearest)
        if self.unknown_words and self.score < 0.5:
            return f"This pack does not know {_quoted(self.unknown_words)}; the nearest sounds it knows are: {near}."
        if self.unknown_words:
            return f"This pack has never met {_quoted(self.unknown_words)}; it will think of: {near}."
        if self.score < 0.5:
            return f"This pack knows these words but not together; the nearest sounds it knows are: {near}."
        return f"This pack knows the prompt; nearest sounds: {near}."


class Knowledge:
    """Known words and named concepts of a pack, with the concepts' embeddings."""

    def __init__(self, data: dict, encoder: PromptEncoder) -> None:
        self.words = frozenset(data.get("words", ()))
        self.concepts: list[tuple[str, str]] = [
            (name, phrase) for name, phrases in sorted(data.get("concepts", {}).items()) for phrase in phrases
        ]
        self._encoder = encoder
        with torch.inference_mode():
            phrases = [phrase for _, phrase in self.concepts]
            self._embeddings = encoder.embed_text(phrases).cpu().numpy() if phrases else np.zeros((0, 1), np.float32)

    def report(self, prompt: str, count: int = 3) -> PromptReport:
        """Assesses a prompt: share of known content words times closeness to the nearest concept."""
        content = [word for word in words_of(prompt) if word not in _FUNCTION_WORDS and not word.isdigit()]
        unknown = tuple(dict.fromkeys(word for word in content if word not in self.words))
        names, closeness = self.nearest(prompt, count)
        known_share = 1.0 - len([word for word in content if word in unknown]) / len(content) if content else 0.0
        return PromptReport(float(known_share * np.clip((closeness - 0.2) / 0.5, 0, 1)), unknown, names)

    def grounded(self, text: torch.Tensor, share: float) -> torch.Tensor:
        """A prompt's unit vector (1, D) drawn towards the named concepts, each by how near it is; ``share`` 0..1 of the result is theirs.

        People say more than the sound ("my neighbour's dog won't stop barking"), and a small encoder lets every word move it. What was
        taught lies where the generator knows its way. Without concepts the vector stays what it is.
        """
        if not self.concepts:
            return text
        known = torch.from_numpy(self._embeddings).to(text)
        weights = torch.softmax(_GROUNDING_SHARPNESS * text @ known.T, dim=-1)
        taught = torch.nn.functional.normalize(weights @ known, dim=-1)
        return torch.nn.functional.normalize((1 - share) * text + share * taught, dim=-1)

    def nearest(self, prompt: str, count: int = 3) -> tuple[tuple[str, ...], float]:
        """Phrases of the nearest concepts (one each) and the cosine of the nearest."""
        if not self.concepts:
            return (), 0.0
        with torch.inference_mode():
            cosine = self._embeddings @ self._encoder.embed_text([prompt]).cpu().numpy()[0]
        found: dict[str, str] = {}
        for index in np.argsort(-cosine):
            name, phrase = self.concepts[int(index)]
            found.setdefault(name, phrase)
            if len(found) == count:
                break
        return tuple(found.values()), float(cosine.max())


def _quoted(words: Sequence[str]) -> str:
    return " or ".join(f"“{word}”" for word in words[:3])
