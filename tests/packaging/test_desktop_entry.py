"""The desktop entry starts this checkout and opens its projects."""

import os
import subprocess
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_entry_is_installed_for_this_checkout(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}
    subprocess.run([ROOT / "packaging" / "install_desktop_entry.sh"], check=True, env=environment, capture_output=True, timeout=60)
    entry = ConfigParser(interpolation=None)
    entry.read(tmp_path / "share" / "applications" / "melbrush.desktop", encoding="utf-8")
    section = entry["Desktop Entry"]
    assert section["Exec"] == f"{ROOT}/.venv/bin/python {ROOT}/main.py %F"
    assert Path(section["Icon"]).is_file()
    assert "application/x-melbrush" in section["MimeType"].split(";")
    assert "*.melbrush" in (tmp_path / "share" / "mime" / "packages" / "melbrush.xml").read_text(encoding="utf-8")
