"""What the page is given to draw with: the colours of a map over a photo are those of the notebooks."""

import re

import numpy as np

from helpers import images
from tools.live import bundle


def tables() -> dict[str, np.ndarray]:
    """The page's colour tables, 256 x RGBA."""
    found = re.findall(r'"(\w+)":Uint8Array\.of\(([\d,]+)\)', bundle.colours())
    return {name: np.array([int(number) for number in numbers.split(",")]).reshape(256, 4) for name, numbers in found}


def test_a_map_over_a_photo_is_mixed_as_in_the_notebooks():
    table, light = tables()["over"], 180
    ramp = np.linspace(0, 1, 256)[None]
    opacity = float(re.search(r"OPACITY = ([\d.]+);", bundle.colours())[1])
    covering = opacity * table[:, 3:] / 255
    mixed = (1 - covering) * round(0.67 * light) + covering * table[:, :3]
    photo = np.full((1, 256, 3), light, np.uint8)
    assert np.abs(mixed - images.overlay(photo, ramp)[0]).max() <= 1.5


def test_the_pages_bar_is_the_map_over_middling_grey_and_maps_alone_are_opaque():
    found = tables()
    grey = np.full((1, 256, 3), 128, np.uint8)
    assert np.array_equal(found["bar"][:, :3], images.overlay(grey, np.linspace(0, 1, 256)[None])[0])
    assert np.array_equal(found["heat"][:, :3], images.colourise(np.linspace(0, 1, 256)[None])[0])
    assert all((found[name][:, 3] == 255).all() for name in ("bar", "heat", "viridis"))
