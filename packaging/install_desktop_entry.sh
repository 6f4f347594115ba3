#!/bin/sh
# Puts Melbrush into the menu of this user's desktop and lets a double click open projects: packaging/install_desktop_entry.sh
set -eu
cd "$(dirname "$0")/.."
data="${XDG_DATA_HOME:-$HOME/.local/share}"
mkdir -p "$data/applications" "$data/mime/packages"
sed -e "s|@PROGRAM@|$PWD/.venv/bin/python $PWD/main.py|" -e "s|@ICON@|$PWD/assets/melbrush.svg|" packaging/melbrush.desktop \
    >"$data/applications/melbrush.desktop"
cp packaging/melbrush-mime.xml "$data/mime/packages/melbrush.xml"
command -v update-mime-database >/dev/null && update-mime-database "$data/mime"
command -v update-desktop-database >/dev/null && update-desktop-database "$data/applications"
command -v xdg-mime >/dev/null && xdg-mime default melbrush.desktop application/x-melbrush
echo "Melbrush is in the menu."
