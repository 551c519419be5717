"""A cause that is known because it was planted: networks that cheat, the interventions that prove it, and map scores.

Photos of husky and wolf with snow behind the wolf: Ribeiro, Singh and Guestrin, KDD 2016, section 6.4. That network,
too, was biased on purpose.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers import transfer
from helpers.attribution.metrics import relevance_mass_ratio
from helpers.backbones import Network
from helpers.datasets import Critters
from helpers.transfer import attach_head
from helpers.transfer.features import before_classifier

_BATCH = 8  # more at a time take as long and more memory


def linear_head(network: Network, photos: Critters, strength: float = 0.01, seed: int = 0) -> Network:
    """Return a network for cats and dogs: the base as it is, and one linear layer on its pooled features.

    The layer is a logistic regression, fitted on `photos` (standardised features, C = strength) and written into the
    head as one sigmoid output, so that every method can look through the whole network. Raises ValueError as
    `attach_head`.
    """
    names = [before_classifier(network)]
    parts = [photos.images[at : at + _BATCH] for at in range(0, len(photos), _BATCH)]
    found = [network.features_of(part, names[0], photos=len(photos)) for part in parts]
    found = np.concatenate([one.mean(axis=(1, 2)) if one.ndim == 4 else one for one in found])  # maps: as the head does
    scaler, classifier = transfer.logistic_regression(strength, seed).fit(found, photos.labels)
    made = attach_head(network, photos.class_names, hidden=0, dropout=0, seed=seed)
    kernel = classifier.coef_[0] / scaler.scale_
    bias = classifier.intercept_[0] - kernel @ scaler.mean_
    made.layer("new_logits").set_weights([kernel[:, None].astype(np.float32), np.array([bias], np.float32)])
    return made


def answers(network: Network, pictures: np.ndarray) -> np.ndarray:
    """The class number that the network gives each picture (n, size, size, 3): int64 (n,)."""
    found = [network.probabilities(pictures[at : at + _BATCH]) for at in range(0, len(pictures), _BATCH)]
    scores = np.concatenate(found)
    return scores.argmax(axis=1)


def accuracy(network: Network, photos: Critters) -> float:
    """The share of photos that the network calls right."""
    return float((answers(network, photos.images) == photos.labels).mean())


def _flipped(
    network: Network, photos: Critters, changed: dict[str, Critters]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The answers to the photos, and which of them each change flipped."""
    before = answers(network, photos.images)
    return before, {name: answers(network, one.images) != before for name, one in changed.items()}


def intervention_test(
    cheating: Network, honest: Network, photos: Critters, swap: Callable[[Critters], Critters]
) -> tuple[np.ndarray, dict[str, float]]:
    """Which photos prove both causes, bool (n,), and the shares of answers that each intervention flipped.

    A photo proves the causes when the cheating network is wrong and `swap` (of the shortcut) flips its answer while
    the swap of the ears does not, and the honest network is right and the swap of the ears flips its answer while
    `swap` does not.
    """
    changed = {"shortcut": swap(photos), "ears": photos.swap_ears()}  # drawn once for both networks
    said, cheats = _flipped(cheating, photos, changed)
    said_honestly, is_honest = _flipped(honest, photos, changed)
    wrong, right = said != photos.labels, said_honestly == photos.labels
    shares = {f"cheating, {name} swapped": float(one.mean()) for name, one in cheats.items()}
    shares |= {f"honest, {name} swapped": float(one.mean()) for name, one in is_honest.items()}
    chosen = wrong & cheats["shortcut"] & ~cheats["ears"] & right & is_honest["ears"] & ~is_honest["shortcut"]
    return chosen, shares


def ratios(heats: list[np.ndarray], masks: np.ndarray) -> np.ndarray:
    """The share ratio (see `share_ratio`) of each map on its mask, float64 (n,)."""
    return np.array([relevance_mass_ratio(heat, mask) for heat, mask in zip(heats, masks, strict=True)])
