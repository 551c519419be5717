"""The matplotlib figure that all plots return: it shows itself in a notebook, without pyplot and without a screen.

`helpers.plots` offers `Picture` and every kind of plot; use them from there.
"""

import base64
import html
import io
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from helpers.images.style import HEADING, PAGE_PIXELS_PER_INCH, PIXELS_PER_INCH, TEXT, WIDTH
from helpers.images.transform import write_whole

# What differs from matplotlib's own defaults; sizes that are not given follow from the font's.
_STYLE = {
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "figure.titlesize": HEADING,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a class or a file may have a $ in its name
}
_LOCK = threading.RLock()


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the course's style, whatever style a student has set; one thread at a time, as matplotlib wants it."""
    with _LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


class Figure(Figure):
    """A matplotlib figure that a notebook shows as PNG, with `alt` as its text for those who cannot see it.

    `alt` is made from titles and values; set it to say more. `width` and `height` are in inches, of which a notebook
    shows 96 pixels each; `dpi` is that of the PNG.
    """

    def __init__(
        self, width: float = WIDTH, height: float = 4.0, layout: str | None = "constrained", dpi: int = PIXELS_PER_INCH
    ):
        super().__init__(figsize=(width, height), dpi=dpi, facecolor="white", layout=layout)
        FigureCanvasAgg(self)
        self.alt = self.svg = ""  # svg: a drawing that stands on pages of HTML instead of the PNG

    def __repr__(self) -> str:
        return f"<Picture: {self.alt}>"

    def png(self, dpi: float | None = None) -> bytes:
        """Return the bytes of a PNG file, with the figure's own pixels per inch if `dpi` is not given."""
        return self._render("png", dpi or self.dpi)

    def pixels(self, dpi: float = PAGE_PIXELS_PER_INCH) -> np.ndarray:
        """Return the drawn picture as uint8 (height, width, 3), for an explorer."""
        return np.asarray(Image.open(io.BytesIO(self.png(dpi))).convert("RGB"))

    def save(self, path, dpi: int = 200) -> Path:
        """Write the picture to `path` (.png, .jpg, .webp, .tif, .svg or .pdf), whole or not at all; return the path."""
        path = Path(path)
        kinds = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "svg", "pdf")
        kind = path.suffix.lower().removeprefix(".")
        if kind not in kinds:
            raise ValueError(f"{path.name} ends in no known picture format; end the name in .{', .'.join(kinds)}.")
        return write_whole(path, self._render(kind, dpi))

    def _render(self, kind: str, dpi: float) -> bytes:
        stream = io.BytesIO()
        notes = {"Description": self.alt, "Software": None} if kind == "png" and self.alt else None
        with drawing():
            self.savefig(
                stream, format=kind, dpi=dpi, facecolor="white", bbox_inches="tight", pad_inches=0.15, metadata=notes
            )
        # A notebook keeps every figure it has shown, and each text in it would keep the canvas: 4 MB a figure.
        for text in self.findobj(Text):
            text._renderer = None
        vars(self.canvas).pop("renderer", None)
        return stream.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict]:
        content = self.png()
        width = int.from_bytes(content[16:20], "big") * PAGE_PIXELS_PER_INCH / self.dpi
        return content, {"alt": self.alt, "width": round(width)}

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        # IPython asks for this first. With _repr_png_ alone, a student's own pyplot would print the figure its way.
        # Neither JupyterLab nor nbconvert puts the alternative text of a PNG on the page, so HTML carries it there.
        content, notes = self._repr_png_()
        source = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        words = html.escape(self.alt, quote=True)
        page = f'<img src="{source}" alt="{words}" width="{notes["width"]}" style="max-width: 100%; height: auto">'
        return {"image/png": content, "text/html": self.svg or page, "text/plain": repr(self)}, {"image/png": notes}


@contextmanager
def chart(
    title: str | None,
    height: float,
    x_label: str | None = None,
    y_label: str | None = None,
    legend: bool = False,
    width: float = WIDTH,
) -> Iterator[tuple[Figure, Axes]]:
    """A figure and its one empty place, to be drawn in; labels, legend and title come at the end."""
    with drawing():
        figure = Figure(width, height)
        place = figure.subplots()
        yield figure, place
        place.set_xlabel(x_label or "")
        place.set_ylabel(y_label or "")
        if legend:
            figure.legend(loc="outside lower center", ncols=4, frameon=False)
        heading(figure, title)


def describe(kind: str, parts: Sequence[str], title: str | None) -> str:
    """An alternative text from what is shown, short enough to be listened to."""
    text = "; ".join(" ".join(str(part).split()) for part in parts if part)
    heading = " ".join(title.split()) if title else ""
    text = f"{kind}{': ' if heading or text else ''}{heading}{'. ' if heading and text else ''}{text}"
    return text if len(text) <= 400 else text[:397].rstrip() + "..."


def wrapped(text: str | None, inches: float, points: float = TEXT) -> str:
    """Text in lines that fit so many inches."""
    if not text:
        return ""
    letters = max(6, int(inches * 72 / (0.56 * points)))
    return "\n".join(textwrap.fill(line, letters) for line in str(text).splitlines())


def heading(figure: Figure, title: str | None) -> None:
    """The title over the whole picture, in lines that fit."""
    if title:
        figure.suptitle(wrapped(title, figure.get_figwidth(), HEADING), fontsize=HEADING)


def best_columns(count: int, longest_title: int) -> int:
    """How many pictures stand in a row, when the longest of their titles has so many letters."""
    if count <= 4:
        return count
    if count <= 6 or longest_title > 40:
        return 3
    if count <= 8 or longest_title > 20:
        return 4
    return 5 if count <= 20 or longest_title > 6 else 8
