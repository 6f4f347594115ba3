"""From a scene to samples: layers in one space, their balance, motion, colour and level."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from engine.corpus.colours import colour
from engine.corpus.draw import draw_scene
from engine.corpus.dsp import count, db, pink, unit
from engine.corpus.held_out import scene_split, stream
from engine.corpus.recipe import CLIP_SAMPLES, SAMPLE_RATE, Audio
from engine.corpus.registry import recipes
from engine.corpus.scene import Layer, Scene
from engine.corpus.spaces import DISTANCE_LU, convolve, early_reflections, impulse_response, move, pool, room
from engine.signal.loudness import integrated_lufs

__all__ = ["draw_scene", "layer_signals", "render_scene", "target_lufs"]

_CEILING = db(-1.0)
_LIMITER_DB = 3.0
_LEVEL_LUFS = {"quiet": (-36.0, -30.0), "normal": (-25.0, -21.0), "loud": (-18.0, -15.0)}
_REFERENCE_LUFS = -23.0
_EDGE_S, _PART_FADE_S, _TAIL_FADE_S = 0.005, 0.2, 0.2
_REFLECTION_SHARE = 0.3


def render_scene(scene: Scene) -> Audio:
    """Samples of a scene, float32 [217088], mono at 22,050 Hz, peak at most -1 dBFS, faded over 5 ms at both ends."""
    mix = np.sum(layer_signals(scene), axis=0, dtype=np.float32)
    if scene.colour:
        mix = colour(mix, scene.colour, stream(scene.seed, "render/colour"), scene_split(scene))
    mix = _tilted(mix, stream(scene.seed, "render/tilt"))
    if not np.isfinite(mix).all():
        raise FloatingPointError(f"scene {scene.seed}: {scene.class_ids} rendered something that is not a number")
    floor = _floor(scene)
    mix = _levelled(mix, scene, _CEILING - float(np.abs(floor).max())) + floor
    lasting = recipes()[scene.layers[-1].record.class_id].texture
    return _faded(mix, _EDGE_S, _EDGE_S if lasting or scene.space == "dry" else _TAIL_FADE_S)


def target_lufs(scene: Scene) -> float:
    """Integrated loudness that the scene aims at: its level, less what its distance takes away."""
    low, high = _LEVEL_LUFS[scene.level]
    return float(stream(scene.seed, "render/level").uniform(low, high)) + DISTANCE_LU[scene.distance]


def layer_signals(scene: Scene) -> list[Audio]:
    """Each layer alone, in its space and at its balance, float32 [217088] each: what ``render_scene`` adds up."""
    signals = [_in_space(_placed(scene, layer), scene, index) for index, layer in enumerate(scene.layers)]
    if len(signals) == 1:
        return signals
    return [signal * np.float32(_balance(signal, layer.snr_db)) for signal, layer in zip(signals, scene.layers, strict=True)]


def _balance(signal: Audio, level_db: float) -> float:
    """Gain that brings a layer to the reference loudness plus its level in dB (of which only the differences count)."""
    loudness = integrated_lufs(signal, SAMPLE_RATE)
    return db(_REFERENCE_LUFS + level_db - loudness) if np.isfinite(loudness) else 0.0


def _placed(scene: Scene, layer: Layer) -> Audio:
    """A layer's sound at its place in the clip, with what happens to it in time."""
    recipe = recipes()[layer.record.class_id]
    sound = recipe.sound(layer.record)
    main = layer is scene.layers[0]
    if main and scene.motion:
        sound = move(sound, scene.motion, stream(scene.seed, "render/motion"))
    start = round(layer.start_s * SAMPLE_RATE)
    end = start + sound.size
    rng = stream(scene.seed, "render/trend")
    # An event may begin with a click that no fade must soften; whatever ends inside the clip may still ring.
    in_s = _PART_FADE_S / 4 if start and recipe.texture else _EDGE_S
    out_s = _EDGE_S if end >= CLIP_SAMPLES else _PART_FADE_S
    match scene.trend:
        case "fade_in":
            in_s = rng.uniform(3, 7)
        case "fade_out":
            out_s = rng.uniform(3, 7)
        case "starts":
            in_s = rng.uniform(0.01, 0.05)
        case "stops":
            out_s = rng.uniform(0.03, 0.15)
    out = np.zeros(CLIP_SAMPLES, np.float32)
    out[start:end] = _faded(sound, in_s, out_s)[: CLIP_SAMPLES - start]
    return out


