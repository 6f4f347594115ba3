"""Melbrush: without arguments, or with files to open, the studio; with a sub-command the command line."""

import multiprocessing
import sys
from pathlib import Path


def run() -> None:
    """Entry point of the program."""
    multiprocessing.freeze_support()
    words = sys.argv[1:]
    if not words or all(Path(word).is_file() for word in words):
        from gui.app import run_studio

        raise SystemExit(run_studio(words))
    from engine.cli import main

    main(prog_name="main.py", args=words)


if __name__ == "__main__":
    run()
