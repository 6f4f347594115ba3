"""Names of steps that the engine itself makes: plain data, which the window says in the user's language."""

from __future__ import annotations

from dataclasses import dataclass

ENGLISH: dict[str, str] = {
    "start": "Start",
    "rename_take": "Rename take",
    "star_take": "Star take",
    "remove_star": "Remove star",
    "delete_take": "Delete {}",
    "delete_takes": "Delete {:d} takes",
}
"""Keys and what they mean, with places for the values. A key never changes its meaning: it stands in project files."""


@dataclass(frozen=True)
class StepName:
    """What a step did: a key of ``ENGLISH`` and the values in its sentence; as ``str`` it is English.

    KeyError for other keys, IndexError or ValueError for values that do not fit.
    """

    key: str
    values: tuple[str | int, ...] = ()

    def __post_init__(self) -> None:
        str(self)

    def __str__(self) -> str:
        return ENGLISH[self.key].format(*self.values)


Label = str | StepName
"""A plain text is a name that is shown as it is: what the window gave, or what an older project holds."""
