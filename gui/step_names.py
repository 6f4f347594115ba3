"""Names of steps in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from engine.session.step_names import Label


def step_text(label: Label) -> str:
    """What a step did, to read; a plain text stays what it is."""
    if isinstance(label, str):
        return label
    match label.key, label.values:
        case "start", _:
            return QCoreApplication.translate("StepNames", "Start")
        case "rename_take", _:
            return QCoreApplication.translate("StepNames", "Rename take")
        case "star_take", _:
            return QCoreApplication.translate("StepNames", "Star take")
        case "remove_star", _:
            return QCoreApplication.translate("StepNames", "Remove star")
        case "delete_take", (name, *_):
            return QCoreApplication.translate("StepNames", "Delete {}").format(name)
        case "delete_takes", (count, *_):
            return QCoreApplication.translate("StepNames", "Delete %n takes", "", count)
    return str(label)


def edit_text(field: str) -> str:
    """What was done by giving a field of the prompt bar, or a setting of the sampler, another value."""
    names = {
        "prompt": QCoreApplication.translate("StepNames", "Edit prompt"),
        "negative": QCoreApplication.translate("StepNames", "Edit negative prompt"),
        "blend": QCoreApplication.translate("StepNames", "Blend"),
        "seed": QCoreApplication.translate("StepNames", "Change seed"),
        "duration_s": QCoreApplication.translate("StepNames", "Change duration"),
        "count": QCoreApplication.translate("StepNames", "Change variations"),
        "steps": QCoreApplication.translate("StepNames", "Change steps"),
        "guidance": QCoreApplication.translate("StepNames", "Change guidance"),
        "guidance_start": QCoreApplication.translate("StepNames", "Change guidance at the start"),
        "temperature": QCoreApplication.translate("StepNames", "Change temperature"),
        "token_temperature": QCoreApplication.translate("StepNames", "Change spread of sounds"),
        "order": QCoreApplication.translate("StepNames", "Change order"),
        "schedule": QCoreApplication.translate("StepNames", "Change schedule"),
        "candidates": QCoreApplication.translate("StepNames", "Change candidates"),
        "remask": QCoreApplication.translate("StepNames", "Change second thoughts"),
        "grounding": QCoreApplication.translate("StepNames", "Change grounding"),
    }
    return names[field]


def use_text(what: str, take: str) -> str:
    """What was done by bringing a part of a take's recipe back."""
    names = {
        "prompt": QCoreApplication.translate("StepNames", "Use prompt of {}"),
        "seed": QCoreApplication.translate("StepNames", "Use seed of {}"),
        "remix": QCoreApplication.translate("StepNames", "Remix {}"),
        "everything": QCoreApplication.translate("StepNames", "Use everything of {}"),
    }
    return names[what].format(take)
