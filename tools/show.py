"""The server of `course.py slides`: Voilà behind our own handler, with one kernel for all windows of a show.

Voilà itself starts a kernel at each request for the page. Here the first request runs the notebook; every later one (a
presenter's second screen, a reload) gets the same page on the same kernel, which ends some time after the last window.
"""

import asyncio
import contextlib
import logging
import secrets
import shutil
import signal
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from typing import Any

import tornado.escape
import tornado.ioloop
import tornado.web
from jupyter_core.utils import ensure_async, run_sync
from tornado.iostream import StreamClosedError
from traitlets import Callable as Function
from traitlets import Float, Unicode
from voila.app import Voila
from voila.notebook_renderer import NotebookRenderer
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler
from voila.utils import get_page_config

from tools.gate import OPENED, Gate

FAILED = "<p>The notebook could not be run ({}). Reload this page to try again.</p>"


class Show:
    """What all windows share: the page as far as it is written, the kernel, and how many windows there are."""

    def __init__(self, kernels: Any, patience: float) -> None:
        """Take the server's kernel manager, and how many seconds the kernel outlives its last window."""
        self.kernels, self.patience = kernels, patience
        self.windows = 0
        self.parts: list[str] = []
        self.run: asyncio.Task | None = None
        self.starting, self.news = asyncio.Lock(), asyncio.Event()
        self.end_timer: asyncio.TimerHandle | None = None

    async def page(self, render: Callable[[], AsyncIterator[str]]) -> AsyncIterator[str]:
        """Yield the page's parts, those written already at once; `render` runs the notebook where no kernel has it."""
        with self.window():
            async with self.starting:  # one window looks whether there is a kernel, the others wait for its answer
                if self.run and self.run.done() and not await self.is_alive():
                    await self.end()
                if self.run is None:
                    self.run = asyncio.ensure_future(self._write(render))
                parts, run, at = self.parts, self.run, 0
            while at < len(parts) or not run.done():
                if at == len(parts):
                    await self.news.wait()
                while at < len(parts):
                    at += 1
                    yield parts[at - 1]

    async def _write(self, render: Callable[[], AsyncIterator[str]]) -> None:
        parts = self.parts
        try:
            async for part in render():
                parts.append(part)
                self._tell()
        except Exception as error:  # the windows wait for an answer, and the next one shall try again
            parts.append(FAILED.format(tornado.escape.xhtml_escape(f"{type(error).__name__}: {error}")))
            await self._end_kernels()
        finally:
            asyncio.get_running_loop().call_soon(self._tell)  # once this task counts as done

    def _tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    async def is_alive(self) -> bool:
        """Whether the kernel of the page still runs."""
        alive = [await ensure_async(self.kernels.is_alive(name)) for name in list(self.kernels.list_kernel_ids())]
        return any(alive)

    @contextlib.contextmanager
    def window(self):
        """While a window loads the page, or is connected to the kernel."""
        self.opened()
        try:
            yield
        finally:
            self.closed()

    def opened(self) -> None:
        """Count one window more; the kernel stays."""
        self.windows += 1
        if self.end_timer:
            self.end_timer.cancel()
            self.end_timer = None

    def closed(self) -> None:
        """Count one window less; after the last one the kernel's time runs."""
        self.windows -= 1
        if self.windows == 0:
            loop = asyncio.get_running_loop()
            self.end_timer = loop.call_later(self.patience, lambda: asyncio.ensure_future(self.end()))

    async def end(self) -> None:
        """End the kernel and forget the page: the next window runs the notebook again."""
        run, self.run, self.parts = self.run, None, []
        if run and not run.done():
            run.cancel()
        await self._end_kernels()

    async def _end_kernels(self) -> None:
        for name in list(self.kernels.list_kernel_ids()):
            with contextlib.suppress(KeyError, tornado.web.HTTPError):  # it has just ended by itself
                await ensure_async(self.kernels.shutdown_kernel(name, now=True))


