"""`python -m tools.gallery [NAME ...]`: makes the README's pictures again, one for each notebook, by its own functions.

They land in docs/gallery under the notebook's name; the contents page of the site shows them too.
"""

import io
from typing import Any

import numpy as np

from tools.common import ROOT, choose, start

FOLDER = ROOT / "docs" / "gallery"
SIDE, GAP = 224, 4
WIDE = 4 * SIDE + 3 * GAP
CAT, DOG = (0, 114, 178), (213, 94, 0)


def main(arguments: list[str]) -> int:
    """Write the pictures that are named (such as 02), all where none is, into docs/gallery."""
    from helpers import backbones, images

    network = backbones.load()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in choose(arguments, list(PICTURES), "picture"):
        images.save(PICTURES[name](network), FOLDER / f"{name}.jpg")
        print(f"written: {name}.jpg")
    return 0


def tour(network: Any) -> np.ndarray:
    """One photo, where the network looks, what a filter waits for, and a dream."""
    from helpers import datasets, images
    from helpers.attribution import grad_cam
    from helpers.feature_visualization import dream, filter_patterns

    photo = images.prepare(datasets.photo("coffee").array, SIDE)
    pattern = filter_patterns(network, "block5_expand_relu", [9])[0]
    dreamt = dream(network, photo, {"block7_add": 1.0, "block10_add": 1.0})
    tiles = [photo, images.overlay(photo, grad_cam(network, photo)), pattern, dreamt]
    return strip([tile.round().astype(np.uint8) for tile in tiles])


def variants(network: Any) -> np.ndarray:
    """A photo and three variants of it."""
    from helpers import datasets, images, training

    photo = images.prepare(datasets.photo("chelsea").array, SIDE)
    return strip([photo, *training.variants(photo, 3, training.pipeline(seed=4))])


