"""The card of a pack: what it is, what it was trained on, what was measured, and what it cannot do, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.corpus.registry import recipes
from engine.evaluation.figures import percent, table
from engine.evaluation.store import Row, read_json
from engine.models.pack import Manifest

RESULTS = ("prompts", "probes", "reconstruction")
TABLES = {
    "inpainting": "Holes filled and highs restored, beside an interpolation",
    "ablations": "Conditional mask, guidance and second thoughts, on and off",
    "temperature": "Noise on the order of cells",
    "iterations": "From few iterations to many",
    "schedules": "How fast cells are fixed",
    "tagging": "What the networks know of sounds that they hear",
}
_NOT_MEASURED = "Not measured yet for these weights."
_WEAK_SHARE = 0.5


def read_results(folder: Path, pack_hash: str) -> dict[str, Row | None]:
    """Saved results of a pack by name; None where there is none or where it belongs to other weights."""
    results = {name: read_json(folder / f"{name}.json") for name in RESULTS}
    return {name: result if result and result.get("pack") == pack_hash else None for name, result in results.items()}


def measured_tables(folder: Path, pack_hash: str) -> list[str]:
    """Names of the tables beside the card that were measured with these weights."""
    found = {name: read_json(folder / f"{name}.json") for name in TABLES}
    return [name for name, result in found.items() if result and result.get("pack") == pack_hash]


def card_text(
    manifest: Manifest, sizes_mb: Mapping[str, float], results: Mapping[str, Row | None], pictured: bool, tables: Sequence[str] = ()
) -> str:
    """The card as Markdown; ``sizes_mb`` maps roles to megabytes, ``tables`` names those that stand beside it."""
    sections = [
        [f"# {manifest.name}", "", *_what(manifest, sizes_mb)],
        ["## What it was trained on", "", *_training(manifest)],
        ["## Measured: the right sound for a prompt", "", *_prompts(results.get("prompts"))],
        ["## Measured: words that describe", "", *_probes(results.get("probes"))],
        ["## Measured: what is lost before anything is generated", "", *_reconstruction(results.get("reconstruction"))],
        ["## Limits", "", *_limits(results)],
    ]
    if tables:
        sections.insert(5, ["## Measured: tables of their own", "", *(f"* [{TABLES[name]}]({name}.md)" for name in tables)])
    if pictured:
        sections.insert(5, ["## Seen", "", "![Generated sounds beside corpus clips of the same classes](generated.png)"])
    return "\n\n".join("\n".join(section).strip() for section in sections) + "\n"


def _what(manifest: Manifest, sizes_mb: Mapping[str, float]) -> list[str]:
    g, s = manifest.geometry, manifest.sampling
    parts = [[role, manifest.parts[role].arch, f"{sizes_mb.get(role, 0.0):.1f} MB"] for role in manifest.parts]
    return [
        f"Pack `{manifest.id}`, weights `{manifest.hash}`. It turns a prompt into mono sound at {g.sample_rate} Hz: a "
        "masked transformer draws "
        f"a grid of {g.rows} x {g.cols} codes ({g.duration_s:.1f} s; longer sounds in overlapping windows), a "
        "tokenizer turns it into a picture "
        f"of {g.bands} mel bands, a vocoder turns that into samples. Everything runs on the user's machine.",
        "",
        table(["part", "architecture", "file"], parts),
        "",
        f"Defaults: the best suited of {s.candidates} candidates in {s.steps} iterations, guidance {s.guidance:g} (from "
        f"{s.guidance_start:g}), temperature {s.temperature:g}, order {s.order}, grounding {s.grounding:g}.",
    ]


def _training(manifest: Manifest) -> list[str]:
    families: dict[str, list[str]] = {}
    for name in manifest.classes:
        recipe = recipes().get(name)
        label = recipe.family.replace("_", " ") if recipe else "other"
        families.setdefault(label, []).append(recipe.nouns[0] if recipe else name.replace("_", " "))
    rows = [[family, ", ".join(names)] for family, names in sorted(families.items())]
    facts = manifest.provenance
    own = (
        "Only on sounds that this project computes itself: no recording, no voice of a person and no work of another was used, and "
        f"captions come from a grammar. {_fact(facts, 'clips')} clips, {_fact(facts, 'hours_of_audio')} hours, "
        f"{len(manifest.classes)} classes of sound."
    )
    # Only packs of the procedural corpus carry its seeds; of others nothing is claimed.
    lines = [own if "corpus_seeds" in facts else "Not on the corpus of this project; what its makers say of it stands below."]
    if "steps" in facts:
        lines += ["", f"Training steps: {_steps(facts)}."]
    shown = {key: value for key, value in facts.items() if key not in ("clips", "hours_of_audio", "steps", "started_from")}
    if shown:
        lines += ["", "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in sorted(shown.items())) + "."]
    ancestors = list(_ancestors(facts))
    if ancestors:
        lines += ["", "It goes on from packs that were trained before it, the last one first:", ""]
        lines += [f"* `{one.get('hash', '')}`: {_steps(one)}; {one.get('compute', 'compute unknown')}" for one in ancestors]
    return [*lines, "", _left_aligned(["family", "sounds"], rows)]


def _steps(facts: Mapping[str, Any]) -> str:
    """Parts that were trained, and how long."""
    steps = facts.get("steps")
    return ", ".join(f"{part} {count}" for part, count in steps.items() if count) if isinstance(steps, Mapping) else "steps unknown"


def _ancestors(facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    while isinstance(facts.get("started_from"), Mapping):
        facts = facts["started_from"]
        yield facts


def _left_aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return table(header, rows).replace("---:", "---")


def _fact(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return f"{value:,}" if isinstance(value, int | float) else "An unknown number of"


def _prompts(result: Row | None) -> list[str]:
    if not result:
        return [_NOT_MEASURED]
    anchors = result["anchors"]
    names = {"generated from paraphrases": result["generated"], **anchors}
    rows = [[name, value["clips"] or "", percent(value["top1"]), percent(value["top5"])] for name, value in names.items()]
    low, high = result["generated"]["interval"]
    lines = [
        "Prompts written by hand, none of which occurs in the training captions, were generated once or more; a "
        "classifier that was trained "
        "apart from the pack, on corpus sounds of other seeds, then named what it heard. It judges kinship with the corpus, not realism.",
        "",
        table(["clips", "number", "first guess right", "among five"], rows),
        "",
        f"95 % interval of the first line: {100 * low:.0f}–{100 * high:.0f} %.",
    ]
    if result.get("text"):
        text = result["text"]
        lines += [
            "",
            f"The prompt encoder alone understands {percent(text['top1'])} of the prompts (right concept first); for these "
            f"{percent(text['sound_right_when_understood']['top1'])} of the sounds are right.",
        ]
    by_family = sorted(result["families"].items(), key=lambda item: -item[1]["top1"])
    rows = [[name.replace("_", " "), value["clips"], percent(value["top1"]), percent(value["top5"])] for name, value in by_family]
    return [*lines, "", table(["family", "clips", "first guess right", "among five"], rows)]


def _probes(result: Row | None) -> list[str]:
    if not result:
        return [_NOT_MEASURED]
    names = {"generated from two words": result["generated"], **result["anchors"]}
    rows = [[name, percent(v["right_sign"]), percent(v["strong"]), f"{v['median_effect']:+.1f}"] for name, v in names.items()]
    best = sorted(result["probes"], key=lambda probe: -probe["effect"])
    details = [[" / ".join(probe["prompts"]), f"{probe['effect']:+.1f}", f"{probe['corpus_effect']:+.1f}"] for probe in best]
    return [
        f"{len(best)} pairs of prompts such as “{best[0]['prompts'][0]}” and “{best[0]['prompts'][1]}”, "
        f"{result['seeds']} takes each. Effect: how "
        "far the measured quantity moves, in deviations, positive where the word says.",
        "",
        table(["sounds", "right direction", "effect above 1", "median effect"], rows),
        "",
        table(["words", "effect", "corpus"], details),
    ]


def _reconstruction(result: Row | None) -> list[str]:
    if not result:
        return [_NOT_MEASURED]
    ways = {"tokenizer": "tokenizer", "vocoder": "vocoder", "both": "both", "other": "another clip instead (worst case)"}
    rows = [[name, f"{result[part]['sounding_db']:.2f} dB", f"{result[part]['all_db']:.2f} dB"] for part, name in ways.items()]
    return [
        f"Mean difference of mel pictures of {result['clips']} unseen clips, {result['codes_used']} of {result['code_count']} codes in use "
        f"(perplexity {result['perplexity']:.0f}).",
        "",
        table(["through", "where it sounds", "whole picture"], rows),
    ]


def _limits(results: Mapping[str, Row | None]) -> list[str]:
    lines = [
        "* It knows the sounds listed above and little else. A prompt about something else gives the nearest sound that it knows.",
        "* It learned from computed sounds: they obey their captions, but they are simpler than recordings. Voices, laughter, cats, "
        "horses, cheering, guitar and piano are the hardest to compute. No listeners have judged it.",
        "* It speaks no words and sings no lyrics.",
        "* Mono, and nothing above half its sample rate; fine textures of noise come back smoother than they were.",
        "* Several sounds in one prompt, exact counts and exact times are not measured here; expect them to be followed less reliably.",
        "* English prompts only.",
    ]
    prompts = results.get("prompts")
    if prompts:
        wrong = percent(1 - prompts["generated"]["top1"])
        lines.append(f"* Of the measured prompts {wrong} gave a sound that the judge took for another class.")
        weak = [name.replace("_", " ") for name, value in prompts["families"].items() if value["top1"] < _WEAK_SHARE]
        if weak:
            lines.append(f"* In these families fewer than half of the prompts gave the right sound: {', '.join(weak)}.")
    probes = results.get("probes")
    if probes:
        wrong = [" / ".join(probe["prompts"]) for probe in probes["probes"] if probe["effect"] <= 0]
        if wrong:
            lines.append(f"* These pairs of words did not move the sound where they say: {'; '.join(wrong)}.")
    return lines
