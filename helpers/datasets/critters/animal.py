"""Draw the animal of a scene: body, head, face, and the ears that make it a cat or a dog."""

from __future__ import annotations

import numpy as np

from helpers.datasets.critters import brushes
from helpers.datasets.critters.brushes import FACE, Region, capsule, cover, ease, ellipse, merged, sample_smooth
from helpers.datasets.critters.scenes import Colour, Part, Scene

_AMBIENT, _DIRECT = 0.62, 0.52  # light from everywhere, and light from the lamp's side
_PINK = (0.90, 0.62, 0.60)


class Animal:
    """One scene's animal and the canvas it is painted on; lengths are in head radii, `edge` is one pixel."""

    def __init__(self, canvas: brushes.Canvas, scene: Scene, tiles: brushes.Tiles):
        self.canvas, self.scene, self.tiles = canvas, scene, tiles
        pose = scene.pose
        self.edge = 1.2 / (canvas.size * pose.scale)
        self.turn, self.nod = 0.30 * pose.turn, 0.18 * pose.nod
        light = np.array([scene.camera.light_x, scene.camera.light_y, 0.75])
        self.light = [float(value) for value in light / np.linalg.norm(light)]

    def draw(self) -> None:
        """Paint the animal from back to front. Only the two ear steps look at the class."""
        self.halo()
        self.body()
        for side in (-1, 1) if self.scene.ears == "pointed" else ():
            self.pointed_ear(side)
        self.head()
        for side in (-1, 1) if self.scene.ears == "hanging" else ():
            self.hanging_ear(side)
        self.whiskers()

    def window(self, right: float, down: float, reach: float) -> tuple:
        """Return the window around a point given in head coordinates, and head coordinates in it."""
        pose = self.scene.pose
        cosine, sine = np.cos(pose.roll), np.sin(pose.roll)
        x = pose.x + pose.scale * (right * cosine - down * sine)
        y = pose.y + pose.scale * (right * sine + down * cosine)
        region = self.canvas.region(float(x), float(y), reach * pose.scale)
        return region, *region.frame(pose.x, pose.y, pose.scale, pose.roll)

    def trunk(self, down: float, reach: float) -> tuple:
        """Return a window so far below the head, and head coordinates in it that roll but a quarter as much."""
        pose = self.scene.pose
        region = self.canvas.region(pose.x, pose.y + down * pose.scale, 1.6 * pose.scale, reach * pose.scale)
        return region, *region.frame(pose.x, pose.y, pose.scale, 0.25 * pose.roll)

    def lit(self, normal_right, normal_down) -> np.ndarray:
        """Return the brightness of a surface whose normal leans to the right and down by these shares."""
        facing = np.sqrt(np.clip(1 - normal_right**2 - normal_down**2, 0.02, 1))
        roll = self.scene.pose.roll
        cosine, sine = float(np.cos(roll)), float(np.sin(roll))
        right = self.light[0] * cosine + self.light[1] * sine  # the lamp stands still while the head rolls
        down = self.light[1] * cosine - self.light[0] * sine
        lambert = normal_right * right + normal_down * down + facing * self.light[2]
        return _AMBIENT + _DIRECT * np.clip(lambert, 0, 1)

    def strands(self, along: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Return fur strands around 0 (about -0.5 to 0.5) that run in the direction of `along`."""
        fur = self.scene.fur
        return brushes.sample(self.tiles.hair, along + fur.offset_along, across + fur.offset_across) - 0.5

    def halo(self) -> None:
        """Darken the background a little around body and head: a soft shadow that parts them from it."""
        region, right, down = self.trunk(0.6, 2.1)
        distance = merged(ellipse(right, down, 0.95, 0.92), ellipse(right, down - 1.45, 0.85, 0.95), 0.2)
        region.shade(1 - 0.38 * ease(distance, 0.45, -0.1))

    def body(self) -> None:
        """Paint chest and shoulders below the head, and a scarf around the neck."""
        region, right, down = self.trunk(2.4, 2.0)
        fur = self.scene.fur
        strands = self.strands(60 * down, 70 * right)
        distance = ellipse(right, down - 2.30, 1.04, 1.75, 2.2) + 0.05 * strands
        shade = self.lit(np.clip(right / 0.95, -1, 1), np.clip((down - 2.0) / 1.8, -1, 1)) * (1 + 0.35 * strands)
        chest = 0.8 * cover(ellipse(right, down - 1.95, 0.52, 1.1) + 0.08 * strands, 0.25)
        region.paint(cover(distance, 0.05), _mixed(fur.main, fur.second, chest) * (0.92 * shade), brushes.BODY)
        scarf = ellipse(right, down - 0.80, 0.66, 0.26, 2.6)
        folds = 0.8 + 0.25 * np.sin(9 * right + 5 * down) * ease(np.abs(right), 0.0, 0.5)
        shade = self.lit(np.clip(right / 0.8, -1, 1), np.clip((down - 0.8) / 0.5, -1, 1)) * folds
        region.paint(cover(scarf, self.edge * 1.5), _lit_colour(self.scene.face.scarf, shade), brushes.BODY)

    def head(self) -> None:
        """Paint the head with its pattern and light, then the face on it."""
        region, right, down = self.window(0, 0, 1.3)
        head, fur = self.scene.head, self.scene.fur
        angle = np.arctan2(down - 0.3, right)
        radius = np.hypot(right, down - 0.3)
        cloud = sample_smooth(self.tiles.cloud, 30 * down + fur.offset_along, 30 * right + fur.offset_across) - 0.5
        strands = self.strands(46 * radius, (angle + 0.35 * cloud) * np.float32(256 / (2 * np.pi)))
        distance = ellipse(right, down, head.width, head.height, head.squareness)
        for side in (-1, 1):
            cheek = ellipse(right - side * 0.52, down - 0.34, 0.40 + 0.14 * head.cheeks, 0.42)
            distance = merged(distance, cheek, 0.15)
        distance += head.fluff * strands * ease(np.abs(angle), 0.0, 0.4)
        shade = self.lit(
            np.clip(right / (head.width + 0.1), -1, 1) * 0.95, np.clip(down / (head.height + 0.1), -1, 1) * 0.95
        )
        shade *= (1 + 0.42 * strands) * (1 + 0.12 * cloud)
        weight = self.pattern(right, down, cloud, strands)
        region.paint(cover(distance, 0.03 + 0.5 * head.fluff), _mixed(fur.main, fur.second, weight) * shade, FACE)
        self.face(region, right - self.turn, down - self.nod, strands)

    def pattern(self, right, down, cloud, strands) -> np.ndarray:
        """Return how much of the fur's second colour each point of the head has, 0..1."""
        fur = self.scene.fur
        right, down = right - self.turn, down - self.nod
        rough = 0.10 * cloud + 0.10 * strands
        if fur.pattern == "stripes":
            bands = np.sin(13 * (down + 0.35 * right**2 - 0.25 * cloud)) + 1.5 * ease(np.abs(right), 0.75, 0.15) - 1.2
            weight = -0.9 * ease(bands, 0.0, 0.6) * ease(down, 0.05, -0.3)
        elif fur.pattern == "patch":
            weight = cover(ellipse(right - 0.38, down + 0.10, 0.34, 0.38) + rough, 0.10)
        elif fur.pattern == "mask":
            weight = cover(ellipse(right, down - 0.52, 0.85, 0.55) + rough, 0.20)
        elif fur.pattern == "spots":
            weight = ease(cloud, 0.18, 0.26)
        elif fur.pattern == "blaze":
            weight = cover(np.abs(right) - 0.10 - 0.16 * np.clip(down + 0.4, 0, 1) + rough, 0.10)
        else:
            weight = np.zeros_like(right)
        return weight * np.float32(fur.strength)

    def face(self, region: Region, right: np.ndarray, down: np.ndarray, strands: np.ndarray) -> None:
        """Paint muzzle, blush, nose, mouth and eyes on the front of the head."""
        scene, face = self.scene, self.scene.face
        level = face.muzzle_height
        puffs = ellipse(right, down - level - 0.20, 0.26 * face.muzzle, 0.20)
        for side in (-1, 1):
            puff = ellipse(right - side * 0.19 * face.muzzle, down - level, 0.27 * face.muzzle, 0.22)
            puffs = merged(puffs, puff, 0.06)
        shade = self.lit(np.clip(right / 0.6, -1, 1), np.clip((down - level) / 0.5, -1, 1)) * (1 + 0.25 * strands)
        region.shade(1 - 0.16 * ease(puffs, 0.12, -0.05))
        tone = _mixed(scene.fur.second, (1.0, 0.98, 0.95), np.full((1, 1), 0.35, np.float32))
        region.paint(0.92 * cover(puffs + 0.05 * strands, 0.07), tone * shade)
        for side in (-1, 1):
            cheek = ease(np.hypot(right - side * 0.56, down - 0.24), 0.22, 0.02)
            region.paint(face.blush * cheek, _PINK)
        self.mouth(level)
        for side in (-1, 1):
            self.eye(side)

    def mouth(self, level: float) -> None:
        """Paint the tongue, the two arcs of the mouth and the nose with its highlight."""
        face = self.scene.face
        region, right, down = self.window(self.turn, self.nod + level, 0.4)
        right, down = right - self.turn, down - self.nod
        nose_down = level - 0.17
        dark = (0.16, 0.10, 0.10)
        if face.tongue:
            tongue = capsule(right, down, (0, level + 0.10), (0, level + 0.10 + 0.12 * face.tongue), 0.075)
            region.paint(cover(tongue, self.edge), (0.86, 0.45, 0.47))
        region.paint(0.75 * cover(capsule(right, down, (0, nose_down), (0, level + 0.08), 0.012), self.edge), dark)
        for side in (-1, 1):
            arc = np.abs(np.hypot(right - side * 0.11, down - level - 0.03) - 0.115) - 0.014
            kept = cover(-(down - level - 0.12 + 0.09 * face.smile), 0.04)
            region.paint(0.8 * cover(arc, self.edge) * kept, dark)
        size = face.nose_size
        nose = merged(
            ellipse(right, down - nose_down, size, 0.55 * size),
            capsule(right, down, (0, nose_down), (0, nose_down + 0.55 * size), 0.35 * size),
            0.05,
        )
        region.paint(cover(nose, self.edge), face.nose)
        shine = ellipse(right + 0.25 * size, down - nose_down + 0.22 * size, 0.32 * size, 0.14 * size)
        region.paint(0.5 * cover(shine, 0.04), (1.0, 1.0, 1.0))

    def eye(self, side: int) -> None:
        """Paint one glossy eye: dark rim, iris, pupil, two lights."""
        face = self.scene.face
        size = face.eye_size
        place = self.turn + side * face.eye_apart, self.nod + face.eye_height
        region, right, down = self.window(*place, 1.8 * size)
        right, down = right - self.turn, down - self.nod
        right = (right - side * face.eye_apart) * (1 + 0.35 * side * self.turn)  # the far eye is seen at an angle
        down = down - face.eye_height
        region.shade(1 - 0.25 * ease(ellipse(right, down, size, size), 0.10, 0.0))
        region.paint(cover(ellipse(right, down, 1.14 * size, 1.10 * size), self.edge), (0.09, 0.07, 0.07))
        depth = 0.75 + 0.5 * ease(down, -size, size)
        iris = np.float32(face.iris)[:, None, None] * depth
        region.paint(cover(ellipse(right, down, size, 0.97 * size), self.edge), iris)
        pupil = face.pupil * size
        region.paint(cover(ellipse(right, down, pupil, pupil), self.edge), (0.04, 0.03, 0.04))
        aside, above = 0.38 * size * np.sign(self.light[0] or 1.0), 0.36 * size
        region.paint(cover(np.hypot(right - aside, down + above) - 0.24 * size, self.edge), (1.0, 1.0, 1.0))
        region.paint(0.45 * cover(np.hypot(right + aside, down - above) - 0.14 * size, self.edge), (1.0, 1.0, 1.0))

    def whiskers(self) -> None:
        """Paint three fine whiskers on each side, bent a little downwards."""
        face = self.scene.face
        if face.whiskers < 0.15:
            return
        region, right, down = self.window(0, 0.4, 1.25)
        right, down = right - self.turn, down - self.nod - face.muzzle_height
        side = np.abs(right)
        reach = ease(side, 0.28, 0.40) * ease(side, 0.75 + 0.3 * face.whiskers, 0.6)
        bright = float(np.mean(self.scene.fur.main)) < 0.6
        for slope in (-0.22, -0.02, 0.18):
            line = np.abs(down - slope * side - 0.10 * (side - 0.3) ** 2 + 0.03) - 0.006
            region.paint(0.55 * cover(line, self.edge) * reach, (0.95,) * 3 if bright else (0.35, 0.31, 0.30))

    def pointed_ear(self, side: int) -> None:
        """Paint a cat's ear: a soft triangle that stands on the head, with a pale inside."""
        scene, ear = self.scene, self.scene.ear
        bearing = side * (0.62 + ear.apart) + 0.12 * self.turn  # from straight up
        lean = side * 0.38 + (ear.tilt_left if side < 0 else ear.tilt_right) + 0.3 * self.turn
        length, width = 0.88 * ear.length, 0.50 * ear.width * (1 + side * self.turn)
        region, across, along = self.ear_window(bearing, 0.80, lean, length)
        share = along / np.float32(length)
        strands = self.strands(60 * along, 70 * across)
        outline = np.float32(width) * (1 - share) * (1 + 0.55 * np.clip(share, 0, 1))
        distance = brushes.rounded(0.86 * (np.abs(across) - outline), -along - 0.16, 0.25) + 0.025 * strands
        distance -= 0.03
        shade = self.lit(np.clip(across / width, -1, 1) * 0.8, np.full_like(across, -0.25)) * (1 + 0.4 * strands)
        colour = _ear_colour(ear, scene.fur)
        region.paint(cover(distance, 0.04), _lit_colour(colour, shade), brushes.EARS)
        outline = 0.62 * np.float32(width) * (1 - share / 0.80) * (1 + 0.55 * np.clip(share, 0, 1))
        inside = np.maximum(np.abs(across) - outline, -along - 0.15) + 0.05 * strands
        tone = _mixed(colour, _PINK, np.full((1, 1), 0.65 * ear.inner, np.float32))
        region.paint(cover(inside, 0.08), tone * (0.80 * shade * (0.85 + 0.2 * share)))

    def hanging_ear(self, side: int) -> None:
        """Paint a dog's ear: a flap that starts high on the head and hangs beside the cheek."""
        scene, ear = self.scene, self.scene.ear
        bearing = side * (0.74 + ear.apart) + 0.12 * self.turn
        hang = side * 2.72 + 0.8 * (ear.tilt_left if side < 0 else ear.tilt_right) - 0.15 * self.turn
        length, width = 1.00 * ear.length, 0.24 * ear.width * (1 + side * self.turn)
        region, across, along = self.ear_window(bearing, 0.93, hang, length)
        across = across + side * 0.55 * along * (1 - along / np.float32(1.25 * length)) - side * 0.10
        strands = self.strands(60 * along, 70 * across)
        flap = ellipse(across, along - 0.62 * length, width, 0.42 * length)
        root = capsule(across, along, (0.0, 0.02), (0.0, 0.5 * length), 0.62 * width)
        distance = merged(flap, root, 0.12) + 0.03 * strands
        region.shade(1 - 0.30 * ease(distance, 0.09, 0.0))
        shade = self.lit(np.clip(across / width, -1, 1) * 0.75, np.clip(along / length - 0.35, -1, 1) * 0.6)
        shade *= (1 + 0.4 * strands) * (0.82 + 0.18 * ease(along, 0.0, 0.25 * length))
        region.paint(cover(distance, 0.04), _lit_colour(_ear_colour(ear, scene.fur), shade), brushes.EARS)

    def ear_window(self, bearing: float, height: float, lean: float, length: float):
        """Return the window of one ear and its own coordinates: `along` from root to tip, `across` to its right."""
        head = self.scene.head
        root_right = head.width * height * float(np.sin(bearing))
        root_down = -head.height * height * float(np.cos(bearing)) + 0.3 * self.nod
        reach = 0.6 * length
        middle_right = root_right + reach * float(np.sin(lean))
        middle_down = root_down - reach * float(np.cos(lean))
        region, right, down = self.window(middle_right, middle_down, 1.1 * length)
        right, down = right - np.float32(root_right), down - np.float32(root_down)
        cosine, sine = np.float32(np.cos(lean)), np.float32(np.sin(lean))
        return region, right * cosine + down * sine, right * sine - down * cosine


def _mixed(first: Colour, second: Colour, weight: np.ndarray) -> np.ndarray:
    """Mix two colours by a map of weights; a negative weight darkens the first. Returns `(3, height, width)`."""
    start, end = np.float32(first)[:, None, None], np.float32(second)[:, None, None]
    return start + (end - start) * np.maximum(weight, 0) + start * 0.6 * np.minimum(weight, 0)


def _lit_colour(colour: Colour, shade: np.ndarray) -> np.ndarray:
    """Return one colour under a map of brightness, `(3, height, width)`."""
    return np.float32(colour)[:, None, None] * shade


def _ear_colour(ear: Part, fur: Part) -> Colour:
    """Return the ears' colour: the fur's, darker or lighter, at times with some of its second colour."""
    return tuple(
        float(np.clip(ear.shade * ((1 - ear.second) * main + ear.second * second), 0, 1))
        for main, second in zip(fur.main, fur.second, strict=True)
    )
