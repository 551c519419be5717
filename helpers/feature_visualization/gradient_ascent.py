"""Gradient ascent on a picture: the loop, and what the notebooks ask of it most."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from helpers import images
from helpers.backbones import Network, as_network
from helpers.feature_visualization import objectives as goals
from helpers.feature_visualization import regularisers as rules
from helpers.feature_visualization.fourier import Adam, FourierImage
from helpers.feature_visualization.objectives import Objective
from helpers.feature_visualization.regularisers import Regularisers
from helpers.images.loading import picture_of
from helpers.runtime import Progress, Report, arguments

_BORDER = 16  # pixels: near the edge a unit sees padding, and ascent draws patterns that belong to it
_STEP_SIZE = 10.0  # of pixels, in units of 0..255
_FOURIER_STEP_SIZE = 0.05  # of coefficients, Adam's rate
_WAVES_PER_GREY = 1e-3  # standard deviation of the coefficients at the start, per grey value of contrast
_SIZE = 160
# Options of `ascend` with which SqueezeNet paints what everybody names, in some hundred steps: waves, small steps, and
# pictures that are moved about well. At the usual rate shapes come in half of the steps, in burnt colours.
SLOWLY = {
    "fourier": True,
    "step_size": 0.015,
    "regularisers": Regularisers(total_variation=0.01, jitter=20, rotate=10, zoom=0.2),
}

Gradient = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # pictures -> values (n,), slopes of their shape


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
    step_size: float | None = None,
    start: str | np.ndarray = "noise",
    contrast: float = 10.0,
    regularisers: Regularisers | None = None,
    fourier: bool = False,
    normalise: bool = True,
    seed: int = 0,
    report: Report | None = None,
) -> Ascent:
    """Climb one objective, or several of the same kind at once, each on a picture of its own.

    On pixels each step is I <- I + step_size * g / rms(g) (`normalise=False`: I + step_size * g), then the
    regularisers, then a clip to 0..255. With `fourier` the coefficients of waves in decorrelated colours are climbed
    with Adam instead (Olah et al. 2017). size: pixels, one number or (height, width); None is 160, or the network's own
    for classes. step_size: in units of 0..255, 10 if not given; of Adam, 0.05. start: "noise", "grey" (the network's
    mean colour: a unit behind a ReLU may be dead there), or a picture (height, width, 3), which brings its own size.
    contrast: standard deviation of the noise in units of 0..255. report: called after each step with the pictures so
    far. Raises ValueError for what does not exist (layer, channel, place, class), for a start with NaN or of 0..1, for
    regularisers that waves do not know, and for numbers that make no sense.
    """
    network, climbed = as_network(network), _several(objective)
    expected = "Regularisers(...), such as Regularisers(blur=0.7)"
    chosen = arguments.made_by("regularisers", regularisers or Regularisers(), Regularisers, expected)
    steps, report = arguments.whole("steps", steps), arguments.function("report", report)
    usual = _FOURIER_STEP_SIZE if arguments.flag("fourier", fourier) else _STEP_SIZE
    step_size = arguments.number("step_size", usual if step_size is None else step_size)
    start, generator = _start(start, len(climbed)), arguments.generator(seed)
    contrast = 0.0 if isinstance(start, str) and start == "grey" else arguments.number("contrast", contrast, 0)
    shape = _shape(network, climbed, size) if isinstance(start, str) else start.shape[1:3]
    transforms = [rules.jitter(chosen.jitter)] if chosen.jitter else []
    if chosen.rotate or chosen.zoom:
        transforms.append(rules.turn(chosen.rotate, chosen.zoom, network.mean_colour))
    gradient = rules.seen_through(goals.gradient_of(network, climbed, shape), transforms, generator)
    space = _on_waves if fourier else _on_pixels
    pictures, move = space(network, start, (len(climbed), *shape), contrast, generator, step_size, chosen, normalise)
    with watched(_name(climbed[0]), steps, report, _sheet) as show:
        return loop(pictures, gradient, move, steps, show)


def loop(pictures: np.ndarray, gradient: Gradient, move: Callable, steps: int, show: Callable) -> Ascent:
    """The loop of ascent and of dreams: look at the gradient of the pictures (n, height, width, 3), and move them.

    move: (pictures, slopes, step) -> the next pictures. show: called with the pictures after each step.
    """
    values, alive = [], np.zeros(len(pictures), bool)
    for step in range(steps):
        value, slopes = gradient(pictures)
        values.append(value)
        alive |= slopes.any(axis=(1, 2, 3))
        pictures = move(pictures, slopes, step)
        show(pictures)
    dead = ~alive if steps else alive  # without any step nobody is known to be dead
    return Ascent(pictures.astype(np.float32), np.array(values, np.float32).reshape(steps, len(alive)), dead)


def filter_patterns(
    network: Network,
    layer: str,
    channels: int | Sequence[int],
    size: int | tuple[int, int] | None = _SIZE,
    steps: int = 60,
    **options,
) -> np.ndarray:
    """Return, for each channel of a layer, a picture that this channel responds to strongly.

    `ascend` on the channel's mean over all places, with its options; size: pixels of the square that is drawn, of which
    a border of 16 on each side is cut off. Of a dead channel, which never gives a gradient, the picture is the start; a
    printed line says so. Returns float32 (channels, size - 32, size - 32, 3), 0..255. Raises ValueError as `ascend`.
    """
    network, size = as_network(network), arguments.sides("size", _SIZE if size is None else size, 2 * _BORDER + 1)
    wanted = [goals.channel(layer, number) for number in np.atleast_1d(channels)]
    climb = ascend(network, wanted, size, steps, **options)
    if climb.dead.any():
        print(_dead(layer, np.atleast_1d(channels)[climb.dead].tolist(), options.get("start", "noise")))
    return without_border(climb.pictures)


def class_images(
    network: Network,
    classes: str | int | Sequence[str | int],
    size: int | tuple[int, int] | None = None,
    steps: int = 100,
    after_softmax: bool = False,
    **options,
) -> Ascent:
    """Climb the score of each class before the softmax (or its probability, after it): arg max S_c(I).

    Simonyan et al. 2014, equation 1. options: those of `ascend` (regularisers=Regularisers(decay=...), fourier=True,
    ...). size: None is what the network usually sees. Raises ValueError for an unknown class, with the nearest names.
    """
    score = goals.probability if after_softmax else goals.logit
    classes = [classes] if isinstance(classes, str) or np.ndim(classes) == 0 else classes
    return ascend(network, [score(one) for one in classes], size, steps, **options)


def without_border(pictures: np.ndarray, border: int = _BORDER) -> np.ndarray:
    """The pictures (n, height, width, 3) without `border` pixels on each side."""
    height, width = pictures.shape[1:3]
    return pictures[:, border : height - border, border : width - border]


def _on_pixels(network, start, shape, contrast, generator, step_size, chosen, normalise) -> tuple[np.ndarray, Callable]:
    """The pictures to start from, of a shape (n, height, width), and the step on the pixels themselves."""
    mean, pictures = network.mean_colour, start
    if isinstance(start, str):
        pictures = (mean + generator.normal(0, 1, (*shape, 3)) * contrast).astype(np.float32).clip(0, 255)

    def move(pictures: np.ndarray, slopes: np.ndarray, step: int) -> np.ndarray:
        direction = _direction(pictures, slopes, chosen, normalise)
        pictures = np.clip(pictures + np.float32(step_size) * direction, 0, 255)
        if not chosen.on():
            return pictures
        return np.clip(mean + rules.apply(pictures - mean, slopes, chosen, step), 0, 255)

    return pictures, move


def _on_waves(network, start, shape, contrast, generator, step_size, chosen, _) -> tuple[np.ndarray, Callable]:
    """The same on the coefficients of waves, with Adam; the network sees the pictures that they make."""
    refused = [one for one in chosen.on() if one in rules.ON_PIXELS_ONLY]
    if refused:
        raise ValueError(f"{', '.join(refused)} works on pixels; switch it off or give fourier=False")
    waves, adam = FourierImage(*shape[1:], network.mean_colour), Adam(step_size)
    if isinstance(start, str):  # noise of pixels would be nearly all fine waves, which then never leave
        coefficients = waves.start(shape[0], _WAVES_PER_GREY * contrast, generator)
    else:
        coefficients = waves.coefficients(start)

    def move(pictures: np.ndarray, slopes: np.ndarray, step: int) -> np.ndarray:
        nonlocal coefficients
        direction = _direction(pictures, slopes, chosen, True)  # so that the total variation's weight means the same
        coefficients = coefficients + adam.step(waves.gradient(pictures, direction))
        return waves.pictures(coefficients)

    return waves.pictures(coefficients), move


def _direction(pictures: np.ndarray, slopes: np.ndarray, chosen: Regularisers, normalise: bool) -> np.ndarray:
    """Where the pictures go: along their gradients, and away from variation."""
    found = _unit_size(slopes) if normalise else slopes
    if not chosen.total_variation:
        return found
    return found - np.float32(chosen.total_variation) * rules.total_variation_gradient(pictures)


def _unit_size(gradients: np.ndarray) -> np.ndarray:
    """Each gradient divided by its root mean square; zeros stay zeros. Tiny ones are enlarged before squaring."""
    axes = (1, 2, 3)
    largest = np.maximum(gradients.max(axis=axes, keepdims=True), -gradients.min(axis=axes, keepdims=True))
    if not np.isfinite(largest).all():
        raise ValueError("the gradient holds NaN or infinite values; give a smaller step_size, or look at the weights")
    scaled = gradients / np.where(largest > 0, largest, 1)
    size = np.sqrt(np.einsum("nijk,nijk->n", scaled, scaled) / scaled[0].size)
    scaled /= np.where(size > 0, size, 1).astype(np.float32)[:, None, None, None]
    return scaled


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
    first = [picture_of("start", one) for one in (start if several else [start])]
    return np.repeat(np.stack(first), 1 if several else count, axis=0)


def _shape(network: Network, climbed: list[Objective], size: int | tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) of the pictures."""
    if size is None:
        classes = any(term.layer is None for one in climbed for _, term in one.terms)
        size = network.input_size if classes else _SIZE
    return arguments.sides("size", size, 16)


