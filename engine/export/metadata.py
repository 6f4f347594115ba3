"""What an exported file says about itself: the recipe, and the chunks that other programs read."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from engine import __version__
from engine.export.bext import Broadcast, Levels, bext_chunk, coding_history, info_chunk
from engine.export.cues import cue_chunks, smpl_chunk
from engine.export.ixml import ixml_chunk
from engine.export.settings import ExportSettings
from engine.export.ucs import UcsName, categories
from engine.session.document import TakeEntry
from engine.signal.wav import Chunk, recipe_chunk

PROGRAM = "Melbrush"
_COMMANDS = {"generated": "generate", "imported": "import"}
_CHANNELS = {1: "Mono", 2: "Stereo"}
_BITS = {"pcm16": 16, "pcm24": 24, "float32": 32}


def recipe_of(entry: TakeEntry, pack_hash: str = "") -> dict[str, Any]:
    """What made a take, as JSON values: for a generated one all that is needed to make it again.

    ``command`` is "generate" only if the request alone leads to this sound; "import" for sounds that were read, "edit" for takes that were
    made from other takes.
    """
    request, settings = entry.take.request, entry.take.request.settings
    return {
        "melbrush": 1,
        "command": _COMMANDS.get(entry.kind, "edit"),
        "prompt": request.prompt,
        "negative": request.negative,
        "reference": request.reference,
        "blend": request.blend,
        "duration": request.duration_s,
        "steps": settings.steps,
        "guidance": settings.guidance,
        "guidance_start": settings.guidance_start,
        "temperature": settings.temperature,
        "token_temperature": settings.token_temperature,
        "remask": settings.remask,
        "grounding": settings.grounding,
        "order": settings.order,
        "schedule": settings.schedule,
        "candidates": settings.candidates,
        "seed": entry.take.seed,
        "count": 1,
        "pack": request.pack_id,
        "pack_hash": request.pack_hash or pack_hash,
        "name": entry.name,
        "kind": entry.kind,
        "take": entry.id,
        "parent": entry.parent,
        "created": entry.created,
        "source": _file_name(entry.source_path),
    }


def _file_name(path: str | None) -> str | None:
    """Only the name: where a file lay on its maker's disk is nobody's business."""
    return None if path is None else PurePosixPath(PureWindowsPath(path).name).name


def date_and_time(entry: TakeEntry) -> tuple[str, str]:
    """(YYYY-MM-DD, HH:MM:SS) of the moment a take was made, empty if that is not known."""
    try:
        moment = datetime.fromisoformat(entry.created)
    except ValueError:
        return "", ""
    return moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")


def wav_chunks(
    entry: TakeEntry, settings: ExportSettings, ucs: UcsName, levels: Levels, channels: int, frames: int, pack_hash: str
) -> list[Chunk]:
    """All chunks of a WAV beside its sound, in the order in which they stand in the file."""
    loop = [smpl_chunk(settings.sample_rate, 0, frames - 1), *cue_chunks({0: "Loop start"})] if settings.loop else []
    return [
        _bext(entry, settings, levels, channels),
        _ixml(entry, settings, ucs, levels, channels),
        *loop,
        _info(entry, settings, ucs),
        recipe_chunk(recipe_of(entry, pack_hash)),
    ]


def _bext(entry: TakeEntry, settings: ExportSettings, levels: Levels, channels: int) -> Chunk:
    date, time = date_and_time(entry)
    history = coding_history(settings.sample_rate, _BITS[settings.subtype], channels, f"{PROGRAM} {__version__} {entry.kind}")
    description = entry.take.request.prompt.strip() or entry.name
    return bext_chunk(Broadcast(description, PROGRAM, entry.id, date, time, history, levels))


def _ixml(entry: TakeEntry, settings: ExportSettings, ucs: UcsName, levels: Levels, channels: int) -> Chunk:
    category = categories()[ucs.cat_id]
    generated = entry.kind != "imported"
    return ixml_chunk(
        {
            "contentType": "sfx",
            "originator": settings.originator,
            "notes": entry.take.request.prompt.strip() or entry.name,
            "isGenerated": generated,
            "originationDate": date_and_time(entry)[0],
            "channelConfig": _CHANNELS.get(channels),
            "isDesigned": generated,
            "category": category.category,
            "subCategory": category.sub_category,
            "catId": category.id,
            "userData": ucs.user_data,
            "fxName": ucs.fx_name,
            "library": PROGRAM,
            "creatorId": ucs.creator_id,
            "sourceId": ucs.source_id,
            "loudness": _if_sounding(levels.integrated_lufs),
            "maxPeak": _if_sounding(levels.true_peak_db),
            "isLoop": settings.loop,
        }
    )


def _if_sounding(level: float) -> float | None:
    return None if level == float("-inf") else float(level)


def _info(entry: TakeEntry, settings: ExportSettings, ucs: UcsName) -> Chunk:
    return info_chunk(
        {
            "INAM": entry.name,
            "IART": settings.originator,
            "ICRD": date_and_time(entry)[0],
            "ICMT": entry.take.request.prompt.strip(),
            "IGNR": ucs.cat_id,
            "ISFT": f"{PROGRAM} {__version__}",
        }
    )
