"""`course.py slides NAME`: a notebook as live slides in a browser, in which the explorers work.

Voilà runs the notebook while the page loads, with its progress on the page, and connects the widgets to the kernel.
Arrow keys move on and back, C shows and hides the code, Esc shows all slides; after a **Think!** the answer waits for a
key.
"""

import argparse
import os
import socket
import sys
from pathlib import Path

import nbformat

from tools import common, deck, lab
from tools.common import NOTEBOOKS, ROOT, Stop, choose, start, write
from tools.pages import first_heading

FIRST_PORT, PORTS = 8870, 50
ABANDONED = 180  # seconds
WIDGET_EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")
SLIDES = ROOT / "build" / "slides"


def main(arguments: list[str]) -> int:
    """Prepare the notebook's slides and start Voilà in this process; further options are Voilà's own."""
    parser = argparse.ArgumentParser(prog="course.py slides", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a notebook, such as 06")
    parser.add_argument("--port", help=f"where the slides are served (else the first free one from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    known, others = parser.parse_known_args(arguments)
    name = choose([known.name], notebook_names(), "notebook")[0]
    port = lab.asked_port([f"--port={known.port}"]) if known.port is not None else None
    if port:
        lab.check_free(port)
    port = port or free_port()
    path = prepared(name)
    # Voilà looks here for templates, besides its own folders.
    ours = str(ROOT / "tools" / "jupyter")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [ours, os.environ.get("JUPYTER_PATH")]))
    print(f"Slides of {name}: http://localhost:{port}/")
    print("The notebook runs while the page loads (its first slide says how many minutes). Ctrl-C here stops it.")
    print("Keys: arrows on and back, C code, Esc all slides.", flush=True)
    command = [sys.executable, "-m", "voila", str(path), *options(port, known.no_browser), *others]
    if os.name != "nt":
        os.execv(sys.executable, command)
    import subprocess

    return subprocess.call(command)


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
    # A page that goes asks for its kernel's end, with a random name nobody else knows but without the token that the
    # server wants by default; refused, each reload would leave a gigabyte behind. Pages that crash ask for nothing:
    # a kernel without a page ends after some time.
    chosen.append("--Voila.tornado_settings=disable_check_xsrf=True")
    chosen += [f"--MappingKernelManager.cull_idle_timeout={ABANDONED}", "--MappingKernelManager.cull_interval=30"]
    if sys.platform.startswith("linux") and lab.socket_paths_fit():
        chosen.append("--KernelManager.transport=ipc")
    return chosen


def prepared(name: str, source: Path | None = None) -> Path:
    """Write the notebook that Voilà serves: HTML for text, the slides in the metadata, the folder set first of all."""
    source = nbformat.read(source or common.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    title = first_heading(source) or name
    book = deck.prepare(source)
    first = nbformat.v4.new_code_cell(f"import os\n\nos.chdir({str(NOTEBOOKS)!r})")
    first.metadata["deck"] = deck.nowhere(title)
    book.cells.insert(0, first)
    book.metadata["deck"] = {"title": title, "head": deck.head()}
    write(SLIDES / f"{name}.ipynb", nbformat.writes(book) + "\n")
    return SLIDES / f"{name}.ipynb"


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
