"""tools/gate.py and tools/show.py: who gets the live slides, and one kernel for all their windows, on a real server."""

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.websocket import websocket_connect

from tests.tools.slides_server import NAME, Served, kernel_of, serving
from tools import common, gate, slides
from tools.common import Stop

TOKEN = "the-token"
FINE = f"/?token={TOKEN}"
PATIENCE = 3  # seconds that the kernel outlives its last window


class Connection:
    """What tornado asks of the connection under a request."""

    context = None


def request(path: str = FINE, host: str = "localhost:8870", **headers: str) -> HTTPServerRequest:
    """A request; `_` in a header's name is a hyphen."""
    line = RequestStartLine("GET", path, "HTTP/1.1")
    named = HTTPHeaders({"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}})
    return HTTPServerRequest(start_line=line, headers=named, connection=Connection())


@pytest.mark.parametrize(
    "welcome",
    [
        request(),
        request(host="127.0.0.1:8870"),
        request(host="[::1]:8870"),
        request(host="LOCALHOST:9999"),  # through a tunnel, whose port is another
        request(Sec_Fetch_Site="none"),  # typed, or clicked in a mail
        request(Sec_Fetch_Site="same-origin", Origin="http://localhost:8870"),
        request("/api/kernels/1", Authorization=f"token {TOKEN}"),
        request("/voila/static/voila.js", Sec_Fetch_Site="same-origin"),
    ],
)
def test_welcome(welcome: HTTPServerRequest):
    assert gate.refusal(welcome, TOKEN) is None


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (request("/"), "lacks its token"),
        (request("/?token="), "lacks its token"),
        (request("/?token=the-toke"), "lacks its token"),
        (request("/?token=thé-token"), "lacks its token"),
        (request("/?Token=the-token"), "lacks its token"),
        (request("/api/kernels/1", Authorization="Basic the-token"), "lacks its token"),
        (request("//voila/static/voila.js"), "lacks its token"),
        (request(host="evil.example:8870"), "own name only"),
        (request(host="localhost.evil.example"), "own name only"),
        (request(host="192.168.1.5:8870"), "own name only"),
        (request("/voila/static/voila.js", host="evil.example"), "own name only"),
        (request(Origin="http://evil.example"), "another site"),
        (request(Origin="http://localhost:9999"), "another site"),
        (request(Origin="null"), "another site"),
        (request(Origin="http://["), "another site"),
        (request(Origin="http://localhost:8870.evil.example"), "another site"),
        (request(Sec_Fetch_Site="cross-site"), "Another site"),
        (request("/voila/static/voila.js", Sec_Fetch_Site="cross-site"), "Another site"),
    ],
)
def test_refused(refused: HTTPServerRequest, why: str):
    assert why in gate.refusal(refused, TOKEN)


def test_who_serves_the_whole_network_gives_its_numbers_but_no_foreign_name():
    assert gate.refusal(request(host="192.168.1.5:8870"), TOKEN, ip="0.0.0.0") is None
    assert gate.refusal(request(host="evil.example:8870"), TOKEN, ip="0.0.0.0")
    assert gate.refusal(request(host="192.168.1.5:8870"), TOKEN, ip="192.168.1.5") is None
    assert gate.refusal(request(host="192.168.1.6:8870"), TOKEN, ip="192.168.1.5")


# ---- a real server -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory):
    with serving(tmp_path_factory.mktemp("show"), f"--SlidesServer.patience={PATIENCE}") as served:
        yield served


def wait_until(condition, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


def socket_status(show: Served, kernel: str, query: str, **headers: str) -> int:
    """101 for a websocket that opens, else the status of the refusal."""
    from tornado.httpclient import HTTPClientError, HTTPRequest

    async def connect() -> int:
        try:
            address = f"ws://127.0.0.1:{show.port}/api/kernels/{kernel}/channels?{query}"
            (await websocket_connect(HTTPRequest(address, headers=headers))).close()
        except HTTPClientError as error:
            return error.code
        return 101

    return asyncio.run(connect())


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/?token=guess", {}),
        ("/?token={token}", {"Host": "evil.example"}),
        ("/?token={token}", {"Sec_Fetch_Site": "cross-site"}),
        ("/?token={token}", {"Origin": "http://evil.example"}),
        ("/slides/show", {}),
        ("/slides/open/guess", {}),
        ("/voila/files/00_greys.ipynb", {}),
        ("/voila/static/voila.js", {"Host": "evil.example"}),
    ],
)
def test_the_foreign_get_nothing_and_start_nothing(show: Served, path: str, headers: dict):
    before = show.kernels()
    status, text = show.ask(path, **headers)
    assert status == 403 and "kernelId" not in text
    assert show.kernels() <= before


