"""One picture for the methods that climb: fractions stay, and what is no picture is one sentence."""

import numpy as np
import pytest
from PIL import Image

from helpers.images import ImageError
from helpers.images.loading import picture_of


def test_pictures_keep_their_fractions():
    shown = np.random.default_rng(0).uniform(0, 255, (4, 5, 3))
    for value in (shown, shown[None], shown.tolist(), shown.astype(np.float32)):
        found = picture_of("photo", value)
        assert found.dtype == np.float32 and found.shape == (4, 5, 3)
        np.testing.assert_allclose(found, shown, atol=1e-3)
    grey = np.array([[0, 100], [200, 255]], np.uint8)
    for value in (grey, Image.fromarray(grey), grey[..., None]):
        np.testing.assert_array_equal(picture_of("photo", value), np.repeat(grey[..., None], 3, -1))
    np.testing.assert_array_equal(picture_of("photo", np.array([[[-10.0, 5, 265]]])), [[[0, 5, 255]]])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.full((4, 5, 3), 0.5), "multiply it by 255 first"),
        (np.full((4, 5, 3), 0.5, np.float16), "multiply it by 255 first"),
        (np.linspace(-1, 1, 60).reshape(4, 5, 3), "values are -1..1, but a picture has 0..255"),
        (np.linspace(-123, 151, 60).reshape(4, 5, 3), "values are -123..151, but a picture has 0..255"),
        (np.full((2, 4, 5, 3), 9.0), "is a batch of pictures; take one of them"),
        (np.full((3, 4, 5), 9.0), "has its channels first"),
        (np.full((4, 5, 3), np.nan), "NaN or infinite"),
        (np.full((4, 5, 3), "a"), "not numbers"),
        ("no such photo.png", "is not there"),
    ],
)
def test_what_is_no_picture(value, sentence):
    with pytest.raises(ImageError, match=sentence):
        picture_of("photo", value)