class Page(TornadoVoilaHandler):
    """The slides, for everybody whom the gate let through."""

    async def get(self, path: str | None = None) -> None:
        """Send the page while it is written."""
        if path:
            raise tornado.web.HTTPError(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")  # the address holds the token
        with contextlib.suppress(StreamClosedError):  # the window is closed already
            async with contextlib.aclosing(self.settings["show"].page(self.render_notebook)) as parts:
                async for part in parts:
                    self.write(part)
                    await self.flush()

    async def render_notebook(self) -> AsyncIterator[str]:
        """Start a kernel, run the notebook in it and yield the page part by part."""
        kernels = self.kernel_manager
        renderer = NotebookRenderer(
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.traitlet_config,
            notebook_path=self.notebook_path,
            template_paths=self.template_paths,
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager,
            page_config=self.page_config(),
        )
        await renderer.initialize()
        quiet = ["--IPKernelApp.log_level=ERROR"]  # else a warning about open ports at every start
        name = renderer.notebook.metadata.kernelspec.name
        kernel = await ensure_async(kernels.start_kernel(kernel_name=name, extra_arguments=quiet))
        async for part, _ in renderer.generate_content_generator(kernel, kernels.get_kernel(kernel)):
            yield part

    def page_config(self) -> dict[str, Any]:
        """Voilà's settings for the page, and the token, which the page's own requests must bring."""
        config = get_page_config(self.base_url, self.settings, self.log, self.voila_configuration)
        return {**config, "token": self.settings["slides_token"], "appendToken": "true"}


class Socket(VoilaKernelWebsocketHandler):
    """A window's connection to the kernel; the kernel lives as long as there is one."""

    counted = False

    async def open(self, kernel_id: str) -> None:
        """Count the window."""
        self.counted = True
        self.settings["show"].opened()
        await super().open(kernel_id)

    def on_close(self) -> None:
        """Count the window no more."""
        if self.counted:
            self.counted = False
            self.settings["show"].closed()
        super().on_close()


class Desk(tornado.web.RequestHandler):
    """Where another `slides` command asks whether this show goes on, and ends it."""

    def get(self) -> None:
        """How many windows look at the slides, and how many kernels there are (one or none)."""
        kernels = len(self.settings["kernel_manager"].list_kernel_ids())
        self.write({"windows": self.settings["show"].windows, "kernels": kernels})

    def post(self) -> None:
        """End the show."""
        self.set_status(204)
        self.settings["voila"].end("Another `slides` command took over.")


class Opened(tornado.web.RequestHandler):
    """Leads the browser that we open to the slides, once: other users may read its command line, but too late."""

    def get(self, word: str) -> None:
        """Redirect to the address with its token."""
        app = self.settings["voila"]
        if not app.once or not secrets.compare_digest(word, app.once):
            raise tornado.web.HTTPError(403)
        app.once = ""
        self.redirect(f"/?token={app.secret}")


class SlidesServer(Voila):
    """Voilà with our gate, our page and one kernel."""

    secret = Unicode(help="The token of the printed address.")
    patience = Float(180, config=True, help="Seconds from the last window's end to the kernel's end.")
    announce = Function(lambda server: None, help="Called with the server once it listens.")
    once, said, interrupted = "", "", False

    @property
    def address(self) -> str:
        """Where the slides are, with the token."""
        return f"http://localhost:{self.port}/?token={self.secret}"

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings and what our handlers share."""
        settings = super().init_settings()
        show = Show(self.kernel_manager, self.patience)
        # Refused requests are no news for the terminal, and their addresses may hold the token.
        return {**settings, "show": show, "slides_token": self.secret, "log_function": lambda handler: None}

    def init_handlers(self) -> list:
        """The gate first, then Voilà's with ours for page and socket; a page that goes ends no kernel."""
        ours = {TornadoVoilaHandler: Page, VoilaKernelWebsocketHandler: Socket}
        rules = [(rule[0], ours.get(rule[1], rule[1]), *rule[2:]) for rule in super().init_handlers()]
        rules = [rule for rule in rules if rule[1] is not VoilaShutdownKernelHandler]
        return [Gate(self.secret, self.ip).rule(), ("/slides/show", Desk), (OPENED + r"([\w-]+)", Opened), *rules]

    def listen(self) -> None:
        """Serve until Ctrl-C or `end`."""
        self.ioloop = tornado.ioloop.IOLoop.current()
        signal.signal(signal.SIGINT, self._interrupt)
        self.ioloop.add_callback(self.announce, self)
        logging.getLogger("tornado.general").setLevel(logging.ERROR)  # else two lines for each window
        super().listen()

    def _interrupt(self, number: int, frame: Any) -> None:
        self.interrupted = True  # further ones are in vain: the kernel is being ended
        self.ioloop.add_callback_from_signal(self.ioloop.stop)

    def launch_browser(self) -> None:
        """Open the slides in the user's browser, if there is one."""
        self.once = secrets.token_urlsafe(24)
        try:
            browser = webbrowser.get(self.browser or None)
        except webbrowser.Error:
            return
        address = f"http://localhost:{self.port}{OPENED}{self.once}"
        threading.Thread(target=browser.open, args=[address], daemon=True).start()

    def end(self, why: str) -> None:
        """Stop serving, as soon as the answer of now is out."""
        self.said = why
        self.ioloop.call_later(0.1, self.ioloop.stop)

    def stop(self) -> None:
        """End the kernel, remove what Voilà stored meanwhile."""
        shutil.rmtree(self.connection_dir, ignore_errors=True)
        run_sync(self.app.settings["show"].end)()
