"""The page that sees, `live.html` and the folder `live` beside it: engine, models, scripts."""

from __future__ import annotations

import base64
import html
import io
import json
from pathlib import Path
from string import Template

from PIL import Image, ImageOps

from helpers import datasets
from tools.common import write
from tools.live import bundle, models

PAGE, FOLDER = "live.html", "live"
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
    sizes = {}
    for name, content in files.items():
        sizes[f"{name}.js"] = _write(folder / FOLDER / f"{name}.js", bundle.packed(name, content).encode())
    sizes["page.js"] = _write(folder / FOLDER / "page.js", scripts["page"])
    sizes[PAGE] = _write(folder / PAGE, page(facts).encode())
    return sizes


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


def _write(path: Path, content: bytes) -> int:
    if not path.is_file() or path.read_bytes() != content:
        write(path, content)
    return len(content)
