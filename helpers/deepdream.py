"""DeepDream: let a network exaggerate in a photo what it sees there.

Mordvintsev, Olah and Tyka: Inceptionism: Going Deeper into Neural Networks, 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from helpers import images
from helpers.backbones import Network, compile_once
from helpers.progress import Progress
from helpers.quiet import tensorflow


def dream(
    network: Network,
    photo: np.ndarray,
    layers: str | Mapping[str, float],
    octaves: int = 4,
    octave_scale: float = 1.4,
    steps: int = 20,
    rate: float = 2.0,
    jitter: int = 16,
    seed: int = 0,
) -> np.ndarray:
    """Return the photo after ascent on the squared activations of some layers, from a small size up to its own.

    Maximises sum over layers of weight * mean(A^2): its gradient with respect to A is A itself up to a factor, the
    slides' rule. At each octave the picture is enlarged, the detail that shrinking the photo had lost is put back, and
    `steps` steps of `rate` (in units of 0..255, for a gradient of mean size 1) follow, each on a picture rolled by up
    to `jitter` pixels. photo: uint8 or float (height, width, 3), 0..255. layers: one name, or name -> weight.
    Returns uint8 (height, width, 3). Raises ValueError for an unknown layer or a photo too small for the octaves.
    """
    weights = {layers: 1.0} if isinstance(layers, str) else dict(layers)
    gradient = network.compiled(("dream gradient", *weights.items()), lambda: _compile(network, weights))
    generator = np.random.default_rng(seed)
    photo = network.batch(photo)[0]
    picture, lost = None, 0.0
    with Progress("dream", octaves * steps) as progress:
        for shape in octave_shapes(photo.shape[:2], octaves, octave_scale):
            small = images.resize(photo, shape)
            picture = small if picture is None else images.resize(picture, shape) + (small - images.resize(lost, shape))
            for _ in range(steps):
                roll = generator.integers(-jitter, jitter + 1, 2) if jitter else np.zeros(2, int)
                slope = gradient(np.roll(picture, roll, axis=(0, 1))[None])[0].numpy()
                picture = dream_step(picture, np.roll(slope, -roll, axis=(0, 1)), rate)
                progress.update()
            lost = small
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def dream_step(picture: np.ndarray, slope: np.ndarray, rate: float) -> np.ndarray:
    """Add `rate` times the slope, scaled to a mean size of 1, and stay in 0..255; a zero slope changes nothing."""
    size = np.abs(slope).mean()
    return np.clip(picture + rate * slope / size, 0, 255).astype(np.float32) if size > 0 else picture


def octave_shapes(shape: tuple[int, int], octaves: int, octave_scale: float) -> list[tuple[int, int]]:
    """(height, width) of each octave, smallest first, the last one the photo's own.

    Raises ValueError when the smallest would have a side below 32 pixels.
    """
    if octaves < 1 or octave_scale <= 1:
        raise ValueError(f"octaves is {octaves} and octave_scale {octave_scale}, expected at least 1 and more than 1")
    shapes = [tuple(round(side / octave_scale**k) for side in shape) for k in reversed(range(octaves))]
    if min(shapes[0]) < 32:
        raise ValueError(f"the smallest octave would be {shapes[0][0]} x {shapes[0][1]} pixels; take fewer octaves")
    return shapes


def _compile(network: Network, weights: Mapping[str, float]) -> Callable:
    """Compiled: the gradient of the weighted mean squares; one trace serves all octaves."""
    tf = tensorflow()
    model = network.features(list(weights))

    def gradient(pictures):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            outputs = tf.nest.flatten(model(pictures, training=False))
            means = [tf.reduce_mean(tf.square(tf.cast(output, tf.float32))) for output in outputs]
            objective = tf.add_n([weight * mean for weight, mean in zip(weights.values(), means, strict=True)])
        return tape.gradient(objective, pictures)

    return compile_once(gradient, tf.TensorSpec((None, None, None, 3)))
