"""Files of takes, read back by three other readers; what may be replaced and what not."""

import dataclasses
import errno
import os
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import mutagen.flac
import mutagen.wave
import numpy as np
import pytest
import soundfile
import wavinfo

from engine.command_lines import command_of
from engine.export.export import ExportTakes, export_takes, levels_of
from engine.export.ixml import ASWG_ORDER
from engine.export.metadata import recipe_of
from engine.export.settings import SUBTYPES, ExportSettings
from engine.signal.audio_io import quantise, resample
from engine.signal.formats import format_is_possible
from engine.signal.loudness import integrated_lufs, true_peak_dbfs
from engine.signal.wav import read_chunk, read_recipe
from engine.types import Clip, EngineError, Region
from tests.export.makers import CREATED, PROMPT, make_entry, sine


def exported(folder, entry=None, region=None, **settings):
    entry = entry or make_entry()
    return one(ExportTakes((entry,), folder, ExportSettings(**settings), region))


def one(job):
    (result,) = export_takes(job)
    return result


def chunk_ids(path):
    content, ids, position = path.read_bytes(), [], 12
    while position < len(content):
        size = struct.unpack("<I", content[position + 4 : position + 8])[0]
        kind = content[position : position + 4]
        ids.append((kind, content[position + 8 : position + 12]) if kind == b"LIST" else kind)
        position += 8 + size + size % 2
    assert position == len(content)
    return ids


def integers(path, bits):
    read, rate = soundfile.read(path, dtype="int32", always_2d=True)
    return read.T >> (32 - bits), rate


def test_three_readers_find_every_field(tmp_path):
    result = exported(tmp_path, loop=True, ucs=True, creator_id="Ann_O", originator="Ann Öther", format="wav")
    path = result.path
    assert path.name == "RAINMetl_Rain On A Tin Roof, Heavy_Ann O_NONE_seed 42.wav"

    stored, rate = integers(path, 24)
    expected = resample(make_entry().take.clip, 48000)
    assert rate == 48000
    assert np.array_equal(stored, quantise(expected.samples, 24))

    info = wavinfo.WavInfoReader(str(path))
    bext = info.bext
    assert bext.description == 'Rain on a tin roof, "heavy" & wild <Ol> ?'
    assert (bext.originator, bext.originator_ref) == ("Melbrush", "0123456789ab")
    assert (bext.originator_date, bext.originator_time) == ("2026-02-03", "04:05:06")
    assert (bext.version, bext.time_reference) == (2, 0)
    assert bext.coding_history.rstrip("\0") == "A=PCM,F=48000,W=24,M=mono,T=Melbrush 0.1.0 generated\r\n"
    levels = levels_of(expected)
    assert bext.loudness_value == pytest.approx(levels.integrated_lufs, abs=0.006)
    assert bext.max_true_peak == pytest.approx(levels.true_peak_db, abs=0.006)
    assert bext.max_momentary_loudness == pytest.approx(levels.momentary_lufs, abs=0.006)
    assert bext.loudness_range == bext.max_shortterm_loudness == 327.67

    assert (info.info.title, info.info.artist, info.info.created_date) == ("Take 1", "Ann Other", "2026-02-03")
    assert info.info.software == "Melbrush 0.1.0"
    assert info.info.comment == bext.description
    (loop,) = info.smpl.sample_loops
    assert (loop.start, loop.end, loop.loop_type, loop.repetition_count) == (0, stored.shape[1] - 1, 0, 0)
    assert info.smpl.sample_period_ns == round(1e9 / 48000)
    assert [cue.sample_offset for cue in info.cues.cues] == [0]
    assert [label.text for label in info.cues.labels] == ["Loop start"]

    assert mutagen.wave.WAVE(path).info.length == pytest.approx(0.5)
    with soundfile.SoundFile(path) as file:
        assert (file.title, file.artist) == ("Take 1", "Ann Other")
    assert chunk_ids(path) == [
        b"bext",
        b"fmt ",
        b"data",
        b"iXML",
        b"smpl",
        b"cue ",
        (b"LIST", b"adtl"),
        (b"LIST", b"INFO"),
        b"mlbr",
    ]


