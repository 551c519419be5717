"""Classical classifiers on features, features that nobody learned to compare with, and how sure a comparison is."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import backbones, images
from helpers.backbones import Network
from helpers.datasets import stratified_sample
from helpers.datasets.labels import one_column
from helpers.runtime import keras, tensorflow


def logistic_regression(strength: float = 0.01, seed: int = 0) -> Any:
    """Return a scikit-learn pipeline: features standardised on the training part, then logistic regression.

    strength: C, the inverse of the regularisation. Many features and few labels want a small one.
    """
    from sklearn.linear_model import LogisticRegression

    return _standardised(LogisticRegression(C=strength, max_iter=2000, random_state=seed))


def classifiers(seed: int = 0) -> dict[str, Any]:
    """Return the classical classifiers of the lecture by name, as scikit-learn estimators, not fitted yet."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import LinearSVC

    return {
        "logistic regression": logistic_regression(seed=seed),
        "linear SVM": _standardised(LinearSVC(C=0.001, random_state=seed)),
        "random forest": RandomForestClassifier(300, random_state=seed),
    }


def _standardised(estimator: Any) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), estimator)


def flatten(features: np.ndarray) -> np.ndarray:
    """Features of any shape `(n, ...)` as one row per photo, `(n, values)`."""
    return np.asarray(features).reshape(len(features), -1)


