"""Points in the plane, each with its photo: point at one (or reach it with the Tab key) and the photo appears.

It is one SVG drawing with a few lines of style, no script and no widget: it works in a notebook, in an exported page
and from a file with no network.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from helpers import images
from helpers.datasets.labels import class_numbers
from helpers.images.style import COLOURS
from helpers.plots import charts, figure

PLANE, _SIDE, _PANEL, EDGE = 460, 72, 190, 12  # units of the drawing; SIDE: pixels of a thumbnail
_MOST = 400  # points; the drawing holds every thumbnail


def photo_map(
    points: np.ndarray,
    pictures: Sequence[np.ndarray],
    labels: Sequence[int],
    names: Sequence[str],
    title: str,
    notes: Sequence[str] | None = None,
) -> figure.Figure:
    """Show points `(n, 2)` coloured by class; pointing at one shows its photo, its class and its note.

    The picture's `svg` is the drawing as text; where no HTML is shown, it is the points alone.
    pictures: n pictures, uint8 `(height, width, 3)`. labels: numbers into `names`. notes: a text for each point.
    Raises ValueError for other numbers of pictures or labels than points, for labels without a name, or for more than
    400 points.
    """
    points, labels = np.asarray(points, float), class_numbers(labels, names, "the labels")
    if not len(points) == len(pictures) == len(labels):
        raise ValueError(f"{len(points)} points, {len(pictures)} pictures, {len(labels)} labels: give one of each")
    if not 1 <= len(points) <= _MOST:
        raise ValueError(f"{len(points)} points; give 1 to {_MOST}, for example a part chosen with take(n, seed)")
    picture = charts.scatter_2d(points, labels, names, title)  # which checks the points
    counts = ", ".join(f"{name} {(labels == k).sum()}" for k, name in enumerate(names) if (labels == k).any())
    picture.alt = f"{title}. {len(points)} points, each a photo: {counts}."
    low, spread = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-12)
    places = EDGE + (points - low) / spread * (PLANE - 2 * EDGE)
    each = zip(places, pictures, labels.tolist(), notes or [""] * len(points), strict=True)
    marks = [_mark(*point, names, first=not number) for number, point in enumerate(each)]
    picture.svg = _drawing(marks, names, title, picture.alt)
    return picture


def _mark(place: np.ndarray, picture: np.ndarray, label: int, note: str, names: Sequence[str], first: bool) -> str:
    """One point with its hidden photo; y grows upwards, as in a chart. Tab comes to the first one only."""
    x, y, colour = place[0], PLANE - place[1], COLOURS[label % len(COLOURS)]
    shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
    if label % 2:
        shape = f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" fill="{colour}"/>'
    text = html.escape(f"{names[label]}{', ' if note else ''}{note}")
    left, top = PLANE + 14, PLANE - _PANEL - 20
    frame = f'x="{left}" y="{top}" width="{_PANEL - 24}" height="{_PANEL - 24}"'
    photo = f'<image class="seen" {frame} href="{_jpeg(picture)}"/>'
    words = f'<text class="seen" x="{left}" y="{top + _PANEL}">{text}</text>'
    return f'<g class="point" role="img" tabindex="{0 if first else -1}" aria-label="{text}">{shape}{photo}{words}</g>'


# Arrow keys go from point to point; JupyterLab would take them for itself.
_KEYS = (
    "const all = [...this.querySelectorAll('.point')], at = all.indexOf(document.activeElement);"
    "const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];"
    "if (step &amp;&amp; at >= 0) { all.at((at + step) % all.length).focus(); event.preventDefault(); }"
)


def _jpeg(picture: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(images.resize(np.asarray(picture), (_SIDE, _SIDE))).save(stream, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _drawing(marks: list[str], names: Sequence[str], title: str, alt: str) -> str:
    wide, tall = PLANE + _PANEL, PLANE + 40
    keys = "".join(
        f'<text x="{PLANE + 14}" y="{20 + 18 * k}" fill="{COLOURS[k % len(COLOURS)]}">'
        f"{'■' if k % 2 else '●'} {html.escape(str(name))}</text>"
        for k, name in enumerate(names)
    )
    style = (
        ".photo-map text{font:14px sans-serif} .photo-map .seen{visibility:hidden} "
        ".photo-map .point:hover .seen,.photo-map .point:focus .seen{visibility:visible} "
        ".photo-map .point:hover circle,.photo-map .point:focus circle,"
        ".photo-map .point:hover rect,.photo-map .point:focus rect{stroke:#000;stroke-width:2} "
        ".photo-map .point{outline:none;cursor:pointer} .photo-map .point:focus-visible{outline:2px solid #1a73e8}"
    )
    return (
        f'<svg class="photo-map" viewBox="0 0 {wide} {tall}" style="max-width:{wide * 1.3:.0f}px;background:#fff" '
        f'role="group" aria-label="{html.escape(alt)}" data-lm-suppress-shortcuts="true" onkeydown="{_KEYS}">'
        f"<style>{style}</style>"
        f'<text x="{EDGE}" y="{tall - 12}">{html.escape(title)}</text>'
        f'<rect x="0" y="0" width="{PLANE}" height="{PLANE}" fill="none" stroke="#bbb"/>{keys}{"".join(marks)}</svg>'
    )