def test_ixml_says_what_ascii_cannot(tmp_path):
    path = exported(tmp_path, creator_id="A-B", originator="Änn & <Co>").path
    root = ElementTree.fromstring(read_chunk(path, b"iXML"))
    assert (root.tag, root.findtext("IXML_VERSION")) == ("BWFXML", "3.01")
    aswg = root.find("ASWG")
    fields = {child.tag: child.text for child in aswg}
    assert [child.tag for child in aswg] == [name for name in ASWG_ORDER if name in fields]
    assert fields["notes"] == PROMPT
    assert fields["originator"] == "Änn & <Co>"
    assert (fields["isGenerated"], fields["isDesigned"], fields["isLoop"]) == ("true", "true", "false")
    assert (fields["category"], fields["subCategory"], fields["catId"]) == ("RAIN", "METAL", "RAINMetl")
    assert fields["creatorId"] == "A B"
    assert (fields["originationDate"], fields["channelConfig"]) == ("2026-02-03", "Mono")
    assert float(fields["maxPeak"]) == pytest.approx(-6.0, abs=0.05)
    assert not any("_" in fields[name] or "-" in fields[name] for name in ("catId", "fxName", "creatorId", "sourceId", "userData"))


def test_an_imported_sound_is_not_called_generated(tmp_path):
    entry = make_entry(kind="imported", prompt="", name="door-07", source_path="C:\\Users\\ann\\door-07.wav")
    path = exported(tmp_path, entry).path
    assert b"<isGenerated>false</isGenerated>" in read_chunk(path, b"iXML")
    recipe = read_recipe(path)
    assert (recipe["command"], recipe["source"]) == ("import", "door-07.wav")


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_same_bytes_twice(tmp_path, format):
    paths = [
        exported(tmp_path, make_entry(), format=format, subtype=SUBTYPES[format][-1], sample_rate=44100, loudness="lufs", loop=True).path
        for _ in range(2)
    ]
    assert paths[0] != paths[1]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("dither", [True, False])
@pytest.mark.parametrize(("subtype", "bits"), [("pcm16", 16), ("pcm24", 24)])
def test_wav_and_flac_hold_the_same_integers(tmp_path, subtype, bits, dither):
    entry = make_entry(sine(channels=2))
    wav, flac = (exported(tmp_path, entry, format=format, subtype=subtype, dither=dither).path for format in ("wav", "flac"))
    assert np.array_equal(integers(wav, bits)[0], integers(flac, bits)[0])


def test_dither_is_centred_and_as_loud_as_it_should_be(tmp_path):
    rate = 48000
    quiet = np.full((1, 10 * rate), 1e-9, np.float32)
    path = exported(tmp_path, make_entry(quiet, rate), subtype="pcm16", sample_rate=rate).path
    noise = integers(path, 16)[0][0] / 32768
    assert abs(noise.mean()) * 32768 < 0.01
    assert 10 * np.log10(np.mean(noise**2)) == pytest.approx(-96.3, abs=0.2)
    other = exported(tmp_path, make_entry(quiet, rate, seed=43), subtype="pcm16", sample_rate=rate).path
    assert not np.array_equal(integers(other, 16)[0][0] / 32768, noise)


def test_float_is_stored_as_it_is(tmp_path):
    samples = np.array([[0.0, 1e-7, 2.5, -3.0]], np.float32)
    result = exported(tmp_path, make_entry(samples, 48000), subtype="float32")
    assert np.array_equal(soundfile.read(result.path, dtype="float32")[0], samples[0])
    assert result.note == ""


def test_too_loud_for_integers_is_said(tmp_path):
    result = exported(tmp_path, make_entry(np.array([[0.5, 2.0, -0.5]], np.float32), 48000))
    assert result.note == '"Take 1" is 6.0 dB too loud for this format and was clipped.'


def test_recipe_holds_the_whole_request(tmp_path):
    entry = make_entry()
    for format in ("wav", "flac"):
        job = ExportTakes((entry,), tmp_path, ExportSettings(format=format), pack_hash="abc123")
        recipe = read_recipe(one(job).path)
        assert recipe == recipe_of(entry, "abc123")
        assert (recipe["prompt"], recipe["seed"], recipe["name"], recipe["pack_hash"]) == (PROMPT, 42, "Take 1", "abc123")
        assert command_of(recipe).endswith("# pack abc123")
    request = entry.take.request
    fields = {"duration_s": "duration", "pack_id": "pack"}
    for field in dataclasses.fields(request):
        if field.name not in ("settings", "pack_hash"):
            assert recipe[fields.get(field.name, field.name)] == getattr(request, field.name)
    for field in dataclasses.fields(request.settings):
        assert recipe[field.name] == getattr(request.settings, field.name)


