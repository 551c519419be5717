"""Gradient ascent on a picture: the loop, and what the notebooks ask of it most."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from helpers import arguments, images
from helpers.ascent import objectives as goals
from helpers.ascent import regularisers as rules
from helpers.ascent.fourier import Adam, Waves
from helpers.ascent.objectives import Objective
from helpers.ascent.regularisers import Regularisers
from helpers.backbones import Network
from helpers.backbones.own import as_network
from helpers.progress import Progress, Report

BORDER = 16  # pixels: near the edge a unit sees padding, and ascent draws patterns that belong to it
RATE = 10.0  # of pixels, in units of 0..255
FOURIER_RATE = 0.05  # of coefficients, Adam's rate
WAVES_PER_GREY = 1e-3  # standard deviation of the coefficients at the start, per grey value of contrast
SIZE = 160


class Ascent(NamedTuple):
    """What a climb gives.

    pictures: float32 (n, height, width, 3), 0..255. values: float32 (steps, n), the objectives before each step, as the
    network saw the picture then. dead: bool (n,), no gradient ever came: the picture is its start.
    """

    pictures: np.ndarray
    values: np.ndarray
    dead: np.ndarray


def ascend(
    network: Network,
    objective: Objective | Sequence[Objective],
    size: int | tuple[int, int] | None = None,
    steps: int = 60,
    rate: float | None = None,
    start: str | np.ndarray = "noise",
    contrast: float = 10.0,
    regularisers: Regularisers | None = None,
    fourier: bool = False,
    normalise: bool = True,
    seed: int = 0,
    report: Report | None = None,
) -> Ascent:
    """Climb one objective, or several of the same kind at once, each on a picture of its own.

    On pixels each step is I <- I + rate * g / rms(g) (`normalise=False`: I + rate * g), then the regularisers, then a
    clip to 0..255. With `fourier` the coefficients of waves in decorrelated colours are climbed with Adam instead
    (Olah et al. 2017). size: pixels, one number or (height, width); None is 160, or the network's own for classes.
    rate: in units of 0..255, 10 if not given; of Adam, 0.05. start: "noise", "grey" (the network's mean colour: a unit
    behind a ReLU may be dead there), or a picture (height, width, 3), which brings its own size. contrast: standard
    deviation of the noise in units of 0..255. report: called after each step with the pictures so far. Raises
    ValueError for what does not exist (layer, channel, place, class), for a start with NaN or of 0..1, for regularisers
    that waves do not know, and for numbers that make no sense.
    """
    network, climbed = as_network(network), _several(objective)
    chosen = _regularisers(regularisers)
    steps, rate = arguments.whole("steps", steps), None if rate is None else arguments.number("rate", rate)
    contrast, report = arguments.number("contrast", contrast, 0), arguments.function("report", report)
    fourier, normalise = arguments.flag("fourier", fourier), arguments.flag("normalise", normalise)
    start = _start(start, len(climbed))
    shape = _shape(network, climbed, size, start)
    what = goals.resolve(network, climbed, shape)
    generator = arguments.generator(seed)
    call = goals.compiled(network, what.structure, chosen.turned)
    numbers = (what.which, what.places, what.weights)

    def gradient(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with goals.one_sentence(network, shape):
            return _moved_gradient(call, pictures, numbers, chosen, generator)

    if fourier:
        waves = Waves(*shape, network.mean_colour)
        if isinstance(start, str):  # noise of pixels would be nearly all fine waves, which then never leave
            spread = WAVES_PER_GREY * contrast if start == "noise" else 0.0
            coefficients = waves.start(len(climbed), spread, generator)
        else:
            coefficients = waves.coefficients(_first(network, len(climbed), shape, start, contrast, generator))
        return _on_waves(waves, coefficients, gradient, steps, rate, chosen, _name(what), report)
    first = _first(network, len(climbed), shape, start, contrast, generator)
    return _on_pixels(network, first, gradient, steps, rate, chosen, normalise, _name(what), report)


def filter_patterns(
    network: Network,
    layer: str,
    channels: int | Sequence[int],
    size: int | tuple[int, int] | None = SIZE,
    steps: int = 60,
    rate: float | None = None,
    contrast: float = 10.0,
    seed: int = 0,
    start: str | np.ndarray = "noise",
    regularisers: Regularisers | None = None,
    fourier: bool = False,
    report: Report | None = None,
) -> np.ndarray:
    """Return, for each channel of a layer, a picture that this channel responds to strongly.

    `ascend` on the channel's mean over all places; size: pixels of the square that is drawn, a border of 16 on each
    side is cut off. Of a dead channel, which never gives a gradient, the picture is the start; a printed line says so.
    Returns float32 (channels, size - 32, size - 32, 3), 0..255. Raises ValueError as `ascend` does.
    """
    network = as_network(network)
    size = (SIZE, SIZE) if size is None else arguments.sides("size", size)
    if min(size) <= 2 * BORDER:
        shown = size[0] if size[0] == size[1] else f"{size[0]} x {size[1]}"
        raise ValueError(f"size is {shown}, expected more than {2 * BORDER}: a border of {BORDER} pixels is cut off")
    channels = _channels(channels, layer, goals.output_shape(network, layer)[-1])
    wanted = [goals.channel(layer, number) for number in channels]
    climb = ascend(network, wanted, size, steps, rate, start, contrast, regularisers, fourier, True, seed, report)
    if climb.dead.any():
        print(_dead(layer, np.array(channels)[climb.dead].tolist(), start))
    return without_border(climb.pictures)


def class_images(
    network: Network,
    classes: str | int | Sequence[str | int],
    size: int | tuple[int, int] | None = None,
    steps: int = 100,
    after_softmax: bool = False,
    seed: int = 0,
    report: Report | None = None,
    **options,
) -> Ascent:
    """Climb the score of each class before the softmax (or its probability, after it): arg max S_c(I).

    Simonyan et al. 2014, equation 1. options: those of `ascend` (regularisers=Regularisers(decay=...), fourier=True,
    ...). size: None is what the network usually sees. Raises ValueError for an unknown class, with the nearest names.
    """
    score = goals.probability if arguments.flag("after_softmax", after_softmax) else goals.logit
    classes = [classes] if isinstance(classes, str | int | np.integer) else classes
    classes = list(classes) if np.iterable(classes) else []
    if not classes:
        raise ValueError("no class was given; give a class name or number, or a list of these")
    return ascend(network, [score(one) for one in classes], size, steps, seed=seed, report=report, **options)


def ascent_step(pictures: np.ndarray, gradients: np.ndarray, rate: float) -> np.ndarray:
    """Move each picture (n, height, width, 3) by `rate` along its gradient of root mean square 1; stay in 0..255.

    A gradient that is zero everywhere (a dead unit) leaves its picture as it is.
    """
    if np.ndim(pictures) != 4 or np.shape(pictures) != np.shape(gradients):
        raise ValueError(
            f"the pictures have shape {np.shape(pictures)} and the gradients {np.shape(gradients)}, expected "
            f"(n, height, width, 3) for both"
        )
    return np.clip(pictures + np.float32(arguments.number("rate", rate)) * _unit_size(np.asarray(gradients)), 0, 255)


def without_border(pictures: np.ndarray, border: int = BORDER) -> np.ndarray:
    """The pictures (n, height, width, 3) without `border` pixels on each side; ValueError where nothing is left."""
    if np.ndim(pictures) != 4:
        raise ValueError(f"the pictures have shape {np.shape(pictures)}, expected (n, height, width, 3)")
    height, width = np.shape(pictures)[1:3]
    border = arguments.whole("border", border, 0, (min(height, width) - 1) // 2)
    return pictures[:, border : height - border, border : width - border]


def _unit_size(gradients: np.ndarray) -> np.ndarray:
    """Each gradient divided by its root mean square; zeros stay zeros. Tiny ones are enlarged before squaring."""
    axes = (1, 2, 3)
    largest = np.maximum(gradients.max(axis=axes, keepdims=True), -gradients.min(axis=axes, keepdims=True))
    if not np.isfinite(largest).all():
        raise ValueError("the gradient holds NaN or infinite values; give a smaller rate, or look at the weights")
    scaled = gradients / np.where(largest > 0, largest, 1)
    size = np.sqrt(np.einsum("nijk,nijk->n", scaled, scaled) / scaled[0].size)
    scaled /= np.where(size > 0, size, 1).astype(np.float32)[:, None, None, None]
    return scaled


def _on_pixels(network, pictures, gradient, steps, rate, chosen, normalise, name, report) -> Ascent:
    """Steps on the pixels themselves."""
    rate = np.float32(RATE if rate is None else rate)
    values, alive, mean = [], np.zeros(len(pictures), bool), network.mean_colour
    with _watched(name, steps, report) as show:
        for step in range(steps):
            value, slope = gradient(pictures)
            values.append(value)
            alive |= slope.any(axis=(1, 2, 3))
            direction = _unit_size(slope) if normalise else slope
            if chosen.total_variation:
                direction = direction - np.float32(chosen.total_variation) * rules.total_variation_gradient(pictures)
            pictures = np.clip(pictures + rate * direction, 0, 255)
            if chosen.on():
                pictures = np.clip(mean + rules.apply(pictures - mean, slope, chosen, step), 0, 255)
            show(step + 1, pictures)
    return _climbed(pictures, values, alive)


def _on_waves(waves, coefficients, gradient, steps, rate, chosen, name, report) -> Ascent:
    """Steps on the coefficients of waves, with Adam; the network sees the pictures that they make."""
    refused = [one for one in chosen.on() if one in rules.ON_PIXELS_ONLY]
    if refused:
        raise ValueError(f"{', '.join(refused)} works on pixels; switch it off or give fourier=False")
    adam = Adam(FOURIER_RATE if rate is None else rate)
    values, alive = [], np.zeros(len(coefficients), bool)
    with _watched(name, steps, report) as show:
        for step in range(steps):
            pictures = waves.pictures(coefficients)
            value, slope = gradient(pictures)
            values.append(value)
            alive |= slope.any(axis=(1, 2, 3))
            direction = _unit_size(slope)  # so that the total variation's weight means the same everywhere
            if chosen.total_variation:
                direction -= np.float32(chosen.total_variation) * rules.total_variation_gradient(pictures)
            coefficients = coefficients + adam.step(waves.gradient(pictures, direction))
            show(step + 1, pictures)
    return _climbed(waves.pictures(coefficients), values, alive)


def _climbed(pictures: np.ndarray, values: list[np.ndarray], alive: np.ndarray) -> Ascent:
    """What a climb gives; without any step nobody is known to be dead."""
    dead = ~alive if values else np.zeros_like(alive)
    return Ascent(pictures.astype(np.float32), np.array(values, np.float32).reshape(len(values), len(alive)), dead)


def _moved_gradient(call: Callable, pictures, numbers, chosen, generator) -> tuple[np.ndarray, np.ndarray]:
    """Values and gradients as numpy, seen through this step's random jitter, rotation and zoom, moved back."""
    moves = ()
    if chosen.turned:
        moves = (rules.transforms(len(pictures), pictures.shape[1:3], chosen, generator),)
    if not chosen.jitter:
        value, slope = call(pictures, *numbers, *moves)
        return value.numpy(), slope.numpy()
    roll = generator.integers(-chosen.jitter, chosen.jitter + 1, 2)
    value, slope = call(np.roll(pictures, roll, axis=(1, 2)), *numbers, *moves)
    return value.numpy(), np.roll(slope.numpy(), -roll, axis=(1, 2))


