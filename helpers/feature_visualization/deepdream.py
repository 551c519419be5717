"""DeepDream: let a network exaggerate in a photo what it sees there.

Mordvintsev, Olah and Tyka: Inceptionism: Going Deeper into Neural Networks, 2015.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from helpers import images
from helpers.backbones import Network, as_network, compile_once
from helpers.feature_visualization.gradient_ascent import loop, watched
from helpers.feature_visualization.objectives import check_size, map_model, one_sentence
from helpers.feature_visualization.regularisers import jitter as roll
from helpers.feature_visualization.regularisers import seen_through
from helpers.images import transform
from helpers.images.loading import picture_of
from helpers.runtime import Report, arguments, tensorflow

_SMALLEST = 32  # pixels of the shorter side below which an octave makes no sense
_GUIDE_PLACES = 400  # of the guide's maps, at most: each place of the photo looks for the best of them


def dream(
    network: Network,
    photo: np.ndarray,
    layers: str | Sequence[str] | Mapping[str, float],
    octaves: int = 4,
    octave_scale: float = 1.4,
    steps: int = 20,
    step_size: float = 2.0,
    jitter: int = 16,
    seed: int = 0,
    detail: bool = True,
    normalise: bool = True,
    guide: np.ndarray | None = None,
    tile: int | None = None,
    report: Report | None = None,
) -> np.ndarray:
    """Return the photo after ascent on the squared activations of some layers, from a small size up to its own.

    Maximises sum over layers of weight * mean(A^2): its gradient with respect to A is A itself up to a factor, the
    slides' rule. At each octave the picture is enlarged, the detail that shrinking the photo had lost is put back
    (`detail`), and `steps` steps of `step_size` (in units of 0..255, for a gradient of mean size 1) follow, each on a
    picture rolled by up to `jitter` pixels. photo: uint8 or float (height, width, 3), 0..255, also noise, or whatever
    `images.load` takes. layers: one name, several of equal weight, or name -> weight. normalise: False divides by the
    first gradient's size at every step. guide: a second picture; each place of A then climbs towards the place of the
    guide's maps that it is most like, mean of max_j (A_i . G_j). tile: pixels; larger pictures are taken in tiles of
    about that side, whose seams are moved at each step, so that memory does not grow with the photo. report: called
    after each step. Returns uint8 (height, width, 3); where no gradient ever came it is the photo, and a printed line
    says so. Raises ValueError for an unknown layer, a photo too small for the octaves, with NaN or of 0..1, and for
    numbers that make no sense.
    """
    network, photo = as_network(network), picture_of("photo", photo)
    steps, step_size = arguments.whole("steps", steps), arguments.number("step_size", step_size)
    jitter, report = arguments.whole("jitter", jitter), arguments.function("report", report)
    layers, generator, alive = _weights(layers), arguments.generator(seed), False
    slope_of, move = gradient_of(network, layers, guide, tile), _mover(step_size, normalise)
    shapes = octave_shapes(photo.shape[:2], octaves, octave_scale)
    for shape in shapes:
        check_size(network, list(layers), shape)

    def gradient(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(1), slope_of(pictures[0])[None]

    picture = lost = images.resize(photo, shapes[0])
    with watched("dream", octaves * steps, report, lambda one: _shown(one[0], photo.shape[:2])) as show:
        for shape in shapes:
            small = images.resize(photo, shape)
            picture = images.resize(picture, shape) + (small - images.resize(lost, shape) if detail else 0)
            reach = max(jitter, tile // 2) if tile and jitter and max(shape) > tile else jitter
            seen = seen_through(gradient, [roll(reach)] if reach else [], generator)
            climbed = loop(picture[None], seen, move, steps, show)
            picture, lost, alive = climbed.pictures[0], small, alive or not climbed.dead[0]
    if not alive:
        print(f"no gradient ever came from {', '.join(layers)}: the dream is the photo as it was")
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def _mover(step_size: float, normalise: bool) -> Callable:
    """The step of a dream; without `normalise` all steps are divided by the first gradient's size."""
    size = None

    def move(pictures: np.ndarray, slopes: np.ndarray, _: int) -> np.ndarray:
        nonlocal size
        if not normalise and size is None:
            size = float(np.abs(slopes).mean())
        return _dream_step(pictures, slopes, step_size, size)

    return move


def _dream_step(picture: np.ndarray, slope: np.ndarray, step_size: float, size: float | None = None) -> np.ndarray:
    """Add `step_size` times the slope, divided by its mean size (or by `size`), and stay in 0..255.

    A zero slope changes nothing. Raises ValueError for a slope that holds NaN or infinite values.
    """
    mean = float(np.abs(slope).mean())
    if not np.isfinite(mean):
        raise ValueError("the gradient holds NaN or infinite values; give a smaller step_size, or look at the weights")
    size = mean if size is None else size
    if size == 0:
        return picture
    moved = slope * np.float32(step_size / size)
    moved += picture
    return np.clip(moved, 0, 255, out=moved).astype(np.float32, copy=False)