def correct(estimator: Any, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Fit on (features, labels) of the training part; return which test photos are classified rightly, bool `(n,)`.

    Labels may be names, numbers, or rows of a single 1. Raises ValueError when the training labels hold one class only,
    or none of the test's.
    """
    known, asked = _alike(train, test)
    if len(np.unique(known)) < 2:
        raise ValueError(f"all {len(known)} training labels are {known[0]!r}; two or more classes are needed")
    with _one_thread():
        return estimator.fit(flatten(train[0]), known).predict(flatten(test[0])) == asked


def _alike(train: tuple, test: tuple) -> tuple[np.ndarray, np.ndarray]:
    """The labels of both parts, one for each photo; refused if they cannot mean the same classes."""
    known, asked = one_column(train[1], "the training labels"), one_column(test[1], "the test labels")
    for name, part, labels in (("train", train, known), ("test", test, asked)):
        if len(part[0]) != len(labels) or not len(labels):
            raise ValueError(f"{name} holds {len(part[0])} photos and {len(labels)} labels; give one label per photo")
    if not np.isin(asked.astype(known.dtype) if asked.dtype.kind == known.dtype.kind else asked, known).any():
        raise ValueError(
            f"none of the test labels, such as {asked[0]!r}, is a training label, such as {known[0]!r}; number or name "
            "the classes alike in both"
        )
    return known, asked


def few_labels(
    train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], count: int, draws: int = 5, seed: int = 0
) -> np.ndarray:
    """Fit logistic regression on `count` of the training photos, drawn anew each time: int64 `(draws, test photos)`.

    train and test: (features `(n, ...)`, labels). The result holds the predicted labels. The draws keep the shares of
    the classes; draw k uses seed + k. Raises ValueError for more labels than photos, or so few that one class only is
    drawn.
    """
    known, asked, labels = flatten(train[0]), flatten(test[0]), _alike(train, test)[0]
    chosen = [stratified_sample(labels, count, seed + number) for number in range(draws)]
    if any(len(np.unique(labels[drawn])) < 2 for drawn in chosen):
        raise ValueError(f"{count} labels hold one class only; take two or more of each class")
    with _one_thread():
        fitted = (logistic_regression(seed=seed).fit(known[drawn], labels[drawn]) for drawn in chosen)
        return np.array([one.predict(asked) for one in fitted])


def _one_thread() -> Any:
    """On some hundred photos, and beside TensorFlow's threads, more threads only wait for each other."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def project_2d(features: np.ndarray, method: str = "t-SNE", seed: int = 0) -> np.ndarray:
    """Return a point for each photo, float `(n, 2)`, by "PCA" or by "t-SNE" (of the first 50 principal components).

    features: `(n, ...)`, two photos or more for PCA, four or more for t-SNE. van der Maaten and Hinton: Visualizing
    Data using t-SNE, Journal of Machine Learning Research 9, 2008; perplexity 30, less where there are few photos.
    Raises ValueError for another method or fewer photos.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    known = flatten(features)
    least = {"PCA": 2, "t-SNE": 4}.get(method)
    if least is None:
        raise ValueError(f"the method is {method!r}; give 'PCA' or 't-SNE'")
    if len(known) < least:
        other = "; for two or three 'PCA' will do" if method == "t-SNE" else ""
        raise ValueError(f"{method} of {len(known)} photos; give {least} photos or more{other}")
    known = np.pad(known, ((0, 0), (0, max(0, 2 - known.shape[1]))))  # a single value: the second axis is empty
    with _one_thread():
        if method == "PCA":
            return PCA(2, random_state=seed).fit_transform(known)
        narrow = PCA(min(50, *known.shape), random_state=seed).fit_transform(known)
        return TSNE(perplexity=min(30, (len(known) - 1) / 3), random_state=seed).fit_transform(narrow)


# --- Features that nobody learned ------------------------------------------------------------------------------------


def pixels(pictures: np.ndarray, size: int = 32) -> np.ndarray:
    """The colours of the shrunk picture, 0..1: float32 `(n, size * size * 3)`. pictures: uint8 `(n, side, side, 3)`."""
    return flatten([images.resize(picture, (size, size)) for picture in pictures]).astype(np.float32) / 255


def colour_histogram(pictures: np.ndarray, bins: int = 8) -> np.ndarray:
    """The share of each of bins x bins x bins colours: float32 `(n, bins ** 3)`. pictures: uint8 `(n, h, w, 3)`."""
    steps = np.asarray(pictures, np.int64) * bins // 256
    codes = flatten((steps[..., 0] * bins + steps[..., 1]) * bins + steps[..., 2])
    return np.stack([np.bincount(code, minlength=bins**3) for code in codes]).astype(np.float32) / codes.shape[1]


def hog(pictures: np.ndarray, size: int = 96) -> np.ndarray:
    """Histograms of oriented gradients of the picture at `size` pixels, float32, one row per picture.

    Dalal and Triggs: Histograms of Oriented Gradients for Human Detection, CVPR 2005. Cells of 8 x 8 pixels, 9
    directions, blocks of 2 x 2 cells.
    """
    from skimage.feature import hog as oriented_gradients

    settings = {"pixels_per_cell": (8, 8), "cells_per_block": (2, 2), "orientations": 9, "channel_axis": -1}
    shrunk = (images.resize(picture, (size, size)) for picture in pictures)
    return np.stack([oriented_gradients(picture, **settings) for picture in shrunk]).astype(np.float32)


def random_network(name: str, pictures: np.ndarray, seed: int = 0, **options: Any) -> Network:
    """Return the network with random weights, its batch normalisation calibrated once on some pictures.

    pictures: `(n, size, size, 3)`, 0..255, some dozens. Uncalibrated, a deep random network answers nearly the same to
    every picture, and that would be no fair comparison.
    """
    network = backbones.load(name, weights=None, seed=seed, **options)
    normalisation = keras().layers.BatchNormalization
    kept = {layer: layer.momentum for layer in network.model.layers if isinstance(layer, normalisation)}
    for layer in kept:
        layer.momentum = 0.0  # the moving statistics become those of this one batch
    call = tensorflow().function(lambda batch: network.model(batch, training=True))  # eager, all maps stay in memory
    call(np.asarray(pictures, np.float32))
    for layer, momentum in kept.items():
        layer.momentum = momentum
    return network


# --- Where something is ----------------------------------------------------------------------------------------------


def centres(masks: np.ndarray) -> np.ndarray:
    """The centre of each mask, (row, column) as fractions 0..1 of the picture: float64 `(n, 2)`.

    masks: bool `(n, height, width)`. Raises ValueError for an empty mask.
    """
    from scipy.ndimage import center_of_mass

    masks = np.asarray(masks, dtype=float)
    full = masks.any(axis=(1, 2))
    if not full.all():
        raise ValueError(f"mask number {int(np.argmin(full))} is empty, so it has no centre; leave that picture out")
    return (np.array([center_of_mass(mask) for mask in masks]) + 0.5) / masks.shape[1:]


def explained_place(train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> float:
    """How well a linear function of the features tells a place: R squared on the test part, mean of row and column.

    train and test: (features `(n, ...)`, places `(n, 2)`). Ridge regression on standardised features, its strength
    chosen by leave-one-out. Features that hardly vary over the training photos (less than a hundredth of the one that
    varies most) are left out: standardised, a silent unit that fires once in the test would outweigh all others. 1 is
    perfect, 0 is no better than the mean place, less than 0 is worse.
    """
    from sklearn.metrics import r2_score

    return float(r2_score(test[1], predicted_place(train, test[0])))


def predicted_place(train: tuple[np.ndarray, np.ndarray], asked: np.ndarray) -> np.ndarray:
    """The places `(m, 2)` that the ridge regression of `explained_place` predicts for features `(m, ...)`."""
    from sklearn.linear_model import RidgeCV

    known, asked = flatten(train[0]), flatten(asked)
    spread = known.std(axis=0)
    lively = spread > 0.01 * spread.max() if spread.max() > 0 else np.ones(len(spread), bool)
    model = _standardised(RidgeCV(alphas=np.logspace(0, 6, 13))).fit(known[:, lively], train[1])
    return model.predict(asked[:, lively])
