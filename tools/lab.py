"""`course.py lab`: JupyterLab on the first notebook, with its settings kept out of the user's own."""

import os
import re
import socket
import sys

from tools.common import NOTEBOOKS, ROOT, Stop, start

FIRST = "00_start_here.ipynb"


def main(arguments: list[str]) -> int:
    """Start JupyterLab in this process; `arguments` are JupyterLab's own options and win over ours."""
    port = asked_port(arguments)
    if port:
        check_free(port)
    # Jupyter looks here besides the user's own folders: the news pop-up is switched off without writing into those.
    ours = str(ROOT / "tools" / "jupyter")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [ours, os.environ.get("JUPYTER_CONFIG_PATH")]))
    print("JupyterLab starts; its address follows. Ctrl-C here stops it.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", *options(arguments, fixed_port=bool(port)), *arguments]
    if os.name != "nt":
        os.execv(sys.executable, command)
    import subprocess

    return subprocess.call(command)


def options(arguments: list[str], fixed_port: bool) -> list[str]:
    """Our options for JupyterLab: the project as root, the first notebook, no chatter, no change of an asked port."""
    chosen = [f"--ServerApp.root_dir={ROOT}"]
    if not re.search("token|password", " ".join(arguments)) and "JUPYTER_TOKEN" not in os.environ:
        # Jupyter shows the address with a token of its own making at any level, with the user's only among its chatter.
        chosen.append("--log-level=WARN")
    if (NOTEBOOKS / FIRST).exists():
        chosen.append(f"--LabApp.default_url=/lab/tree/notebooks/{FIRST}")
    if fixed_port:
        chosen.append("--ServerApp.port_retries=0")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in containers, where Jupyter otherwise refuses to start
        chosen.append("--allow-root")
    if sys.platform.startswith("linux") and socket_paths_fit():
        # Messages to the kernel over files instead of open ports; ipykernel warns at every start otherwise.
        chosen.append("--KernelManager.transport=ipc")
    return chosen


def socket_paths_fit() -> bool:
    """True when sockets in Jupyter's runtime folder stay below the 107 bytes that Linux allows for their path."""
    from jupyter_core.paths import jupyter_runtime_dir

    longest = os.path.join(jupyter_runtime_dir(), "kernel-" + 36 * "x" + "-ipc-5")
    return len(os.fsencode(longest)) <= 100


def asked_port(arguments: list[str]) -> int | None:
    """The port that the options name, None for none; Stop for something that is no port."""
    words = " ".join(arguments).replace("=", " ").split()
    asked = [words[at + 1 : at + 2] for at, word in enumerate(words) if word in ("--port", "--ServerApp.port")]
    if not asked:
        return None
    text = asked[-1][0] if asked[-1] else ""
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise Stop(f"--port needs a number from 1 to 65535, not {text!r}.")
    return int(text) or None


def check_free(port: int) -> None:
    """Stop when something else already listens on this port of this computer."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Stop(
                f"port {port} cannot be used ({error.strerror}): another JupyterLab may be running there; "
                "close it, name another with --port, or leave --port out and a free one is taken."
            ) from None


if __name__ == "__main__":
    start(main)
