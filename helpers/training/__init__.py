"""Training a small network: augmentation, the convnet of the lectures, its curves, and keeping what was trained."""

from helpers.training.augmentation import FILL_MODES, Augmentation, apply_one, pipeline, variants
from helpers.training.convnet import (
    accuracy,
    fit,
    interval,
    pictures_per_second,
    probabilities,
    small_convnet,
    small_network,
    stored_rows,
    stored_table,
    table,
)
from helpers.training.saving import load, save

__all__ = [
    "FILL_MODES",
    "Augmentation",
    "accuracy",
    "apply_one",
    "fit",
    "interval",
    "load",
    "pictures_per_second",
    "pipeline",
    "probabilities",
    "save",
    "small_convnet",
    "small_network",
    "stored_rows",
    "stored_table",
    "table",
    "variants",
]
