#!/bin/sh
# Sets up Melbrush in .venv beside this checkout, on Debian with Python 3.11 or later: `packaging/setup.sh`, or with `--tests` for the test suite.
set -eu
cd "$(dirname "$0")/.."
tests="${1:-}"

system="python3-venv libportaudio2 libasound2-plugins libegl1 libgl1 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0 \
libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1"
[ "$tests" = "--tests" ] && system="$system xvfb pulseaudio pulseaudio-utils alsa-utils fonts-dejavu-core"
if command -v apt-get >/dev/null && ! dpkg -s $system >/dev/null 2>&1; then
    root=""
    [ "$(id -u)" = 0 ] || root="sudo"
    $root apt-get update -q
    DEBIAN_FRONTEND=noninteractive $root apt-get install -q -y --no-install-recommends $system
fi

[ -x .venv/bin/python ] || python3 -m venv .venv
[ -x .venv/bin/uv ] || .venv/bin/pip install -q uv==0.13.8
extras="."
[ "$tests" = "--tests" ] && extras=".[test]"
.venv/bin/uv pip install -q --python .venv/bin/python --constraint packaging/constraints.txt --editable "$extras"