def _first(network, count: int, shape: tuple[int, int], start, contrast: float, generator) -> np.ndarray:
    """The pictures to start from, float32 (count, height, width, 3)."""
    if not isinstance(start, str):
        return start
    spread = contrast if start == "noise" else 0.0
    noise = generator.normal(0, 1, (count, *shape, 3)) * spread
    return (network.mean_colour + noise).astype(np.float32).clip(0, 255)


def _start(start, count: int) -> str | np.ndarray:
    """The start's name, or the pictures to start from, float32 (count, height, width, 3): one for all, or one each."""
    if isinstance(start, str) and start in ("noise", "grey"):
        return start
    if isinstance(start, str) or np.ndim(start) not in (3, 4):
        shown = repr(start) if np.ndim(start) == 0 else f"of shape {np.shape(start)}"
        raise ValueError(f"start is {shown}, expected 'noise', 'grey' or a picture (height, width, 3)")
    several = np.ndim(start) == 4 and len(start) != 1
    if several and len(start) != count:
        raise ValueError(f"start holds {len(start)} pictures for {count} objectives; give one picture, or one for each")
    first = [arguments.picture("start", one) for one in (start if several else [start])]
    return np.repeat(np.stack(first), 1 if several else count, axis=0)


def _shape(network: Network, climbed: list[Objective], size, start) -> tuple[int, int]:
    """(height, width) of the pictures."""
    if not isinstance(start, str):
        return start.shape[1:3]
    if size is None:
        classes = any(term.layer is None for one in climbed for _, term in one.terms)
        size = network.input_size if classes else SIZE
    return arguments.sides("size", size, 16)


