"""tools/lab.py: options, ports, and a real JupyterLab that answers on its port and leaves the user's files alone."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tools import lab
from tools.common import ROOT, Stop


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "port"),
    [
        ([], None),
        (["--no-browser"], None),
        (["--port", "8899"], 8899),
        (["--no-browser", "--port=8899"], 8899),
        (["--ServerApp.port=9000"], 9000),
        (["--port=0"], None),
    ],
)
def test_the_asked_port(arguments: list[str], port: int | None):
    assert lab.asked_port(arguments) == port


@pytest.mark.parametrize("arguments", [["--port", "eight"], ["--port=99999"], ["--port"], ["--port=-1"]])
def test_a_bad_port_is_one_sentence(arguments: list[str]):
    with pytest.raises(Stop, match="--port needs a number from 1 to 65535"):
        lab.asked_port(arguments)


def test_a_busy_port_is_one_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Stop, match=f"port {port} cannot be used .* name another"):
            lab.main(["--no-browser", "--port", str(port)])


def test_the_news_pop_up_is_off():
    page = json.loads((ROOT / "tools" / "jupyter" / "labconfig" / "page_config.json").read_text())
    assert page["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True


def test_chatter_is_off_only_where_the_address_shows_without_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    assert "--log-level=WARN" in lab.options(["--no-browser"], fixed_port=False)
    assert "--log-level=WARN" not in lab.options(["--IdentityProvider.token=x"], fixed_port=False)
    monkeypatch.setenv("JUPYTER_TOKEN", "x")
    assert "--log-level=WARN" not in lab.options([], fixed_port=False)


def wait_for(process: subprocess.Popen, address: str) -> bytes:
    """The answer of a server that is starting, within a minute."""
    for _ in range(300):
        assert process.poll() is None, process.stdout.read()
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.2)
    raise AssertionError("JupyterLab did not answer within a minute")


@pytest.mark.skipif(os.name == "nt", reason="stops the server with a signal")
def test_lab_answers_on_its_port_and_writes_no_settings(tmp_path: Path):
    port, home = free_port(), tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG"))}
    variables = {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [
        sys.executable,
        "-m",
        "tools.lab",
        "--no-browser",
        "--port",
        str(port),
        "--IdentityProvider.token=secret",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        base = f"http://127.0.0.1:{port}"
        page = wait_for(process, f"{base}/lab?token=secret").decode()
        settings = json.loads(re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)[1])
        assert Path(settings["serverRoot"]).expanduser() == ROOT
        disabled = settings["disabledExtensions"]
        assert any("announcements" in str(name) for name in disabled)
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0]
    assert f"http://localhost:{port}/lab" in said
    assert not (home / ".jupyter").exists()
