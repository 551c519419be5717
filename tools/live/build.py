"""The page that sees, `live.html` and the folder `live` beside it: engine, models, scripts."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
from pathlib import Path
from string import Template

from PIL import Image, ImageOps

from helpers import datasets
from tools.common import write
from tools.live import bundle, models

PAGE, FOLDER, OFFLINE = "live.html", "live", "live_offline.js"
TITLES = {"squeezenet": "SqueezeNet", "efficientnet_lite0": "EfficientNet-Lite0"}
SIDE = 448  # of a sample photo
SAMPLES = ("chelsea", "coffee", "astronaut", "rocket")  # free of any condition


def build(folder: Path) -> dict[str, int]:
    """Write the page into a folder; return the size of each file, in bytes. Files that are there already stay."""
    tools = bundle.fetched()
    scripts = bundle.scripts(tools)
    files, facts = {**bundle.engine(tools), "worker": scripts["worker"]}, []
    for name in models.NETWORKS:
        made = models.files(name)
        files |= {f"{name}-forward": made.forward, f"{name}-gradients": made.gradients}
        facts.append({**made.facts, "title": TITLES[name], "megabytes": round(len(made.forward) / 1e6, 1)})
    made = {f"{FOLDER}/{name}.js": bundle.packed(name, content).encode() for name, content in files.items()}
    made |= {f"{FOLDER}/page.js": scripts["page"], PAGE: page(facts).encode()}
    version = hashlib.sha256(b"".join(made.values())).hexdigest()[:12]
    offline = Template((bundle.SOURCES / "offline.js").read_text(encoding="utf-8"))
    made[OFFLINE] = offline.substitute(version=version).encode()
    for name, content in made.items():
        _write(folder / name, content)
    return {name: len(content) for name, content in made.items()}


def page(facts: list[dict]) -> str:
    """The page's HTML."""
    known = json.dumps({"side": models.SIDE, "networks": facts}, ensure_ascii=False).replace("</", "<\\/")
    style = (bundle.SOURCES / "live.css").read_text(encoding="utf-8")
    samples = "\n".join(map(sample, SAMPLES))
    template = Template((bundle.SOURCES / "live.html").read_text(encoding="utf-8"))
    return template.substitute(style=style, facts=known, samples=samples)


def sample(name: str) -> str:
    """A sample photo as a button."""
    content = io.BytesIO()
    photo = Image.fromarray(datasets.photo(name).array)
    ImageOps.fit(photo, (SIDE, SIDE), Image.Resampling.LANCZOS).save(content, "JPEG", quality=92)
    data = base64.b64encode(content.getvalue()).decode()
    words = html.escape(datasets.photo(name).subject)
    return f'<button aria-label="{words}"><img alt="" src="data:image/jpeg;base64,{data}"></button>'


def _write(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        write(path, content)
