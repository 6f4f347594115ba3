"""Words that people put into prompts and that say nothing of the sound: an encoder shall learn to read past them."""

from __future__ import annotations

import numpy as np

WORDS = tuple(
    """my your his her our their neighbour grandma grandpa uncle friend boss child boy girl man woman guy kid baby people crowd team king
    queen soldier wizard robot hero monster ghost pirate farmer driver teacher doctor nurse student tourist sailor knight old young little
    big huge tiny small long short new happy sad angry friendly scary funny strange weird beautiful ugly cheap expensive famous lazy tired
    busy red blue green black white golden silver kitchen bathroom bedroom garden garage basement attic office school church hospital
    station airport street road bridge river lake sea beach island mountain field village town city harbour market shop hall house hut
    tent cellar tower castle morning evening night midnight noon summer winter autumn spring today yesterday again always never suddenly
    while during before after near behind above below inside outside next between across around along towards goes going comes coming
    makes making takes taking gives giving gets getting puts putting has having wants starts stops keeps playing hitting beaten moving
    turning working running walking sitting standing waiting looking using throwing opening falling landing arriving leaving somebody
    someone something everybody nobody everything one two three four several many few all some every other same own real typical classic
    modern retro ancient vintage cartoon movie film game video trailer scene background horror comedy documentary advert podcast stream
    intro outro level menu like about because so just really quite almost only even still then when where which who what please very much
    more most less""".split()  # noqa: SIM905
)
_INVENTED_SHARE = 0.3


def idle_word(rng: np.random.Generator) -> str:
    """One of the words, or one that nobody has ever met, because prompts hold those too."""
    if rng.random() >= _INVENTED_SHARE:
        return WORDS[rng.integers(len(WORDS))]
    syllables = (f"{_letter(rng, 'bcdfghklmnprstvw')}{_letter(rng, 'aeiou')}" for _ in range(rng.integers(1, 5)))
    return "".join(syllables) + ("", "s", "n", "ing", "ed", "r")[rng.integers(6)]


def _letter(rng: np.random.Generator, letters: str) -> str:
    return letters[rng.integers(len(letters))]
