"""Which method tells the truth? `python -m benchmarks.shortcut`; stored for notebook 8; details in benchmarks/results.

Two networks learn from the same kind of pictures: in one part the shortcut gives the class away, in the other it says
nothing. Interventions prove what each goes by, photo by photo; then every method's map is scored on these photos.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from benchmarks import tables
from helpers import backbones, runtime, training
from helpers.attribution import (
    METHODS,
    grad_cam,
    hires_cam,
    integrated_gradients,
    layer_cam,
    lime,
    occlusion,
    smooth_grad,
    superpixels,
    to_map,
)
from helpers.attribution.sanity import edges, randomised
from helpers.attribution.shortcut import accuracy, answers, intervention_test, linear_head, ratios
from helpers.backbones import Network, as_network
from helpers.datasets import CLASS_NAMES, Critters, critters

PHOTOS = 50
FINE = {"pretrained": ("block11_depthwise_relu", 16), "from scratch": ("conv4", 8)}
CASES = (("pretrained", "snow"), ("from scratch", "snow"), ("from scratch", "corner"))
CALLED = {"snow": "background", "corner": "marker"}
LEFT_OUT = ("Score-CAM",)  # an appendix; one forward pass per channel


def methods(kind: str, size: int) -> dict[str, Callable]:
    """Name -> function (network, picture, class) -> map, with settings that fit the size of the picture."""
    patch, layer = size // 5, FINE[kind][0]
    found = {name: one for name, one in METHODS.items() if name not in LEFT_OUT}
    found["SmoothGrad"] = lambda n, p, c: to_map(smooth_grad(n, p, c, samples=10))
    found["integrated gradients"] = lambda n, p, c: to_map(integrated_gradients(n, p, c, steps=16), "sum")
    found["occlusion"] = lambda n, p, c: occlusion(n, p, c, patch, patch // 2).heat
    found["LIME"] = lambda n, p, c: lime(n, p, c, superpixels(p, 40), samples=150).heat
    if kind == "pretrained":
        for name, one in (("Grad-CAM", grad_cam), ("HiRes-CAM", hires_cam), ("Layer-CAM", layer_cam)):
            found[f"{name}, stride 16"] = lambda n, p, c, one=one: one(n, p, c, layer)
    return found


def pretrained(shortcut: str) -> tuple[Network, Network, str]:
    """The default network with one linear layer, fitted where the shortcut tells the class, and where it does not."""
    base = backbones.load("efficientnet_lite0")
    parts = [critters(240, 1001, 224, shortcut, strength) for strength in (1.0, 0.0)]
    return *(linear_head(base, part) for part in parts), "one linear layer on the default network, 240 pictures"


def from_scratch(shortcut: str) -> tuple[Network, Network, str]:
    """The small convnet, trained from random weights on both kinds of pictures."""
    made = []
    for strength, count, epochs in ((1.0, 1000, 8), (0.0, 2400, 14)):
        part = critters(count, 2001, 96, shortcut, strength)
        model = training.small_convnet(96, dropout=0.3)
        training.fit(model, (part.images, part.labels), None, epochs, batch_size=32)
        made.append(as_network(model, CLASS_NAMES))
    return *made, "the small convnet from scratch, 1000 pictures (cheating) and 2400 (honest)"


def study(kind: str, shortcut: str, count: int) -> list[str]:
    """Train, intervene, score: the paragraphs of one section."""
    size = 224 if kind == "pretrained" else 96
    cheating, honest, what = {"pretrained": pretrained, "from scratch": from_scratch}[kind](shortcut)
    swap = Critters.swap_background if shortcut == "snow" else Critters.swap_marker
    tests = {s: critters(200, 1003, size, shortcut, s) for s in (1.0, 0.0, -1.0)}
    found = [
        [n, *(f"{accuracy(one, t):.3f}" for t in tests.values())]
        for n, one in (("cheating", cheating), ("honest", honest))
    ]
    conflict = critters((8 if kind == "pretrained" else 3) * count, 1005, size, shortcut, -1.0)
    photos = conflict.take(conflict.shortcut_present)  # the cats with the shortcut: half of them
    chosen, shares = intervention_test(cheating, honest, photos, swap)
    picked = photos.take(np.flatnonzero(chosen)[:count])
    flips = [[name, f"{share:.3f}"] for name, share in shares.items()]
    heads = ("network", "test accuracy: shortcut helps", "says nothing", "misleads")
    return [
        f"## {shortcut}: {what}",
        f"**Pictures of {size} px. Accuracy on 200 test pictures each.**",
        tables.table(heads, found),
        f"**Intervention: share of answers that flip, on {len(photos)} cats that show the shortcut.** "
        f"On {int(chosen.sum())} of them the interventions prove both causes: the cheating network is wrong and flips "
        f"with the shortcut only, the honest one is right and flips with the ears only. Of these, {len(picked)} are "
        f"scored.",
        tables.table(("network and what is swapped", "flips"), flips),
        *scored(kind, shortcut, size, {"cheating": cheating, "honest": honest}, picked),
    ]


def scored(kind: str, shortcut: str, size: int, networks: dict[str, Network], photos: Critters) -> list:
    """The table of methods: share of mass over share of area on the ears and on the shortcut, for each network."""
    masks = {"ears": photos.ears, "shortcut": photos.backgrounds if shortcut == "snow" else photos.markers}
    calibrate = critters(40, 1009, size, shortcut, 0.0).images
    networks = networks | {"random": randomised(networks["cheating"], seed=0, calibrate=calibrate)}
    values: dict[str, dict[tuple[str, str], np.ndarray]] = {}
    for name, method in runtime.track(list(methods(kind, size).items()), f"{shortcut}, {kind}"):
        values[name] = {}
        for which, network in networks.items():
            said = answers(network, photos.images)
            heats = [np.maximum(method(network, p, int(c)), 0) for p, c in zip(photos.images, said, strict=True)]
            values[name] |= {(which, part): ratios(heats, mask) for part, mask in masks.items()}
    values["edge detector (no network)"] = {
        (which, part): ratios([edges(p) for p in photos.images], mask)
        for which in networks
        for part, mask in masks.items()
    }
    columns = [(which, part) for which in networks for part in masks]
    word = CALLED[shortcut]
    heads = [f"{which}: {word if part == 'shortcut' else part}" for which, part in columns]
    rows = [[name, *(cell(found[column]) for column in columns), *moves(found)] for name, found in values.items()]
    area = {part: float(mask.mean()) for part, mask in masks.items()}
    layer, stride = FINE[kind]
    cells = f"{stride} px at `{layer}`" + (", 32 px at the last layer" if kind == "pretrained" else "")
    return [
        f"**Share of the map's mass over share of the area, mean ± half the 95 % interval over {len(photos)} photos; "
        f"1 is a uniform map.** Each network's map explains its own answer. The ears cover {area['ears']:.1%}, the "
        f"{word} {area['shortcut']:.1%} of a photo. Cells of the coarse maps: {cells}. The last two columns: how much "
        f"more the {word} gets in the cheating network, how much more the ears get in the honest one, on the same "
        f"photos.",
        tables.table(("method", *heads, f"{word}: cheating - honest", "ears: honest - cheating"), rows),
    ]


def moves(found: dict[tuple[str, str], np.ndarray]) -> list[str]:
    """The two paired differences that must be above 0 if a method tells the networks apart."""
    pairs = (("cheating", "shortcut"), ("honest", "shortcut")), (("honest", "ears"), ("cheating", "ears"))
    return [signed(found[more] - found[less]) for more, less in pairs]


def signed(values: np.ndarray) -> str:
    """A mean difference with half its 95 % interval."""
    middle, low, high = training.mean_interval(values)
    return f"{middle:+.2f} ± {(high - low) / 2:.2f}"


def cell(values: np.ndarray) -> str:
    """A mean with half its 95 % interval."""
    middle, low, high = training.mean_interval(values)
    return f"{middle:.2f} ± {(high - low) / 2:.2f}"


def covers(count: int) -> list:
    """Why occlusion finds little of the snow on the pretrained network: the same photos under other covers."""
    cheating, honest, _ = pretrained("snow")
    conflict = critters(5 * count, 1005, 224, "snow", -1.0)
    photos = conflict.take(conflict.shortcut_present)
    chosen, _ = intervention_test(cheating, honest, photos, Critters.swap_background)
    photos, rows = photos.take(np.flatnonzero(chosen)[:count]), []
    for patch, fill in ((44, "grey"), (44, "mean"), (88, "grey"), (88, "mean")):
        found = {}
        for which, network in (("cheating", cheating), ("honest", honest)):
            said = answers(network, photos.images)
            heats = [
                occlusion(network, p, int(c), patch, patch // 2, fill).heat
                for p, c in zip(photos.images, said, strict=True)
            ]
            found |= {
                (which, "ears"): ratios(heats, photos.ears),
                (which, "shortcut"): ratios(heats, photos.backgrounds),
            }
        rows.append([f"{patch} px, {fill}", *moves(found)])
        print(rows[-1], flush=True)
    heads = ("cover", "background: cheating - honest", "ears: honest - cheating")
    words = f"**Occlusion under other covers, {len(photos)} photos, pretrained network, snow.**"
    return [words, tables.table(heads, rows)]


def main() -> None:
    """Run the three studies and write the pages, or the study of covers alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=PHOTOS, help=f"photos per study (default {PHOTOS})")
    parser.add_argument("--covers", action="store_true", help="only: occlusion under other covers, with 16 photos")
    chosen, began = parser.parse_args(), time.monotonic()
    count = chosen.photos
    if chosen.covers:
        parts = covers(16)
        made = tables.made("python3 -m benchmarks.shortcut --covers", (time.monotonic() - began) / 60)
        tables.write("shortcut_covers", made, *parts)
        return
    studies = {case: study(*case, count) for case in CASES}
    option = "" if count == PHOTOS else f" --photos {count}"
    made = tables.made(f"python3 -m benchmarks.shortcut{option}", (time.monotonic() - began) / 60)
    write_pages(made, studies)


