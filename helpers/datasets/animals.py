"""Eight individual animals, drawn: the same head, ears, fur and face in every picture, and all else new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from helpers.datasets.critters import draw
from helpers.datasets.critters.scenes import EAR_KINDS, Difficulty, Part, Scene, draw_scene
from helpers.datasets.imagesets import Split
from helpers.runtime import arguments

ANIMALS = ("Ash", "Biscuit", "Clover", "Dusty", "Ember", "Fennel", "Ginger", "Hazel")
_LOOKS = 4  # of the first six seeds the one whose animals come in pairs of like colours, so that colour is not enough


def animals(n: int, seed: int, size: int = 96) -> Split:
    """Return `n` photos of the eight ANIMALS, as often one as another, `size` pixels high and wide (32 to 512).

    Every second one is a cat. An animal keeps its head, ears, fur and face; its pose, its scarf, the light, toys,
    background, blur and noise come from the same draws for all. Photo i of a seed is the same at every size and for
    every `n`; different seeds share nothing, so take one seed per part. `drawn` of the part holds the masks; its own
    labels are cat and dog. Raises ValueError for a bad argument.
    """
    n, seed = arguments.whole("n", n, 1, 100_000), arguments.whole("seed", seed)
    size = arguments.whole("size", size, 32, 512)
    rounds = np.random.default_rng([seed, 3, 3]).permuted(np.tile(np.arange(8), (-(-n // 8), 1)), axis=1)
    labels = rounds.ravel()[:n]
    drawn = draw([_scene(int(label), seed, index) for index, label in enumerate(labels)], size)
    return Split(labels, pixels=drawn.images, drawn=drawn, name="animals")


def _scene(animal: int, seed: int, index: int) -> Scene:
    """Scene `index` of a series, with this animal in it."""
    ears = EAR_KINDS[animal % 2]
    looks = draw_scene(_LOOKS, animal, ears, Difficulty())
    scene = draw_scene(seed, index, ears, Difficulty())
    face = Part(**vars(looks.face) | {"scarf": scene.face.scarf})
    return replace(scene, head=looks.head, ear=looks.ear, fur=looks.fur, face=face)
