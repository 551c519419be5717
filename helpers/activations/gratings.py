"""Gratings: striped pictures in every direction and colour, the oldest question to a unit that sees.

Hubel and Wiesel (Receptive fields of single neurones in the cat's striate cortex, 1959) found with bars and edges what
single cells of the brain answer to; here the same is asked of single channels.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from helpers.backbones import Network, as_network

ANGLES = 16
_DEGREES = {"red": 0, "orange": 30, "yellow": 60, "green": 120, "cyan": 180, "blue": 240, "violet": 275, "magenta": 310}
HUES = tuple(_DEGREES)  # as the eye names them, not evenly spread over the colour circle
GREY = "black and white"
_LUMINANCE = (0.299, 0.587, 0.114)  # Rec. 601
_BATCH = 64


def angles(count: int = ANGLES) -> np.ndarray:
    """Return evenly spread directions of stripes in degrees: 0 upright, 45 rising to the right, 90 flat."""
    return np.arange(count) * 180.0 / count


def grating(
    angle: float, colour: str = GREY, size: int = 64, wavelength: float = 6.0, phase: float = 0.0
) -> np.ndarray:
    """Return stripes of one colour on middle grey, uint8 `(size, size, 3)`.

    angle: the stripes' direction, as in `angles`. colour: one of HUES, whose
    stripes differ from the grey in colour only (same luminance, Rec. 601), or "black and white", in luminance only.
    wavelength: pixels from stripe to stripe, 2 or more. phase: how far the stripes are moved on, in degrees, 360 for a
    whole wave. Raises ValueError for another colour or a shorter wave.
    """
    if wavelength < 2:
        raise ValueError(f"wavelength is {wavelength}; stripes need 2 pixels or more from one to the next")
    rows, columns = np.mgrid[:size, :size]
    turned = np.deg2rad(angle)
    across = (columns * np.cos(turned) + rows * np.sin(turned)) / wavelength
    wave = np.sin(2 * np.pi * (across + phase / 360))
    if colour == GREY:
        return (127.5 + 100 * wave[..., None] * np.ones(3)).round().astype(np.uint8)
    if colour not in HUES:
        raise ValueError(f"colour is {colour!r}; choose {GREY!r} or one of {', '.join(HUES)}")
    return (127.5 + (wave[..., None] + 1) / 2 * _direction(colour)).round().astype(np.uint8)


def grating_answers(
    network: Network | Any,
    layer: str,
    colours: Sequence[str] = (*HUES, GREY),
    size: int = 64,
    wavelength: float = 6.0,
    count: int = ANGLES,
) -> np.ndarray:
    """Return how strongly each channel answers to each grating, float32 `(angles, colours, channels)`.

    An answer is the largest number of the channel's map away from the picture's edge, where padding would be seen,
    minus the same for plain grey; what is not above grey counts 0. layer: of any kind; before a ReLU6 nothing is cut
    off.
    """
    pictures = [grating(angle, colour, size, wavelength) for angle in angles(count) for colour in colours]
    pictures.append(np.full((size, size, 3), 127, np.uint8))
    found = np.concatenate([_inner(maps).max(axis=(1, 2)) for maps in _maps(network, layer, pictures)])
    return np.maximum(found[:-1] - found[-1], 0).reshape(count, len(colours), -1)


def phase_modulation(
    network: Network | Any, layer: str, size: int = 96, wavelength: float = 12.0, count: int = 8, phases: int = 8
) -> np.ndarray:
    """Return how much each channel minds where the stripes lie: first harmonic over mean, 0 to 2, float `(channels,)`.

    Black and white stripes in the direction that the channel answers to most move on by one wave in `phases` steps; one
    unit in the middle is watched, what is below its answer to grey counts 0. Above 1 a cell of the brain is called
    simple, below 1 complex (Skottun et al. 1991). A channel that never answers gets NaN.
    """
    steps = np.arange(phases) * 360 / phases
    pictures = [grating(angle, GREY, size, wavelength, step) for angle in angles(count) for step in steps]
    pictures.append(np.full((size, size, 3), 127, np.uint8))
    middle = [maps[:, maps.shape[1] // 2, maps.shape[2] // 2] for maps in _maps(network, layer, pictures)]
    found = np.concatenate(middle)
    above = np.maximum(found[:-1] - found[-1], 0).reshape(count, phases, -1)
    best = np.take_along_axis(above, above.mean(axis=1).argmax(axis=0)[None, None], axis=0)[0]
    mean = best.mean(axis=0)
    harmonic = 2 * np.abs(np.tensordot(np.exp(-1j * np.deg2rad(steps)), best, axes=(0, 0))) / phases
    return np.where(mean > 1e-6, harmonic / np.where(mean > 1e-6, mean, 1), np.nan)


def _maps(network: Network | Any, layer: str, pictures: list[np.ndarray]) -> Iterator[np.ndarray]:
    """A layer's maps, a batch of pictures at a time."""
    network = as_network(network)
    for at in range(0, len(pictures), _BATCH):
        yield network.features_of(np.stack(pictures[at : at + _BATCH]), layer, photos=len(pictures))


def _inner(maps: np.ndarray) -> np.ndarray:
    """The middle half of maps `(n, rows, columns, channels)`; of small ones everything."""
    edge = maps.shape[1] // 4 if maps.shape[1] > 3 else 0
    return maps[:, edge : maps.shape[1] - edge, edge : maps.shape[2] - edge]


def _direction(colour: str) -> np.ndarray:
    """From grey to the colour without a change of luminance: RGB, its largest part 100 of 255."""
    rgb = np.array(colorsys.hsv_to_rgb(_DEGREES[colour] / 360, 1, 1))
    chroma = rgb - rgb @ _LUMINANCE
    return 100 * chroma / np.abs(chroma).max()


def orientation_selectivity(answers: np.ndarray) -> np.ndarray:
    """How much answers depend on the direction of stripes: 0 for the same to all, 1 for one direction alone.

    answers: `(angles, ...)`, not negative, to evenly spread directions. The length of the mean vector of the doubled
    angles, one minus the circular variance (Ringach, Shapley and Hawken 2002). What answers to nothing gets NaN.
    """
    answers = np.asarray(answers, float)
    if answers.min() < 0:
        raise ValueError(f"the least answer is {answers.min():.3g}; give answers of 0 or more")
    turned = np.exp(2j * np.deg2rad(angles(len(answers))))
    total = answers.sum(axis=0)
    vector = np.abs(np.tensordot(turned, answers, axes=(0, 0)))
    return np.where(total > 0, vector / np.where(total > 0, total, 1), np.nan)