def _several(objective: Objective | Sequence[Objective]) -> list[Objective]:
    climbed = list(objective) if np.iterable(objective) else [objective]
    wrong = [one for one in climbed if not isinstance(one, Objective)]
    if wrong or not climbed:
        begin = f"{arguments.shown(wrong[0])} is no objective" if wrong else "no objective was given"
        raise ValueError(f"{begin}; give channel(...), unit(...), logit(...), a sum of these, or a list")
    return climbed


def _dead(layer: str, channels: list[int], start) -> str:
    """What is said of channels that never gave a gradient."""
    which = f"channel {channels[0]}" if len(channels) == 1 else f"channels {', '.join(map(str, channels))}"
    remedy = "" if isinstance(start, str) and start == "noise" else "start from noise, or "
    return (
        f"{which} of {layer}: no gradient ever came, dead from this start, so the picture is the start itself; "
        f"{remedy}choose the layer before it"
    )


def _name(objective: Objective) -> str:
    """What a progress bar says."""
    parts = (f"{term.kind} of {term.layer}" if term.layer else term.kind for _, term in objective.terms)
    return " + ".join(dict.fromkeys(parts))


@contextlib.contextmanager
def watched(name: str, steps: int, report: Report | None, shown: Callable) -> Iterator[Callable]:
    """A function of the pictures after each step: it moves a progress bar, or tells the report what `shown` makes."""
    if report is not None:
        done = itertools.count(1)
        yield lambda pictures: report(next(done), steps, shown(pictures))
        return
    with Progress(name, steps) as progress:
        yield lambda _: progress.update()


def _sheet(pictures: np.ndarray) -> np.ndarray:
    """The pictures as one viewable uint8 picture."""
    return images.grid([images.deprocess(picture) for picture in pictures])