def octave_shapes(shape: tuple[int, int], octaves: int, octave_scale: float) -> list[tuple[int, int]]:
    """(height, width) of each octave, smallest first, the last one the photo's own.

    Raises ValueError when the smallest would have a side below 32 pixels.
    """
    octaves = arguments.whole("octaves", octaves, 1)
    octave_scale = arguments.number("octave_scale", octave_scale, 1, above=True)
    shapes = [tuple(round(side / octave_scale**k) for side in shape) for k in reversed(range(octaves))]
    if min(shapes[0]) < _SMALLEST:
        raise ValueError(
            f"the smallest octave would be {shapes[0][0]} x {shapes[0][1]} pixels, expected at least {_SMALLEST} x "
            f"{_SMALLEST}; take fewer octaves or a larger photo"
        )
    return shapes


def zoom(
    network: Network,
    photo: np.ndarray,
    layers: str | Sequence[str] | Mapping[str, float],
    frames: int = 12,
    factor: float = 1.08,
    seed: int = 0,
    report: Report | None = None,
    **options,
) -> list[np.ndarray]:
    """Dream, enlarge the middle by `factor`, dream on: `frames` pictures uint8 of the photo's size, the first one the
    photo's dream. options: those of `dream` for each frame (two octaves of six steps if not given). Raises ValueError
    for fewer frames than 1 or a factor below 1, and as `dream` does."""
    frames, factor = arguments.whole("frames", frames, 1), arguments.number("factor", factor, 1)
    options = {"octaves": 2, "steps": 6, **options}
    done, total, picture, made = itertools.count(1), frames * options["octaves"] * options["steps"], photo, []
    inner = None if report is None else lambda *news: report(next(done), total, news[-1])
    for frame in range(frames):
        made.append(dream(network, picture, layers, seed=seed + frame, report=inner, **options))
        picture = center_zoom(made[-1], factor)
    return made


def center_zoom(picture: np.ndarray, factor: float) -> np.ndarray:
    """The middle of a picture, enlarged by `factor`, at least 1, to the picture's own size (height, width, 3)."""
    height, width = picture.shape[:2]
    inner = max(1, round(height / factor)), max(1, round(width / factor))
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    return images.resize(picture[top : top + inner[0], left : left + inner[1]], (height, width))


def save_gif(frames: Sequence[np.ndarray], path: str | Path, seconds: float = 0.12) -> Path:
    """Write pictures of one size (height, width, 3), 0..255, as an endless GIF, whole or not at all; return the path.

    seconds: how long each is shown. Raises `images.ImageError` for another ending of the name, no pictures, pictures
    of different sizes, or of values that are no picture's (0..1).
    """
    from PIL import Image

    path = Path(path)
    if path.suffix.lower() != ".gif":
        raise images.ImageError(f"{path.name} does not end in .gif; give it that ending.")
    shapes = {np.shape(frame) for frame in frames} if np.iterable(frames) else set()
    if len(shapes) != 1:
        raise images.ImageError(f"{arguments.shown(frames)} is no film, which is one picture or more, all of one size.")
    pictures = [Image.fromarray(picture_of("a frame", frame).round().astype(np.uint8)) for frame in frames]
    stream = io.BytesIO()
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=round(seconds * 1000), loop=0)
    return transform.write_whole(path, stream.getvalue())


def synthetic_sky(height: int = 300, width: int = 450, seed: int = 0) -> np.ndarray:
    """A drawn sky with clouds, uint8 (height, width, 3): noise whose waves of frequency f have the size f ** -1.7."""
    generator = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None] * 1.6, np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    waves = generator.normal(size=(2, *frequency.shape)) * frequency**-1.7
    clouds = np.fft.irfft2(waves[0] + 1j * waves[1], s=(height, width))
    white = np.clip(0.5 + 0.45 * (clouds - clouds.mean()) / clouds.std(), 0, 1)[..., None] ** 1.5
    down = np.linspace(0, 1, height)[:, None, None]
    blue = (1 - down) * np.array([52, 104, 176]) + down * np.array([150, 190, 226])
    return np.round(blue * (1 - white) + white * np.array([250, 249, 246])).astype(np.uint8)


