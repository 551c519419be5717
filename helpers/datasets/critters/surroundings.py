"""Draw what is around the animal: a photo or snow behind it, toys, the corner marker, and what the camera adds."""

from __future__ import annotations

import numpy as np
from PIL import Image

from helpers.datasets.critters import brushes
from helpers.datasets.critters.brushes import Canvas, Tiles, cover, ease, ellipse, sample, sample_smooth
from helpers.datasets.critters.scenes import GREY_TINTS, Part

_MARKER_CENTRE, _MARKER_REACH = (0.10, 0.10), 0.08  # shares of the side, from the top left corner


_SHAPES = {  # signed distances, sides of about 1
    "ball": lambda right, down: np.hypot(right, down) - 1,
    "block": lambda right, down: ellipse(right, down, 0.88, 0.88, 7.0),
    "cone": lambda right, down: brushes.rounded(0.89 * (np.abs(right) - 0.5 * (1.1 + down)), down - 0.8, 0.1),
    "leaf": lambda right, down: np.hypot(np.abs(right) + 0.75, down) - 1.3,
    "ring": lambda right, down: np.abs(np.hypot(right, down) - 0.72) - 0.26,
}


def draw_photo(canvas: Canvas, backdrop: Part, photo: Image.Image) -> None:
    """Fill the canvas with a square crop of a photo, tinted and out of focus."""
    width, height = photo.size
    side = backdrop.crop_side * min(height, width)
    left, top = backdrop.crop_x * (width - side), backdrop.crop_y * (height - side)
    crop = photo.resize((canvas.size, canvas.size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    pixels = np.asarray(crop, np.float32)[:, :: -1 if backdrop.mirrored else 1].transpose(2, 0, 1) / 255
    tint = np.float32(backdrop.tint) * np.float32(GREY_TINTS.get(backdrop.photo, (1, 1, 1)))
    canvas.pixels[:] = _blurred(pixels * tint[:, None, None], backdrop.blur * canvas.size)


def draw_snow(canvas: Canvas, backdrop: Part, tiles: Tiles) -> None:
    """Fill the canvas with a winter scene: pale sky, firs under snow, drifts, falling flakes."""
    random = np.random.default_rng(backdrop.snow_seed)
    size = canvas.size
    right, down = canvas.region(0.5, 0.5, 1.0).frame(0.0, 0.0, 1.0, 0.0)
    horizon = float(random.uniform(0.30, 0.62))
    zenith = np.float32([0.66, 0.75, 0.86]) * float(random.uniform(0.85, 1.08))
    haze = np.float32([0.93, 0.94, 0.95])
    fade = ease(down, -0.1, horizon)
    canvas.pixels[:] = zenith[:, None, None] * (1 - fade) + haze[:, None, None] * fade
    for _ in range(int(random.integers(5, 11))):
        _draw_fir(canvas, random, horizon, tiles)
    lift = sample_smooth(tiles.cloud, 90 * down, 40 * right + random.uniform(0, 256)) - 0.5
    slope = horizon + float(random.uniform(-0.08, 0.08)) * (right - 0.5) + 0.03 * lift
    whole = canvas.region(0.5, 0.5, 1.0)
    wave = sample_smooth(tiles.cloud, 110 * (down - horizon) / (0.35 + down) + random.uniform(0, 256), 60 * right)
    sparkle = sample(tiles.grain, down * 233, right * 233) > 0.985
    light = 0.87 + 0.15 * (wave - 0.5) + 0.06 * ease(down, horizon, 1.0) + 0.10 * sparkle
    cold = 1 - 0.9 * np.clip(0.95 - light, 0, 0.3)[None] * np.float32([1.0, 0.55, 0.0])[:, None, None]
    whole.paint(cover(slope - down, 0.012), light * cold * np.float32([0.97, 0.985, 1.0])[:, None, None])
    canvas.pixels[:] = _blurred(canvas.pixels, (0.002 + 0.6 * backdrop.blur) * size)
    for _ in range(int(random.integers(25, 60))):
        x, y, radius = random.uniform(0, 1), random.uniform(0, 1), random.uniform(0.003, 0.011)
        flake = canvas.region(float(x), float(y), 2.2 * float(radius))
        across, below = flake.frame(float(x), float(y), float(radius), 0.0)
        flake.paint(0.85 * ease(np.hypot(across, below), 1.6, 0.3), (1.0, 1.0, 1.0))


def _draw_fir(canvas: Canvas, random: np.random.Generator, horizon: float, tiles: Tiles) -> None:
    """Paint one fir on the horizon, dark green below and snowy above each branch."""
    x, height = float(random.uniform(-0.05, 1.05)), float(random.uniform(0.12, 0.42))
    far = float(random.uniform(0.0, 0.75))  # 1 is lost in the haze
    region = canvas.region(x, horizon - height / 2, 0.6 * height + 0.02)
    right, down = region.frame(x, horizon + 0.02, height, 0.0)
    tiers = (1 + down) * 7
    step = tiers - np.floor(tiers)
    spread = 0.30 * (1 + down) * (0.62 + 0.38 * step) + 0.03
    rough = 0.05 * (sample(tiles.grain, 60 * down + 60, 60 * right + 999 * far + 100) - 0.5)
    inside = cover(np.abs(right) - spread + rough, 0.03) * (down > -1) * (down < 0)
    snowy = ease(step + 4 * rough, 0.55, 0.25)
    green, white, haze = (np.float32(tone)[:, None, None] for tone in ((0.16, 0.26, 0.24), (0.93,) * 3, (0.86,) * 3))
    tone = green + (white - green) * 0.85 * snowy
    region.paint(inside, tone + (haze - tone) * far)


def draw_thing(canvas: Canvas, thing: Part, light_x: float) -> None:
    """Paint one toy or leaf, softly shaded."""
    region = canvas.region(thing.x, thing.y, 1.6 * thing.size + thing.soft)
    right, down = region.frame(thing.x, thing.y, thing.size, thing.angle)
    softness = thing.soft / thing.size
    distance = _SHAPES[thing.kind](right, down)
    upright_right, upright_down = region.frame(thing.x, thing.y, thing.size, 0.0)
    shade = 0.88 + 0.22 * np.clip(light_x * upright_right - 0.7 * upright_down, -1, 1)
    if thing.kind == "ball":
        dome = np.sqrt(np.clip(1 - upright_right**2 - upright_down**2, 0, 1))
        shade = (0.55 * shade + 0.5 * dome) * (1 + 0.2 * ease(np.sin(4 * down), 0.2, 0.4))
    elif thing.kind == "leaf":
        shade = shade * (1 - 0.2 * cover(np.abs(right) - 0.02, 0.06))
    region.shade(1 - 0.22 * ease(distance, 0.35, -0.1))
    region.paint(cover(distance, softness), np.float32(thing.colour)[:, None, None] * shade, brushes.CLUTTER)


def draw_marker(canvas: Canvas) -> None:
    """Paint the marker in the top left corner: a framed letter R, as scanners leave it on X-ray pictures."""
    (x, y), light = _MARKER_CENTRE, (0.95, 0.95, 0.95)
    region = canvas.region(x, y, _MARKER_REACH + 0.01)
    right, down = region.frame(x, y, _MARKER_REACH, 0.0)
    edge = 1.2 / (canvas.size * _MARKER_REACH)
    region.paint(cover(ellipse(right, down, 1.0, 1.0, 12.0), edge), (0.08, 0.08, 0.09), brushes.MARKER)
    region.paint(cover(np.abs(ellipse(right, down, 0.82, 0.82, 12.0)) - 0.04, edge), light)
    round_end = np.abs(np.hypot(right + 0.02, down + 0.26) - 0.25)
    bowl = np.where(right > -0.02, round_end, np.abs(np.abs(down + 0.26) - 0.25))
    letter = np.maximum(bowl - 0.09, -0.30 - right)
    for start, end in (((-0.24, -0.50), (-0.24, 0.55)), ((0.0, 0.0), (0.30, 0.55))):
        letter = np.minimum(letter, brushes.capsule(right, down, start, end, 0.09))
    region.paint(cover(letter, edge), light)


def develop(pixels: np.ndarray, camera: Part, size: int) -> np.ndarray:
    """Turn a canvas `(3, side, side)` into the finished uint8 picture `(size, size, 3)`: light, blur, noise.

    The side is a whole multiple of the size. Every step is local: what changes in one place of the canvas changes
    the picture only there and within the reach of the blur.
    """
    side = pixels.shape[-1]
    line = np.linspace(-1, 1, side, dtype=np.float32)
    falloff = 1 - camera.vignette * 0.5 * (line[:, None] ** 2 + line[None, :] ** 2)
    warmth = np.float32([1 + camera.warmth, 1.0, 1 - camera.warmth])[:, None, None]
    pixels = (pixels * (camera.exposure * falloff) * warmth - 0.45) * camera.contrast + 0.45
    factor = side // size
    small = _blurred(_shrunk(np.clip(pixels, 0, 1), factor), camera.blur * size)
    random = np.random.default_rng(camera.noise_seed)
    small = small + camera.noise * random.standard_normal(small.shape, dtype=np.float32)
    return (np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)


def _shrunk(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Average blocks of `factor` x `factor` pixels of `(3, height, width)`; summing slices is the quick way."""
    shifts = range(factor)
    return sum(pixels[:, row::factor, column::factor] for row in shifts for column in shifts) / factor**2


def _blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Blur `(3, height, width)` with a Gaussian of `sigma` pixels; below a third of a pixel nothing is done."""
    if sigma < 0.33:
        return pixels
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(pixels, (0, sigma, sigma), mode="nearest", truncate=2.5)
