"""A hub on this computer that can behave badly: it cuts, lies, sends web pages, refuses, dawdles."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Mood:
    """How one request is answered; -1 and empty mean: as it should be."""

    status: int = 0
    cut_after: int = -1
    flip_byte: int = -1
    says_length: int = -1
    no_length: bool = False
    surplus: bytes = b""
    body: bytes | None = None
    type: str = "application/octet-stream"
    goes_to: str = ""
    ranges: bool = True
    wrong_range: bool = False
    etag: str | None = None
    pause_s: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()


class FakeHub:
    """Serves ``files`` of ``repo``; ``moods`` of a path are used up one by one, then it behaves."""

    def __init__(self, repo: str = "someone/sounds") -> None:
        self.repo, self.files = repo, dict[str, bytes]()
        self.moods: dict[str, deque[Mood]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.lfs = True
        self.extra_rows: list[dict] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Nobody answers any more."""
        self._server.shutdown()
        self._server.server_close()

    def mood(self, path: str, *moods: Mood) -> None:
        """How the next requests for a file (or ``list``) are answered."""
        self.moods[path] = deque(moods)

    def serve(self, folder: Path) -> None:
        """Offers the files of a folder."""
        self.files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def ranges(self, path: str) -> list[str]:
        """Ranges that were asked of a file, "" for all of it."""
        return [headers.get("Range", "") for asked, headers in self.asked if asked == path]

    def listing(self) -> bytes:
        """The answer to the question for files."""
        rows: list[dict] = [{"type": "directory", "path": "pictures", "oid": "0", "size": 0}]
        for path, data in self.files.items():
            row = {"type": "file", "path": path, "oid": "0" * 40, "size": len(data)}
            if self.lfs and path.endswith(".safetensors"):
                row["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            rows.append(row)
        return json.dumps(rows + self.extra_rows).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Says nothing."""

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                if path == f"/api/models/{hub.repo}/tree/main":
                    self.answer("list", hub.listing(), "application/json")
                elif path.startswith(f"/{hub.repo}/resolve/"):
                    name = path.removeprefix(f"/{hub.repo}/resolve/").partition("/")[2]
                    self.answer(name, hub.files.get(name), "application/octet-stream")
                elif path.startswith("/else/"):
                    self.answer(path, hub.files.get(path.removeprefix("/else/")), "application/octet-stream")
                else:
                    self.answer(path, None, "text/plain")

            def answer(self, path: str, data: bytes | None, kind: str) -> None:
                hub.asked.append((path, dict(self.headers)))
                moods = hub.moods.get(path)
                mood = moods.popleft() if moods else Mood(type=kind)
                if mood.goes_to:
                    self.head(302, {"Location": mood.goes_to, "Content-Length": "0"})
                elif mood.status or data is None:
                    self.head(mood.status or 404, {"Content-Length": "0", **dict(mood.headers)})
                else:
                    self.send(mood, data)

            def send(self, mood: Mood, data: bytes) -> None:
                whole = (data if mood.body is None else mood.body) + mood.surplus
                if mood.flip_byte >= 0:
                    whole = bytearray(whole)
                    whole[mood.flip_byte] ^= 1
                etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"' if mood.etag is None else mood.etag
                start = self.start(etag) if mood.ranges else 0
                headers = {"Content-Type": mood.type, "ETag": etag, "X-Repo-Commit": COMMIT, **dict(mood.headers)}
                if start:
                    headers["Content-Range"] = f"bytes {start - mood.wrong_range}-{len(whole) - 1}/{len(whole)}"
                if not mood.no_length:
                    headers["Content-Length"] = str(mood.says_length if mood.says_length >= 0 else len(whole) - start)
                self.head(206 if start else 200, headers)
                end = len(whole) if mood.cut_after < 0 else min(len(whole), start + mood.cut_after)
                self.write(bytes(whole[start:end]), mood.pause_s)
                self.close_connection = True

            def start(self, etag: str) -> int:
                wanted = self.headers.get("Range", "")
                if not wanted or self.headers.get("If-Range", etag) != etag:
                    return 0
                return int(wanted.removeprefix("bytes=").partition("-")[0])

            def write(self, data: bytes, pause_s: float) -> None:
                try:
                    for at in range(0, len(data), 16384):
                        self.wfile.write(data[at : at + 16384])
                        time.sleep(pause_s)
                except OSError:
                    pass

            def head(self, status: int, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

        return Handler
