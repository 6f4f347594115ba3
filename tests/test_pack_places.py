"""Where packs lie: beside the program, and among the user's data where nothing can be written there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PySide6.QtCore import QCoreApplication, QStandardPaths

from engine import pack_places
from engine.cli import main
from engine.installed_packs import copy, delete, list_packs
from engine.jobs import CopyPack, DeletePack, ListPacks
from engine.models.folders import pack_folder
from engine.pack_places import data_folder, find_pack, installed, new_packs, place_for, places, user_packs
from engine.types import EngineError
from tests.tiny import write_tiny_pack


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's folder of packs; the user has a home of his own."""
    folder = tmp_path / "program" / "models"
    folder.mkdir(parents=True)
    monkeypatch.setattr(pack_places, "PACKS", folder)
    monkeypatch.setattr(pack_places.Path, "home", lambda: tmp_path / "home")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "data"))
    return folder


@pytest.fixture
def read_only(program: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's folder, in which nothing can be written; told so, for some may write everywhere."""

    def refuse(dir: Path, **_: object) -> None:
        assert dir == program
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(pack_places.tempfile, "TemporaryFile", refuse)
    return program


def named(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "pack.json").write_text("{}")
    return folder


class TestWhere:
    def test_beside_the_program_if_that_can_be_written(self, program: Path) -> None:
        assert new_packs() == program and list(program.iterdir()) == []

    def test_among_the_users_data_if_it_cannot(self, read_only: Path) -> None:
        assert new_packs() == user_packs() != read_only

    def test_among_the_users_data_if_it_is_not_there(self, program: Path) -> None:
        program.rmdir()
        assert new_packs() == user_packs() and not program.exists()

    def test_a_program_that_unpacks_itself_keeps_nothing_in_what_it_unpacked(self, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "frozen", True, raising=False)
        assert new_packs() == user_packs()

    def test_it_is_the_windows_folder(self, program: Path) -> None:
        before = QCoreApplication.organizationName(), QCoreApplication.applicationName()
        QCoreApplication.setOrganizationName("Melbrush")
        QCoreApplication.setApplicationName("Melbrush")
        try:
            told = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
        finally:
            QCoreApplication.setOrganizationName(before[0])
            QCoreApplication.setApplicationName(before[1])
        assert user_packs() == Path(told) / "models"

    @pytest.mark.parametrize(
        ("platform", "environment", "expected"),
        [
            ("linux", {}, "/home/me/.local/share/Melbrush/Melbrush"),
            ("linux", {"XDG_DATA_HOME": "/data"}, "/data/Melbrush/Melbrush"),
            ("linux", {"XDG_DATA_HOME": "data"}, "/home/me/.local/share/Melbrush/Melbrush"),
            ("darwin", {"XDG_DATA_HOME": "/data"}, "/home/me/Library/Application Support/Melbrush/Melbrush"),
            ("win32", {"APPDATA": "/roaming"}, "/roaming/Melbrush/Melbrush"),
            ("win32", {}, "/home/me/AppData/Roaming/Melbrush/Melbrush"),
        ],
    )
    def test_the_data_folder_of_each_system(self, platform: str, environment: dict[str, str], expected: str) -> None:
        assert data_folder(platform, environment, Path("/home/me")) == Path(expected)


class TestFound:
    def test_packs_of_both_places(self, read_only: Path) -> None:
        shipped, mine = named(read_only / "embedded"), named(user_packs() / "mine")
        named(read_only / ".copying")
        assert installed() == [shipped, mine]
        assert pack_folder("mine") == mine and pack_folder("embedded") == shipped and find_pack("another") is None

    def test_the_programs_own_comes_first(self, read_only: Path) -> None:
        shipped = named(read_only / "embedded")
        named(user_packs() / "embedded")
        assert installed() == [shipped] and find_pack("embedded") == shipped

    def test_another_folder_stands_alone(self, read_only: Path, packs: Path) -> None:
        named(user_packs() / "mine")
        assert places(packs) == (packs,) and installed(packs) == [] and find_pack("mine", packs) is None

    @pytest.mark.parametrize("told", ["program", "user"])
    def test_the_window_is_told_of_both(self, read_only: Path, told: str) -> None:
        named(read_only / "embedded")
        mine = named(user_packs() / "mine")
        listed = next(list_packs(ListPacks(read_only if told == "program" else user_packs()))).packs
        assert [(info.id, info.folder.parent) for info in listed] == [("embedded", read_only), ("mine", mine.parent)]

    def test_a_pack_is_deleted_where_it_lies(self, read_only: Path) -> None:
        mine = named(user_packs() / "mine")
        list(delete(DeletePack(read_only, "mine")))
        assert not mine.exists() and read_only.is_dir()


class TestNew:
    def test_the_folder_is_made_when_it_is_needed(self, read_only: Path, tiny: Path) -> None:
        list(copy(CopyPack(tiny, new_packs())))
        assert installed() == [user_packs() / "tiny"] and list(read_only.iterdir()) == []

    def test_no_pack_hides_behind_another(self, read_only: Path, tiny: Path) -> None:
        named(read_only / "tiny")
        with pytest.raises(EngineError, match=r"already a pack called 'tiny' in .*models; give the new one another id"):
            place_for("tiny")
        with pytest.raises(EngineError, match="installed already"):
            list(copy(CopyPack(tiny, new_packs())))
        assert place_for("other") == user_packs() / "other"

    def test_a_pack_can_be_made_again_in_its_place(self, program: Path) -> None:
        assert place_for("mine") == named(program / "mine")

    def test_listed_on_the_command_line(self, read_only: Path) -> None:
        write_tiny_pack(user_packs() / "tiny")
        result = CliRunner().invoke(main, ["packs", "list"])
        assert result.exit_code == 0 and result.output.startswith("tiny  Tiny pack for tests  ")
