"""What an exported take is called: by the user's template, or by the rules of the Universal Category System."""

from __future__ import annotations

from engine.export.metadata import date_and_time
from engine.export.names import fill_template, safe_name
from engine.export.settings import ExportSettings
from engine.export.ucs import LONGEST_FX_NAME, UcsName, block_text, build_name, categories, propose_category
from engine.session.document import TakeEntry

_BITS = {"pcm16": "16", "pcm24": "24", "float32": "32"}
_UNNAMED = "Sound"


def ucs_name(entry: TakeEntry, settings: ExportSettings) -> UcsName:
    """The UCS blocks of a take: its category is the chosen one, or what the prompt suggests."""
    prompt = entry.take.request.prompt.strip() or entry.name
    category = categories().get(settings.category) or propose_category(prompt)
    title = " ".join(word[:1].upper() + word[1:] for word in block_text(prompt, LONGEST_FX_NAME).split())
    creator = block_text(settings.creator_id, 24) or "NONE"
    data = "" if entry.kind == "imported" else f"seed {entry.take.seed}"
    return UcsName(category.id, title or _UNNAMED, creator, user_data=data)


def file_name(entry: TakeEntry, settings: ExportSettings, number: int = 1) -> str:
    """The file name of take ``number`` of an export, with its ending. Raises EngineError("value") for a template that cannot be used."""
    if settings.ucs:
        return safe_name(build_name(ucs_name(entry, settings)), f".{settings.format}")
    return safe_name(fill_template(settings.name_template, template_values(entry, settings, number)), f".{settings.format}")


def template_values(entry: TakeEntry, settings: ExportSettings, number: int) -> dict[str, str]:
    """Every field of a template for one take."""
    request = entry.take.request
    date, time = date_and_time(entry)
    category = categories()[ucs_name(entry, settings).cat_id]
    return {
        "prompt": request.prompt.strip() or entry.name,
        "name": entry.name,
        "seed": str(entry.take.seed),
        "take": f"{number:02d}",
        "date": date,
        "time": time.replace(":", ""),
        "cat": category.category.title(),
        "catid": category.id,
        "rate": f"{settings.sample_rate / 1000:g}k",
        "bits": _BITS.get(settings.subtype, settings.subtype),
        "duration": f"{entry.take.clip.duration_s:.1f}s",
        "pack": request.pack_id,
    }
