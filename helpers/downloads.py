"""Find files that are here, and bring those that are not: checked, resumed, moved into place only when whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
SPARE_BYTES = 10_000_000  # left free on the disk beside the file itself
_CHUNK = 1 << 16
_REDIRECTS = 5


class MissingError(FileNotFoundError):
    """Data or weights that are not on this computer. The sentence says what, how big, which command brings it."""


class DownloadError(OSError):
    """A download that did not succeed. The sentence says what went wrong; nothing half-made is left to be used."""


def cache_folder() -> Path:
    """Return the folder that downloads land in: `$COURSE_CACHE` if it is set, else `data/cache` in the project.

    The folder need not exist yet.
    """
    chosen = os.environ.get("COURSE_CACHE", "").strip()
    return Path(chosen).expanduser() if chosen else Path(__file__).resolve().parents[1] / "data" / "cache"


def search_folders() -> list[Path]:
    """Return the folders to look in for data, first the folders named by `$COURSE_DATA`, then the cache.

    `$COURSE_DATA` may name several folders, separated as in `$PATH` (":" on Linux and macOS, ";" on Windows). A folder
    that does not exist is still listed: nothing will be found in it.
    """
    named = [Path(part).expanduser() for part in os.environ.get("COURSE_DATA", "").split(os.pathsep) if part.strip()]
    return [*named, cache_folder()]


def find(*names: str) -> Path | None:
    """Return the first of these files or folders in the search folders, None if none is there.

    A name may have folders in it ("tables/school.mat"). The earlier folder wins over the earlier name.
    """
    for folder in search_folders():
        for name in names:
            if (folder / name).exists():
                return folder / name
    return None


def megabytes(size: int) -> str:
    """Return a number of bytes as a reader wants it: "68.6 MB", "41 kB"."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def fetch(
    url: str,
    path: str | Path,
    size: int | None = None,
    sha256: str | None = None,
    label: str | None = None,
    md5: str | None = None,
    timeout: float = 30.0,
) -> Path:
    """Download one file to `path`, unless it is there already and right, and return the path.

    size is in bytes; it, sha256 and md5 (as hexadecimal text) are checked, as far as given, before the file gets its
    name; Keras lists md5 sums for its weights. Only https addresses are taken, and plain http from this computer
    itself (127.0.0.1, localhost), which is how the tests work; a redirection elsewhere is refused. `timeout` is in
    seconds, for the connection and for every wait for data. A broken download leaves `<name>.part` (and
    `<name>.part.tag`, which says of which address and version it is a part), and the next call goes on from there; when
    that cannot be right, it starts anew. Raises DownloadError, one sentence, when the file cannot be brought.
    """
    job = _Job(url, Path(path), size, sha256, md5, label or Path(path).name, timeout)
    if job.path.is_file() and job.problem(job.path) is None:
        return job.path
    refusal = _refusal(url, local=True)
    if refusal:
        raise job.error(refusal)
    try:
        job.path.parent.mkdir(parents=True, exist_ok=True)
        return _fetch(job)
    except DownloadError:
        raise
    except OSError as error:  # the disk: full, read-only, not ours
        job.forget()
        raise DownloadError(
            f"Cannot write {job.label} to {job.path.parent} ({error.strerror or error}); free some space, or set "
            f"COURSE_CACHE to a folder that you may write to."
        ) from error


def check_room(folder: Path, size: int, label: str) -> None:
    """Raise DownloadError if the disk of `folder` has no room for `size` more bytes."""
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise DownloadError(
            f"No room for {label} on the disk of {folder}: it needs {megabytes(size + SPARE_BYTES)} and "
            f"{megabytes(free)} are free; make room, or set COURSE_CACHE to a folder on another disk."
        )


@dataclass(frozen=True)
class _Job:
    """One file to bring, and what is known of it beforehand."""

    url: str
    path: Path
    size: int | None
    sha256: str | None
    md5: str | None
    label: str
    timeout: float

    @property
    def part(self) -> Path:
        """What has been received so far."""
        return self.path.with_name(self.path.name + ".part")

    @property
    def tag(self) -> Path:
        """Two lines: the address that the part is from, and the server's mark for that version of the file."""
        return self.path.with_name(self.path.name + ".part.tag")

    def error(self, reason: str) -> DownloadError:
        return DownloadError(f"Cannot download {self.label} from {urlsplit(self.url).hostname}: {reason}.")

    def forget(self) -> None:
        """Delete what has been received so far."""
        for leftover in (self.part, self.tag):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)

    def problem(self, file: Path) -> str | None:
        """Say what is wrong with a received file, None if nothing is."""
        found = file.stat().st_size
        if self.size is not None and found != self.size:
            return f"it has {found:,} bytes and should have {self.size:,}"
        for kind, wanted in (("sha256", self.sha256), ("md5", self.md5)):
            if wanted and _sum(file, kind) != wanted.lower():
                return f"its {kind} sum is not the one listed"
        return None

    def received(self) -> tuple[int, str]:
        """Return how many bytes of the same file are here already, and the server's mark for that version of it.

        Without a mark the old bytes are of use only if a sum will prove the whole file right.
        """
        if not self.part.is_file():
            return 0, ""
        address, _, mark = self.tag.read_text(encoding="utf-8").partition("\n") if self.tag.is_file() else ("", "", "")
        got = self.part.stat().st_size
        usable = address == self.url and (mark or self.sha256 or self.md5)
        if not usable or (self.size is not None and got > self.size):
            self.forget()
            return 0, ""
        return got, mark

    def kept(self) -> str:
        """What to do after a broken transfer; an empty part is not kept."""
        got, _ = self.received()
        if got == 0:
            self.forget()
            return "try again later"
        return f"{megabytes(got)} are kept, run the same command again and it goes on from there"


