"""The map of photos: every photo is in the drawing, in its place, and nothing comes from outside."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from helpers.plots import photo_map
from helpers.plots.photo_map import EDGE, PLANE

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
PICTURES = [np.full((50, 50, 3), colour, np.uint8) for colour in COLOURS]


def made(**options):
    return photo_map(POINTS, PICTURES, [0, 1, 0], ["cat", "dog <3"], "PCA & more", **options)


def test_every_photo_is_behind_its_point():
    drawing = ElementTree.fromstring(made(notes=["says dog", "", ""]).svg)
    marks = [element for element in drawing.iter() if element.get("class") == "point"]
    assert [mark.get("aria-label") for mark in marks] == ["cat, says dog", "dog <3", "cat"]
    for mark, colour in zip(marks, COLOURS, strict=True):
        data = mark.find("image").get("href").removeprefix("data:image/jpeg;base64,")
        seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        assert np.abs(seen.mean(axis=(0, 1)) - colour).max() < 6
    first, _, last = marks
    circle = first.find("circle")
    assert (float(circle.get("cx")), float(circle.get("cy"))) == (EDGE, PLANE - EDGE)  # left and down
    circle = last.find("circle")
    assert (float(circle.get("cx")), float(circle.get("cy"))) == (PLANE - EDGE, EDGE)  # right and up


def test_it_needs_nothing_from_outside_and_has_a_still():
    shown = made()
    assert not re.search(r"https?:|<script", shown.svg)
    bundle, _ = shown._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG") and "3 points" in bundle["text/plain"]
    assert bundle["text/html"] == shown.svg


BAD = {
    "points": ((np.zeros((3, 3)), PICTURES, [0, 1, 0]), "shape"),
    "NaN": ((POINTS * np.nan, PICTURES, [0, 1, 0]), "NaN or infinite"),
    "pictures": ((POINTS, PICTURES[:2], [0, 1, 0]), "one of each"),
    "labels": ((POINTS, PICTURES, [0, 1, 2]), "the labels must be 0 to 1; these are 0 to 2"),
    "negative": ((POINTS, PICTURES, [0, -1, 0]), "these are -1 to 0"),
    "too many": ((np.zeros((401, 2)), PICTURES[:1] * 401, [0] * 401), "400"),
}


@pytest.mark.parametrize(("given", "words"), BAD.values(), ids=BAD)
def test_bad_input_gives_one_sentence(given, words):
    with pytest.raises(ValueError, match=words):
        photo_map(*given, ["cat", "dog"], "title")
