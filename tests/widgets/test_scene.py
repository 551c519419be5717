"""Scenes: their pixels are what the plain functions give, and a page is sent what is new only."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers import images
from helpers.widgets.scene import Part, Scene, beside, in_rows, packed, scene, with_bar

RANDOM = np.random.default_rng(0)
PHOTO = images.resize(RANDOM.integers(0, 256, (6, 8, 3), dtype=np.uint8), (60, 80))
HEAT = RANDOM.normal(size=(6, 8))


def test_a_heat_map_over_a_photo_is_the_overlay():
    for signed in (False, True):
        part = Part(PHOTO, HEAT, opacity=0.3, colours="viridis", signed=signed)
        np.testing.assert_array_equal(part.pixels(), images.overlay(PHOTO, HEAT, 0.3, "viridis", signed))


@pytest.mark.parametrize("signed", [False, True])
def test_a_bar_stands_beside_the_map_and_has_its_colours(signed):
    part = Part(PHOTO, HEAT, opacity=0.4, signed=signed, follows={"opacity": "opacity"})
    shown = with_bar(Scene((part,)), 2.5)
    pixels = shown.pixels()
    assert shown.shape[0] == 60 and shown.parts[1].follows == part.follows
    np.testing.assert_array_equal(pixels[:, :80], part.pixels())
    top, bottom = pixels[7, 90], pixels[52, 90]
    ground = np.full((1, 2, 3), 128, np.uint8)
    ends = images.overlay(ground, [[-1.0 if signed else 0.0, 1.0]], 0.4, signed=signed)[0]
    np.testing.assert_array_equal(np.stack([bottom, top]), ends)


def test_a_heat_map_alone_stands_in_squares():
    pixels = Part(heat=HEAT, size=(12, 16), smooth=False).pixels()
    np.testing.assert_array_equal(pixels, np.kron(images.colourise(HEAT), np.ones((2, 2, 1), np.uint8)))


def test_parts_stand_where_images_grid_puts_them():
    parts = [Part(PHOTO // number) for number in (1, 2, 3, 4, 5)]
    grid = images.grid([part.photo for part in parts], 3, 6)
    np.testing.assert_array_equal(in_rows(parts, 3, 6).pixels(), grid)


def test_groups_stand_side_by_side_on_white():
    pixels = beside([Part(PHOTO)], [Part(PHOTO[:20]), Part(PHOTO[:10, :5])], gap=4).pixels()
    assert pixels.shape == (60, 80 + 4 + 80 + 5, 3)
    np.testing.assert_array_equal(pixels[:20, 84:164], PHOTO[:20])
    np.testing.assert_array_equal(pixels[:10, 164:], PHOTO[:10, :5])
    assert (pixels[:, 80:84] == 255).all() and (pixels[20:, 84:] == 255).all()


def test_a_photo_is_a_jpeg_with_all_colours_and_a_drawing_loses_nothing():
    drawing = np.full((60, 80, 3), 255, np.uint8)
    drawing[10:20, ::3] = (200, 0, 0)
    for picture, kind in ((RANDOM.integers(0, 256, (200, 200, 3), dtype=np.uint8), "JPEG"), (drawing, "PNG")):
        _, photos, _ = packed(scene(picture), {})
        (data,) = photos.values()
        found = Image.open(io.BytesIO(data))
        assert found.format == kind
        if kind == "PNG":
            np.testing.assert_array_equal(np.asarray(found), picture)
        else:
            assert [one[1:3] for one in found.layer] == [(1, 1)] * 3  # 4:4:4


def test_jpeg_keeps_a_photo_within_two_levels():
    _, photos, _ = packed(Scene((Part(PHOTO),)), {})
    (data,) = photos.values()
    found = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(found - PHOTO).mean() < 2


def test_what_the_page_has_is_not_packed_again(monkeypatch):
    _, photos, maps = packed(Scene((Part(PHOTO, HEAT, opacity=0.5),)), {})
    monkeypatch.setattr(Image.Image, "save", lambda *_, **__: pytest.fail("packed again"))
    again, same, others = packed(Scene((Part(PHOTO.copy(), HEAT**2, opacity=0.2),)), photos | maps)
    assert same == photos and again["parts"][0]["opacity"] == 0.2
    assert list(others) == [again["parts"][0]["heat"]] != list(maps)


def test_the_page_is_told_places_in_the_colour_table():
    """Of every channel, so that it can go through them alone; each is on its own scale, as if it were shown alone."""
    stack = np.stack([HEAT, -3 * HEAT, 0 * HEAT], axis=-1)
    told, _, maps = packed(Scene((Part(heat=stack, channel=1, size=(30, 40), colours="viridis"),)), {})
    (part,) = told["parts"]
    table = np.frombuffer(part["colours"], np.uint8).reshape(256, 4)
    places = np.frombuffer(maps[part["heat"]], np.uint8).reshape(part["channels"], part["rows"], part["columns"])
    assert (part["channels"], part["channel"]) == (3, 1)
    for number in range(3):
        np.testing.assert_array_equal(table[places[number], :3], images.colourise(stack[..., number], "viridis"))
    assert (table[:, 3] == 255).all()


def test_too_many_maps_are_not_sent():
    told, _, maps = packed(Scene((Part(heat=np.ones((100, 100, 50)), channel=7),)), {})
    assert told["parts"][0]["channels"] == 1 and [len(data) for data in maps.values()] == [10_000]


def test_a_map_with_more_places_than_pixels_is_sent_smaller():
    told, _, _ = packed(Scene((Part(PHOTO, np.ones((300, 400))),)), {})
    assert (told["parts"][0]["rows"], told["parts"][0]["columns"]) == (60, 80)


def test_a_photo_that_came_as_jpeg_goes_back_as_it_came():
    _, photos, _ = packed(Scene((Part(PHOTO, jpeg=b"as it came"),)), {})
    assert list(photos.values()) == [b"as it came"]


def test_words_stand_at_the_upper_left_and_are_told_to_the_page():
    part = Part(np.full((60, 200, 3), 128, np.uint8), label="espresso 0.94")
    changed = (part.pixels() != 128).any(axis=2)
    assert changed[:28, :150].any() and not changed[28:].any()
    assert {0, 255} <= set(np.unique(part.pixels()[:28]))  # white, with a dark edge
    told, _, _ = packed(Scene((part,)), {})
    assert told["parts"][0]["label"] == "espresso 0.94"
