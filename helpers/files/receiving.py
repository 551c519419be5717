"""Bring one file over the network: resumed, bounded in size and time, checked before it gets its name."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from helpers.files import disk
from helpers.files.downloads import DownloadError, check_room, megabytes

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
_CHUNK = 1 << 16
_ROOM_EVERY = 1 << 24  # bytes between two looks at the room on the disk
_SLOWEST = 2_000  # bytes per second, a tenth of a bad telephone line: slower is as good as broken
_NOT_SECURE = "is not a secure one (https), so anyone on the way could change the file"


@dataclass(frozen=True)
class Job:
    """One file to bring, and what is known of it beforehand."""

    url: str
    path: Path
    size: int | None
    sha256: str | None
    md5: str | None
    label: str
    timeout: float
    at_most: int
    check: Callable[[Path], str | None] | None = None
    own: str = ""  # in the part's name, where no lock keeps other programs off it

    @property
    def part(self) -> Path:
        """What has been received so far."""
        return self.path.with_name(f"{self.path.name}{self.own}.part")

    @property
    def tag(self) -> Path:
        """Two lines: the address that the part is from, and the server's mark for that version of the file."""
        return self.part.with_name(self.part.name + ".tag")

    def error(self, reason: str) -> DownloadError:
        return DownloadError(f"Cannot download {self.label} from {_host(self.url) or 'there'}: {reason}.")

    def forget(self) -> None:
        """Delete what has been received so far."""
        for leftover in (self.part, self.tag):
            with contextlib.suppress(OSError):
                disk.remove(leftover)

    def problem(self, file: Path, announced: str | None = None) -> str | None:
        """Say what is wrong with a received file, None if nothing is; announced: the server's own md5 sum."""
        found = file.stat().st_size
        if self.size is not None and found != self.size:
            return f"it has {found:,} bytes and should have {self.size:,}"
        for kind, wanted, source in (
            ("sha256", self.sha256, "listed"),
            ("md5", self.md5, "listed"),
            ("md5", announced, "that the server names"),
        ):
            if wanted and _sum(file, kind) != wanted.lower():
                return f"its {kind} sum is not the one {source}"
        return self.check(file) if self.check else None

    def received(self) -> tuple[int, str]:
        """Return how many bytes of the same file are here already, and the server's mark for that version of it.

        Without a mark the old bytes are of use only if a sum will prove the whole file right.
        """
        with contextlib.suppress(OSError):
            text = self.tag.read_text(encoding="utf-8", errors="replace")
            tag = re.fullmatch(re.escape(self.url) + r"\n([ -~]{0,1000})", text)
            got = self.part.stat().st_size
            if tag and (tag[1] or self.sha256 or self.md5) and 0 < got <= (self.size or self.at_most):
                return got, tag[1]
        self.forget()
        return 0, ""

    def kept(self) -> str:
        """What to do after a broken transfer; an empty part is not kept."""
        got, _ = self.received()
        if got == 0:
            return "try again later"
        return f"{megabytes(got)} are kept, run the same command again and it goes on from there"


class _TooSlow(Exception):
    """The content drips."""


def bring(job: Job) -> Path:
    """Receive, check and move; a wrong file that was put together from two downloads gets one more try as a whole."""
    resumed, announced = _receive(job)
    problem = job.problem(job.part, announced)
    if problem is None:
        os.replace(job.part, job.path)
    job.forget()
    if problem and resumed:
        return bring(job)
    if problem:
        raise job.error(f"the file is not the one expected, {problem}; it was deleted")
    return job.path


def refusal(url: str) -> str | None:
    """Say why an address is not taken, None if it is: https, or plain http from this computer itself."""
    host = _host(url)
    if host is None:
        return f"{url[:200]!r} is not an address"
    if host and (url.startswith("https:") or (url.startswith("http:") and host in _LOCAL_HOSTS)):
        return None
    return f"the address {url[:200]} {_NOT_SECURE}"


def _host(url: str) -> str | None:
    """The host that an address names, "" for none, None for what is no address at all."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for ports that cannot be
        (parts.hostname or "").encode("idna")
        return parts.hostname or ""
    except ValueError:  # UnicodeError is one, too
        return None


def _sum(file: Path, kind: str) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, kind).hexdigest()


def _receive(job: Job) -> tuple[bool, str | None]:
    """Bring the part file up to full length. Returns whether it is from several downloads, and the server's sum."""
    import requests
    from urllib3.exceptions import HTTPError

    got, mark = job.received()
    if got and got == job.size:
        return True, None
    try:
        with _session(job.url) as session, _answer(session, job, got, mark) as response:
            start = _start(response, got)
            if start is not None:
                _check_status(job, response)
                _save(job, response, start)
                return start > 0, _announced_md5(response.headers)
    except DownloadError:
        raise
    except (_TooSlow, requests.RequestException, HTTPError, ValueError) as error:
        raise job.error(_network_fault(job, error)) from error
    if not got:
        raise job.error("the server sends another part of the file than the one asked for; try later")
    job.forget()
    return _receive(job)


def _session(url: str) -> Any:
    """A session that follows redirections to secure addresses only, and on this computer if it begins there."""
    import requests

    session = requests.Session()
    session.max_redirects = 5
    http = session.adapters.pop("http://")
    if url.startswith("http:"):
        for host in ("127.0.0.1", "localhost", "[::1]"):
            session.mount(f"http://{host}:", http)
            session.mount(f"http://{host}/", http)
    return session


