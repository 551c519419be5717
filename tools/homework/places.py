"""Where the students' edition lies, one setting, and what follows from it: badges, and notebooks that open in Colab.

The setting is `students-edition` below `[tool.course]` in pyproject.toml. Binder and Colab read from GitHub.
"""

import json
import re
import tomllib
from urllib.parse import quote

from packaging.requirements import Requirement

from tools import common

FOLDER = "deploy/colab"  # of the students' edition; not below notebooks/, where the tests run every notebook
JUPYTER = ("jupyterlab", "ipykernel")  # Colab has a page and a kernel of its own
_COLAB = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
_FIRST = "00_start_here"


def address() -> str:
    """The address of the students' edition; "" where there is none yet."""
    project = tomllib.loads((common.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project.get("tool", {}).get("course", {}).get("students-edition", "")


def on_github(place: str) -> str:
    """The "owner/name" of an address on GitHub; "" for another one."""
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?", place)
    return found[1] if found else ""


def badges(place: str) -> str:
    """The first lines of the students' README: how to get this edition, and its badges; "" without an address."""
    if not place:
        return ""
    lines = [f"`git clone {place}`; later `git pull` brings what is new and leaves `my_homework/` alone."]
    if name := on_github(place):
        path = quote(f"lab/tree/notebooks/{_FIRST}.ipynb", safe="")
        binder = _badge(
            "Binder", "https://mybinder.org/badge_logo.svg", f"mybinder.org/v2/gh/{name}/main?urlpath={path}"
        )
        colab = _badge("Colab", "https://colab.research.google.com/assets/colab-badge.svg", in_colab(name, _FIRST))
        lines.insert(0, f"{binder} {colab}\n")
    return "\n".join(lines) + "\n\n"


def in_colab(name: str, notebook: str) -> str:
    """Where Colab shows a notebook of a GitHub repository, without "https://"."""
    return f"colab.research.google.com/github/{name}/blob/main/{FOLDER}/{notebook}.ipynb"


def _badge(where: str, picture: str, leads_to: str) -> str:
    return f"[![Open in {where}]({picture})](https://{leads_to})"


def colab_edition(text: str, name: str) -> str:
    """A notebook's JSON with a cell in front that installs the course, and links that work in Colab."""
    book = json.loads(text)
    for cell in [cell for cell in book["cells"] if cell["cell_type"] == "markdown"]:
        cell["source"] = [_outside(line, name) for line in cell["source"]]
    book["cells"][1:1] = [_cell("markdown", _SAID), _cell("code", set_up(name))]
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


_SAID = (
    "**In Colab, run this cell first:** it installs the course, once for each session, in some minutes. "
    "If Colab then asks for a restart of the session, restart it and go on below."
)


def set_up(name: str) -> str:
    """The two lines that install, in Colab, what the course needs of a GitHub repository and its list of packages."""
    lines = (common.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    fitting = [
        one for one in listed if one.name not in JUPYTER and not (one.marker and not one.marker.evaluate(_COLAB))
    ]
    asked = " \\\n    ".join(f'"{one.name}{one.specifier}"' for one in fitting)
    return f"%pip install -q {asked}\n%pip install -q --no-deps https://github.com/{name}/archive/refs/heads/main.zip"


def _cell(kind: str, text: str) -> dict:
    cell = {"cell_type": kind, "id": f"colab-{kind}", "metadata": {"slideshow": {"slide_type": "skip"}}}
    more = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return cell | more | {"source": text.splitlines(keepends=True)}


def _outside(line: str, name: str) -> str:
    """A line of a notebook with its links to other files of the course made whole."""
    line = re.sub(r"\]\((\d\d_\w+)\.ipynb", lambda link: f"](https://{in_colab(name, link[1])}", line)
    whole = f"https://github.com/{name}/blob/main"
    line = line.replace("](../", f"]({whole}/")
    return re.sub(r"\]\((?![a-z]+:|#)", f"]({whole}/notebooks/", line)
