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
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{kind}"

    def __enter__(self) -> MisbehavingServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
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


def to_itself(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="/to_itself", Content_Length="0")


BEHAVIOURS: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        *(good, cut, cut_once, cut_then_whole, cut_then_other_part, cut_then_mixed, empty, shorter, longer, wrong),
        *(no_length, no_length_endless, slow, silent, hang_up, gibberish, not_found, forbidden, broken),
        *(to_good, to_plain, to_file, to_itself),
    )
}
