"""What is in a critter picture, before any pixel: one `Scene` of plain numbers per critter, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

Colour = tuple[float, float, float]

# Photos without people, animals and faces: a cat, an astronaut or a face on a coin would be a cause nobody planned.
BACKGROUNDS = ("brick", "china", "coffee", "flower", "grass", "gravel", "rocket", "stereo_motorcycle")
GREY_TINTS = {"brick": (1.0, 0.74, 0.62), "grass": (0.80, 1.0, 0.55), "gravel": (1.0, 0.92, 0.82)}
EAR_KINDS = ("pointed", "hanging")  # by label: 0 cat, 1 dog
_PATTERNS = ("plain", "stripes", "patch", "mask", "spots", "blaze")
_TOYS = ("ball", "block", "cone", "leaf", "ring")
_GOLDEN = (5**0.5 - 1) / 2  # steps of this size spread evenly over 0..1, however many there are
_FURS = (  # main colour, second colour
    ((0.93, 0.87, 0.76), (0.99, 0.96, 0.90)), ((0.86, 0.55, 0.27), (0.97, 0.90, 0.78)),
    ((0.55, 0.36, 0.22), (0.88, 0.76, 0.60)), ((0.38, 0.25, 0.17), (0.76, 0.60, 0.44)),
    ((0.58, 0.58, 0.60), (0.93, 0.93, 0.93)), ((0.26, 0.26, 0.29), (0.88, 0.87, 0.86)),
    ((0.76, 0.63, 0.45), (0.96, 0.91, 0.81)), ((0.90, 0.89, 0.87), (0.62, 0.52, 0.43)),
    ((0.66, 0.47, 0.36), (0.95, 0.89, 0.83)),
)  # fmt: skip
_IRISES = ((0.42, 0.27, 0.12), (0.72, 0.50, 0.16), (0.38, 0.52, 0.24), (0.32, 0.50, 0.66), (0.24, 0.16, 0.10))
_NOSES = ((0.14, 0.11, 0.12), (0.72, 0.42, 0.42), (0.38, 0.22, 0.19))
_TOY_COLOURS = (
    (0.83, 0.22, 0.20), (0.95, 0.70, 0.18), (0.20, 0.50, 0.72), (0.30, 0.60, 0.34), (0.90, 0.52, 0.24),
    (0.55, 0.36, 0.22), (0.90, 0.86, 0.78), (0.46, 0.30, 0.55), (0.62, 0.62, 0.62), (0.80, 0.62, 0.42),
)  # fmt: skip


@dataclass(frozen=True)
class Difficulty:
    """Dials of the generator, 1 as calibrated, 0 off: each scales one range and leaves all other draws as they are."""

    clutter: float = 1.0
    occlusion: float = 1.0
    blur: float = 1.0
    noise: float = 1.0
    pose: float = 1.0
    ear_size: float = 1.0


class Part(SimpleNamespace):
    """A part of a scene: numbers, colours (three numbers 0..1) and kinds by name, in the order of their draws."""

    def numbers(self) -> list[float]:
        """Return all but the seeds as numbers, a kind as one number for each that it may be."""
        kinds, found = {"pattern": _PATTERNS, "photo": BACKGROUNDS}, []
        for name, value in vars(self).items():
            if isinstance(value, str):
                found += [float(value == kind) for kind in kinds[name]]
            elif not name.endswith("seed"):
                found += value if isinstance(value, tuple) else [float(value)]
        return found


@dataclass(frozen=True)
class Scene:
    """Everything that is in one picture. `ears` is the only part that depends on the class."""

    ears: str
    pose: Part
    head: Part
    ear: Part
    fur: Part
    face: Part
    things: tuple[Part, ...]
    backdrop: Part
    camera: Part
    snow: bool = False
    marker: bool = False

    def numbers(self) -> list[float]:
        """Return all that was drawn apart from the class, as numbers: what a test of independence needs."""
        parts = (self.pose, self.head, self.ear, self.fur, self.face, self.backdrop, self.camera)
        things = [sum(thing.size for thing in self.things if thing.front is front) for front in (False, True)]
        return [number for part in parts for number in part.numbers()] + things


class _Dice:
    """Random draws as plain Python numbers: NumPy's own scalars would turn every float32 picture into float64."""

    def __init__(self, seed: int, index: int):
        self.random = np.random.default_rng([seed, index])

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def around(self, centre: float, reach: float) -> float:
        """Bell-shaped between centre - reach and centre + reach, most often near the centre."""
        return centre + reach * (float(self.random.random() + self.random.random()) - 1)

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def one_of(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def seed(self) -> int:
        return int(self.random.integers(2**31))

    def jittered(self, colour: Colour, reach: float) -> Colour:
        level = self.between(1 - reach, 1 + reach)
        return tuple(float(np.clip(channel * level + self.between(-reach, reach) / 3, 0, 1)) for channel in colour)


def draw_scenes(
    n: int, seed: int, difficulty: Difficulty, shortcut: str | None = None, strength: float = 1.0
) -> tuple[Scene, ...]:
    """Draw the scenes of `critters(...)`, which checks the arguments and says what they mean."""
    labels = _balanced_labels(n, seed)
    present = _planted(labels, seed, strength) if shortcut else np.zeros(n, bool)
    return tuple(
        replace(
            draw_scene(seed, index, EAR_KINDS[label], difficulty),
            snow=bool(present[index]) and shortcut == "snow",
            marker=bool(present[index]) and shortcut == "corner",
        )
        for index, label in enumerate(labels)
    )


def _balanced_labels(n: int, seed: int) -> np.ndarray:
    """One cat and one dog in every two, in random order: balanced, and the first m of n are those of n = m."""
    dog_first = np.random.default_rng([seed, 1, 1]).random((n + 1) // 2) < 0.5
    return np.stack([dog_first, ~dog_first], axis=1).reshape(-1)[:n].astype(np.int64)


def _planted(labels: np.ndarray, seed: int, strength: float) -> np.ndarray:
    """Say which pictures get the shortcut. Golden-ratio steps hit the wanted shares almost exactly at every n."""
    starts = np.random.default_rng([seed, 2, 2]).random(2)
    present = np.zeros(len(labels), bool)
    for label, start in enumerate(starts):
        places = np.flatnonzero(labels == label)
        wanted = (1 + strength) / 2 if label == 1 else (1 - strength) / 2
        present[places] = (start + _GOLDEN * np.arange(len(places))) % 1 < wanted
    return present


def draw_scene(seed: int, index: int, ears: str, dials: Difficulty) -> Scene:
    """Draw scene number `index` of the series `seed`. The class is an argument and no draw depends on it."""
    dice = _Dice(seed, index)
    pose = _draw_pose(dice, dials)
    return Scene(
        ears=ears,
        pose=pose,
        head=Part(
            width=dice.around(1.02, 0.12),
            height=dice.around(0.92, 0.10),
            squareness=dice.between(2.0, 2.7),
            cheeks=dice.between(0.0, 1.0),
            fluff=dice.between(0.02, 0.08),
        ),
        ear=_draw_ear(dice, dials),
        fur=_draw_fur(dice),
        face=_draw_face(dice),
        things=_draw_things(dice, dials, pose),
        backdrop=_draw_backdrop(dice, dials),
        camera=Part(
            light_x=dice.between(-0.75, 0.75),
            light_y=-dice.between(0.25, 0.8),
            warmth=dice.around(0.0, 0.12),
            exposure=dice.around(1.05, 0.20),
            contrast=dice.around(1.0, 0.2),
            vignette=dice.between(0.0, 0.3),
            blur=dials.blur * dice.between(0.0, 0.008),
            noise=dials.noise * dice.between(0.0, 0.05),
            noise_seed=dice.seed(),
        ),
    )


def _draw_pose(dice: _Dice, dials: Difficulty) -> Part:
    """Where the head is: centre and radius as shares of the picture's side, roll in radians, turns in -1..1."""
    reach = dials.pose
    return Part(
        x=dice.around(0.5, 0.18 * reach),
        y=dice.around(0.53, 0.12 * reach),
        scale=dice.around(0.25, 0.07 * reach),
        roll=dice.around(0.0, 0.6 * reach),
        turn=dice.around(0.0, 0.9 * reach),
        nod=dice.around(0.0, 0.8 * reach),
    )


def _draw_ear(dice: _Dice, dials: Difficulty) -> Part:
    """The ears, whatever their kind: length and width (1 is usual), distance, a tilt for each, colour mixes."""
    return Part(
        length=dials.ear_size * dice.around(1.0, 0.25),
        width=dials.ear_size * dice.around(1.0, 0.22),
        apart=dice.around(0.0, 0.12),
        tilt_left=dice.around(0.0, 0.5),
        tilt_right=dice.around(0.0, 0.5),
        shade=dice.around(0.92, 0.16),
        second=dice.between(0.0, 1.0) if dice.chance(0.3) else 0.0,
        inner=dice.between(0.2, 1.0),
    )


def _draw_fur(dice: _Dice) -> Part:
    """Two colours, a pattern with its strength, and the places where the noise tiles are read."""
    main, second = dice.one_of(_FURS)
    return Part(
        main=dice.jittered(main, 0.10),
        second=dice.jittered(second, 0.06),
        pattern=dice.one_of(_PATTERNS),
        strength=dice.between(0.5, 1.0),
        offset_along=dice.between(0, 256),
        offset_across=dice.between(0, 256),
    )


def _draw_face(dice: _Dice) -> Part:
    """Eyes, nose, mouth, whiskers: sizes in head radii, colours 0..1."""
    return Part(
        eye_size=dice.around(0.155, 0.035),
        eye_apart=dice.around(0.37, 0.05),
        eye_height=dice.around(-0.07, 0.07),
        iris=dice.jittered(dice.one_of(_IRISES), 0.10),
        pupil=dice.around(0.66, 0.16),
        muzzle=dice.around(1.0, 0.15),
        muzzle_height=dice.around(0.40, 0.06),
        nose=dice.jittered(dice.one_of(_NOSES), 0.08),
        nose_size=dice.around(0.135, 0.03),
        smile=dice.between(0.5, 1.0),
        tongue=dice.between(0.6, 1.0) if dice.chance(0.3) else 0.0,
        whiskers=dice.between(0.0, 1.0),
        blush=dice.between(0.0, 0.35),
        scarf=dice.jittered(dice.one_of(_TOY_COLOURS), 0.08),
    )


def _draw_things(dice: _Dice, dials: Difficulty, pose: Part) -> tuple[Part, ...]:
    """Draw up to five things behind and two in front; with a dial at 0 none are kept, yet all are drawn."""
    things = []
    for place in range(7):
        front = place >= 5
        kept = dice.chance(min(1.0, 0.6 * (dials.occlusion if front else dials.clutter)))
        angle = dice.between(0, 2 * np.pi)
        distance = dice.between(1.0, 1.8) if front else dice.between(0.9, 2.1)
        thing = Part(
            kind=dice.one_of(_TOYS),
            colour=dice.jittered(dice.one_of(_TOY_COLOURS), 0.12),
            x=pose.x + distance * pose.scale * float(np.cos(angle)),
            y=pose.y + distance * pose.scale * float(np.sin(angle)),
            size=dice.between(0.05, 0.12) if front else dice.between(0.05, 0.15),
            angle=dice.between(-np.pi, np.pi),
            soft=dice.between(0.004, 0.02),
            front=front,
        )
        things += [thing] if kept else []
    return tuple(things)


def _draw_backdrop(dice: _Dice, dials: Difficulty) -> Part:
    """The photo behind, place and side of its square crop (0..1), mirrored or not, tint, blur, and a snow seed."""
    return Part(
        photo=dice.one_of(BACKGROUNDS),
        crop_x=dice.between(0, 1),
        crop_y=dice.between(0, 1),
        crop_side=dice.between(0.45, 1.0),
        mirrored=dice.chance(0.5),
        tint=dice.jittered((0.94, 0.94, 0.94), 0.08),
        blur=dials.blur * dice.between(0.0, 0.012),
        snow_seed=dice.seed(),
    )
