"""What is in a critter picture, before any pixel: one frozen `Scene` of plain numbers per critter."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass

Colour = tuple[float, float, float]

# Photos without people, animals and faces: a cat, an astronaut or a face on a coin would be a cause nobody planned.
BACKGROUNDS = ("brick", "china", "coffee", "flower", "grass", "gravel", "rocket", "stereo_motorcycle")
GREY_TINTS = {"brick": (1.0, 0.74, 0.62), "grass": (0.80, 1.0, 0.55), "gravel": (1.0, 0.92, 0.82)}
EAR_KINDS = ("pointed", "hanging")  # by label: 0 cat, 1 dog
PATTERNS = ("plain", "stripes", "patch", "mask", "spots", "blaze")
TOYS = ("ball", "block", "cone", "leaf", "ring")


@dataclass(frozen=True)
class Pose:
    """Where the head is: centre and radius as shares of the picture's side, roll in radians, turns in -1..1."""

    x: float
    y: float
    scale: float
    roll: float
    turn: float
    nod: float


@dataclass(frozen=True)
class Head:
    """The head's half axes in head radii, its squareness, the size of its cheeks, the length of its fur."""

    width: float
    height: float
    squareness: float
    cheeks: float
    fluff: float


@dataclass(frozen=True)
class Ear:
    """The ears, whatever their kind: length and width (1 is usual), how far apart, a tilt for each, colour mixes."""

    length: float
    width: float
    apart: float
    tilt_left: float
    tilt_right: float
    shade: float
    second: float
    inner: float


@dataclass(frozen=True)
class Fur:
    """Two colours, a pattern with its strength, and the places where the noise tiles are read."""

    main: Colour
    second: Colour
    pattern: str
    strength: float
    offset_along: float
    offset_across: float


@dataclass(frozen=True)
class Face:
    """Eyes, nose, mouth, whiskers: sizes in head radii, colours 0..1."""

    eye_size: float
    eye_apart: float
    eye_height: float
    iris: Colour
    pupil: float
    muzzle: float
    muzzle_height: float
    nose: Colour
    nose_size: float
    smile: float
    tongue: float
    whiskers: float
    blush: float
    scarf: Colour


@dataclass(frozen=True)
class Thing:
    """A toy or a leaf, in front of the critter or behind it; place, size and softness as shares of the side."""

    kind: str
    colour: Colour
    x: float
    y: float
    size: float
    angle: float
    soft: float
    front: bool


@dataclass(frozen=True)
class Backdrop:
    """The photo behind, the place and side of its square crop (0..1), mirrored or not, tint, blur, and a snow seed."""

    photo: str
    crop_x: float
    crop_y: float
    crop_side: float
    mirrored: bool
    tint: Colour
    blur: float
    snow_seed: int


@dataclass(frozen=True)
class Camera:
    """Direction of the light, its warmth, exposure, contrast, blur (share of the side), noise, and its seed."""

    light_x: float
    light_y: float
    warmth: float
    exposure: float
    contrast: float
    vignette: float
    blur: float
    noise: float
    noise_seed: int


@dataclass(frozen=True)
class Scene:
    """Everything that is in one picture. `ears` is the only part that depends on the class."""

    ears: str
    pose: Pose
    head: Head
    ear: Ear
    fur: Fur
    face: Face
    things: tuple[Thing, ...]
    backdrop: Backdrop
    camera: Camera
    snow: bool = False
    marker: bool = False

    def numbers(self) -> list[float]:
        """Return all that was drawn apart from the class, as numbers: what a test of independence needs."""
        parts = (self.pose, self.head, self.ear, self.fur, self.face, self.backdrop, self.camera)
        things = [sum(thing.size for thing in self.things if thing.front is front) for front in (False, True)]
        return [number for part in parts for number in _flattened(part)] + things


def _flattened(part) -> list[float]:
    kinds = {"pattern": PATTERNS, "photo": BACKGROUNDS}
    numbers: list[float] = []
    for field in fields(part) if is_dataclass(part) else ():
        value = getattr(part, field.name)
        if isinstance(value, str):
            numbers += [float(value == kind) for kind in kinds[field.name]]
        elif isinstance(value, tuple):
            numbers += value
        elif not field.name.endswith("seed"):
            numbers.append(float(value))
    return numbers