def _sum(file: Path, kind: str) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, kind).hexdigest()


def _refusal(url: str, local: bool) -> str | None:
    """Say why an address is not taken, None if it is. `local`: plain http from this computer itself is allowed."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return None
    if local and parts.scheme == "http" and parts.hostname in LOCAL_HOSTS:
        return None
    return f"the address {url} is not a secure one (https), so anyone on the way could change the file"


def _fetch(job: _Job) -> Path:
    """Receive, check and move; a wrong file that was put together from two downloads gets one more try as a whole."""
    for _ in range(2):
        resumed = _receive(job)
        problem = job.problem(job.part)
        if problem is None:
            os.replace(job.part, job.path)
            job.forget()
            return job.path
        job.forget()
        if not resumed:
            break
    raise job.error(f"the file is not the one expected, {problem}; it was deleted")


def _receive(job: _Job) -> bool:
    """Bring the part file up to full length. Returns whether it was put together from several downloads."""
    import requests

    got, mark = job.received()
    if got and got == job.size:
        return True
    try:
        with requests.Session() as session, _open(session, job, got, mark) as response:
            if not got or _fits(response, got):
                _check_status(job, response)
                start = got if response.status_code == 206 else 0
                _save(job, response, start)
                return start > 0
    except requests.RequestException as error:
        raise _network_error(job, error) from error
    job.forget()
    return _receive(job)


def _open(session: Any, job: _Job, got: int, mark: str) -> Any:
    """Ask for the file, from byte `got` on, and follow redirections as long as they stay safe."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "course-helpers"}
    if got:
        headers["Range"] = f"bytes={got}-"
        if mark:
            headers["If-Range"] = mark  # a file that changed meanwhile is sent as a whole
    url = job.url
    local = urlsplit(url).scheme == "http"
    for _ in range(_REDIRECTS + 1):
        response = session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=job.timeout)
        if not response.is_redirect:
            return response
        url = urljoin(url, response.headers["Location"])
        response.close()
        refusal = _refusal(url, local)
        if refusal:
            raise job.error(f"it points elsewhere, and {refusal}")
    raise job.error("it points from address to address without end")


def _fits(response: Any, got: int) -> bool:
    """Whether the answer can be used with `got` bytes at hand: the rest from there on, or the whole file anew."""
    if response.status_code == 206:
        return response.headers.get("Content-Range", "").startswith(f"bytes {got}-")
    return response.status_code != 416  # 416: beyond the end, the file has become shorter


def _check_status(job: _Job, response: Any) -> None:
    status = response.status_code
    if status in (404, 410):
        raise job.error(f"there is no file at {job.url} any more (status {status})")
    if status not in (200, 206):
        raise job.error(f"the server {'is out of order' if status >= 500 else 'refuses'} (status {status}); try later")


def _save(job: _Job, response: Any, start: int) -> None:
    """Write the answer behind the first `start` bytes of the part file, watching size and room."""
    from helpers.progress import Progress

    announced = response.headers.get("Content-Length", "")
    total = start + int(announced) if announced.isdigit() else job.size
    if job.size is not None and total != job.size:
        job.forget()
        raise job.error(f"the file is not the one expected, it has {total:,} bytes and should have {job.size:,}")
    if total is None and not (job.sha256 or job.md5):
        raise job.error("the server does not tell the file's size, and no sum of it is known, so it cannot be checked")
    check_room(job.path.parent, (total or start) - start, job.label)
    job.tag.write_text(f"{job.url}\n{_mark(response.headers)}", encoding="utf-8")
    done = start
    with job.part.open("ab" if start else "wb") as part, Progress(job.label, total, unit="B") as bar:
        bar.update(start)
        for chunk in response.iter_content(_CHUNK):
            done += len(chunk)
            if total is not None and done > total:
                break
            part.write(chunk)
            bar.update(len(chunk))
    if total is not None and done > total:
        job.forget()
        raise job.error(f"the server sends more than the {total:,} bytes that the file has")
    if total is not None and done < total:
        raise job.error(f"the connection broke; {job.kept()}")


def _mark(headers: Any) -> str:
    """Return the server's mark for this version of the file, good enough to continue with; "" if there is none."""
    entity = headers.get("ETag", "")
    return entity if entity and not entity.startswith("W/") else headers.get("Last-Modified", "")


def _network_error(job: _Job, error: Exception) -> DownloadError:
    """Turn what the network library raised into one sentence."""
    import requests

    kept = job.kept()
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return job.error(f"nothing came for {job.timeout:g} s; {kept}")
    if isinstance(error, requests.exceptions.SSLError):
        return job.error("the secure connection failed; check this computer's clock, or a proxy stands between")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return job.error(f"the connection broke; {kept}")
    if isinstance(error, requests.ConnectionError):
        return job.error(f"there is no connection; check the network; {kept}")
    return job.error(f"the network failed ({type(error).__name__}); {kept}")
