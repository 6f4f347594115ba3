"""Documents and takes as JSON and members of an archive, and back; what is read is checked as if a stranger had written it."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.geometry import Geometry
from engine.masks import Mask
from engine.session.archive import DamagedError, Member
from engine.session.arrays import exactly, read_arrays, specs_of, store_arrays, store_sound
from engine.session.document import Document, PaintedRegion, TakeEntry
from engine.session.step_names import Label, StepName
from engine.signal.formats import HIGHEST_RATE
from engine.types import HIDDEN, Clip, GenerationRequest, Spectrogram, StepHistory, Take, TokenGrid

Value = TypeVar("Value")
# Reads a member of this name.
ReadMember = Callable[[str], bytearray]

_LEFT_OUT = object()
_LARGEST_SIZE = 1 << 31


def encoded(value: Any, leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a frozen dataclass as JSON can say them.

    Infinity becomes null where it is the default; other numbers that are none are left out and come back as defaults.
    """
    pairs = ((field, getattr(value, field.name)) for field in dataclasses.fields(value) if field.name not in leave_out)
    said = {field.name: _said(content, _kind(type(value), field.name), field.default) for field, content in pairs}
    return {name: content for name, content in said.items() if content is not _LEFT_OUT}


def decoded(cls: type[Value], values: Any, **given: Any) -> Value:
    """A frozen dataclass from JSON; unknown keys are ignored, missing ones take their defaults. Raises DamagedError."""
    if not isinstance(values, dict):
        raise DamagedError(f"{cls.__name__} is not an object")
    arguments = dict(given)
    for field in dataclasses.fields(cls):
        if field.name in given or not field.init:
            continue
        content = _LEFT_OUT
        if field.name in values:
            content = _understood(values[field.name], _kind(cls, field.name), field.default)
        if content is not _LEFT_OUT:
            arguments[field.name] = content
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DamagedError(f"{cls.__name__}.{field.name} is missing")
    return cls(**arguments)


@dataclass(frozen=True)
class _Kind:
    """What a field holds: its type without None, and whether None is allowed."""

    type: Any
    optional: bool

    @property
    def origin(self) -> Any:
        return typing.get_origin(self.type)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


@cache
def _kind(cls: type, name: str) -> _Kind:
    hint = _hints(cls)[name]
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return _Kind(hint, False)
    (only,) = (option for option in typing.get_args(hint) if option is not types.NoneType)
    return _Kind(only, True)


def _said(value: Any, kind: _Kind, default: Any) -> Any:
    if value is None and kind.optional:
        return None
    if kind.type is float:
        number = float(value)
        if math.isfinite(number):
            return number
        return None if kind.optional or (number > 0 and number == default) else _LEFT_OUT
    if kind.type in (int, bool, str):
        return kind.type(value)
    if kind.origin is Literal:
        return str(value)
    if kind.origin is tuple:
        return [str(each) for each in value]
    content = encoded(value)
    # A region without a beginning cannot be read again; it is no selection.
    whole = all(field.name in content or field.default is not dataclasses.MISSING for field in dataclasses.fields(value))
    return content if whole or not kind.optional else None


def _understood(value: Any, kind: _Kind, default: Any) -> Any:
    if value is None and kind.optional:
        return None
    if kind.type is float:
        return _float(value, default)
    if kind.type in (int, bool, str):
        return exactly(value, kind.type)
    if kind.origin is Literal:
        # A kind that a later minor version invented is shown as the usual one.
        return exactly(value, str) if value in typing.get_args(kind.type) else _default_of(value, default)
    if kind.origin is tuple:
        return tuple(exactly(each, str) for each in exactly(value, list))
    return decoded(kind.type, value)


def _float(value: Any, default: Any) -> float:
    if value is None and default == math.inf:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DamagedError("a number is none")
    return float(value)


def _default_of(value: Any, default: Any) -> Any:
    exactly(value, str)
    return default


def encoded_document(document: Document, takes: list[int], texts: list[int], regions: Sequence[int] = ()) -> dict[str, Any]:
    """A document whose takes, remembered prompts and painted regions are numbers in tables that all versions share."""
    tables = {"takes": takes, "prompt_history": texts, "regions": list(regions)}
    return {**encoded(document, tables), **tables}


def decoded_document(values: Any, entries: Sequence[TakeEntry], texts: Sequence[str], regions: Sequence[PaintedRegion] = ()) -> Document:
    """A document from its JSON and the tables. Raises DamagedError."""
    if not isinstance(values, dict):
        raise DamagedError("a document is not an object")
    takes = tuple(chosen(entries, number) for number in exactly(values.get("takes", []), list))
    prompts = tuple(chosen(texts, number) for number in exactly(values.get("prompt_history", []), list))
    painted = tuple(chosen(regions, number) for number in exactly(values.get("regions", []), list))
    return decoded(Document, values, takes=takes, prompt_history=prompts, regions=painted)