def _weights(layers: str | Sequence[str] | Mapping[str, float]) -> dict[str, float]:
    """Layer -> weight; the layers of a list weigh the same, and one that is named twice counts twice."""
    names = [layers] if isinstance(layers, str) else layers
    known = isinstance(names, list | tuple | np.ndarray | Mapping)
    if not known or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"layers is {arguments.shown(layers)}; give one name, a list of names of equal weight, or name -> weight"
        )
    if len(names) == 0:
        raise ValueError("no layer was given; give one name, a list of names, or name -> weight")
    if isinstance(names, Mapping):
        return {name: arguments.number(f"the weight of {name}", weight) for name, weight in names.items()}
    return {name: float(list(names).count(name)) for name in names}


def gradient_of(
    network: Network,
    layers: str | Sequence[str] | Mapping[str, float],
    guide: np.ndarray | None = None,
    tile: int | None = None,
) -> Callable[[np.ndarray], np.ndarray]:
    """The function from a picture, float32 (height, width, 3), to the gradient of what `dream` maximises.

    Compiled once for each set of layers, and kept on the network; any picture size, any weights. Raises as `dream`.
    """
    network = as_network(network)
    weights = _weights(layers)
    strengths = np.array(list(weights.values()), np.float32)
    tile = None if tile is None else arguments.whole("tile", tile, _SMALLEST)
    call = network.compiled(_compile, guide is not None, *weights)
    guides = [] if guide is None else _guides(network, list(weights), guide)

    def whole(picture: np.ndarray) -> np.ndarray:
        with one_sentence(network, picture.shape):
            return call(picture[None], strengths, *guides).numpy()[0]

    taken = whole if tile is None else lambda picture: _tiled(whole, picture, tile)
    return lambda picture: taken(network.batch(picture, any_size=True)[0])


def _tiled(slope_of: Callable[[np.ndarray], np.ndarray], picture: np.ndarray, tile: int) -> np.ndarray:
    """The slopes of tiles of about `tile` pixels, put together; each counts by its share of the picture.

    For an objective that is a mean over places this is the whole picture's slope, but for what units see across seams.
    """
    slope = np.empty_like(picture)
    for rows in _pieces(picture.shape[0], tile):
        for columns in _pieces(picture.shape[1], tile):
            part = picture[rows, columns]
            slope[rows, columns] = slope_of(part) * np.float32(part.size / picture.size)
    return slope


def near_seams(shape: tuple[int, int], tile: int, reach: int) -> np.ndarray:
    """Which pixels of a picture (height, width) lie within `reach` pixels of a seam between its tiles: bool."""
    near = np.zeros(shape, bool)
    for axis, side in enumerate(shape):
        for piece in _pieces(side, tile)[1:]:
            beside = np.abs(np.arange(side) + 0.5 - piece.start) < reach
            near |= beside[:, None] if axis == 0 else beside
    return near


def _pieces(side: int, tile: int) -> list[slice]:
    """A side cut into nearly equal pieces of at most `tile`, so that no sliver is left over."""
    edges = np.linspace(0, side, -(-side // tile) + 1).round().astype(int)
    return [slice(first, last) for first, last in itertools.pairwise(edges)]


def _guides(network: Network, layers: list[str], guide: np.ndarray) -> list[np.ndarray]:
    """The guide's activations at each layer as rows (places, channels), thinned out evenly."""
    outputs = map_model(network, layers)(tensorflow().constant(picture_of("guide", guide)[None]))
    rows = [np.asarray(output, np.float32).reshape(-1, output.shape[-1]) for output in outputs]
    return [one[:: -(-len(one) // _GUIDE_PLACES)] for one in rows]


def _compile(network: Network, guided: bool, *layers: str) -> Callable:
    """Compiled: the gradient of the weighted means; one trace serves all octaves."""
    tf = tensorflow()
    outputs_of = map_model(network, layers)

    def gradient(pictures, weights, *guides):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            outputs = [tf.cast(output, tf.float32) for output in outputs_of(pictures)]
            if guided:
                means = [_likeness(output, rows) for output, rows in zip(outputs, guides, strict=True)]
            else:
                means = [tf.reduce_mean(tf.square(output)) for output in outputs]
            objective = tf.reduce_sum(weights * tf.stack(means))
        return tape.gradient(objective, pictures)

    signature = [tf.TensorSpec((None, None, None, 3)), tf.TensorSpec((len(layers),))]
    if guided:
        signature += [tf.TensorSpec((None, network.output_of(layer).shape[-1])) for layer in layers]
    return compile_once(gradient, *signature)


def _likeness(output, rows):
    """The mean over places of the largest dot product with a row of the guide, per channel."""
    tf = tensorflow()
    places = tf.reshape(output, (-1, output.shape[-1]))
    return tf.reduce_mean(tf.reduce_max(tf.matmul(places, rows, transpose_b=True), axis=1)) / output.shape[-1]


def _shown(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A dream on its way, uint8 of the photo's shape."""
    return images.resize(picture.round().clip(0, 255).astype(np.uint8), shape, "bilinear")
