"""Training a small network: augmentation, the convnet of the lectures, its curves, and keeping what was trained."""

from helpers.training.augmentation import FILL_MODES, Augmentation, apply_one, pipeline, variants
from helpers.training.convnet import (
    accuracy,
    fit,
    pictures_per_second,
    probabilities,
    small_convnet,
    small_network,
    table,
)
from helpers.training.intervals import (
    bootstrap_interval,
    difference_interval,
    mean_interval,
    paired_interval,
    rank_interval,
    ratio_interval,
    share_interval,
    verdict,
)
from helpers.training.saving import load, save

__all__ = [
    "FILL_MODES",
    "Augmentation",
    "accuracy",
    "apply_one",
    "bootstrap_interval",
    "difference_interval",
    "fit",
    "load",
    "mean_interval",
    "paired_interval",
    "pictures_per_second",
    "pipeline",
    "probabilities",
    "rank_interval",
    "ratio_interval",
    "save",
    "share_interval",
    "small_convnet",
    "small_network",
    "table",
    "variants",
    "verdict",
]
