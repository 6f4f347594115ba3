"""Melbrush: without arguments the studio, with a sub-command the command line."""

import multiprocessing
import sys


def run() -> None:
    """Entry point of the program."""
    multiprocessing.freeze_support()
    from engine.cli import main

    main(prog_name="main.py", args=sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    run()
