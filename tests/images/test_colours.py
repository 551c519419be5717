"""Colours against hand computation, matplotlib and scikit-image."""

import numpy as np
import pytest

from helpers import images
from helpers.images import ImageError, colours
from tests.images.sentences import one_sentence


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    """A real photo, uint8 (300, 451, 3)."""
    from skimage import data

    return data.chelsea()


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_deprocess_by_hand():
    # Mean 2, standard deviation 1: -1 and +1 deviations are 0.5 - 0.25 and 0.5 + 0.25 of 255.
    assert images.deprocess(np.array([[1.0, 3.0]]))[0, :, 0].tolist() == [64, 191]
    assert images.deprocess(np.array([[1.0, 3.0]])).shape == (1, 2, 3)


@pytest.mark.parametrize("scale", [1e-300, 1e-17, 1.0, 1e300])
def test_deprocess_does_not_depend_on_scale_or_offset(scale):
    values = np.random.default_rng(0).normal(size=(5, 6, 3))
    assert np.array_equal(images.deprocess(values * scale), images.deprocess(values))
    assert np.array_equal(
        images.deprocess(values.astype(np.float32)), images.deprocess(values.astype(np.float32) * 4 + 64)
    )


def test_deprocess_of_constants_and_bad_arrays():
    for constant in (0.0, 0.1, -7.3):
        assert np.unique(images.deprocess(np.full((3, 3, 3), constant, np.float32))).tolist() == [128]
    for bad in (
        np.full((2, 2), np.nan),
        np.full((2, 2), np.inf),
        np.zeros((2, 2, 2)),
        np.zeros((1, 2, 2, 3)),
        np.zeros((0, 2)),
    ):
        with pytest.raises(ImageError) as error:
            images.deprocess(bad)
        one_sentence(error)


def test_colourise_equals_matplotlib():
    import matplotlib

    heat = np.linspace(0, 3, 256).reshape(16, 16)
    for name in ("magma", "viridis", "gray"):
        wanted = matplotlib.colormaps[name](heat / 3, bytes=True)[:, :, :3].astype(int)
        # The nearest of 256 colours here, the next lower one there.
        assert np.abs(images.colourise(heat, name) - wanted).max() <= 6
    assert images.colourise([[0, 1]], "magma")[0].tolist() == [[0, 0, 3], [251, 252, 191]]  # both its ends
    assert images.colourise([[0, 1]])[0].tolist() == [[0, 0, 3], [252, 254, 164]]  # both ends of inferno


def test_signed_colours_diverge_around_zero():
    (negative, zero, positive) = images.colourise([[-1.0, 0.0, 2.0]], signed=True)[0].astype(int)
    assert zero.min() > 240  # white
    assert negative[2] > negative[0] + 30  # blue below
    assert positive[0] > positive[2] + 50  # red above
    both = images.colourise([[-2.0, -1.0, 1.0, 2.0]], signed=True)[0].astype(int)
    assert both[0].tolist() == [5, 48, 97] and both[3].tolist() == [103, 0, 31]  # both ends of RdBu_r
    assert abs(both[1].sum() - both[2].sum()) < 100


def test_limit_makes_maps_comparable():
    small = images.colourise([[0.0, 1.0]], limit=2.0)
    assert np.array_equal(small[0, 1], images.colourise([[1.0, 2.0]])[0, 0])
    assert np.array_equal(images.colourise([[9.0]], limit=2.0), images.colourise([[2.0]]))
    for limit in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="limit"):
            images.colourise([[1.0]], limit=limit)


def test_misleading_and_unknown_colours_are_refused():
    for name in ("jet", "jet_r", "rainbow"):
        with pytest.raises(ValueError, match="magma"):
            images.colourise([[1.0]], name)
    with pytest.raises(ValueError, match="'magna'"):
        images.overlay(noise(4, 4), [[1.0]], colours="magna")


