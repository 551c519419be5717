"""A JupyterLab server of its own for browser tests and latency measurements."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# Run in the page: resolves when the notebook's kernel is connected and idle.
READY = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready; await panel.sessionContext.ready;
    const kernel = panel.sessionContext.session.kernel; await kernel.info;
    while (kernel.connectionStatus !== 'connected' || kernel.status !== 'idle')
        await new Promise(resolve => setTimeout(resolve, 50));
}"""


class Lab:
    """A JupyterLab server with folders of its own, so that nobody's settings matter or change."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.token, self.address = secrets.token_hex(16), f"http://127.0.0.1:{self.port}"
        settings = folder / "config" / "labconfig"
        settings.mkdir(parents=True)
        announcements = {"@jupyterlab/apputils-extension:announcements": True}
        (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": announcements}))
        # All cells stay in the page, also those that are scrolled away: else a test would have to scroll as it looks.
        tracker = folder / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
        tracker.parent.mkdir(parents=True)
        tracker.write_text('{"windowingMode": "none"}')
        # A copy: JupyterLab saves by itself, and a test must not write outputs into the project.
        course = folder / "course"
        self.notebooks = course / "notebooks"
        shutil.copytree(ROOT / "notebooks", self.notebooks)
        places = {"CONFIG": "config", "DATA": "data", "RUNTIME": "runtime"}
        environment = os.environ | {f"JUPYTER_{key}_DIR": str(folder / value) for key, value in places.items()}
        environment |= {f"JUPYTERLAB_{key}_DIR": str(folder / key.lower()) for key in ("SETTINGS", "WORKSPACES")}
        self.log = folder / "server.log"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        command += [f"--ServerApp.root_dir={course}", "--LabApp.expose_app_in_browser=True"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--KernelManager.transport=ipc"],
                env=environment | {"IPYTHONDIR": str(folder / "ipython")},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 90
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/api/status?token={self.token}", timeout=2).read()
                return
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End the server and its kernels."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)


def open_in_lab(page, lab: Lab, name: str):
    """Open a notebook in JupyterLab, wait for its kernel, and return the notebook's panel."""
    page.goto(f"{lab.address}/lab/tree/notebooks/{name}.ipynb?token={lab.token}&reset")
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=90_000)
    page.evaluate(READY)
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
