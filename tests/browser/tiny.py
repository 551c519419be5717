"""A notebook of a few cells, with one explorer, that runs in a second or two: what slides and site are tried on."""

from pathlib import Path

import nbformat

CELLS = [
    ("markdown", "slide", "# 0 Greys\n\nOne sentence. **About 1 minute.**"),
    ("markdown", "skip", "**Set up.**"),
    ("code", "skip", "import ipywidgets\nimport numpy as np\n\nfrom helpers.widgets import Explorer, Frame"),
    ("markdown", "slide", "## How grey?\n\nThe level is $x_i$.\n\n**Think!** How bright is level 101?\n\n**Move it.**"),
    (
        "code",
        "-",
        "def draw(level):\n"
        '    return Frame(np.full((90, 160, 3), level, "uint8"), f"grey of level {level}", f"draw({level})")\n\n\n'
        'slider = ipywidgets.IntSlider(100, 0, 255, description="Level", tooltip="How bright")\n'
        'Explorer({"level": slider}, draw, [{"level": v} for v in (0, 100, 255)], "Greys")',
    ),
    ("markdown", "slide", "It is grey.\n\n## The end\n\n$$\\frac{1}{2}$$"),
    ("code", "-", 'print("done")'),
]


def write(path: Path) -> Path:
    """Write the notebook."""
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    cells = [make[kind](text, metadata={"slideshow": {"slide_type": place}}) for kind, place, text in CELLS]
    for at, cell in enumerate(cells):
        cell["id"] = f"cell{at}"
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path