def write_pages(made: str, studies: dict[tuple[str, str], list]) -> None:
    """Store `shortcut`, the differences of all cases in one table, and shortcut_details.md with everything."""
    found = {case: rows_of(parts[-1]) for case, parts in studies.items()}
    heads = [f"{kind}, {word}: {part}" for kind, word in CASES for part in (CALLED[word], "ears")]
    rows = []
    for method in dict.fromkeys(name for one in found.values() for name in one):
        if all(method in one for one in found.values()):
            rows.append([method, *(cell for one in found.values() for cell in one[method][-2:])])
    words = (
        "**Does the map move towards the cause?** Share of the map's mass over share of the area (1 is a uniform map): "
        "background or marker, cheating minus honest network, then ears, honest minus cheating network, on the same "
        "photos; mean ± half the 95 % interval. Above 0: the method tells the networks apart. Accuracy, interventions, "
        "both networks' own values and a network with random weights: `shortcut_details.md`."
    )
    differs = "cats and dogs with a planted mark for wolves in snow"
    effects = {
        f"{method}: {head}": tables.effect(ends(cell), f"{PHOTOS} photos", differs)
        for method, *cells in rows
        for head, cell in zip(heads, cells, strict=True)
    }
    whole = tables.table(("method", *heads), rows)
    tables.store("shortcut", made, words, whole, seeds=[1001, 1003, 1005], effects=effects)
    tables.write("shortcut_details", made, *(part for parts in studies.values() for part in parts))


def ends(cell: str) -> tuple[float, float, float]:
    """The mean and the interval of "+0.30 ± 0.13"."""
    middle, half = map(float, cell.split(" ± "))
    return middle, middle - half, middle + half


def rows_of(table: tables.Table) -> dict[str, list[str]]:
    """First column -> the other cells."""
    return {name: cells for name, *cells in table["rows"]}


if __name__ == "__main__":
    main()
