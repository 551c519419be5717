"""The strip for pages without a kernel: every picture and every title is in it, whatever their shapes."""

import numpy as np
import pytest

from helpers.widgets.static_preview import GAP, WIDTH, static_preview

COLOURS = [(200, 0, 0), (0, 150, 0), (0, 0, 200), (150, 150, 0), (0, 150, 150), (150, 0, 150)]


def places(strip):
    """Per colour the box (top, left, bottom, right) where it fills the strip."""
    found = []
    for colour in COLOURS:
        rows, columns = np.nonzero((strip == colour).all(axis=2))
        if len(rows):
            found.append((rows.min(), columns.min(), rows.max() + 1, columns.max() + 1))
    return found


@pytest.mark.parametrize(
    ("shape", "count", "columns"),
    [
        ((40, 40), 1, 1),
        ((40, 40), 4, 4),
        ((40, 40), 6, 3),
        ((300, 900), 4, 2),
        ((300, 400), 4, 2),
        ((900, 300), 3, 3),
        ((9, 90), 1, 1),
    ],
)
def test_each_picture_stands_in_its_column(shape, count, columns):
    pictures = [np.full((*shape, 3), colour, np.uint8) for colour in COLOURS[:count]]
    strip = static_preview(pictures, [f"number {number}" for number in range(count)])
    boxes, column = places(strip), (WIDTH - (columns - 1) * GAP) // columns
    assert strip.shape[1] == WIDTH and len(boxes) == count
    assert len({top for top, *_ in boxes}) == -(-count // columns)
    for number, (top, left, bottom, right) in enumerate(boxes):
        first = number % columns * (column + GAP)
        assert first <= left and right <= first + column and max(bottom - top, right - left) == column
        assert abs((bottom - top) * shape[1] - (right - left) * shape[0]) <= max(shape)  # its proportions


def test_titles_are_written_above_and_never_cut():
    white = np.full((10, 10, 3), 255, np.uint8)
    long = static_preview([white] * 4, ["block15_depthwise_" * 5, "", "a b", "two words"])
    plain = static_preview([white] * 4, ["", "", "", ""])
    column = (WIDTH - 3 * GAP) // 4
    assert len(long) > len(plain) == column and (plain == 255).all()
    ink = (long[: len(long) - column] < 128).any(axis=2)
    assert not (long[len(long) - column :] < 128).any()  # nothing is written over a picture
    for number, written in enumerate((True, False, True, True)):
        left = number * (column + GAP)
        assert ink[:, left : left + column].any() == written
        assert not ink[:, left + column : left + column + GAP].any()
