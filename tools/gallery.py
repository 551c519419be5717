"""`python -m tools.gallery`: makes the four pictures of the README again, with the course's own functions."""

from pathlib import Path

import numpy as np

from tools.common import ROOT, start

FOLDER = ROOT / "docs" / "gallery"
SIDE = 224


def main(arguments: list[str]) -> int:
    """Write the pictures into docs/gallery, or into the folder that is named."""
    from helpers import backbones, images

    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    network = backbones.load()
    for name, picture in (
        ("grad_cam.jpg", grad_cams(network)),
        ("filters.jpg", filters(network)),
        ("dream.jpg", dreamt(network)),
        ("critters.jpg", critters()),
    ):
        images.save(picture, folder / name)
        print(f"written: {name}")
    return 0


def grad_cams(network) -> np.ndarray:
    """Four photos, each with the Grad-CAM map of its best class."""
    from helpers import datasets, images
    from helpers.attribution import grad_cam

    shown = []
    for name in ("coffee", "stereo_motorcycle", "china", "chelsea"):
        photo = datasets.photo(name).array
        shown.append(images.overlay(images.prepare(photo, SIDE), grad_cam(network, network.prepare(photo))))
    return images.grid(shown, columns=4, gap=4)


def filters(network) -> np.ndarray:
    """What four filters wait for, from an early layer to a late one."""
    from helpers import images
    from helpers.ascent import filter_patterns

    chosen = (
        ("block3_expand_relu", 1),
        ("block5_expand_relu", 9),
        ("block9_expand_relu", 17),
        ("block12_expand_relu", 12),
    )
    patterns = [filter_patterns(network, layer, [channel])[0] for layer, channel in chosen]
    return images.grid([images.resize(p.round().astype(np.uint8), (SIDE, SIDE)) for p in patterns], columns=4, gap=4)


def dreamt(network) -> np.ndarray:
    """A photo as two layers dream it."""
    from helpers import datasets, images
    from helpers.deepdream import dream

    photo = datasets.photo("rocket").array
    size = (2 * SIDE, 2 * SIDE * photo.shape[1] // photo.shape[0])
    picture = images.resize(dream(network, photo, {"block7_add": 1.0, "block10_add": 1.0}), size)
    wide = 4 * SIDE + 12
    top = max(0, (picture.shape[0] * wide // picture.shape[1] - 2 * SIDE) // 2)
    return images.resize(picture, (picture.shape[0] * wide // picture.shape[1], wide))[top : top + 2 * SIDE]


def critters() -> np.ndarray:
    """Drawn cats and dogs: only the ears tell them apart."""
    from helpers import datasets, images

    drawn = datasets.critters(8, seed=3, size=SIDE)
    return images.grid(list(drawn.images), columns=4, gap=4)


if __name__ == "__main__":
    start(main)
