"""Who may speak with the live slides: this computer's own browser, with the token of the printed address.

`refusal` is the rule, a plain function; `Gate` puts it in front of every handler of a tornado server.
"""

import ipaddress
import secrets
import socket
from collections.abc import Collection
from urllib.parse import parse_qs

import tornado.web
from tornado.httputil import HTTPServerRequest, split_host_and_port
from tornado.routing import Matcher, Rule

HERE = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("", "*", "0.0.0.0", "::")
# Files of Voilà and of the widgets, the same for everybody: scripts load each other, without the token.
LIBRARY = ("/voila/static/", "/voila/templates/", "/voila/labextensions/", "/voila/api/themes/")
OPENED = "/slides/open/"  # behind it a word of its own, which leads to the token once


def refusal(request: HTTPServerRequest, token: str, ip: str = HERE[1]) -> str | None:
    """Why a request gets no answer, as a sentence for whoever sent it; None for one that is welcome.

    A page of another site may send requests to this computer, and may even give its own name this computer's address.
    Such requests carry a foreign Host, a foreign Origin or `Sec-Fetch-Site: cross-site`, and never the token. `ip` is
    where the server listens.
    """
    host = request.host.lower()
    if not is_known_host(split_host_and_port(host)[0].strip("[]"), ip):
        return "These slides answer under this computer's own name only: open the address that was printed."
    if "Origin" in request.headers and request.headers["Origin"].lower() not in (f"http://{host}", f"https://{host}"):
        return "A page of another site asked for these slides: open the address that was printed."
    if request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site":
        return "Another site led here: copy the address that was printed into the browser's address bar."
    if not request.path.startswith((*LIBRARY, OPENED)) and not any(same(word, token) for word in tokens_of(request)):
        return "This address lacks its token: open the whole address that was printed."
    return None


def is_known_host(name: str, ip: str) -> bool:
    """Whether a Host header's name (without port) is this computer: told apart from a foreign name that leads here."""
    if name in HERE or name == ip.lower():
        return True
    if ip not in EVERYWHERE:
        return False
    try:  # serving the whole network was asked for: its addresses are numbers, which nobody can point elsewhere
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return name == socket.gethostname().lower()


def tokens_of(request: HTTPServerRequest) -> Collection[str]:
    """The tokens that a request brings, in its address or in its header."""
    kind, _, word = request.headers.get("Authorization", "").partition(" ")
    given = [word.strip()] if kind.lower() in ("token", "bearer") else []
    return given + parse_qs(request.query).get("token", [])


def same(word: str, token: str) -> bool:
    """Equal, in a time that does not tell how many letters are right."""
    return secrets.compare_digest(word.encode("utf-8", "replace"), token.encode())


class Gate(Matcher):
    """Matches the requests that are refused, so that a rule with it, before all others, answers them."""

    def __init__(self, token: str, ip: str) -> None:
        self.token, self.ip = token, ip

    def match(self, request: HTTPServerRequest) -> dict | None:
        """The sentence for the handler, None where the next rules may look."""
        reason = refusal(request, self.token, self.ip)
        return None if reason is None else {"path_kwargs": {"reason": reason.encode()}}

    def rule(self) -> Rule:
        """The rule to put before all others."""
        return Rule(self, Refused)


class Refused(tornado.web.RequestHandler):
    """Answers with status 403 and one sentence, whatever was asked."""

    async def prepare(self) -> None:
        """Before any method: there is none to choose."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        await self.finish(self.path_kwargs["reason"])
