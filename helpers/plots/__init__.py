"""Figures for the notebooks: photos, heat maps, charts, learning curves; one look, readable in light and dark."""

from helpers.plots.charts import bars, confusion, dots, histogram, lines, scatter_2d, top_k
from helpers.plots.figure import Figure
from helpers.plots.learning_curves import curves
from helpers.plots.photo_map import photo_map
from helpers.plots.photos import heat, heats, overlays, photos

__all__ = [
    "Figure",
    "bars",
    "confusion",
    "curves",
    "dots",
    "heat",
    "heats",
    "histogram",
    "lines",
    "overlays",
    "photo_map",
    "photos",
    "scatter_2d",
    "top_k",
]
