"""A process that has loaded all that trainings need and copies itself for each of them: they begin at once and can be killed alone.

Run as a program it reads lines of JSON from stdin: a module whose function ``program`` is called in the copy, and its texts. For each it
writes the number of the copy and, when that has ended, its exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}


class Program:
    """A copy at work."""

    def __init__(self, nursery: subprocess.Popen[bytes], module: str, words: tuple[str, ...]) -> None:
        self._answers = nursery.stdout
        nursery.stdin.write(json.dumps([module, *words]).encode() + b"\n")
        self._number = int(self._answers.readline())
        self.exit_code: int | None = None

    def wait(self, seconds: float) -> int | None:
        """The exit code; None if it is still at work after so many seconds."""
        if self.exit_code is None and select.select([self._answers], [], [], seconds)[0]:
            self.exit_code = int(self._answers.readline())
        return self.exit_code

    def kill(self) -> int:
        """Ends it without a warning, if it has not ended by itself, and returns the exit code."""
        # Until its exit code is written nothing else can have its number.
        if self.wait(0) is None:
            os.kill(self._number, signal.SIGKILL)
        return self.wait(60)


class Nursery:
    """Begins programs; one at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.training.nursery"]
        # Without a buffer, so that what can be read is seen from outside.
        self._process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def begin(self, module: str, *words: str) -> Program:
        """Calls the function ``program`` of a module with these texts in a copy."""
        return Program(self._process, module, words)

    def close(self) -> None:
        """No more programs; it need not have loaded everything yet."""
        self._process.stdin.close()
        self._process.kill()
        self._process.wait(60)
        self._process.stdout.close()


def _answer(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def main() -> None:
    """Waits for programs."""
    for module in ("lightning.fabric", "tests.training.own_run", "tests.training.toy"):
        importlib.import_module(module)
    for line in sys.stdin:
        module, *words = json.loads(line)
        number = os.fork()
        if number == 0:
            sys.stdout = open(os.devnull, "w")
            importlib.import_module(module).program(*words)
            return
        _answer(str(number))
        _answer(str(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])))


if __name__ == "__main__":
    main()