@pytest.mark.parametrize("kind", ["branched", "kept", "filled"])
def test_a_take_that_a_command_cannot_make_again_says_so(kind):
    recipe = recipe_of(make_entry(kind=kind, parent="ffff"))
    assert (recipe["command"], recipe["kind"], recipe["parent"]) == ("edit", kind, "ffff")
    with pytest.raises(EngineError):
        command_of(recipe)


def test_loudness_peak(tmp_path):
    path = exported(tmp_path, loudness="peak", peak_db=-3.0).path
    assert true_peak_dbfs(soundfile.read(path)[0]) == pytest.approx(-3.0, abs=0.02)


def test_loudness_lufs(tmp_path):
    result = exported(tmp_path, make_entry(sine(4, dbfs=-30, channels=2)), loudness="lufs", lufs=-23.0)
    assert integrated_lufs(soundfile.read(result.path)[0].T, 48000) == pytest.approx(-23.0, abs=0.05)
    assert result.note == ""


def test_true_peak_stops_the_loudness(tmp_path):
    clicks = np.zeros((1, 48000), np.float32)
    clicks[0, ::4800] = 0.5
    result = exported(tmp_path, make_entry(clicks, 48000), loudness="lufs", lufs=-14.0, peak_db=-1.0)
    read = soundfile.read(result.path)[0]
    assert true_peak_dbfs(read) == pytest.approx(-1.0, abs=0.02)
    assert result.note.startswith(f"The loudness is {integrated_lufs(read, 48000):.1f} LUFS instead of -14.0")


@pytest.mark.parametrize("mode", ["peak", "lufs"])
@pytest.mark.parametrize("samples", [np.zeros((1, 2205), np.float32), sine(0.1)], ids=["silence", "short"])
def test_short_and_silent_sounds_keep_their_length(tmp_path, mode, samples):
    result = exported(tmp_path, make_entry(samples), loudness=mode)
    read = soundfile.read(result.path)[0]
    assert len(read) == 4800
    assert np.isfinite(read).all()
    assert (np.abs(read).max() > 0) == bool(samples.any())


def test_fades(tmp_path):
    entry = make_entry(np.full((1, 4800), 0.5, np.float32), 48000)
    read = soundfile.read(exported(tmp_path, entry, fade_in_ms=10, fade_out_ms=20).path)[0]
    assert read[0] < 0.001 < read[100] < 0.25 < read[300]
    assert np.allclose(read[480:3840], 0.5, atol=1e-6)
    assert read[-1] < 0.001


def test_only_the_selection(tmp_path):
    low, high = sine(2, 48000, hz=200), sine(2, 48000, hz=8000)
    entry = make_entry(low + high, 48000)
    read = soundfile.read(exported(tmp_path, entry, Region(0.5, 1.25, 1000.0, 20000.0)).path)[0]
    assert len(read) == 36000
    spectrum = np.abs(np.fft.rfft(read * np.hanning(len(read))))
    hz = np.fft.rfftfreq(len(read), 1 / 48000)
    level = {wanted: 20 * np.log10(spectrum[np.abs(hz - wanted) < 20].max()) for wanted in (200, 8000)}
    assert level[8000] - level[200] > 60


def test_selection_beside_the_sound(tmp_path):
    with pytest.raises(EngineError, match="lies outside") as caught:
        exported(tmp_path, region=Region(7.0, 8.0))
    assert caught.value.kind == "value"
    assert list(tmp_path.iterdir()) == []


def test_several_takes_get_names_of_their_own(tmp_path):
    entries = tuple(make_entry(id=f"{i:012d}", prompt="Same", name=f"Take {i}") for i in range(3))
    found = list(export_takes(ExportTakes(entries, tmp_path, ExportSettings())))
    assert [result.take_id for result in found] == [entry.id for entry in entries]
    assert [result.path.name for result in found] == ["Same 42.wav", "Same 42 2.wav", "Same 42 3.wav"]
    assert all(result.path.exists() for result in found)


def test_an_older_file_is_never_replaced(tmp_path):
    older = tmp_path / "SAME 42.WAV"
    older.write_bytes(b"precious")
    path = exported(tmp_path, make_entry(prompt="Same")).path
    assert path.name == "Same 42 2.wav"
    assert older.read_bytes() == b"precious"