def encode_region(region: PaintedRegion) -> tuple[dict[str, Any], Member | None]:
    """The JSON of a painted region and the member that holds its weights; an empty one needs none."""
    mask = region.mask
    values = {**encoded(region, ("mask",)), "bands": mask.bands, "frames": mask.frames, "first": mask.first}
    if mask.is_empty:
        return values, None
    weights, member = store_arrays("masks", [_finite(np.asarray(mask.weights, np.float32))], deflate=True)
    return {**values, "weights": weights}, member


def decoded_region(values: Any, reader: TakeReader) -> PaintedRegion:
    """A painted region from its JSON. Raises DamagedError."""
    if not isinstance(values, dict) or "id" not in values:
        raise DamagedError("a region without id")
    bands, frames, first = (exactly(values[name], int) for name in ("bands", "frames", "first"))
    if not 0 < bands < _LARGEST_SIZE or not 0 <= first <= frames < _LARGEST_SIZE:
        raise DamagedError("a mask of a size that cannot be")
    mask = Mask.empty(bands, frames)
    if "weights" in values:
        weights = reader.weights(values["weights"])
        if weights.shape[0] != bands or first + weights.shape[1] > frames:
            raise DamagedError("a mask of another size")
        mask = Mask.of(weights, frames, first)
    return decoded(PaintedRegion, values, mask=mask)


def encoded_label(label: Label) -> dict[str, Any]:
    """The name of a step: its words, for programs that do not know the key, and the key with its values where there is one."""
    if isinstance(label, str):
        return {"label": label}
    return {"label": str(label), "name": {"key": label.key, "values": list(label.values)}}


def decoded_label(values: dict[str, Any]) -> Label:
    """The name of a step from its JSON; its words where the key is unknown or the values do not fit. Raises DamagedError."""
    words, name = exactly(values["label"], str), values.get("name")
    if name is None:
        return words
    key, given = exactly(exactly(name, dict)["key"], str), exactly(name["values"], list)
    if not all(type(value) is str or (type(value) is int and abs(value) < _LARGEST_SIZE) for value in given):
        raise DamagedError("a step whose name holds neither texts nor numbers")
    try:
        return StepName(key, tuple(given))
    except (KeyError, IndexError, ValueError):
        return words


def chosen(table: Sequence[Value], number: Any) -> Value:
    """The entry of that number; never one counted from the end. Raises DamagedError."""
    if type(number) is not int or not 0 <= number < len(table):
        raise DamagedError("a number beyond its table")
    return table[number]


def encoded_entry(entry: TakeEntry, take: int) -> dict[str, Any]:
    """What the user says about a take, and the number of the take."""
    return {**encoded(entry, ("take",)), "take": take}


def decoded_entry(values: Any, takes: Sequence[Take]) -> TakeEntry:
    """An entry from its JSON. Raises DamagedError."""
    if not isinstance(values, dict) or "id" not in values:
        raise DamagedError("an entry without id")
    return decoded(TakeEntry, values, take=chosen(takes, values.get("take")))


@dataclass(frozen=True, eq=False)
class EncodedTake:
    """The JSON of a take and the members that hold its arrays."""

    values: dict[str, Any]
    members: tuple[Member, ...]


def encode_take(take: Take) -> EncodedTake:
    """A take for an archive: what is heard and seen bit by bit, the confidence of the iterations to three digits (float16).

    Samples are FLAC of 24 bits where that is exact, as it is for imported sounds of 16 or 24 bits; otherwise, as for generated ones, they
    stay float32. The picture stays float32, so that a difference of two takes is the same tomorrow. Values that are not numbers become
    silence, so that one bad take never keeps the others from being saved. Raises DamagedError for a take that could not be read again.
    """
    check_take(take)
    grids = [_tokens(take.grid.ids)]
    if take.history is not None:
        confidence = np.clip(_finite(take.history.confidence), 0.0, 1.0).astype("<f2")
        grids += [_tokens(take.history.guess), np.packbits(take.history.fixed.reshape(-1)), confidence]
    samples = _finite(np.asarray(take.clip.samples, np.float32))
    stored = {
        "grids": store_arrays("grids", grids, deflate=True),
        "mel": store_arrays("mels", [_finite(np.asarray(take.spectrogram.log_mel, np.float32))]),
        "audio": store_sound(samples, take.clip.sample_rate),
    }
    values = {
        **encoded(take, ("grid", "spectrogram", "clip", "history")),
        "geometry": encoded(take.spectrogram.geometry),
        "sample_rate": int(take.clip.sample_rate),
        **{role: values for role, (values, _) in stored.items()},
    }
    return EncodedTake(values, tuple(each for _, each in stored.values()))


