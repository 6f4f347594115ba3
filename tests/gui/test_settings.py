"""Preferences are typed, survive a restart and bad files, and say what has changed."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gui.colour_maps import COLOUR_MAPS, DIFFERENCE_MAP
from gui.settings import BY_KEY, SETTINGS, Setting, Settings, choices_of, help_of, label_of, remember_recent, sections

REQUIRED = """appearance.theme canvas.colour_map canvas.floor_db canvas.top_db canvas.show_confidence canvas.live_preview
listening.device listening.volume listening.auto_play listening.playhead_returns listening.match_loudness generation.pack
generation.device generation.threads export.settings export.originator export.creator_id
project.autosave_s project.recent files.drag_folder language shortcuts"""

OTHER: dict[str, object] = {
    "switch": True,
    "integer": 64,
    "decimal": -12.5,
    "text": "Größe „x“, 2; [y]",
    "folder": "sounds/a b",
    "pick": "USB Audio",
    "list": ["one"],
    "table": {"a": ["Ctrl+A"], "b": []},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "melbrush.ini"


def another_value(setting: Setting) -> object:
    if setting.kind == "choice":
        return next(value for value, _ in setting.choices if value != setting.default)
    if setting.kind == "switch":
        return not setting.default
    return 0.25 if setting.key == "listening.volume" else OTHER[setting.kind]


def test_the_table_has_what_the_program_asks_for():
    assert set(REQUIRED.split()) <= set(BY_KEY)
    assert len(BY_KEY) == len(SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_rows_are_sound(setting: Setting):
    assert setting.accepts(setting.default)
    assert bool(setting.section) == bool(setting.label) == bool(setting.help)
    if setting.section:
        assert setting.section in sections()
        assert label_of(setting)
        assert help_of(setting).endswith(".")
    assert (setting.kind == "choice") == bool(choices_of(setting))


def test_colour_maps_on_offer_are_those_that_exist():
    assert {value for value, _ in BY_KEY["canvas.colour_map"].choices} == set(COLOUR_MAPS) - {DIFFERENCE_MAP}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_values_survive_a_restart(qtbot, file: Path, setting: Setting):
    settings = Settings(file)
    value = another_value(setting)
    assert settings.is_default(setting.key)
    with qtbot.waitSignal(settings.changed) as signal:
        settings.set(setting.key, value)
    assert signal.args == [setting.key, value]
    settings.save()
    again = Settings(file)
    assert again.get(setting.key) == value
    assert type(again.get(setting.key)) is type(setting.default)
    assert not again.is_default(setting.key)


def test_nothing_is_said_when_nothing_changes(qtbot, file: Path):
    settings = Settings(file)
    with qtbot.assertNotEmitted(settings.changed):
        settings.set("listening.volume", settings.get("listening.volume"))
        settings.reset("listening.volume")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("listening.volume", 1.01),
        ("listening.volume", True),
        ("listening.volume", "0.8"),
        ("generation.threads", 2.0),
        ("canvas.floor_db", float("nan")),
        ("canvas.floor_db", float("inf")),
        ("appearance.theme", "pink"),
        ("canvas.live_preview", 1),
        ("project.recent", ["a", 1]),
        ("shortcuts", []),
        ("export.originator", None),
    ],
)
def test_wrong_values_are_refused(qtbot, file: Path, key: str, value: object):
    settings = Settings(file)
    before = settings.get(key)
    with pytest.raises(ValueError, match=key):
        settings.set(key, value)
    assert settings.get(key) == before


def test_unknown_keys_are_refused(file: Path):
    settings = Settings(file)
    for call in (settings.get, settings.reset, settings.is_default):
        with pytest.raises(KeyError):
            call("no.such.key")
    with pytest.raises(KeyError):
        settings.set("no.such.key", 1)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(BY_KEY)), junk=st.text(max_size=40))
def test_whatever_is_stored_a_value_of_the_right_kind_comes_back(tmp_path: Path, key: str, junk: str):
    settings = Settings(tmp_path / "junk.ini")
    settings._store.setValue(key, junk)
    assert BY_KEY[key].accepts(settings.get(key))


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe[[[", b"[listening]\nvolume=loud\n", b"[listening]\nvolume=@ByteArray(\x01)\n"])
def test_a_damaged_file_means_defaults(file: Path, content: bytes):
    file.write_bytes(content)
    settings = Settings(file)
    assert all(settings.is_default(setting.key) for setting in SETTINGS)


def test_deeply_nested_values_mean_defaults(file: Path):
    settings = Settings(file)
    settings._store.setValue("shortcuts", "[" * 100_000)
    assert settings.get("shortcuts") == {}


def test_one_and_all_go_back(qtbot, file: Path):
    settings = Settings(file)
    for setting in SETTINGS:
        settings.set(setting.key, another_value(setting))
    with qtbot.waitSignal(settings.changed) as signal:
        settings.reset("appearance.theme")
    assert signal.args == ["appearance.theme", "dark"]
    settings.reset_all()
    assert [setting.key for setting in SETTINGS if not settings.is_default(setting.key)] == [
        setting.key for setting in SETTINGS if not setting.section
    ]


def test_a_list_that_was_read_is_the_readers_own(file: Path):
    settings = Settings(file)
    settings.get("project.recent").append("x")
    settings.get("shortcuts")["a"] = ["B"]
    assert settings.get("project.recent") == []
    assert settings.get("shortcuts") == {}


def test_recent_projects_are_few_and_the_last_comes_first(file: Path):
    settings = Settings(file)
    for number in (*range(12), 5):
        remember_recent(settings, Path(f"/projects/{number}.melbrush"))
    names = [Path(path).stem for path in settings.get("project.recent")]
    assert names == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]
