"""A network of one kernel on generated bars: small enough to set every weight by hand, and to ask what it likes."""

from __future__ import annotations

import numpy as np

from helpers.images.style import COLOURS, HEAT_COLOURS, SIGNED_COLOURS, WIDTH
from helpers.plots.figure import Figure, describe, drawing, heading

SIZE, _LONG = 13, 4.0  # pixels of a picture's side, and half of a bar's length
ANGLES = np.arange(0, 180, 15)


def bar(angle: float, x: float = 0.0, y: float = 0.0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A picture (13, 13) of a bar one pixel thick, 0 to 1: angle in degrees from the horizontal, 90 stands upright.

    x, y: pixels from the middle, to the right and down. noise: standard deviation of what is added to every pixel.
    """
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    turned = np.deg2rad(angle)
    along = (columns - x) * np.cos(turned) - (rows - y) * np.sin(turned)
    across = (columns - x) * np.sin(turned) + (rows - y) * np.cos(turned)
    drawn = np.clip(1.25 - np.abs(across), 0, 1) * np.clip(_LONG + 0.5 - np.abs(along), 0, 1)
    return drawn + noise * np.random.default_rng(seed).normal(size=drawn.shape)


def bars(count: int, seed: int = 0, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (count, 13, 13) of lying (label 0) and upright (label 1) bars at places drawn with the seed."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    places = random.uniform(-3, 3, (count, 2))
    drawn = [
        bar(90 * label, *place, noise, seed + n) for n, (label, place) in enumerate(zip(labels, places, strict=True))
    ]
    return np.array(drawn), labels


def activation_map(picture: np.ndarray, kernel: np.ndarray, bias: float = 0.0) -> np.ndarray:
    """The kernel (k, k) at every place of a picture (h, w), plus the bias, after ReLU: (h - k + 1, w - k + 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    return np.maximum((windows * kernel).sum(axis=(-2, -1)) + bias, 0)


def answer(picture: np.ndarray, kernel: np.ndarray, bias: float = 0.0) -> float:
    """The network's one number: the largest value of the activation map."""
    return float(activation_map(picture, kernel, bias).max())


def best_accuracy(kernel: np.ndarray, bias: float = 0.0, count: int = 100, seed: int = 0) -> float:
    """The share of generated bars that the best threshold on the answer tells apart: above it upright."""
    pictures, labels = bars(count, seed)
    found = np.array([answer(one, kernel, bias) for one in pictures])
    return max(float(((found >= threshold) == labels).mean()) for threshold in (*found, np.inf))


def one_kernel_picture(kernel: np.ndarray, bias: float, angle: float, title: str | None = None) -> Figure:
    """A bar, the kernel, its activation map, and the answer to bars of every angle, this one's marked."""
    shown = bar(angle)
    tuned = [answer(bar(one), kernel, bias) for one in ANGLES]
    found = answer(shown, kernel, bias)
    maps = {"bar": shown, "kernel": kernel, "activation map": activation_map(shown, kernel, bias)}
    with drawing():
        figure = Figure(WIDTH, 2.9, layout=None)
        figure.subplots_adjust(left=0.01, right=0.99, top=0.85, bottom=0.2, wspace=0.12)
        *places, curve = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.7))
        for place, (words, values) in zip(places, maps.items(), strict=True):
            limit = max(float(np.abs(values).max()), 1e-9)
            signed = words == "kernel"
            kind = {"cmap": SIGNED_COLOURS if signed else HEAT_COLOURS, "vmin": -limit if signed else 0}
            place.imshow(values, vmax=limit, **kind)
            place.set_title(words)
            place.set_axis_off()
        curve.plot(ANGLES, tuned, color=COLOURS[0], marker="o", markersize=4)
        curve.plot(angle, found, "o", color=COLOURS[1], markersize=11)
        curve.set_title("what does it like?")
        curve.set_xlabel("angle of the bar")
        curve.set_xticks([0, 45, 90, 135])
        curve.set_ylim(-0.05 * max(*tuned, 1), 1.1 * max(*tuned, found, 1))
        heading(figure, title)
    said = [f"answer {found:.2f} to a bar of {angle:g} degrees", f"most {max(tuned):.2f} at {ANGLES[np.argmax(tuned)]}"]
    figure.alt = describe("A bar, a kernel, its map and its answers by angle", said, title)
    return figure