def test_twenty_at_once_get_one_page_on_one_kernel(show: Served):
    with ThreadPoolExecutor(20) as pool:
        pages = list(pool.map(lambda at: show.page(), range(20)))
    assert len(set(pages)) == 1 and "done" in pages[0]
    assert show.kernels() == 1


def test_sockets_need_the_token_and_our_own_page(show: Served):
    kernel, here = kernel_of(show.page()), f"http://127.0.0.1:{show.port}"
    assert socket_status(show, kernel, f"token={show.token}", Origin=here) == 101
    assert socket_status(show, kernel, "", Origin=here) == 403
    assert socket_status(show, kernel, f"token={show.token}", Origin="http://evil.example") == 403
    assert socket_status(show, kernel, f"token={show.token}", Origin=here, Host="evil.example") == 403


def test_a_page_that_goes_does_not_end_the_kernel(show: Served):
    kernel = kernel_of(show.page())
    assert show.ask(f"/voila/api/shutdown/{kernel}", "POST")[0] == 403
    assert show.ask(f"/voila/api/shutdown/{kernel}?token={{token}}", "POST")[0] >= 400
    assert kernel_of(show.page()) == kernel


def test_the_kernel_ends_after_its_last_window_and_the_next_starts_anew(show: Served):
    kernel = kernel_of(show.page())

    async def hold() -> int:
        first, second = [
            await websocket_connect(f"ws://127.0.0.1:{show.port}/api/kernels/{kernel}/channels?token={show.token}")
            for _ in range(2)
        ]
        first.close()
        await asyncio.sleep(PATIENCE + 1.5)
        held = show.kernels()  # the second window is still there
        second.close()
        return held

    assert asyncio.run(hold()) == 1
    assert show.kernels() == 1 and kernel_of(show.page()) == kernel
    assert wait_until(lambda: show.kernels() == 0)
    assert kernel_of(show.page()) != kernel and show.kernels() == 1


def test_a_dead_kernel_is_replaced_at_the_next_reload(show: Served):
    import psutil

    before = kernel_of(show.page())
    for child in psutil.Process(show.process.pid).children():
        child.kill()
    assert wait_until(lambda: kernel_of(show.page()) != before)  # the system tells of the end a moment later
    assert wait_until(lambda: show.kernels() == 1)


def test_nothing_of_it_is_on_the_terminal(show: Served):
    lines = show.log.read_text().splitlines()
    assert len(lines) == 4 and sum(show.token in line for line in lines) == 1


def test_a_second_command_asks_and_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(common, "SLIDES", tmp_path / "slides")
    with serving(tmp_path) as first:
        assert (slides.record_of(NAME).stat().st_mode & 0o077 == 0) or os.name == "nt"
        first.page()
        asked = []
        for answer in ("n", ""):
            monkeypatch.setattr("builtins.input", lambda question, answer=answer: asked.append(question) or answer)
            with pytest.raises(Stop, match=f"shown already: open http://localhost:{first.port}.* in another window"):
                slides.take_over(NAME)
        assert "End them and take over?" in asked[0] and first.process.poll() is None
        monkeypatch.setattr("builtins.input", lambda question: "y")
        slides.take_over(NAME)
        assert first.process.wait(20) == 0
        assert "took over" in first.log.read_text().splitlines()[-1]
    assert slides.running(NAME) is None
    slides.take_over(NAME)  # nobody to ask


@pytest.mark.parametrize("text", ["", "[]", "{", '{"port": "x", "token": 1}', '{"port": 1, "token": "t"}', "\xff"])
def test_a_record_that_tells_of_nothing_is_no_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setattr(common, "SLIDES", tmp_path)
    slides.record_of(NAME).write_text(text, encoding="latin-1")
    assert slides.running(NAME) is None


def test_a_show_that_ends_leaves_the_note_of_the_one_that_took_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(common, "SLIDES", tmp_path)
    slides.record_of(NAME).write_text('{"port": 1, "token": "new"}')
    slides.forget(NAME, "old")
    assert slides.record_of(NAME).exists()
    slides.forget(NAME, "new")
    slides.forget(NAME, "new")
    assert not slides.record_of(NAME).exists()


@pytest.mark.skipif(os.name == "nt", reason="stops the server with a signal")
def test_ctrl_c_ends_server_and_kernel_with_one_line(tmp_path: Path):
    import psutil

    with serving(tmp_path) as served:
        served.page()
        kernels = psutil.Process(served.process.pid).children()
        os.kill(served.process.pid, signal.SIGINT)
        assert served.process.wait(30) == 130
        lines = [line for line in served.log.read_text().splitlines()[4:] if line]
        assert lines == ["course.py: interrupted."]
        assert len(kernels) == 1 and not kernels[0].is_running()
        assert not (tmp_path / "slides" / f"{NAME}.json").exists()