def _several(objective: Objective | Sequence[Objective]) -> list[Objective]:
    climbed = list(objective) if np.iterable(objective) else [objective]
    if not climbed or not all(isinstance(one, Objective) for one in climbed):
        raise ValueError(
            f"{arguments.shown(objective)} is no objective; give channel(...), unit(...), logit(...) or a sum of these"
        )
    return climbed


def _regularisers(chosen: Regularisers | None) -> Regularisers:
    if chosen is None:
        return Regularisers()
    expected = "Regularisers(...), such as Regularisers(blur=0.7)"
    return arguments.made_by("regularisers", chosen, Regularisers, expected)


def _channels(channels: int | Sequence[int], layer: str, count: int) -> list[int]:
    """Channel numbers as a list. Raises ValueError for none, and for one that the layer does not have."""
    try:
        found = [arguments.whole("a channel", one, 0, count - 1, floats=True) for one in np.atleast_1d(channels)]
    except (ValueError, TypeError):
        found = []
    if not found:
        given = arguments.shown(list(channels) if np.ndim(channels) == 1 else channels)
        raise ValueError(f"channels are {given}; layer {layer!r} has channels 0 to {count - 1}") from None
    return found


def _dead(layer: str, channels: list[int], start) -> str:
    """What is said of channels that never gave a gradient."""
    which = f"channel {channels[0]}" if len(channels) == 1 else f"channels {', '.join(map(str, channels))}"
    remedy = "" if isinstance(start, str) and start == "noise" else "start from noise, or "
    return (
        f"{which} of {layer}: no gradient ever came, dead from this start, so the picture is the start itself; "
        f"{remedy}choose the layer before it"
    )


def _name(what: goals.Resolved) -> str:
    """What a progress bar says."""
    parts = dict.fromkeys(f"{kind} of {layer}" if layer else kind for kind, layer in what.structure)
    return " + ".join(parts)


@contextlib.contextmanager
def _watched(name: str, steps: int, report: Report | None):
    """A function (steps done, pictures) that shows a progress bar, or tells the report instead."""
    if report is not None:
        yield lambda done, pictures: report(done, steps, _sheet(pictures))
        return
    with Progress(name, steps) as progress:
        yield lambda done, pictures: progress.update()


def _sheet(pictures: np.ndarray) -> np.ndarray:
    """The pictures as one viewable uint8 picture."""
    return images.grid([images.deprocess(picture) for picture in pictures])
