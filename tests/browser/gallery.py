"""Every explorer of the course, as the cells of one notebook: for browser tests and measurements."""

from pathlib import Path

SETUP = """
from helpers import backbones, datasets
from helpers.widgets import *
network = backbones.load("efficientnet_lite0")
"""

# name -> the cell that shows it.
EXPLORERS = {
    "augmentation": "augmentation_explorer(network)",
    "tour": "tour_explorer(network)",
    "grad_cam": "grad_cam_explorer(network)",
    "school": 'school_explorer(datasets.schools("exam"))',
}


def write(folder: Path, names: list[str]) -> Path:
    """Write a notebook with a cell for each of these explorers, the setup first; return its path."""
    import nbformat.v4 as v4
    from nbformat import write as save

    cells = [v4.new_code_cell(SETUP), *(v4.new_code_cell(EXPLORERS[name]) for name in names)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    path = folder / "gallery.ipynb"
    save(v4.new_notebook(cells=cells, metadata=kernel), path)
    return path
