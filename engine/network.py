"""One answer of a server, and what can go wrong on the way, in plain sentences. Nothing here runs by itself."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Literal, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from engine import __version__
from engine.types import EngineError

Phase = Literal["connecting", "fetching", "retrying", "checking"]

MAX_REDIRECTS = 5
BLOCK_BYTES = 1 << 16
BEAT_S = 0.1
"""The longest that a generator here keeps its caller waiting, whatever the network does."""

_LOCAL = ("127.0.0.1", "::1", "localhost")
_BROKEN = (502, 503, 504, 500, 429, 408)
_NOT_THERE = ("RepoNotFound", "RevisionNotFound", "EntryNotFound")


@dataclass(frozen=True)
class Step:
    """How far one file is: bytes on the disk, and what happens now."""

    done_bytes: int
    phase: Phase


class HiccupError(Exception):
    """Something that may go by: worth another attempt; ``sentence`` for when it does not."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Head:
    """What a server says before the data."""

    status: int
    headers: Message


def check_address(url: str, local: bool = False) -> str:
    """The host of an address that may be asked: https, or this computer if ``local``. Raises EngineError("value")."""
    try:
        parts = urlsplit(url)
        host, plain = parts.hostname or "", parts.username is None and parts.password is None
    except ValueError:
        raise EngineError("value", f"{url!r} is no address.") from None
    if host and plain and (parts.scheme == "https" or (local and parts.scheme == "http" and host in _LOCAL)):
        return host
    raise EngineError("value", f"Only https addresses are fetched, not {url.partition('?')[0]!r}.")


def is_local(url: str) -> bool:
    """True if an address is on this computer."""
    return urlsplit(url).hostname in _LOCAL


def refuse_web_page(name: str, host: str) -> NoReturn:
    raise EngineError("pack", f"{host} sent a web page instead of {name}; perhaps this network wants you to sign in first.")


class Pump:
    """Reads one answer of a server in a thread of its own, so that whoever waits for it can give up at any moment.

    Of the data at most one byte more is read than was announced: enough to know that there is more.
    """

    def __init__(self, url: str, headers: dict[str, str], limit_bytes: int, timeout_s: float) -> None:
        self._request = Request(url, headers={"User-Agent": f"Melbrush/{__version__}", "Accept-Encoding": "identity", **headers})
        self._limit, self._timeout_s = limit_bytes, timeout_s
        self._items: queue.Queue[Any] = queue.Queue(maxsize=8)
        self._given_up, self._may_read = threading.Event(), threading.Event()
        threading.Thread(target=self._work, name="download", daemon=True).start()

    def head(self, done: int, host: str, what: str) -> Iterator[Step]:
        """Yields while connecting; returns the head. Raises EngineError or HiccupError."""
        while (item := self._next()) is None:
            yield Step(done, "connecting")
        if isinstance(item, Exception):
            raise network_failure(item, host, what)
        return item

    def limit_to(self, limit_bytes: int) -> None:
        """Corrects the number of bytes that are expected; the data is not read before."""
        self._limit = limit_bytes

    def blocks(self, host: str, what: str) -> Iterator[bytes]:
        """The data; empty blocks while nothing comes. Raises EngineError or HiccupError."""
        self._may_read.set()
        while True:
            item = self._next()
            if isinstance(item, Exception):
                raise network_failure(item, host, what)
            if item == b"":
                return
            yield item or b""

    def close(self) -> None:
        """Nobody waits any more; the thread ends after what it reads just now."""
        self._given_up.set()
        self._may_read.set()

    def _next(self) -> Any:
        try:
            return self._items.get(timeout=BEAT_S)
        except queue.Empty:
            return None

    def _work(self) -> None:
        try:
            with _opener(self._request.full_url).open(self._request, timeout=self._timeout_s) as response:
                self._put(Head(response.status, response.headers))
                self._may_read.wait()
                left = self._limit + 1
                while left > 0 and not self._given_up.is_set() and (block := response.read1(min(BLOCK_BYTES, left))):
                    left -= len(block)
                    self._put(block)
            self._put(b"")
        except Exception as error:
            self._put(error)

    def _put(self, item: Any) -> None:
        while not self._given_up.is_set():
            try:
                self._items.put(item, timeout=BEAT_S)
                return
            except queue.Full:
                continue


class _CarefulRedirects(HTTPRedirectHandler):
    """Follows to https only, and not for ever."""

    max_redirections = MAX_REDIRECTS

    def __init__(self, local: bool) -> None:
        self._local = local

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> Request | None:
        """The request for the new address. Raises EngineError for addresses that are not asked."""
        check_address(newurl, self._local)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> OpenerDirector:
    local = is_local(url)
    # This computer is reached without the proxy that the system names for the others.
    return build_opener(_CarefulRedirects(local), *([ProxyHandler({})] if local else []))


def network_failure(error: Exception, host: str, what: str) -> Exception:
    """What went wrong in one sentence: as HiccupError if it may go by, else as EngineError."""
    if isinstance(error, HTTPError):
        return _refusal(error, host, what)
    reason = error.reason if isinstance(error, URLError) else error
    match reason:
        case EngineError():
            return reason
        case TimeoutError():
            return HiccupError(f"{host} does not answer.")
        case ssl.SSLError():
            return EngineError("pack", f"{host} cannot be reached safely ({reason.reason or 'TLS'}); nothing was fetched.")
        case socket.gaierror():
            return EngineError("pack", f"{host} cannot be found; is this computer connected to the internet?")
        case ConnectionRefusedError():
            return EngineError("pack", f"{host} cannot be reached; is this computer connected to the internet?")
        case ConnectionError() | HTTPException():
            return HiccupError(f"The connection to {host} was cut.")
        case OSError():
            why = reason.strerror or reason
            return EngineError("pack", f"{host} cannot be reached ({why}); is this computer connected to the internet?")
    return error


def _refusal(error: HTTPError, host: str, what: str) -> Exception:
    code = error.code
    hint = error.headers.get("X-Error-Code", "") if error.headers else ""
    error.close()
    if code == 404 or hint in _NOT_THERE:
        return EngineError("pack", f"{host} has no {what}, or it is not public.")
    if code in (401, 403):
        return EngineError("pack", f"{host} gives {what} only to people with an account; download it in a browser and place it by hand.")
    if code == 416:
        return EngineError("pack", f"{what} on {host} is shorter than announced.")
    if 300 <= code < 400:
        return EngineError("pack", f"{host} sends from one address to the next without end.")
    if code in _BROKEN:
        return HiccupError(f"{host} cannot answer at the moment ({code}); try again later.")
    return EngineError("pack", f"{host} refuses {what} ({code}).")
