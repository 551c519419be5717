"""Banks of first-layer filters, learned with or without labels or written down, and what they answer to a picture.

A bank is float32 `(side, side, n)`, one filter of unit length and mean 0 after the other, for grey pictures. All banks
are asked in the same way (`responses`), so that a probe on the answers compares the filters and nothing else.
"""

from __future__ import annotations

import numpy as np

from helpers.runtime import keras

SIDE, COUNT = 7, 16


def random_bank(seed: int = 0, side: int = SIDE, count: int = COUNT) -> np.ndarray:
    """Filters that nobody learned: numbers drawn from the normal distribution."""
    return unit(np.random.default_rng(seed).normal(size=(side, side, count)))


def gabor_bank(side: int = SIDE, count: int = COUNT) -> np.ndarray:
    """Waves under a bell, in `count / 2` directions, each as a line (even) and as an edge (odd).

    Gabor: Theory of communication, Journal of the IEE 93, 1946; Daugman, JOSA A 2, 1985, for two dimensions. The
    wave is as long as the filter is wide, the bell's deviation a quarter of it. count: an even number.
    """
    down, across = np.mgrid[:side, :side] - (side - 1) / 2
    found = []
    for angle in np.pi * np.arange(count // 2) / (count // 2):
        along = across * np.cos(angle) + down * np.sin(angle)
        bell = np.exp(-(across**2 + down**2) / (2 * (side / 4) ** 2))
        found += [bell * np.cos(2 * np.pi * along / side), bell * np.sin(2 * np.pi * along / side)]
    return unit(np.stack(found, axis=-1))


def dct_bank(side: int = SIDE, count: int = COUNT) -> np.ndarray:
    """The `count` slowest waves of the discrete cosine transform but the constant one, as JPEG has them.

    Ahmed, Natarajan, Rao: Discrete cosine transform, IEEE Transactions on Computers 23, 1974.
    """
    place = np.cos(np.pi * np.outer(np.arange(side), np.arange(side) + 0.5) / side)
    order = sorted(((u, v) for u in range(side) for v in range(side)), key=lambda pair: (sum(pair), pair))
    return unit(np.stack([np.outer(place[u], place[v]) for u, v in order[1 : count + 1]], axis=-1))


def kmeans_bank(pictures: np.ndarray, seed: int = 0, side: int = SIDE, count: int = COUNT) -> np.ndarray:
    """The centres of the pictures' patches, without any label, float32 `(side, side, count)`.

    pictures: grey `(n, height, width)`. 20 patches are drawn from each picture, up to 20,000, brought to mean 0 and
    variance 1, and whitened. Coates, Ng: Learning feature representations with k-means, in Neural Networks: Tricks of
    the Trade, 2012. Raises ValueError for pictures smaller than a filter, or fewer patches than filters.
    """
    from sklearn.cluster import KMeans

    random, (number, high, wide) = np.random.default_rng(seed), pictures.shape
    if min(high, wide) < side or 20 * number < count:
        raise ValueError(
            f"{number} pictures of {high} x {wide} are too few or too small for {count} filters of {side} x {side}"
        )
    which = np.repeat(np.arange(number), 20)[:20_000]
    rows, columns = (random.integers(0, length - side + 1, len(which)) for length in (high, wide))
    patches = [pictures[k, r : r + side, c : c + side].ravel() for k, r, c in zip(which, rows, columns, strict=True)]
    patches = np.array(patches, float)
    patches -= patches.mean(axis=1, keepdims=True)
    patches /= np.sqrt(patches.var(axis=1, keepdims=True) + 10)
    values, vectors = np.linalg.eigh(np.cov(patches.T))
    whiten = vectors / np.sqrt(values + 0.1) @ vectors.T
    centres = KMeans(count, n_init=1, random_state=seed).fit(patches @ whiten).cluster_centers_
    return unit((centres @ whiten).T.reshape(side, side, count))


def learned_bank(
    pictures: np.ndarray, labels: np.ndarray, steps: int = 400, seed: int = 0, side: int = SIDE, count: int = COUNT
) -> np.ndarray:
    """The first filters of a small convnet after it has learned the labels, float32 `(side, side, count)`.

    pictures: grey `(n, height, width)`, 0..255; labels: whole numbers from 0. Two convolutions with pooling and a dense
    layer; `steps` steps of Adam with 20 pictures each, whatever their number.
    """
    layers, tools = keras().layers, keras()
    tools.utils.set_random_seed(seed)
    inputs = tools.Input((*pictures.shape[1:], 1))
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    first = layers.Conv2D(count, side, padding="same", activation="relu")
    for layer in (first, layers.MaxPooling2D(), layers.Conv2D(32, 3, padding="same", activation="relu")):
        x = layer(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(layers.MaxPooling2D()(x)))
    model = tools.Model(inputs, layers.Dense(int(labels.max()) + 1, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    random = np.random.default_rng(seed)
    for _ in range(steps):
        rows = random.integers(0, len(pictures), 20)
        model.train_on_batch(pictures[rows, ..., None].astype("float32"), labels[rows])
    return unit(first.get_weights()[0][:, :, 0])


def unit(bank: np.ndarray) -> np.ndarray:
    """Filters with mean 0 and length 1, float32; a filter that is flat stays 0."""
    bank = np.asarray(bank, float) - np.mean(bank, axis=(0, 1))
    length = np.sqrt((bank**2).sum(axis=(0, 1)))
    return (bank / np.where(length > 1e-12, length, 1)).astype(np.float32)


def responses(pictures: np.ndarray, bank: np.ndarray, grid: int = 4) -> np.ndarray:
    """What a bank answers: both signs of each filter, rectified, averaged in grid x grid fields, float32 `(n, values)`.

    pictures: grey `(n, height, width)`, 0..255, at least `grid` pixels high and wide. The values are
    grid x grid x filters x 2, the fields row by row.
    """
    both = np.concatenate([bank, -bank], axis=-1)
    return np.stack([grid_means(answers(picture, both), grid).ravel() for picture in pictures]).astype(np.float32)


def answers(picture: np.ndarray, bank: np.ndarray) -> np.ndarray:
    """The rectified answers of a bank to one grey picture, 0..255, divided by 255: float32 `(height, width, n)`."""
    side = bank.shape[0]
    padded = np.pad(np.asarray(picture, np.float32) / 255, side // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    return np.maximum(np.tensordot(windows, bank, 2), 0)


def grid_means(maps: np.ndarray, grid: int) -> np.ndarray:
    """The means of maps in grid x grid fields, `(..., grid, grid, channels)`; grid 1 is the mean over all places.

    maps: `(..., height, width, channels)`. Where the sides are no multiples of the grid, fields differ by one pixel.
    Raises ValueError for a grid finer than the maps.
    """
    high, wide = maps.shape[-3:-1]
    if not 1 <= grid <= min(high, wide):
        raise ValueError(f"the grid is {grid} x {grid} and the maps are {high} x {wide}; give 1 to {min(high, wide)}")
    rows = np.split(maps, [high * k // grid for k in range(1, grid)], axis=-3)
    fields = [np.split(row, [wide * k // grid for k in range(1, grid)], axis=-2) for row in rows]
    return np.stack([np.stack([one.mean(axis=(-3, -2)) for one in row], axis=-2) for row in fields], axis=-3)


def grey(pictures: np.ndarray) -> np.ndarray:
    """Colour pictures as grey ones, float32 `(n, height, width)`: the mean of the colours."""
    return np.asarray(pictures, np.float32).mean(axis=-1)
