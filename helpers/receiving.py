"""Bring one file over the network: resumed, bounded in size and time, checked before it gets its name."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from helpers import disk
from helpers.downloads import LOCAL_HOSTS, DownloadError, check_room, megabytes

_CHUNK = 1 << 16
_ROOM_EVERY = 1 << 24  # bytes between two looks at the room on the disk
_SLOWEST = 2_000  # bytes per second, a tenth of a bad telephone line: slower is as good as broken
_REDIRECTS = 5


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
        for kind, wanted in (("sha256", self.sha256), ("md5", self.md5)):
            if wanted and _sum(file, kind) != wanted.lower():
                return f"its {kind} sum is not the one listed"
        if announced and _sum(file, "md5") != announced:
            return "its md5 sum is not the one that the server names"
        return self.check(file) if self.check else None

    def received(self) -> tuple[int, str]:
        """Return how many bytes of the same file are here already, and the server's mark for that version of it.

        Without a mark the old bytes are of use only if a sum will prove the whole file right.
        """
        got = self.part.stat().st_size if self.part.is_file() else 0
        address, _, mark = _text(self.tag).partition("\n")
        usable = address == self.url and (mark or self.sha256 or self.md5) and mark.isascii() and _is_plain(mark)
        if not got or not usable or got > (self.at_most if self.size is None else self.size):
            self.forget()
            return 0, ""
        return got, mark

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
    for _ in range(2):
        resumed, announced = _receive(job)
        problem = job.problem(job.part, announced)
        if problem is None:
            os.replace(job.part, job.path)
            job.forget()
            return job.path
        job.forget()
        if not resumed:
            break
    raise job.error(f"the file is not the one expected, {problem}; it was deleted")


def refusal(url: str, local: bool) -> str | None:
    """Say why an address is not taken, None if it is. `local`: plain http from this computer itself is allowed."""
    host = _host(url)
    if host is None:
        return f"{url[:200]!r} is not an address"
    scheme = urlsplit(url).scheme
    if (scheme == "https" and host) or (local and scheme == "http" and host in LOCAL_HOSTS):
        return None
    return f"the address {url[:200]} is not a secure one (https), so anyone on the way could change the file"


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


def _text(file: Path) -> str:
    """The text of a small file, "" when it is not there or damaged."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _is_plain(mark: str) -> bool:
    """Whether a mark may be sent as a header: on one line, nothing but what can be seen."""
    return mark.isprintable() and len(mark) < 1000


def _receive(job: Job) -> tuple[bool, str | None]:
    """Bring the part file up to full length. Returns whether it is from several downloads, and the server's sum."""
    import requests
    from urllib3.exceptions import HTTPError

    got, mark = job.received()
    if got and got == job.size:
        return True, None
    try:
        with requests.Session() as session, _open(session, job, got, mark) as response:
            if _fits(response, got):
                _check_status(job, response)
                start = got if response.status_code == 206 else 0
                _save(job, response, start)
                return start > 0, _announced_md5(response.headers)
    except DownloadError:
        raise
    except _TooSlow as error:
        raise job.error(f"{error}; {job.kept()}") from None
    except (requests.RequestException, HTTPError, ValueError) as error:
        raise _network_error(job, error) from error
    if not got:
        raise job.error("the server sends another part of the file than the one asked for; try later")
    job.forget()
    return _receive(job)


def _open(session: Any, job: Job, got: int, mark: str) -> Any:
    """Ask for the file, from byte `got` on, and follow redirections as long as they stay safe."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "course-helpers"}
    if got:
        headers["Range"] = f"bytes={got}-"
        if mark:
            headers["If-Range"] = mark  # a file that changed meanwhile is sent as a whole
    url = job.url
    local = urlsplit(url).scheme == "http"
    for _ in range(_REDIRECTS + 1):
        response = _answer(session, url, headers, job.timeout)
        if not response.is_redirect:
            return response
        response.close()
        url = _next(url, response.headers["Location"])
        reason = refusal(url, local)
        if reason:
            raise job.error(f"it points elsewhere, and {reason}")
    raise job.error("it points from address to address without end")


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _answer(session: Any, url: str, headers: dict[str, str], timeout: float) -> Any:
    """Ask, and wait for the head of the answer no longer than four times the timeout, however it drips."""
    import requests

    box: queue.SimpleQueue = queue.SimpleQueue()

    def ask() -> None:
        try:
            box.put(session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=timeout))
        except Exception as error:
            box.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = box.get(timeout=4 * timeout)
    except queue.Empty:
        raise requests.Timeout("timed out") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _fits(response: Any, got: int) -> bool:
    """Whether the answer can be used with `got` bytes at hand: the rest from there on, or the whole file anew."""
    if response.status_code == 206:
        place = _range(response)
        return place is not None and place[0] == got
    return not got or response.status_code != 416  # 416: beyond the end, the file has become shorter


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
    if job.size is not None and total != job.size:
        job.forget()
        raise job.error(f"the file is not the one expected, it has {total:,} bytes and should have {job.size:,}")
    if total is None and not (job.sha256 or job.md5):
        raise job.error("the server does not tell the file's size, and no sum of it is known, so it cannot be checked")
    if total is not None and total > job.at_most:
        job.forget()
        raise job.error(f"it would be {megabytes(total)}, and no more than {megabytes(job.at_most)} are expected")
    return total


def _save(job: Job, response: Any, start: int) -> None:
    """Write the answer behind the first `start` bytes of the part file, watching size, speed and room."""
    from helpers.progress import Progress

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
    mark = entity if entity and not entity.startswith("W/") else headers.get("Last-Modified", "")
    return mark if mark.isascii() and _is_plain(mark) else ""


def _announced_md5(headers: Any) -> str | None:
    """Return the md5 sum of the whole file that Google's storage names in its answer, None for others."""
    found = re.search(r"\bmd5=([A-Za-z0-9+/]{22}==)", headers.get("x-goog-hash", ""))
    return base64.b64decode(found[1]).hex() if found else None


def _network_error(job: Job, error: Exception) -> DownloadError:
    """Turn what the network library raised into one sentence."""
    import requests
    from urllib3 import exceptions

    kept = job.kept()
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return job.error(f"nothing came for {job.timeout:g} s; {kept}")
    if isinstance(error, requests.exceptions.SSLError):
        return job.error("the secure connection failed; check this computer's clock, or a proxy stands between")
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, exceptions.ProtocolError)):
        return job.error(f"the connection broke; {kept}")
    if isinstance(error, requests.ConnectionError):
        return job.error(f"there is no connection; check the network; {kept}")
    if isinstance(error, ValueError):  # of the library, which looks at a redirection before we can; InvalidURL is one
        return job.error("it points elsewhere, to what is not an address; try later")
    return job.error(f"the network failed ({type(error).__name__}); {kept}")
