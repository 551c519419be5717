"""Brushes for drawn pictures: a canvas, smooth shapes given by their distance function, and noise to draw fur with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BACKGROUND, BODY, FACE, EARS, CLUTTER, MARKER = range(6)
_TILE = 256  # side of the periodic noise tiles, a power of two so that wrapping around is a bit mask


@dataclass(frozen=True)
class Tiles:
    """Periodic noise, float32 `(256, 256)` in 0..1: `grain` is white, `cloud` is smooth, `hair` is streaky."""

    grain: np.ndarray
    cloud: np.ndarray
    hair: np.ndarray

    @classmethod
    def make(cls) -> Tiles:
        """Make the three tiles. They are the same for every critter; each critter reads them at its own offset."""
        random = np.random.default_rng(20_26)
        white = random.standard_normal((_TILE, _TILE))
        row = np.fft.fftfreq(_TILE)[:, None] * _TILE
        column = np.fft.fftfreq(_TILE)[None, :] * _TILE
        radius = np.hypot(row, column)
        return cls(
            grain=_levelled(white),
            cloud=_levelled(_filtered(white, np.where(radius > 0, 1 / np.maximum(radius, 2) ** 1.7, 0))),
            # Streaks: smooth along the columns (the direction of the hair), rough across.
            hair=_levelled(_filtered(white, np.exp(-((row / 9) ** 2)) / (1 + (column / 48) ** 2))),
        )


def _filtered(white: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return np.fft.ifft2(np.fft.fft2(white) * gain).real


def _levelled(noise: np.ndarray) -> np.ndarray:
    """Spread the values evenly over 0..1, so that a threshold at 0.3 takes 30 % of the tile."""
    order = np.empty(noise.size, np.float32)
    order[np.argsort(noise, axis=None)] = np.linspace(0, 1, noise.size, dtype=np.float32)
    return order.reshape(noise.shape)


def sample(tile: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Read the tile at the nearest pixel, wrapped around. The coordinates are in tile pixels."""
    return tile[along.astype(np.int32) & (_TILE - 1), across.astype(np.int32) & (_TILE - 1)]


def sample_smooth(tile: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Read the tile between its pixels (bilinear), wrapped around: for smooth tiles seen enlarged."""
    row, column = np.floor(along), np.floor(across)
    down, right = along - row, across - column
    row, column = row.astype(np.int32), column.astype(np.int32)
    top, bottom = row & (_TILE - 1), (row + 1) & (_TILE - 1)
    left, beside = column & (_TILE - 1), (column + 1) & (_TILE - 1)
    upper = tile[top, left] * (1 - right) + tile[top, beside] * right
    lower = tile[bottom, left] * (1 - right) + tile[bottom, beside] * right
    return upper * (1 - down) + lower * down


class Canvas:
    """Colours `(3, size, size)` float32 in 0..1, and for every pixel the part of the picture that it shows."""

    def __init__(self, size: int):
        self.size = size
        self.pixels = np.zeros((3, size, size), np.float32)
        self.parts = np.zeros((size, size), np.uint8)

    def region(self, x: float, y: float, reach: float, reach_down: float | None = None) -> Region:
        """Return the window within `reach` of (x, y), all as shares of the picture's side; it may be empty.

        `reach_down` is the reach up and down, if that is another.
        """
        return Region(self, self._span(y, reach if reach_down is None else reach_down), self._span(x, reach))

    def _span(self, centre: float, reach: float) -> slice:
        first, last = (centre - reach) * self.size, (centre + reach) * self.size + 1
        return slice(int(min(max(first, 0), self.size)), int(min(max(last, 0), self.size)))


class Region:
    """A window on the canvas in which shapes are painted; `frame` gives turned and scaled coordinates in it."""

    def __init__(self, canvas: Canvas, rows: slice, columns: slice):
        self.canvas, self.rows, self.columns = canvas, rows, columns
        self.pixels = canvas.pixels[:, rows, columns]
        self.parts = canvas.parts[rows, columns]

    def frame(self, x: float, y: float, scale: float, angle: float) -> tuple[np.ndarray, np.ndarray]:
        """Return (right, down) coordinates of every pixel in units of `scale`, from (x, y), turned by `angle`."""
        size = self.canvas.size
        across = (np.arange(self.columns.start, self.columns.stop, dtype=np.float32) + 0.5) / size - np.float32(x)
        down = (np.arange(self.rows.start, self.rows.stop, dtype=np.float32) + 0.5) / size - np.float32(y)
        cosine, sine = np.float32(np.cos(angle) / scale), np.float32(np.sin(angle) / scale)
        return (
            across[None, :] * cosine + down[:, None] * sine,
            down[:, None] * cosine - across[None, :] * sine,
        )

    def paint(self, alpha: np.ndarray, colour, part: int | None = None) -> None:
        """Lay a colour (three numbers, or `(3, height, width)`) over the window with the given coverage 0..1."""
        colour = np.asarray(colour, np.float32)
        if colour.ndim == 1:
            colour = colour[:, None, None]
        self.pixels *= 1 - alpha  # in this order nothing of what was below is left where alpha is 1, not even rounding
        self.pixels += colour * alpha
        if part is not None:
            self.parts[alpha > 0.5] = part

    def shade(self, factor: np.ndarray) -> None:
        """Multiply the window's colours: below 1 darkens, above 1 brightens."""
        self.pixels *= factor


def cover(distance: np.ndarray, softness: float) -> np.ndarray:
    """Turn a signed distance (negative inside) into coverage 0..1 with an edge `softness` wide."""
    return np.clip(0.5 - distance / np.float32(softness), 0, 1)


def ease(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Rise smoothly from 0 at `low` to 1 at `high` (they may be swapped)."""
    position = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return position * position * (3 - 2 * position)


def ellipse(right: np.ndarray, down: np.ndarray, width: float, height: float, power: float = 2.0) -> np.ndarray:
    """Approximate signed distance to an ellipse with those half axes; a power above 2 makes it squarer."""
    if power == 2.0:
        ratio = np.sqrt((right / np.float32(width)) ** 2 + (down / np.float32(height)) ** 2)
    else:
        raised = np.abs(right / np.float32(width)) ** np.float32(power)
        raised += np.abs(down / np.float32(height)) ** np.float32(power)
        ratio = raised ** np.float32(1 / power)
    return (ratio - 1) * np.float32(min(width, height))


def capsule(right, down, start: tuple[float, float], end: tuple[float, float], radius: float) -> np.ndarray:
    """Signed distance to a thick line from `start` to `end` with round ends."""
    step_right, step_down = end[0] - start[0], end[1] - start[1]
    length = max(step_right**2 + step_down**2, 1e-9)
    along = np.clip(((right - start[0]) * step_right + (down - start[1]) * step_down) / np.float32(length), 0, 1)
    return np.hypot(right - start[0] - along * step_right, down - start[1] - along * step_down) - np.float32(radius)


def merged(first: np.ndarray, second: np.ndarray, blend: float) -> np.ndarray:
    """Join two shapes with a smooth seam `blend` wide."""
    weight = np.clip(0.5 + (second - first) / np.float32(2 * blend), 0, 1)
    return second + (first - second) * weight - np.float32(blend) * weight * (1 - weight)


def rounded(first: np.ndarray, second: np.ndarray, blend: float) -> np.ndarray:
    """Keep what lies in both shapes, with corners rounded over `blend`."""
    return -merged(-first, -second, blend)
