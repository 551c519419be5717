"""Files that several programs share and that a killed one leaves behind: locks, working folders, leftovers."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

DAY = 86_400  # seconds
_LEFTOVERS = (".unpack-*", "unfinished-*", "saving-*", "*.part.lock", "*.zip.lock")  # in folders of the course only
_POLL = 0.1  # seconds between two looks at a lock that another program holds


@contextlib.contextmanager
def alone(path: Path, watched: Path, patience: float, waiting: str) -> Iterator[bool]:
    """Hold the lock file `path`, so that one program at a time works on `watched`; it is removed in the end.

    Prints `waiting` once when another program is at work. Raises TimeoutError when `watched` has not grown for
    `patience` seconds meanwhile. Yields False where the disk knows no locks: then nobody is kept out.
    """
    held, size, since = _hold(path), -1, time.monotonic()
    if held is None:
        print(waiting, flush=True)
    while held is None:
        time.sleep(_POLL)
        with contextlib.suppress(OSError):
            if (grown := watched.stat().st_size) != size:
                size, since = grown, time.monotonic()
        if time.monotonic() - since > patience:
            raise TimeoutError(errno.ETIMEDOUT, f"another program has held {path.name} for {patience:.0f} s")
        held = _hold(path)
    file, exclusive = held
    try:
        yield exclusive
    finally:
        _let_go(file, path)


@contextlib.contextmanager
def workplace(parent: Path, prefix: str) -> Iterator[Path]:
    """Yield a new folder in `parent` to make something in; it goes in the end, after a kill with the next `sweep`.

    Its lock file, beside it, is there before and after it. Raises OSError when the folder cannot be made.
    """
    held = None
    while held is None:  # a `sweep` at this moment may hold the lock
        room = parent / f"{prefix}{secrets.token_hex(4)}"
        held = _hold(_lock_of(room))
    try:
        room.mkdir()
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        _let_go(held[0], _lock_of(room))


def sweep(folder: Path, patterns: tuple[str, ...] = _LEFTOVERS) -> None:
    """Remove what killed programs left unfinished in a folder; what a running one holds stays. Raises nothing."""
    with contextlib.suppress(OSError):
        for path in [path for pattern in patterns for path in folder.glob(pattern)]:
            with contextlib.suppress(OSError):
                _sweep_one(path)


def remove(path: Path) -> None:
    """Delete whatever has this name: a file, a link, a folder or nothing. Raises OSError when it cannot be deleted."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sweep_one(path: Path) -> None:
    is_old = time.time() - path.stat().st_mtime > DAY
    lock = _lock_of(path) if path.is_dir() else path
    if not lock.exists():  # its program was killed while it tidied up
        remove(path)
    elif held := _hold(lock):
        if os.name == "nt":
            held[0].close()  # an open file cannot be deleted there, which protects what is in use
        if held[1] or is_old:
            remove(path)
            lock.unlink(missing_ok=True)
        held[0].close()


def _lock_of(room: Path) -> Path:
    return room.with_name(room.name + ".lock")


def _hold(path: Path) -> tuple[IO[bytes], bool] | None:
    """Open and lock a file; None when another program holds it. False beside it: this disk knows no locks."""
    while True:
        file = path.open("ab")
        taken = _lock(file)
        if taken is not False and _is_there(file, path):
            return file, bool(taken)
        file.close()
        if taken is False:
            return None  # else its last holder has just removed it: open a new one


def _let_go(file: IO[bytes], path: Path) -> None:
    """Remove and release a lock file; in this order, so that nobody holds a file that is gone without knowing it."""
    for step in (file.close, path.unlink) if os.name == "nt" else (path.unlink, file.close):
        with contextlib.suppress(OSError):
            step()


def _is_there(file: IO[bytes], path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


def _lock(file: IO[bytes]) -> bool | None:
    """Lock an open file until it is closed: True if done, False if another holds it, None where locks do not work."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK) else None
    return True
