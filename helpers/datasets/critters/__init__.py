"""Critters: drawn plush cats and dogs in front of real photos, with a cause that is known pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from helpers.datasets.critters.brushes import BACKGROUND, BODY, CLUTTER, EARS, FACE, MARKER, Canvas, Tiles
from helpers.datasets.critters.scenes import BACKGROUNDS, EAR_KINDS, Difficulty, Part, Scene, draw_scenes
from helpers.runtime import arguments

__all__ = ["BACKGROUNDS", "CLASS_NAMES", "Critters", "Difficulty", "Scene", "critters"]

CLASS_NAMES = ("cat", "dog")
_SHORTCUTS = ("snow", "corner")
_SIZES = (32, 512)
_SMOOTH_FROM = 192  # smaller pictures are drawn at a whole multiple of their size, at least this, and averaged


def _shown(part: int, says: str) -> property:
    """The mask of one part of the pictures."""
    return property(lambda self: self.parts == part, doc=says)


@dataclass(frozen=True, eq=False, repr=False)
class Critters:
    """Generated pictures with all that is known about them.

    images: uint8 `(n, size, size, 3)`, RGB. labels: int64 `(n,)`, 0 cat, 1 dog. parts: uint8 `(n, size, size)`, what
    each pixel shows (0 background, 1 body, 2 face, 3 ears, 4 toys, 5 marker). scenes: what was drawn, without pixels.
    """

    images: np.ndarray
    labels: np.ndarray
    parts: np.ndarray
    scenes: tuple[Scene, ...]

    class_names = CLASS_NAMES

    def __repr__(self) -> str:
        dogs = int(self.labels.sum())
        return f"Critters({len(self) - dogs} cats and {dogs} dogs, {self.size} px)"

    def __len__(self) -> int:
        return len(self.scenes)

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.images.shape[1]

    ears = _shown(EARS, "Visible pixels of the ears, the only cause of the label: bool `(n, size, size)`.")
    faces = _shown(FACE, "Visible pixels of the head without the ears: bool `(n, size, size)`.")
    bodies = _shown(BODY, "Visible pixels of chest, shoulders and scarf: bool `(n, size, size)`.")
    backgrounds = _shown(BACKGROUND, "Pixels of the photo or the snow, not of toys and marker: bool `(n, size, size)`.")
    toys = _shown(CLUTTER, "Visible pixels of toys and leaves, behind or in front: bool `(n, size, size)`.")
    markers = _shown(MARKER, "Pixels of the corner marker, none where there is none: bool `(n, size, size)`.")

    @property
    def shortcut_present(self) -> np.ndarray:
        """Which pictures show snow or the corner marker: bool `(n,)`."""
        return np.array([scene.snow or scene.marker for scene in self.scenes], bool)

    def take(self, chosen: Sequence[int] | np.ndarray) -> Critters:
        """Return the chosen pictures (numbers or a bool mask), with everything that belongs to them."""
        places = np.arange(len(self))[np.asarray(chosen, None if len(chosen) else int)]
        scenes = tuple(self.scenes[place] for place in places)
        return Critters(self.images[places], self.labels[places], self.parts[places], scenes)

    def swap_ears(self) -> Critters:
        """Draw every critter again with the other class's ears: the labels swap, all else stays pixel by pixel.

        Only pixels on the two kinds of ears change, and those within the reach of their soft edge, their shadow and
        the camera's blur, at most a tenth of the side away.
        """
        return self.redraw(ears="swap")

    def swap_background(self, background: str = "swap") -> Critters:
        """Draw every critter again in front of another background: "swap" (snow for photo, photo for snow), "snow",
        "photo" (each its own), or the name of one of BACKGROUNDS. Labels, animals, toys and noise stay."""
        return self.redraw(background=background)

    def swap_marker(self) -> Critters:
        """Draw every critter again with a corner marker where there was none, and without where there was one."""
        return self.redraw(marker="swap")

    def away_from_the_middle(self, seed: int = 0, scale: float = 0.7) -> Critters:
        """Draw every critter again smaller and in a corner of its picture, where a box in the middle misses it.

        seed: draws the corners. scale: times the size, above 0 and at most 1. Labels, animals, backgrounds, toys stay.
        """
        arguments.number("scale", scale, 0, 1, above=True)
        sides = np.random.default_rng([arguments.whole("seed", seed), 3]).integers(0, 2, (len(self), 2))
        places = np.array([0.27, 0.73])[sides[:, 0]], np.array([0.30, 0.74])[sides[:, 1]]
        poses = (
            Part(**vars(scene.pose) | {"x": float(x), "y": float(y), "scale": scale * scene.pose.scale})
            for scene, x, y in zip(self.scenes, *places, strict=True)
        )
        return draw((replace(scene, pose=pose) for scene, pose in zip(self.scenes, poses, strict=True)), self.size)

    def redraw(
        self,
        ears: str | None = None,
        background: str | None = None,
        marker: str | bool | None = None,
        size: int | None = None,
    ) -> Critters:
        """Draw the same scenes again with a change; what is None stays as it is.

        ears: "swap", "pointed" or "hanging". background: as in `swap_background`. marker: "swap", True or False.
        size: another side in pixels. The labels follow the ears. Raises ValueError for any other value.
        """
        _choice("ears", ears, (None, "swap", *EAR_KINDS))
        _choice("background", background, (None, "swap", "snow", "photo", *BACKGROUNDS))
        _choice("marker", marker, (None, "swap", True, False))
        size = self.size if size is None else arguments.whole("size", size, *_SIZES)
        return draw((_changed(scene, ears, background, marker) for scene in self.scenes), size)


def critters(
    n: int,
    seed: int,
    size: int = 96,
    shortcut: str | None = None,
    strength: float = 1.0,
    difficulty: Difficulty | None = None,
) -> Critters:
    """Draw `n` plush cats (pointed ears, label 0) and dogs (hanging ears, label 1), balanced, on crops of real photos.

    The ears are the only cause of the label: pose, head, colours, pattern, face, light, toys, background, blur and
    noise come from the same draws for both classes. Critter i of a seed is the same scene at every `size` (32 to 512
    pixels) and for every `n`; different seeds share nothing, so take one seed per part (training, test ...).

    `shortcut` plants a cause on purpose: "snow" (a winter scene instead of the photo) or "corner" (a framed letter in
    the top left corner, as scanners leave it on X-ray pictures). `strength` s, -1 to 1, ties it to the dogs: a share
    (1 + s) / 2 of the dogs has it and (1 - s) / 2 of the cats. 1: all dogs and no cat; 0: half of each class, it says
    nothing; -1: cats only, the conflict set on which a network that took the shortcut fails. Without a shortcut there
    is no snow and no marker.

    `difficulty` scales toys, occlusion, blur, noise, pose range and ear size (see `Difficulty`; 1 as calibrated).
    Raises ValueError for a bad argument.

    Measured on 2026-11-21 with `benchmarks/critters.py` (table in docs/critters.md): 240 training and 600 test
    pictures of 96 px, test accuracy as the mean of three seeds. Small convnet from scratch 0.736 (training 1.000),
    with augmentation 0.841; linear probe on the default network's pooled features 0.946 at 96 px and 0.959 on the
    same pictures enlarged to 160 px; fine-tuned from block 10 on at 96 px 0.981; colour histogram 0.489, pixels
    0.592. With a shortcut of strength 1 the convnet from scratch scores 0.99 or more, and 0.00 on the conflict set;
    the linear probe falls to 0.34 there with snow, but only to 0.85 with the corner marker. Ears cover 5 % of a
    picture. 600 pictures of 96 px take about 6 s, 100 of 224 px about 1.5 s.
    """
    n, seed = arguments.whole("n", n, 1, 100_000), arguments.whole("seed", seed)
    size, strength = arguments.whole("size", size, *_SIZES), arguments.number("strength", strength, -1, 1)
    _choice("shortcut", shortcut, (None, *_SHORTCUTS))
    dials = Difficulty() if difficulty is None else difficulty
    for name, dial in vars(arguments.made_by("difficulty", dials, Difficulty, "None or Difficulty(noise=0.5)")).items():
        arguments.number(f"The dial {name}", dial, 0.25 if name == "ear_size" else 0, 2)  # without ears no class
    return draw(draw_scenes(n, seed, dials, shortcut, strength), size)


def _changed(scene: Scene, ears: str | None, background: str | None, marker: str | bool | None) -> Scene:
    changes = {}
    if ears is not None:
        changes["ears"] = EAR_KINDS[1 - EAR_KINDS.index(scene.ears)] if ears == "swap" else ears
    if background in ("swap", "snow", "photo"):
        changes["snow"] = not scene.snow if background == "swap" else background == "snow"
    elif background is not None:
        changes |= {"snow": False, "backdrop": Part(**vars(scene.backdrop) | {"photo": background})}
    if marker is not None:
        changes["marker"] = not scene.marker if marker == "swap" else marker
    return replace(scene, **changes)


def draw(scenes: Iterable[Scene], size: int) -> Critters:
    """Draw scenes, `size` pixels high and wide."""
    from helpers.datasets.photos import photos

    scenes = tuple(scenes)
    known = photos()
    needed = {scene.backdrop.photo for scene in scenes if not scene.snow}
    pictures = {name: Image.fromarray(known[name].array) for name in needed}
    tiles = Tiles.make()
    images = np.empty((len(scenes), size, size, 3), np.uint8)
    parts = np.empty((len(scenes), size, size), np.uint8)
    for place, scene in enumerate(scenes):
        images[place], parts[place] = _render(scene, size, pictures, tiles)
    labels = np.array([EAR_KINDS.index(scene.ears) for scene in scenes], np.int64)
    return Critters(images, labels, parts, scenes)


def _render(scene: Scene, size: int, pictures: dict[str, Image.Image], tiles: Tiles) -> tuple[np.ndarray, np.ndarray]:
    """Draw one scene: uint8 `(size, size, 3)` and the part that each pixel shows, uint8 `(size, size)`."""
    from helpers.datasets.critters import animal, surroundings

    factor = -(-_SMOOTH_FROM // size)
    canvas = Canvas(size * factor)
    if scene.snow:
        surroundings.draw_snow(canvas, scene.backdrop, tiles)
    else:
        surroundings.draw_photo(canvas, scene.backdrop, pictures[scene.backdrop.photo])
    for thing in [thing for thing in scene.things if not thing.front]:
        surroundings.draw_thing(canvas, thing, scene.camera.light_x)
    animal.Animal(canvas, scene, tiles).draw()
    for thing in [thing for thing in scene.things if thing.front]:
        surroundings.draw_thing(canvas, thing, scene.camera.light_x)
    if scene.marker:
        surroundings.draw_marker(canvas)
    middle = slice(factor // 2, None, factor)
    return surroundings.develop(canvas.pixels, scene.camera, size), canvas.parts[middle, middle]


def _choice(name: str, value, allowed: tuple) -> None:
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in allowed):
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(repr, allowed))}.")
