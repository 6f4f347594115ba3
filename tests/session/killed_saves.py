"""Saves a project again and again in children that are killed at random moments; prints what was found afterwards. Run as a program."""

import os
import random
import signal
import sys
import time
from itertools import cycle
from pathlib import Path

from engine.session.project import ProjectWriter, load_project
from tests.session.examples import busy_history, leftovers

KILLS = 100


def main(path: Path) -> None:
    long, short = busy_history(), busy_history()
    short.undo()
    writer = ProjectWriter("test")
    writer.save(path, long)
    chance = random.Random(7)
    for number in range(KILLS):
        child = os.fork()
        if child == 0:
            for history in cycle((short, long)):
                writer.save(path, history)
        time.sleep(chance.uniform(0.003, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        load_project(path)
        backup = path.with_name(path.name + ".bak")
        if number % 5 == 0 and backup.exists():
            load_project(backup)
    print(f"interrupted {len(leftovers(path.parent))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
