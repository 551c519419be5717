"""Scenes: a picture as the parts it is made of, so that a page is sent what is new only and mixes the rest itself."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from helpers import images
from helpers.images import colours as colour
from helpers.images import style
from helpers.widgets.static_preview import font

QUALITY = 95  # of a JPEG, with its colours at every pixel: beside the PNG nobody sees a difference in a photo
_MANY = 400_000  # bytes of a layer's maps that are sent at once: going through them then needs no kernel
_FEW = 2000  # colours: pictures with fewer are drawings, whose edges JPEG would smear


class Part(NamedTuple):
    """A photo, a heat map, or one over the other, at its place in a picture.

    photo: uint8 (rows, columns, 3), None for a heat map alone. heat: (rows, columns), or (rows, columns, channels), of
    which `channel` is shown and the others are sent, too, unless they are too many. size: (height, width) on the page,
    None for the photo's own. smooth: what is smaller is enlarged smoothly, or else in squares; a heat map over a photo
    always smoothly. opacity, colours, signed: as in `images.overlay`. quality: of the JPEG that a page is sent, None
    for no loss. follows: "opacity" or "channel" -> name of the control whose value it is: the page need not ask.
    """

    photo: np.ndarray | None = None
    heat: np.ndarray | None = None
    size: tuple[int, int] | None = None
    top: int = 0
    left: int = 0
    smooth: bool = True
    opacity: float = style.OVERLAY_OPACITY
    colours: str = style.HEAT_COLOURS
    signed: bool = False
    channel: int = 0
    quality: int | None = QUALITY
    jpeg: bytes | None = None
    label: str = ""
    follows: dict[str, str] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width on the page."""
        return self.size or (self.heat if self.photo is None else self.photo).shape[:2]

    def pixels(self) -> np.ndarray:
        """The part as a page shows it: uint8 (height, width, 3)."""
        return _written_on(self._plain(), self.label) if self.label else self._plain()

    def _plain(self) -> np.ndarray:
        if self.photo is None:
            coloured = images.colourise(self._fitting(self.one_map()), self.colours, self.signed)
            return images.resize(coloured, self.shape, "nearest")
        photo = self.photo
        if photo.shape[:2] != self.shape:
            photo = images.resize(photo, self.shape, "bilinear" if self.smooth else "nearest")
        if self.heat is None:
            return photo
        return images.overlay(photo, self.one_map(), self.opacity, self.colours, self.signed)

    def one_map(self) -> np.ndarray:
        """The map that is shown, (rows, columns)."""
        return self.heat if self.heat.ndim == 2 else self.heat[..., self.channel]

    def maps(self) -> np.ndarray:
        """What a page is sent of the heat: (rows, columns, 1 or all channels), with no more places than pixels."""
        heat = self.heat[..., None] if self.heat.ndim == 2 else self.heat
        return self._fitting(heat if heat.size <= _MANY else self.one_map()[..., None])

    def _fitting(self, heat: np.ndarray) -> np.ndarray:
        height, width = self.shape
        if heat.shape[0] <= height and heat.shape[1] <= width:
            return heat
        return images.resize(heat, (height, width), "box" if self.photo is None else "bilinear")