def test_overlay_by_hand():
    """The photo in grey, two thirds as light; over it the colour, the more of it the hotter the place."""
    red = np.full((2, 2, 3), (200, 0, 0), np.uint8)
    mixed = images.overlay(red, [[0.0, 1.0], [2.5, 5.0]], opacity=0.5).astype(int)
    grey, colours = 0.67 * 0.299 * 200, images.colourise([[0.0, 1.0], [2.5, 5.0]]).astype(int)
    for row, column, share in ((0, 0, 0), (0, 1, 0.2), (1, 0, 0.5), (1, 1, 1)):
        covering = 0.5 * share**0.7
        wanted = (1 - covering) * grey + covering * colours[row, column]
        assert np.abs(mixed[row, column] - wanted).max() <= 1.5
    picture = noise(5, 8)
    assert np.array_equal(images.overlay(picture, np.eye(3), opacity=0), picture)
    assert np.array_equal(images.overlay(picture, np.ones((5, 8)), opacity=1), images.colourise(np.ones((5, 8))))


def test_what_speaks_against_covers_as_much_as_what_speaks_for():
    black = np.zeros((1, 3, 3), np.uint8)
    against, nothing, speaks = images.overlay(black, [[-1.0, 0.0, 1.0]], 1.0, signed=True)[0].tolist()
    assert against == [5, 48, 97] and speaks == [103, 0, 31] and max(nothing) <= 6


def test_the_hottest_place_has_the_colour_at_the_end_of_the_bar_on_every_photo():
    """Within 14 of 255 on black, white and all between: half-transparent colours were 60 off."""
    hottest = colours.over_grey()[-1].astype(int)
    for light in (0, 60, 128, 200, 255):
        photo = np.full((4, 4, 3), light, np.uint8)
        assert np.abs(images.overlay(photo, np.ones((4, 4))) - hottest).max() <= 14


def test_heat_is_the_lightest_also_without_colour():
    """Printed in black and white, the hottest place is lighter than a white sky under no heat."""
    sky = np.full((1, 2, 3), 255, np.uint8)
    cold, hot = images.overlay(sky, [[0.0, 1.0]])[0] @ (0.299, 0.587, 0.114)
    assert hot > cold + 50


def test_overlay_equals_matplotlib(cat):
    import matplotlib
    from skimage.transform import resize

    heat = np.random.default_rng(0).random((7, 9))
    shares = resize(heat / heat.max(), cat.shape[:2], order=1, mode="edge", anti_aliasing=False)
    covering = 0.6 * shares[..., None] ** 0.7
    grey = 0.67 * (cat @ (0.299, 0.587, 0.114))[..., None]
    wanted = (1 - covering) * grey + covering * matplotlib.colormaps["viridis"](shares)[:, :, :3] * 255
    got = images.overlay(cat, heat, opacity=0.6, colours="viridis")
    assert got.shape == cat.shape and got.dtype == np.uint8
    assert np.abs(got - wanted).max() <= 4


def test_overlay_changes_neither_input(cat):
    heat = np.eye(4)
    before = cat.copy(), heat.copy()
    images.overlay(cat, heat)
    assert np.array_equal(cat, before[0]) and np.array_equal(heat, before[1])


@pytest.mark.parametrize("heat", [np.zeros((3, 3, 3)), np.zeros(3), np.zeros((0, 3)), [[np.nan]]])
def test_bad_heat_maps(heat):
    with pytest.raises(ImageError) as error:
        images.overlay(noise(4, 4), heat)
    one_sentence(error)


def test_bad_opacity():
    for opacity in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="opacity"):
            images.overlay(noise(4, 4), np.eye(2), opacity)


def test_colour_bar():
    bar = colours.colour_bar(100, limit=2.5)
    assert bar.shape[0] == 100 and bar.dtype == np.uint8
    column = bar[:, 12]
    coloured = column[(column != 255).any(axis=1)]
    assert coloured[-1].tolist() == [0, 0, 3] and coloured[0].tolist() == [252, 254, 164]
    signed = colours.colour_bar(100, signed=True)[:, 12]
    assert signed[50].min() > 235
    assert colours.colour_bar(3).shape[0] == 3


def test_bars_are_as_long_as_their_shares():
    sheet = colours.bars(["espresso", "cup"], [0.75, 0.25], 200)
    blue = (sheet == [0x00, 0x72, 0xB2]).all(2)
    assert abs(blue[:100].any(0).sum() - 0.75 * 184) <= 2 and abs(blue[100:].any(0).sum() - 0.25 * 184) <= 2
    assert sheet.shape == (200, 200, 3) and (sheet[:50] < 50).any()  # there are words
