"""`course.py slides NAME`: a notebook as live slides in a browser, in which the explorers work.

Voilà runs the notebook while the page loads, with its progress on the page, and connects the widgets to the kernel.
Arrow keys move on and back, C shows and hides the code, Esc shows all slides; after a **Think!** the answer waits for a
key. The address holds a token; it opens any number of windows, which share one kernel (tools/show.py).
With `--at SECTION` there is that section alone, and only what it needs is run: for a start in the middle, or after a
crash.
"""

import argparse
import contextlib
import http.client
import json
import os
import secrets
import socket
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat

from tools import books, common, deck, lab, section
from tools.common import NOTEBOOKS, ROOT, Stop, choose, start, write
from tools.pages import first_heading

FIRST_PORT, PORTS = 8870, 50
WIDGET_EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")


def main(arguments: list[str]) -> int:
    """Prepare the notebook's slides and serve them until Ctrl-C; further options are Voilà's own."""
    parser = argparse.ArgumentParser(prog="course.py slides", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a notebook, such as 06")
    parser.add_argument("--at", metavar="SECTION", help="this section alone, by its heading or a part of it")
    parser.add_argument("--port", help=f"where the slides are served (else the first free one from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    known, others = parser.parse_known_args(arguments)
    name = choose([known.name], notebook_names(), "notebook")[0]
    port = lab.asked_port([f"--port={known.port}"]) if known.port is not None else None
    common.check_room(20_000_000)
    if known.at is not None:  # a heading that is not there ends no running show
        section.only(books.read(common.NOTEBOOKS / f"{name}.ipynb", with_outputs=False), known.at)
    take_over(name)
    if port:
        lab.check_free(port)
    path = prepared(name, at=known.at)
    return serve(name, [str(path), *options(port or free_port(), known.no_browser), *others])


def serve(name: str, words: list[str]) -> int:
    """Serve prepared slides in this process, with Voilà's command line; return the exit status."""
    # Voilà looks here for templates, besides its own folders.
    ours = str(ROOT / "tools" / "jupyter")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [ours, os.environ.get("JUPYTER_PATH")]))
    from tools.show import SlidesServer

    server = SlidesServer.instance(secret=secrets.token_urlsafe(24), announce=lambda running: announce(name, running))
    try:
        server.initialize(words)
    except ValueError as error:
        raise Stop(f"Voilà does not take these options ({error}): see `course.py slides --help`.") from None
    try:
        server.start()
    finally:
        forget(name, server.secret)
    if server.interrupted:
        raise KeyboardInterrupt
    if server.said:
        print(server.said)
    return 0


def announce(name: str, server: Any) -> None:
    """Say where the slides are, and note it for a second command."""
    path = record_of(name)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # it holds the token
        json.dump({"port": server.port, "token": server.secret}, file)
    print(f"Slides of {name}: {server.address}")
    print("The notebook runs while the page loads (its first slide says how many minutes). Further windows of this")
    print("address and reloads share its kernel. Ctrl-C here stops it.")
    print("Keys: arrows on and back, C code, Esc all slides.", flush=True)


# ---- one show of a notebook at a time --------------------------------------------------------------------------------


def record_of(name: str) -> Path:
    """The file that says where the notebook's slides are shown now."""
    return common.SLIDES / f"{name}.json"


def forget(name: str, token: str) -> None:
    """Remove the note of a show that has ended, unless another one has taken its place."""
    with contextlib.suppress(OSError):
        if token in record_of(name).read_text(encoding="utf-8", errors="replace"):
            record_of(name).unlink()


def take_over(name: str) -> None:
    """Ask before a running show of the same notebook ends; Stop where the answer is no."""
    other = running(name)
    if other is None:
        return
    address = f"http://localhost:{other['port']}/?token={other['token']}"
    windows = f"{other['windows']} window{'s' * (other['windows'] != 1)}"
    question = f"Slides of {name} are shown already, in {windows}: {address}\nEnd them and take over? [y/N] "
    try:
        answer = input(question)
    except EOFError:  # nobody is there to answer
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise Stop(f"slides of {name} are shown already: open {address} in another window, or end them with Ctrl-C.")
    with contextlib.suppress(OSError, http.client.HTTPException):
        talk(other, "POST")
    end = time.monotonic() + 20
    while running(name) and time.monotonic() < end:
        time.sleep(0.1)


def running(name: str) -> dict[str, Any] | None:
    """Port, token and number of windows of a show that goes on; None where none does."""
    try:
        other = json.loads(record_of(name).read_text(encoding="utf-8"))
        known = {"port": int(other["port"]), "token": str(other["token"])}
        return {**known, "windows": int(json.loads(talk(known, "GET"))["windows"])}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None  # no record, a damaged one, or nobody who answers


def talk(other: dict[str, Any], method: str) -> bytes:
    """Ask a running show; OSError when it does not answer."""
    address = f"http://127.0.0.1:{other['port']}/slides/show?token={other['token']}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.closing(opener.open(urllib.request.Request(address, method=method), timeout=5)) as answer:
        return answer.read()


# ---- what is served --------------------------------------------------------------------------------------------------


def notebook_names() -> list[str]:
    """The names of all notebooks."""
    return sorted(path.stem for path in common.NOTEBOOKS.glob("*.ipynb"))


def options(port: int, quiet: bool) -> list[str]:
    """Our options for Voilà: our template, this port only, errors in sight, no chatter."""
    chosen = ["--template=course", f"--port={port}", "--Voila.ip=127.0.0.1", "--Voila.port_retries=0"]
    chosen += ["--Voila.log_level=ERROR", "--show_tracebacks=True", "--VoilaConfiguration.strip_sources=False"]
    chosen += ["--VoilaConfiguration.allow_template_override=NO"]
    # Only what draws the widgets: extensions made for JupyterLab fail in this page, each with an error of its own.
    chosen += [f"--VoilaConfiguration.extension_allowlist={name}" for name in WIDGET_EXTENSIONS]
    if quiet:
        chosen.append("--no-browser")
    chosen.append("--KernelManager.autorestart=False")  # an empty kernel would know nothing of the page's widgets
    if sys.platform.startswith("linux") and lab.socket_paths_fit():
        chosen.append("--KernelManager.transport=ipc")
    return chosen


def prepared(name: str, source: Path | None = None, at: str | None = None) -> Path:
    """Write the notebook that Voilà serves: HTML for text, the slides in the metadata, the folder set first of all.

    at: the heading of the only section that is wanted.
    """
    original = books.read(source or common.NOTEBOOKS / f"{name}.ipynb", with_outputs=False)
    title = first_heading(original) or name
    book = deck.prepare(section.only(original, at) if at else original)
    first = nbformat.v4.new_code_cell(f"import os\n\nos.chdir({str(NOTEBOOKS)!r})")
    first.metadata["deck"] = deck.nowhere(title)
    book.cells.insert(0, first)
    book.metadata["deck"] = {"title": title, "head": deck.head()}
    write(common.SLIDES / f"{name}.ipynb", nbformat.writes(book) + "\n")
    return common.SLIDES / f"{name}.ipynb"


def free_port() -> int:
    """The first port from 8870 on that nothing listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Stop(f"no port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free: name one with --port.")


if __name__ == "__main__":
    start(main)