class Scene(NamedTuple):
    """Parts on a white ground, which is as large as they need."""

    parts: tuple[Part, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return (
            max(part.top + part.shape[0] for part in self.parts),
            max(part.left + part.shape[1] for part in self.parts),
        )

    def pixels(self) -> np.ndarray:
        """The picture, uint8 (height, width, 3)."""
        if len(self.parts) == 1:
            return self.parts[0].pixels()
        sheet = np.full((*self.shape, 3), 255, np.uint8)
        for part in self.parts:
            height, width = part.shape
            sheet[part.top : part.top + height, part.left : part.left + width] = part.pixels()
        return sheet


def scene(picture: np.ndarray) -> Scene:
    """A picture, uint8 (height, width, 3), as a scene: a drawing is kept as it is, a photo may be packed as JPEG."""
    some = Image.fromarray(np.ascontiguousarray(picture[::4]))
    return Scene((Part(picture, quality=None if some.getcolors(_FEW) else QUALITY),))


def beside(*groups: list[Part], gap: int = 8) -> Scene:
    """Groups of parts side by side, their tops in one line; the parts of a group touch each other."""
    placed, left = [], 0
    for group in groups:
        for part in group:
            placed.append(part._replace(left=left))
            left += part.shape[1]
        left += gap
    return Scene(tuple(placed))


def in_rows(parts: list[Part], columns: int, gap: int) -> Scene:
    """Parts of one size in rows, as `images.grid` puts pictures."""
    height, width = parts[0].shape
    places = [divmod(number, columns) for number in range(len(parts))]
    return Scene(
        tuple(
            part._replace(top=row * (height + gap), left=column * (width + gap))
            for part, (row, column) in zip(parts, places, strict=True)
        )
    )


def with_bar(shown: Scene, limit: float = 1.0) -> Scene:
    """A scene of maps over photos and, on its right, their colour bar, from 0 or minus `limit` to `limit`."""
    heat, (height, width) = next(part for part in shown.parts if part.heat is not None), shown.shape
    inset, left = colour.BAR_INSET, width + 8
    ramp = np.linspace(1.0, -1.0 if heat.signed else 0.0, height - 2 * inset)[:, None]
    ground = np.full((len(ramp), colour.BAR_WIDTH, 3), style.BAR_GROUND, np.uint8)
    bar = heat._replace(photo=ground, heat=ramp, size=None, channel=0, top=inset, left=left, quality=None)
    numbers = Part(colour.bar_numbers(height, limit or 1.0, heat.signed), left=left + colour.BAR_WIDTH, quality=None)
    return Scene((*shown.parts, bar, numbers))


def packed(shown: Scene, known: dict[str, bytes]) -> tuple[dict[str, Any], dict[str, bytes], dict[str, bytes]]:
    """What a page needs to draw a scene: a description, and packed photos and heat maps, each by a sum of its content.

    known: photos and maps that need not be packed again.
    """
    photos: dict[str, bytes] = {}
    maps: dict[str, bytes] = {}
    parts = []
    for part in shown.parts:
        names = ("top", "left", "smooth", "opacity", "channel", "label", "follows")
        told = {name: getattr(part, name) for name in names} | dict(zip(("height", "width"), part.shape, strict=True))
        if part.photo is not None:
            key = told["photo"] = _sum(part.photo, part.quality)
            photos[key] = part.jpeg or known.get(key) or _photo(part.photo, part.quality)
        if part.heat is not None:
            heat = part.maps()
            key = told["heat"] = _sum(heat, part.signed)
            maps[key] = known.get(key) or _steps(heat, part.signed).tobytes()
            told |= dict(zip(("rows", "columns", "channels"), heat.shape, strict=True))
            told["colours"] = _table(part.colours, part.signed, part.photo is not None)
        parts.append(told)
    height, width = shown.shape
    return {"height": height, "width": width, "parts": parts}, photos, maps


def _written_on(picture: np.ndarray, words: str) -> np.ndarray:
    """Words at the upper left, white with a dark edge."""
    image = Image.fromarray(picture)
    edge = {"stroke_width": 2, "stroke_fill": "black"}
    ImageDraw.Draw(image).text((8, 14), words, fill="white", font=font(), anchor="lm", **edge)
    return np.asarray(image)


def _sum(array: np.ndarray, how: Any) -> str:
    array = np.ascontiguousarray(array)
    return f"{hashlib.blake2b(array, digest_size=12).hexdigest()} {array.shape} {how}"


@cache  # a sheet of maps has many with the same
def _table(colours: str, signed: bool, over: bool) -> bytes:
    """The colours of a heat map with the opacity of each, 256 x RGBA; over: it lies over a photo."""
    table = colour.overlay_table(colours, signed)
    table[:, 3] = table[:, 3] if over else 255
    return table.tobytes()


def _steps(heat: np.ndarray, signed: bool) -> np.ndarray:
    """The places of each map in its table of colours, uint8 (channels, rows, columns); each map on its own scale."""
    return np.stack([colour.colour_steps(one, signed) for one in np.moveaxis(heat, -1, 0)])


def _photo(photo: np.ndarray, quality: int | None) -> bytes:
    if quality is None:
        return images.encode_png(photo)
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(photo)).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()