def photo_maps(network: Any) -> np.ndarray:
    """Drawn cats (blue) and dogs (orange) in the plane: by their pixels, and by the network's features."""
    from helpers import datasets, images, transfer

    drawn = datasets.critters(90, seed=0, size=96)
    features = network.features_of(drawn.images.astype(np.float32), network.vgg_equivalent("fc2"))
    made = []
    for rows in (transfer.pixels(drawn.images), np.asarray(features).reshape(len(features), -1)):
        plane = np.full((2 * SIDE, (WIDE - GAP) // 2, 3), 255, np.uint8)
        places = transfer.project_2d(rows, "PCA")
        places = (places - places.min(axis=0)) / np.ptp(places, axis=0)
        for (x, y), picture, label in zip(places, drawn.images, drawn.labels, strict=True):
            tile = np.full((42, 42, 3), DOG if label else CAT, np.uint8)
            tile[3:-3, 3:-3] = images.resize(picture, (36, 36))
            top, left = int((1 - y) * (plane.shape[0] - 42)), int(x * (plane.shape[1] - 42))
            plane[top : top + 42, left : left + 42] = tile
        made.append(plane)
    return images.grid(made, columns=2, gap=GAP)


def ways(network: Any) -> np.ndarray:
    """The test accuracy of each way of training, mean and standard deviation over five seeds, from the stored table."""
    from helpers import plots, teaching

    named = {
        "small convnet from scratch": "from scratch",
        "from scratch, augmented": "from scratch, augmented",
        "frozen base, new head": "features, dense head",
        "all layers fine-tuned": "fine-tuned, all layers",
    }
    rows = teaching.stored_rows("transfer")
    pairs = [[float(part) for part in rows[row]["test photos"].split(" ± ")] for row in named.values()]
    title = "240 drawn cats and dogs: accuracy on new ones, five seeds"
    means, errors = zip(*pairs, strict=True)
    return drawn_wide(plots.bars(list(named), list(means), title=title, errors=list(errors), reference={"guess": 0.5}))


def maps(network: Any) -> np.ndarray:
    """A photo, and sixteen channels of three layers."""
    from helpers import activations, datasets, images

    photo = images.prepare(datasets.photo("chelsea").array, SIDE)
    tiles = [photo]
    for layer in ("stem_relu", "block3_expand_relu", "block10_expand_relu"):
        found = activations.layer_maps(network, photo, layer)
        best = activations.choose_channels(found, 16, "contrast")
        sheet = activations.draw_channels(found, best, side=SIDE // 4 - 2, columns=4)
        tiles.append(images.resize(sheet, (SIDE, SIDE)))
    return strip(tiles)


def filters(network: Any) -> np.ndarray:
    """What a network painted when it was asked for four of its classes, beforehand (`benchmarks.painted`)."""
    from helpers import teaching

    sheet = teaching.stored_picture("painted_classes_squeezenet")
    corners = [(196 * (number // 5), 196 * (number % 5)) for number in (0, 11, 12, 17)]
    return strip([sheet[top : top + 192, left : left + 192] for top, left in corners])


def grad_cams(network: Any) -> np.ndarray:
    """Four photos, each with the Grad-CAM map of its best class."""
    from helpers import datasets, images
    from helpers.attribution import grad_cam

    shown = []
    for name in ("coffee", "stereo_motorcycle", "china", "chelsea"):
        photo = datasets.photo(name).array
        shown.append(images.overlay(images.prepare(photo, SIDE), grad_cam(network, network.prepare(photo))))
    return strip(shown)


def rivals(network: Any) -> np.ndarray:
    """One photo, asked in four ways: SmoothGrad, guided backpropagation, occlusion and LIME."""
    from helpers import attribution, datasets, images

    photo = network.prepare(datasets.photo("chelsea").array)
    smooth = images.resize(attribution.heat_of("SmoothGrad", network, photo), (28, 28), "bilinear")  # less grain
    guided = images.deprocess(attribution.guided_backprop(network, photo))
    covered = images.overlay(photo, attribution.heat_of("occlusion", network, photo), signed=True)
    weights = images.overlay(photo, attribution.heat_of("LIME", network, photo), signed=True)
    return strip([images.overlay(photo, smooth), guided, covered, weights])


def cheating(network: Any) -> np.ndarray:
    """A drawn cat in snow, the same cat elsewhere; LIME on a network that goes by snow and on one that does not."""
    from helpers import attribution, datasets, images
    from helpers.attribution import shortcut

    schools = [datasets.critters(120, 10, SIDE, "snow", strength) for strength in (1.0, 0.0)]
    students = [shortcut.linear_head(network, photos) for photos in schools]
    cats = datasets.critters(40, 20, SIDE, "snow", -1.0)
    cats = cats.take(cats.shortcut_present)
    proved, _ = shortcut.intervention_test(*students, cats, datasets.Critters.swap_background)
    cat = cats.take(proved).take([0])
    heats = [attribution.heat_of("LIME", student, cat.images[0]) for student in students]
    shown = [images.overlay(cat.images[0], np.maximum(heat, 0)) for heat in heats]
    return strip([cat.images[0], cat.swap_background().images[0], *shown])


def dreamt(network: Any) -> np.ndarray:
    """Two photos and what a network dreams of them, beforehand (`benchmarks.painted`)."""
    from helpers import teaching

    sheet = teaching.stored_picture("painted_dreams")
    corners = [(top, left) for left in (324, 648) for top in (0, 324)]
    return strip([sheet[top : top + 320, left : left + 320] for top, left in corners])


def networks_of_schools(network: Any) -> np.ndarray:
    """The four networks for many schools: what is shared, and what belongs to one."""
    from helpers import multitask

    return drawn_wide(multitask.diagrams(12, 65))


def critters(network: Any) -> np.ndarray:
    """Drawn cats and dogs: only the ears tell them apart."""
    from helpers import datasets

    return strip(list(datasets.critters(8, seed=3, size=SIDE).images))


def strip(tiles: list[np.ndarray]) -> np.ndarray:
    """Pictures side by side, four in a row, each made square."""
    from helpers import images

    return images.grid([images.resize(tile, (SIDE, SIDE)) for tile in tiles], columns=4, gap=GAP)


def drawn_wide(figure: Any) -> np.ndarray:
    """A chart as pixels, as wide as the other pictures."""
    from helpers import images

    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=200)
    picture = images.load(stream.getvalue())
    return images.resize(picture, (picture.shape[0] * WIDE // picture.shape[1], WIDE))


def race(network: Any) -> np.ndarray:
    """Four optimizers in a narrow valley."""
    from helpers.training import surfaces

    ways = surfaces.race("narrow valley", dict.fromkeys(("SGD", "momentum", "RMSprop", "Adam"), 0.03), 60)
    return drawn_wide(surfaces.race_picture("narrow valley", ways, 40, "forty steps at the same rate"))


def googlenet(network: Any) -> np.ndarray:
    """GoogLeNet, drawn from its graph."""
    from helpers import architectures

    return drawn_wide(architectures.draw(architectures.model_card(architectures.outline(architectures.googlenet))))


def units(network: Any) -> np.ndarray:
    """Stripes as they are shown to units, and what an early and a later unit find of a cat's ears."""
    from helpers import activations, datasets
    from helpers.widgets.units import part_explorer

    cats = datasets.critters(24, 40, SIDE)
    layers = ["stem_relu", "block11_depthwise_relu"]
    explorer = part_explorer(network, cats.take(cats.labels == 0), layers)
    shown = [activations.grating(30, size=SIDE // 4, wavelength=9), activations.grating(105, "orange", SIDE // 4, 9)]
    for layer in layers:
        explorer.controls["layer"].value = layer
        shown.append(explorer.frame.picture)
    explorer.close()
    return strip(shown)


def banks(network: Any) -> np.ndarray:
    """Sixteen filters each: from patches without labels, from two formulas, and by chance."""
    from helpers import datasets, images
    from helpers.transfer import filter_banks
    from helpers.widgets.evidence import filter_tiles

    pictures = filter_banks.grey(datasets.animals(400, 100, 32).pixels)
    found = [filter_banks.kmeans_bank(pictures), filter_banks.gabor_bank()]
    found += [filter_banks.dct_bank(), filter_banks.random_bank()]
    return strip([images.grid(filter_tiles(bank), columns=4, gap=GAP) for bank in found])


def depths(network: Any) -> np.ndarray:
    """A signal in twenty layers, from three scales of the first weights."""
    from helpers.training.signals import signals, signals_picture

    through = {f"{scale:g} x He's scale": signals(scale, 20) for scale in (0.5, 1, 2)}
    return drawn_wide(signals_picture(through, "a signal on its way through twenty layers"))


PICTURES = {
    "00_start_here": tour,
    "01_augmentation": variants,
    "02_feature_extraction": photo_maps,
    "03_fine_tuning": ways,
    "04_activations": maps,
    "05_filters": filters,
    "06_grad_cam": grad_cams,
    "07_rivals": rivals,
    "08_honest_maps": cheating,
    "09_deepdream": dreamt,
    "10_multi_task": networks_of_schools,
    "11_training": depths,
    "12_optimizers": race,
    "13_architectures": googlenet,
    "14_units": units,
    "15_good_features": banks,
    "critters": critters,
}


if __name__ == "__main__":
    start(main)
