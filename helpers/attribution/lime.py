"""LIME: delete random parts of the picture, and fit a simple model that says which parts the score needs.

Ribeiro, Singh and Guestrin: "Why Should I Trust You?": Explaining the Predictions of Any Classifier, KDD 2016.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helpers.attribution.occlusion import filling
from helpers.attribution.targets import asking
from helpers.backbones import Network
from helpers.runtime import Report

MODELS = ("ridge", "lasso", "forest")
_WIDTH = 0.25  # of the kernel that weighs a sample by its likeness to the whole picture, as in the authors' program


class Lime(NamedTuple):
    """What LIME found. segments: int (height, width), which superpixel a pixel belongs to. weights: float64, one per
    superpixel, what its presence adds to the score. fit: the simple model's R2 on the samples, weighted; low means:
    do not believe the weights. present: bool (samples, superpixels) and scores: (samples,), what was asked and what
    the network said, for another fit with `fitted`."""

    segments: np.ndarray
    weights: np.ndarray
    fit: float
    present: np.ndarray
    scores: np.ndarray

    @property
    def heat(self) -> np.ndarray:
        """Each pixel's superpixel's weight: float32 (height, width), signed."""
        return self.weights[self.segments].astype(np.float32)

    def kept(self, count: int) -> np.ndarray:
        """The pixels of the `count` superpixels with the largest weights: bool (height, width)."""
        return np.isin(self.segments, np.argsort(self.weights)[::-1][:count])


def superpixels(picture: np.ndarray, count: int = 50, compactness: float = 10.0) -> np.ndarray:
    """Cut a picture (height, width, 3), 0..255, into about `count` parts of like colour: int (height, width) from 0.

    SLIC of scikit-image (Achanta et al., IEEE TPAMI 2012). compactness: large gives squares, small follows colours.
    Raises ValueError for a count below 2 or above the number of pixels.
    """
    from skimage.segmentation import slic

    picture = np.asarray(picture, np.float64)
    if not 2 <= count <= picture.shape[0] * picture.shape[1]:
        raise ValueError(f"count is {count}; give at least 2 superpixels, and no more than the picture has pixels")
    found = slic(picture / 255, n_segments=count, compactness=compactness, start_label=0, channel_axis=-1)
    return np.unique(found, return_inverse=True)[1].reshape(found.shape)  # numbered without gaps


def lime(
    network: Network,
    picture: np.ndarray,
    class_: str | int | None = None,
    segments: np.ndarray | None = None,
    samples: int = 300,
    model: str = "ridge",
    fill: Any = "grey",
    probability: bool = False,
    seed: int = 0,
    batch: int = 8,
    report: Report | None = None,
) -> Lime:
    """Explain one picture, (height, width, 3), RGB 0..255, by its superpixels; returns a `Lime`.

    segments: from `superpixels`, by default about 50. samples: pictures with a random half of the superpixels deleted.
    model: "ridge" or "lasso" (linear, signed), or "forest" (random forest: its importances have no sign, so each gets
    that of the superpixel's correlation with the score). fill: what a deleted superpixel becomes: as in `filling`, but
    "mean" is the superpixel's own mean colour, as in the paper's program. probability: explain it instead of the logit.
    Draws with `seed`; `report` is called after every batch. Raises ValueError for an unknown model, fill or class,
    segments of another shape, or fewer than 10 samples.
    """
    picture, scores_of = asking(network, picture, class_, "LIME", batch, probability)
    segments = superpixels(picture) if segments is None else np.asarray(segments)
    _check(picture, segments, samples, model)
    present = np.random.default_rng(seed).random((samples, int(segments.max()) + 1)) < 0.5
    present[0] = True  # the whole picture is one of them
    fills = _deleted(network, picture, segments, fill)

    def trial(rows: np.ndarray) -> np.ndarray:
        return np.where(rows[:, segments][..., None], picture, fills)

    scores = scores_of(present, trial, report)
    return Lime(segments, *fitted(present, scores, model, seed), present, scores)


def fitted(present: np.ndarray, scores: np.ndarray, model: str = "ridge", seed: int = 0) -> tuple[np.ndarray, float]:
    """Fit the simple model: (a weight per superpixel, float64; weighted R2).

    present: bool (samples, superpixels). scores: (samples,). Samples count by their likeness to the whole picture:
    exp(-d^2 / 0.25^2), d the cosine distance to "everything present" (section 3.4 of the paper). lasso's penalty is
    a fiftieth of the scores' standard deviation.
    """
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Lasso, Ridge

    data, target = np.asarray(present, np.float64), np.asarray(scores, np.float64)
    near = np.exp(-(((1 - np.sqrt(data.mean(axis=1))) / _WIDTH) ** 2))
    if model == "forest":
        forest = RandomForestRegressor(60, min_samples_leaf=3, max_features=0.5, random_state=seed, n_jobs=1)
        forest.fit(data, target, near)
        signs = np.sign(np.average((data - 0.5) * (target - target.mean())[:, None], axis=0, weights=near))
        return forest.feature_importances_ * signs, float(forest.score(data, target, near))
    simple = Ridge(1.0) if model == "ridge" else Lasso(max(target.std() / 50, 1e-12), max_iter=5000)
    simple.fit(data, target, near)
    return np.asarray(simple.coef_, np.float64), float(simple.score(data, target, near))


def _deleted(network: Network, picture: np.ndarray, segments: np.ndarray, fill: Any) -> np.ndarray:
    """The picture with every superpixel deleted."""
    if not isinstance(fill, str) or fill != "mean":
        return filling(network, picture, fill)
    flat, count = segments.ravel(), np.bincount(segments.ravel())
    colours = np.stack([np.bincount(flat, picture[..., c].ravel()) / np.maximum(count, 1) for c in range(3)], axis=1)
    return colours[segments].astype(np.float32)


def _check(picture: np.ndarray, segments: np.ndarray, samples: int, model: str) -> None:
    if model not in MODELS:
        raise ValueError(f"model is {model!r}, expected one of {', '.join(map(repr, MODELS))}")
    if segments.shape != picture.shape[:2] or segments.dtype.kind not in "iu" or segments.min() < 0:
        raise ValueError(f"segments have shape {segments.shape}, expected whole numbers of shape {picture.shape[:2]}")
    if samples < 10:
        raise ValueError(f"samples is {samples}; give 10 or more, better some hundreds")