def _tokens(ids: NDArray) -> NDArray:
    small = ids.size == 0 or (ids.min() >= -(1 << 15) and ids.max() < 1 << 15)
    return ids.astype("<i2" if small else "<i4")


def _finite(values: NDArray) -> NDArray:
    return values if np.isfinite(values).all() else np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def check_take(take: Take) -> None:
    """Raises DamagedError for a take that the rest of the program could not show or play."""
    geometry, ids = take.spectrogram.geometry, take.grid.ids
    sizes = [getattr(geometry, field.name) for field in dataclasses.fields(geometry) if field.type == "int"]
    if not all(0 < size < _LARGEST_SIZE for size in sizes) or not 0 <= geometry.f_min_hz < geometry.f_max_hz or geometry.rows < 1:
        raise DamagedError("a geometry that cannot be")
    if take.spectrogram.log_mel.ndim != 2 or len(take.spectrogram.log_mel) != geometry.bands:
        raise DamagedError("a picture of another geometry")
    if take.clip.samples.ndim != 2 or len(take.clip.samples) < 1 or not 0 < take.clip.sample_rate <= HIGHEST_RATE:
        raise DamagedError("a sound without channels or rate")
    if ids.ndim != 2:
        raise DamagedError("tokens without rows and columns")
    history = take.history
    if history is not None and not (
        history.guess.shape == history.fixed.shape == history.confidence.shape and history.guess.shape[1:] == ids.shape
    ):
        raise DamagedError("iterations of another shape")
    for tokens in (ids,) if history is None else (ids, history.guess):
        if tokens.size and not (tokens.min() >= HIDDEN and tokens.max() < geometry.code_count):
            raise DamagedError("a token that is not in the codebook")


class TakeReader:
    """Makes takes of their JSON; arrays that several takes name are read once and shared."""

    def __init__(self, read: ReadMember) -> None:
        self._read = read
        self._known: dict[tuple, tuple[NDArray, ...]] = {}

    def take(self, values: Any) -> Take:
        """Raises DamagedError, or whatever a hostile array makes numpy or the FLAC decoder raise."""
        if not isinstance(values, dict):
            raise DamagedError("a take is not an object")
        geometry = decoded(Geometry, values.get("geometry", {}))
        grid, history = self._grids(values["grids"])
        (log_mel,) = self._arrays(values["mel"], ["<f4"])
        rate = exactly(values["sample_rate"], int)
        (samples,) = self._arrays(values["audio"], ["<f4"], rate)
        parts = {"grid": grid, "spectrogram": Spectrogram(log_mel, geometry), "clip": Clip(samples, rate), "history": history}
        take = decoded(Take, values, request=decoded(GenerationRequest, values.get("request")), **parts)
        check_take(take)
        return take

    def weights(self, reference: Any) -> NDArray[np.float32]:
        """The weights [bands, frames] of a mask. Raises like ``take``."""
        (weights,) = self._arrays(reference, ["<f4"])
        if weights.ndim != 2:
            raise DamagedError("weights of another shape")
        return weights

    def _grids(self, reference: Any) -> tuple[TokenGrid, StepHistory | None]:
        ids, *rest = self._arrays(reference, ["<i2", "<i2", "|u1", "<f2"])
        if not rest:
            return TokenGrid(ids), None
        guess, fixed, confidence = rest
        return TokenGrid(ids), StepHistory(guess, fixed, confidence)

    def _arrays(self, reference: Any, kinds: list[str], rate: int = 0) -> tuple[NDArray, ...]:
        """The arrays of one member in the types that the program works with."""
        if not isinstance(reference, dict):
            raise DamagedError("no member is named")
        name, specs = exactly(reference["member"], str), specs_of(reference["arrays"])
        given = [dtype.replace("i4", "i2") for dtype, _ in specs]
        if not specs or given != kinds[: len(given)] or len(given) not in (1, len(kinds)):
            raise DamagedError(f"{name} holds other arrays")
        key = (name, tuple(specs), rate)
        if key not in self._known:
            self._known[key] = _working(read_arrays(name, self._read(name), specs, rate))
        return self._known[key]


def _working(arrays: list[NDArray]) -> tuple[NDArray, ...]:
    """Tokens as int32, packed bits as bool in the shape of the array before, numbers as finite float32."""
    working: list[NDArray] = []
    for array in arrays:
        if array.dtype.kind == "f":
            if not np.isfinite(array).all():
                raise DamagedError("a value that is not a number")
            working.append(array.astype(np.float32, copy=False))
        elif array.dtype.kind == "i":
            working.append(array.astype(np.int32, copy=False))
        else:
            shape = working[-1].shape
            count = math.prod(shape)
            if array.ndim != 1 or len(array) != -(-count // 8):
                raise DamagedError("bits of another shape")
            working.append(np.unpackbits(array, count=count).astype(np.bool_).reshape(shape))
    return tuple(working)