def test_a_chosen_file_is_replaced_whole(tmp_path):
    target = tmp_path / "chosen.wav"
    target.write_bytes(b"old")
    job = ExportTakes((make_entry(),), tmp_path, ExportSettings(), target=target)
    assert one(job).path == target
    assert soundfile.info(target).frames == 24000
    assert list(tmp_path.iterdir()) == [target]


def test_a_chosen_file_is_for_one_take(tmp_path):
    job = ExportTakes((make_entry(), make_entry()), tmp_path, ExportSettings(), target=tmp_path / "one.wav")
    with pytest.raises(EngineError, match="only one take"):
        list(export_takes(job))


@pytest.mark.parametrize("format", list(SUBTYPES))
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(tmp_path, format, odd):
    samples = sine()
    samples[0, 100] = odd
    with pytest.raises(EngineError, match="not numbers") as caught:
        exported(tmp_path, make_entry(samples), format=format, subtype=SUBTYPES[format][0])
    assert caught.value.kind == "numeric"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", list(SUBTYPES))
def test_a_sound_without_samples_is_refused(tmp_path, format):
    with pytest.raises(EngineError, match="no sound"):
        exported(tmp_path, make_entry(np.zeros((1, 0), np.float32)), format=format, subtype=SUBTYPES[format][0])


def test_nothing_is_written_if_one_take_cannot_be(tmp_path):
    broken = make_entry(np.full((1, 10), np.nan, np.float32))
    with pytest.raises(EngineError):
        list(export_takes(ExportTakes((make_entry(), broken), tmp_path, ExportSettings())))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize(("format", "subtype"), [(format, subtype) for format, known in SUBTYPES.items() for subtype in known])
def test_every_combination_works_or_gets_a_sentence(tmp_path, format, subtype, rate, channels):
    entry = make_entry(sine(0.05, channels=channels), prompt="Table")
    problem = format_is_possible(format, rate, channels, subtype)
    if problem is None:
        info = soundfile.info(exported(tmp_path, entry, format=format, subtype=subtype, sample_rate=rate).path)
        assert (info.samplerate, info.channels) == (rate, channels)
    else:
        with pytest.raises(EngineError) as caught:
            exported(tmp_path, entry, format=format, subtype=subtype, sample_rate=rate)
        assert caught.value.message == problem
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", list(SUBTYPES))
@pytest.mark.parametrize("chosen", [True, False])
def test_full_disk_leaves_nothing_and_the_old_file(tmp_path, monkeypatch, format, chosen):
    target = tmp_path / f"old.{format}"
    target.write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    settings = ExportSettings(format=format, subtype=SUBTYPES[format][0])
    with pytest.raises(EngineError, match="disk is full") as caught:
        one(ExportTakes((make_entry(),), tmp_path, settings, target=target if chosen else None))
    assert caught.value.kind == "path"
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"old"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(EngineError, match="does not exist") as caught:
        exported(tmp_path / "missing")
    assert caught.value.kind == "path"


def test_what_is_done_stays_when_a_later_one_fails(tmp_path):
    entries = (make_entry(prompt="First"), make_entry(prompt="Second"))
    events = export_takes(ExportTakes(entries, tmp_path, ExportSettings()))
    first = next(events).path
    events.close()
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_dates_come_from_the_take(tmp_path):
    later = make_entry(created="2027-11-12T13:14:15+00:00")
    assert CREATED.encode() not in exported(tmp_path, later).path.read_bytes()
    odd = exported(tmp_path, make_entry(created="yesterday")).path
    assert wavinfo.WavInfoReader(str(odd)).bext.originator_date == ""


@pytest.mark.parametrize("rate", [22050, 96000])
def test_resampling_keeps_the_tone(tmp_path, rate):
    clip = Clip(sine(1, 44100, hz=997), 44100)
    path = exported(tmp_path, make_entry(clip.samples, 44100), sample_rate=rate, subtype="float32").path
    read = soundfile.read(path)[0]
    assert len(read) == rate
    middle = read[rate // 4 : -rate // 4]
    expected = sine(1, rate, hz=997)[0][rate // 4 : -rate // 4]
    assert np.abs(middle - expected).max() < 1e-4


def test_paths_are_paths(tmp_path):
    assert isinstance(exported(tmp_path).path, Path)
