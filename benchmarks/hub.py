"""A class on one hub: `python -m benchmarks.hub [--students 1 2 4 6] [--notebook 04]`; as root, since it makes users.

A real JupyterHub, as docs/class.md sets it up, with a local spawner. All students run the notebook at the same time,
its cells sent through the proxy; each kernel is looked at once a second. RSS counts what kernels share once for each
of them, PSS divides it among them, USS leaves it out. results/hub.md has the table.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import threading
import time
import uuid

import nbformat
import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from benchmarks import tables
from tests.deploy import hub as hubs
from tools import common

Kernel = dict[str, float]


class Watch(threading.Thread):
    """The highest memory in MB, and number of threads, of every kernel of these students, until `done` is set."""

    def __init__(self, hub: hubs.Hub) -> None:
        super().__init__(daemon=True)
        self.hub, self.done, self.kernels, self.servers = hub, threading.Event(), {}, {}

    def run(self) -> None:
        """Look once a second."""
        while not self.done.wait(1):
            for process in [one for name in self.hub.students for one in self.hub.processes(name)]:
                with contextlib.suppress(psutil.Error):
                    is_kernel = "ipykernel_launcher" in process.cmdline()
                    kept = (self.kernels if is_kernel else self.servers).setdefault(process.pid, Kernel())
                    for name, value in seen(process).items():
                        kept[name] = max(value, kept.get(name, 0))


def seen(process: psutil.Process) -> Kernel:
    """What one process holds now."""
    memory = process.memory_full_info()
    in_megabytes = {name: getattr(memory, name) / 1e6 for name in ("rss", "pss", "uss")}
    return in_megabytes | {"threads": process.num_threads(), "cpu": sum(process.cpu_times()[:2])}


async def run_notebook(hub: hubs.Hub, student: str, name: str) -> None:
    """Run a notebook's cells in a student's kernel, through the proxy; RuntimeError for a cell that fails."""
    asked = {"path": f"course/notebooks/{name}.ipynb", "name": name, "type": "notebook", "kernel": {"name": "python3"}}
    said = await asyncio.to_thread(hub.text, "POST", f"/user/{student}/api/sessions", asked)
    kernel = json.loads(said)["kernel"]["id"]
    address = f"{hub.address.replace('http', 'ws', 1)}/user/{student}/api/kernels/{kernel}/channels"
    request = HTTPRequest(address, headers={"Authorization": f"token {hub.token}"})
    channel = await websocket_connect(request, max_message_size=1 << 30)
    book = nbformat.read(common.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    for cell in [cell for cell in book.cells if cell.cell_type == "code"]:
        await run_cell(channel, cell.source)
    channel.close()


async def run_cell(channel, code: str) -> None:
    """Send one cell and wait until the kernel is idle again."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "username": "",
        "session": "",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await channel.write_message(json.dumps(message))
    while (text := await channel.read_message()) is not None:
        if isinstance(text, bytes):
            continue  # pictures of explorers
        answer = json.loads(text)
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        if answer["msg_type"] == "error":
            raise RuntimeError("\n".join(answer["content"]["traceback"]))
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return
    raise RuntimeError("the kernel's connection was closed")


async def run_all(hub: hubs.Hub, name: str) -> None:
    """All students at once."""
    await asyncio.gather(*(run_notebook(hub, student, name) for student in hub.students))


def measured(students: int, name: str) -> list[str]:
    """A row of the table."""
    hub = hubs.Hub(students)
    try:
        for student in hub.students:
            hub.serve(student)
            hub.pull(student)
        watch, start = Watch(hub), time.monotonic()
        watch.start()
        asyncio.run(run_all(hub, name))
        seconds = time.monotonic() - start
        watch.done.set()
        watch.join()
    finally:
        hub.stop()
    highest = {
        key: max(kernel[key] for kernel in watch.kernels.values()) for key in ("uss", "pss", "rss", "threads", "cpu")
    }
    server = max(one["uss"] for one in watch.servers.values())
    row = [highest["uss"], highest["pss"], highest["rss"], server, highest["threads"], highest["cpu"], seconds]
    return [str(students), *(f"{value:.0f}" for value in row)]


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, nargs="+", default=[1, 2, 4, 6])
    parser.add_argument("--notebook", default="04")
    asked = parser.parse_args()
    os.environ["CI"] = "true"  # who types this wants the users
    if reason := hubs.why_not():
        raise SystemExit(reason)
    (name,) = common.choose(
        [asked.notebook], sorted(path.stem for path in common.NOTEBOOKS.glob("*.ipynb")), "notebook"
    )
    start = time.monotonic()
    rows = [measured(students, name) for students in asked.students]
    heads = ["students", "USS", "PSS", "RSS", "server, USS", "threads", "processor s", "seconds"]
    tables.write(
        "hub",
        "# A class on one hub",
        tables.made("python -m benchmarks.hub", (time.monotonic() - start) / 60),
        f"All students run notebook {name} at once. Memory in MB, threads and processor seconds: the highest of any "
        "kernel, or of any server.",
        tables.table(heads, rows),
    )


if __name__ == "__main__":
    main()