def _in_space(signal: Audio, scene: Scene, index: int) -> Audio:
    """The signal in the scene's room; its distance is that of the main sounds, a background stays where it is."""
    rng = stream(scene.seed, "render/space")
    if scene.space == "dry":
        return early_reflections(signal, rng) if rng.random() < _REFLECTION_SHARE else signal
    rooms = pool(scene.space, scene_split(scene))
    place = room(scene.space, rooms[int(rng.integers(len(rooms)))])
    background = scene.scheme in ("over", "three_over") and index == len(scene.layers) - 1
    return convolve(signal, impulse_response(place, 1 if background else scene.distance))


def _tilted(mix: Audio, rng: np.random.Generator) -> Audio:
    """Two gentle shelves, up to 3 dB below 200 Hz and above 4 kHz: no two microphones are alike."""
    b, a = np.ones(1), np.ones(1)
    for hz, high in ((200.0, False), (4000.0, True)):
        gain = db(rng.uniform(-3, 3))
        k = np.tan(np.pi * hz / SAMPLE_RATE)
        shelf_b = [gain + k, k - gain] if high else [1 + gain * k, gain * k - 1]
        b, a = np.convolve(b, shelf_b), np.convolve(a, [1 + k, k - 1])
    return lfilter((b / a[0]).astype(np.float32), (a / a[0]).astype(np.float32), mix)


def _levelled(mix: Audio, scene: Scene, ceiling: float) -> Audio:
    """The mix at its target, or below where its peak forbids that; loud lasting sounds may press into a soft limiter by 3 dB."""
    # At a peak of one: what a wall left of a cricket must not fall below the absolute gate of the measurement.
    mix = unit(mix)
    loudness = integrated_lufs(mix, SAMPLE_RATE)
    if not np.isfinite(loudness):
        return np.zeros_like(mix)
    gain, most = db(target_lufs(scene) - loudness), ceiling
    if gain <= most:
        return mix * np.float32(gain)
    if scene.level != "loud" or not recipes()[scene.layers[0].record.class_id].texture:
        return mix * np.float32(most)
    return _limited(mix * np.float32(min(gain, most * db(_LIMITER_DB))), ceiling)


def _limited(mix: Audio, ceiling: float) -> Audio:
    """Soft knee: untouched up to half the ceiling, bent by tanh above, never beyond."""
    knee = 0.5 * ceiling
    size = np.abs(mix)
    bent = knee + (ceiling - knee) * np.tanh((size - knee) / (ceiling - knee))
    return np.where(size > knee, np.sign(mix) * bent, mix).astype(np.float32)


def _floor(scene: Scene) -> Audio:
    """Faint pink noise, -70..-62 dBFS, in a part of the clips, so that recordings with a floor are nothing foreign."""
    if not scene.floor:
        return np.zeros(CLIP_SAMPLES, np.float32)
    rng = stream(scene.seed, "render/floor")
    return np.float32(db(rng.uniform(-70, -62))) * pink(rng, CLIP_SAMPLES)


def _faded(samples: Audio, in_s: float, out_s: float) -> Audio:
    """Raised-cosine fades at both ends."""
    out = samples.copy()
    for seconds, part in ((in_s, out), (out_s, out[::-1])):
        n = min(count(seconds), out.size)
        part[:n] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)).astype(np.float32)
    return out
