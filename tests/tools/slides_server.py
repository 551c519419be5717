"""Starts the server of `course.py slides` on a notebook of a few cells: `python slides_server.py FOLDER [OPTION ...]`.

`serving` does so from a test, in a process of its own, and tells where it is.
"""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "00_greys"


@dataclass
class Served:
    """A running show."""

    process: subprocess.Popen
    port: int
    token: str
    log: Path

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and text of an answer; `{token}` in the path is the token, `_` in a header's name is a hyphen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path.format(token=self.token), headers=named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def page(self) -> str:
        """The slides."""
        status, text = self.ask("/?token={token}")
        assert status == 200, text
        return text

    def kernels(self) -> int:
        """How many kernels there are, counted among the server's processes."""
        import psutil

        found = 0
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends while we count
                found += "ipykernel" in " ".join(child.cmdline())
        return found


def kernel_of(page: str) -> str:
    """The name of the kernel that a page is connected to."""
    return re.search(r'"kernelId": "([\w-]+)"', page)[1]


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """A show of the tiny notebook, which keeps Jupyter's own files in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    private = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **private, "IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(ROOT)}
    log = folder / "server.log"
    with log.open("w") as file:
        command = [sys.executable, __file__, str(folder / "slides"), *options]
        streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **streams)
    try:
        found = None
        end = time.monotonic() + 90
        while not found and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
            found = re.search(r"http://localhost:(\d+)/\?token=([\w-]+)", log.read_text())
        if not found:
            raise RuntimeError(f"The server did not start:\n{log.read_text()}")
        yield Served(process, int(found[1]), found[2], log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def main(words: list[str]) -> int:
    """Prepare and serve."""
    from tests.browser.tiny import write
    from tools import common, slides

    common.SLIDES = Path(words[0])
    common.SLIDES.mkdir(parents=True, exist_ok=True)
    slides.take_over(NAME)
    path = slides.prepared(NAME, write(common.SLIDES / "source.ipynb"))
    with socket.socket() as free:  # any port: tests beside this one serve, too
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return slides.serve(NAME, [str(path), *slides.options(port, quiet=True), *words[1:]])


if __name__ == "__main__":
    from tools.common import start

    start(main)