def _answer(session: Any, job: Job, got: int, mark: str) -> Any:
    """Ask for the file, from byte `got` on; wait for the answer's head four times the timeout, however it drips."""
    import requests

    headers = {"Accept-Encoding": "identity", "User-Agent": "course-helpers"}
    if got:
        headers["Range"] = f"bytes={got}-"
        if mark:
            headers["If-Range"] = mark  # a file that changed meanwhile is sent as a whole
    answer: Future = Future()

    def ask() -> None:
        try:
            answer.set_result(session.get(job.url, headers=headers, stream=True, timeout=job.timeout))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.result(4 * job.timeout)
    except TimeoutError:
        raise requests.Timeout from None


def _start(response: Any, got: int) -> int | None:
    """Where an answer goes on, with `got` bytes at hand: there, or 0 for the whole file; None if it is of no use."""
    if response.status_code == 206:
        place = _range(response)
        return got if place is not None and place[0] == got else None
    return None if got and response.status_code == 416 else 0  # 416: beyond the end, the file has become shorter


def _range(response: Any) -> tuple[int, int | None] | None:
    """Where a part begins and how long the whole file is (None: not told), None for an unreadable Content-Range."""
    text = response.headers.get("Content-Range", "")
    found = re.fullmatch(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15}|\*)", text.strip())
    return found and (int(found[1]), None if found[2] == "*" else int(found[2]))


def _check_status(job: Job, response: Any) -> None:
    status = response.status_code
    if status in (404, 410):
        raise job.error(f"there is no file at {job.url} any more (status {status})")
    if status not in (200, 206):
        raise job.error(f"the server {'is out of order' if status >= 500 else 'refuses'} (status {status}); try later")
    if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise job.error("the server, or a proxy on the way, packs the file in a way that was not asked for")


def _total(job: Job, response: Any) -> int | None:
    """Return how long the whole file will be, None where only its sum is known; raise for a wrong or unfit length."""
    length = response.headers.get("Content-Length", "").strip()
    announced = int(length) if re.fullmatch("[0-9]{1,15}", length) else None
    total = _range(response)[1] if response.status_code == 206 else announced
    total = job.size if total is None else total
    if total is None and not (job.sha256 or job.md5):
        raise job.error("the server does not tell the file's size, and no sum of it is known, so it cannot be checked")
    reason = None
    if job.size is not None and total != job.size:
        reason = f"the file is not the one expected, it has {total:,} bytes and should have {job.size:,}"
    elif total is not None and total > job.at_most:
        reason = f"it would be {megabytes(total)}, and no more than {megabytes(job.at_most)} are expected"
    if reason:
        job.forget()
        raise job.error(reason)
    return total


def _save(job: Job, response: Any, start: int) -> None:
    """Write the answer behind the first `start` bytes of the part file, watching size, speed and room."""
    from helpers.runtime import Progress

    total = _total(job, response)
    check_room(job.path.parent, (total or start) - start, job.label)
    job.tag.write_text(f"{job.url}\n{_mark(response.headers)}", encoding="utf-8")
    done, limit, looked = start, total if total is not None else job.at_most, start
    with job.part.open("ab" if start else "wb") as part, Progress(job.label, total, unit="B") as bar:
        bar.update(start)
        for chunk in _chunks(response, job.timeout):
            done += len(chunk)
            if done > limit:
                break
            if total is None and done - looked > _ROOM_EVERY:
                check_room(job.path.parent, 0, job.label)
                looked = done
            part.write(chunk)
            bar.update(len(chunk))
    if done > limit:
        job.forget()
        raise job.error(f"the server sends more than the {limit:,} bytes that the file has")
    if total is not None and done < total:
        raise job.error(f"the connection broke; {job.kept()}")


def _chunks(response: Any, timeout: float) -> Iterator[bytes]:
    """Yield the content as it comes. Raises _TooSlow when it keeps coming, but by drops."""
    # read1 gives what is here; read, of older versions of the library, waits until the whole block is.
    read = getattr(response.raw, "read1", response.raw.read)
    began, came = time.monotonic(), 0
    while chunk := read(_CHUNK, decode_content=False):
        yield chunk
        came += len(chunk)
        passed = time.monotonic() - began
        if passed > timeout:
            if came < _SLOWEST * passed:
                raise _TooSlow(f"only {came:,} bytes came in {passed:.1f} s")
            began, came = time.monotonic(), 0


def _mark(headers: Any) -> str:
    """Return the server's mark for this version of the file, good enough to continue with; "" if there is none."""
    entity = headers.get("ETag", "")
    return entity if entity and not entity.startswith("W/") else headers.get("Last-Modified", "")


def _announced_md5(headers: Any) -> str | None:
    """Return the md5 sum of the whole file that Google's storage names in its answer, None for others."""
    found = re.search(r"\bmd5=([A-Za-z0-9+/]{22}==)", headers.get("x-goog-hash", ""))
    return base64.b64decode(found[1]).hex() if found else None


def _network_fault(job: Job, error: Exception) -> str:
    """What the network library raised, in words."""
    from requests import exceptions
    from urllib3.exceptions import ProtocolError

    if isinstance(error, exceptions.Timeout) or "timed out" in str(error):
        return f"nothing came for {job.timeout:g} s; {job.kept()}"
    for kinds, reason in (
        (_TooSlow, f"{error}; {job.kept()}"),
        (exceptions.TooManyRedirects, "it points from address to address without end"),
        (exceptions.InvalidSchema, f"it points elsewhere, and the address there {_NOT_SECURE}"),
        (ValueError, "it points elsewhere, to what is not an address; try later"),
        (exceptions.SSLError, "the secure connection failed; check this computer's clock, or a proxy stands between"),
        ((exceptions.ChunkedEncodingError, ProtocolError), f"the connection broke; {job.kept()}"),
        (exceptions.ConnectionError, f"there is no connection; check the network; {job.kept()}"),
    ):
        if isinstance(error, kinds):
            return reason
    return f"the network failed ({type(error).__name__}); {job.kept()}"
