"""A web server on this computer that misbehaves on demand: the last part of the address says how."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class MisbehavingServer:
    """`with MisbehavingServer(content) as server: server.url("cut")`.

    content: what the file holds; may be changed between two requests, and so may `mark` (its ETag, None for none).
    requests: one (kind, headers) per request, in order. sent: bytes of content for each request.
    """

    def __init__(self, content: bytes):
        self.content = content
        self.mark: str | None = '"first"'
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.sent: list[int] = []
        self.closing = threading.Event()
        self.go, self.rest = threading.Event(), 60.0  # what "slowly" waits for, and how long at most
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind = self.path.strip("/")
                outer.requests.append((kind, dict(self.headers)))
                outer.sent.append(0)
                self.outer = outer
                BEHAVIOURS[kind](self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that hangs up is no news
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{kind}"

    def __enter__(self) -> MisbehavingServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _head(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    if handler.outer.mark is not None:
        handler.send_header("ETag", handler.outer.mark)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def _body(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.outer.sent[-1] += len(body)  # before the write: the client may be done before this thread goes on
    handler.wfile.write(body)
    handler.wfile.flush()


def _whole(handler: BaseHTTPRequestHandler, body: bytes, announced: int | None = None) -> None:
    _head(handler, 200, Content_Length=str(len(body) if announced is None else announced))
    _body(handler, body)


def good(handler: BaseHTTPRequestHandler) -> None:
    """As a good server does: parts on request, the whole file if it changed, 416 beyond the end."""
    content, wanted = handler.outer.content, handler.headers.get("Range")
    same = handler.headers.get("If-Range") in (None, handler.outer.mark)
    if not wanted or not same:
        _whole(handler, content)
        return
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if start >= len(content):
        _head(handler, 416, Content_Range=f"bytes */{len(content)}")
        return
    rest = content[start:]
    place = f"bytes {start}-{len(content) - 1}/{len(content)}"
    _head(handler, 206, Content_Length=str(len(rest)), Content_Range=place)
    _body(handler, rest)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Announces the whole file and closes in the middle."""
    content = handler.outer.content
    _whole(handler, content[: len(content) // 2], announced=len(content))


def cut_once(handler: BaseHTTPRequestHandler) -> None:
    first = [kind for kind, _ in handler.outer.requests].count("cut_once") == 1
    (cut if first else good)(handler)


def cut_then_whole(handler: BaseHTTPRequestHandler) -> None:
    """The second time it ignores the wish for a part and sends everything."""
    first = len(handler.outer.requests) == 1
    cut(handler) if first else _whole(handler, handler.outer.content)


def cut_then_other_part(handler: BaseHTTPRequestHandler) -> None:
    """Asked for a part, it sends another one; asked for the whole file, it sends that."""
    content, first = handler.outer.content, len(handler.outer.requests) == 1
    if first:
        cut(handler)
    elif handler.headers.get("Range"):
        _head(handler, 206, Content_Length="10", Content_Range=f"bytes 0-9/{len(content)}")
        _body(handler, content[:10])
    else:
        _whole(handler, content)


def cut_then_mixed(handler: BaseHTTPRequestHandler) -> None:
    """The file changes between the two halves, and the server does not care about If-Range."""
    content, first = handler.outer.content, len(handler.outer.requests) == 1
    if first:
        _whole(handler, bytes(len(content) // 2), announced=len(content))  # zeros: an older version
    else:
        handler.headers.replace_header("If-Range", handler.outer.mark) if "If-Range" in handler.headers else None
        good(handler)


def empty(handler: BaseHTTPRequestHandler) -> None:
    _whole(handler, b"", announced=len(handler.outer.content))


def shorter(handler: BaseHTTPRequestHandler) -> None:
    _whole(handler, handler.outer.content[:-1])


def longer(handler: BaseHTTPRequestHandler) -> None:
    _whole(handler, handler.outer.content + b"x")


def wrong(handler: BaseHTTPRequestHandler) -> None:
    """The right size, other bytes."""
    _whole(handler, handler.outer.content[::-1])


def no_length(handler: BaseHTTPRequestHandler) -> None:
    """Does not tell the size; the end of the connection is the end of the file."""
    _head(handler, 200)
    _body(handler, handler.outer.content)


def no_length_endless(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 200)
    try:
        while not handler.outer.closing.is_set():
            _body(handler, bytes(1 << 16))
    except OSError:
        pass


def slow(handler: BaseHTTPRequestHandler) -> None:
    """Sends half, then nothing."""
    content = handler.outer.content
    _head(handler, 200, Content_Length=str(len(content)))
    _body(handler, content[: len(content) // 2])
    handler.outer.closing.wait(10)


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Takes the request and never answers."""
    handler.outer.closing.wait(10)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


def gibberish(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n")


def not_found(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 404, Content_Length="0")


def forbidden(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 403, Content_Length="0")


def broken(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 500, Content_Length="0")


def to_good(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="/good", Content_Length="0")


def to_plain(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="http://example.invalid/file", Content_Length="0")


def to_file(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="file:///etc/hostname", Content_Length="0")


def to_an_address_that_is_none(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="https://[half/file", Content_Length="0")


def to_a_port_that_is_none(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="https://example.invalid:port/file", Content_Length="0")


def to_a_name_that_is_none(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location=f"https://{'x' * 70}.invalid/file", Content_Length="0")


def odd_length(handler: BaseHTTPRequestHandler) -> None:
    """A length in digits that are no number."""
    _head(handler, 200, Content_Length="\u00b2\u00b3")
    _body(handler, handler.outer.content)


def huge_length(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 200, Content_Length="9" * 14)
    _body(handler, handler.outer.content)


def part_unasked(handler: BaseHTTPRequestHandler) -> None:
    """The first bytes only, as if they had been asked for, of a file that is longer."""
    content = handler.outer.content
    _head(handler, 206, Content_Length="32", Content_Range=f"bytes 0-31/{len(content)}")
    _body(handler, content[:32])


def part_of_nothing(handler: BaseHTTPRequestHandler) -> None:
    """The same without saying what it is a part of."""
    _head(handler, 206, Content_Length="32")
    _body(handler, handler.outer.content[:32])


def other_sum(handler: BaseHTTPRequestHandler) -> None:
    """Names an md5 sum, as Google's storage does, that its content has not."""
    content = handler.outer.content
    _head(handler, 200, Content_Length=str(len(content)), x_goog_hash="crc32c=AAAAAA==, md5=" + "A" * 22 + "==")
    _body(handler, content)


def packed(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 200, Content_Length=str(len(handler.outer.content)), Content_Encoding="gzip")
    _body(handler, handler.outer.content)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: no single wait is long."""
    _head(handler, 200, Content_Length=str(len(handler.outer.content)))
    _drops(handler)


def drip_head(handler: BaseHTTPRequestHandler) -> None:
    """The same in the head of the answer, which never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drops: ")
    _drops(handler)


def _drops(handler: BaseHTTPRequestHandler) -> None:
    try:
        while not handler.outer.closing.wait(0.05):
            _body(handler, b"x")
    except OSError:
        pass


def slowly(handler: BaseHTTPRequestHandler) -> None:
    """The whole file, with a rest in the middle until `go`: there is time for a second program, or for a kill."""
    content = handler.outer.content
    _head(handler, 200, Content_Length=str(len(content)))
    _body(handler, content[: len(content) // 2])
    handler.outer.go.wait(handler.outer.rest)
    _body(handler, content[len(content) // 2 :])


def to_itself(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="/to_itself", Content_Length="0")


BEHAVIOURS: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        *(good, cut, cut_once, cut_then_whole, cut_then_other_part, cut_then_mixed, empty, shorter, longer, wrong),
        *(no_length, no_length_endless, slow, silent, hang_up, gibberish, not_found, forbidden, broken),
        *(to_good, to_plain, to_file, to_itself),
        *(to_an_address_that_is_none, to_a_port_that_is_none, to_a_name_that_is_none),
        *(odd_length, huge_length, part_unasked, part_of_nothing, other_sum, packed, drip, drip_head, slowly),
    )
}
