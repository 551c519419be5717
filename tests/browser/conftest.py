"""A real JupyterLab server and a real browser, both shut down whatever happens."""

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

import pytest

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "screenshots"
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
INSIDE = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without it a test is skipped, and under CI=true it fails."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI") == "true":
        pytest.fail("there is no Chromium, and CI must run the browser tests: apt-get install chromium")
    pytest.skip("there is no Chromium on this machine; on Debian and Ubuntu: apt install chromium")


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
        shutil.copytree(ROOT / "notebooks", course / "notebooks")
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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def page(chromium):
    """A browser page that records page errors and requests to anywhere but this machine; both must stay empty."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        errors, outside = [], []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: request.url.startswith(INSIDE) or outside.append(request.url))
        yield page
        browser.close()
    assert not errors, errors
    assert not outside, f"requests left this machine: {outside}"


@pytest.fixture
def open_notebook(page, lab):
    """A function that opens a notebook in JupyterLab, waits for its kernel, and returns the notebook's panel."""

    def open_(name: str):
        page.goto(f"{lab.address}/lab/tree/notebooks/{name}.ipynb?token={lab.token}&reset")
        ready = "() => window.jupyterapp?.shell.currentWidget?.sessionContext"
        page.wait_for_function(ready, timeout=90_000)
        page.evaluate(
            """async () => {
                const panel = window.jupyterapp.shell.currentWidget;
                await panel.context.ready; await panel.sessionContext.ready;
                const kernel = panel.sessionContext.session.kernel; await kernel.info;
                while (kernel.connectionStatus !== 'connected' || kernel.status !== 'idle')
                    await new Promise(resolve => setTimeout(resolve, 50));
            }"""
        )
        return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    return open_


@pytest.fixture
def picture_of(page):
    """A function that keeps a screenshot under build/screenshots, to be looked at."""

    def keep(name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        page.screenshot(path=str(path))
        return path

    return keep
