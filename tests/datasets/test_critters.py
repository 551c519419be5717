"""The critters: balanced, repeatable, with masks that are right and a label that only the ears cause."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from helpers.datasets import critters
from helpers.datasets.critters.brushes import Tiles, capsule, cover, ellipse, merged, rounded, sample_smooth
from helpers.datasets.critters.scenes import BACKGROUNDS, Difficulty, draw_scene, draw_scenes

CALM = Difficulty(noise=0, blur=0, occlusion=0)


@pytest.fixture(scope="module")
def set_of_60():
    return critters(60, seed=5)


def near(mask: np.ndarray, reach: int) -> np.ndarray:
    """The mask and everything within `reach` pixels of it (square neighbourhood), picture by picture."""
    return binary_dilation(mask, np.ones((1, 2 * reach + 1, 2 * reach + 1)))


def changed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first != second).any(axis=-1)


# What comes back


def test_shapes_types_and_class_names(set_of_60):
    assert set_of_60.images.shape == (60, 96, 96, 3) and set_of_60.images.dtype == np.uint8
    assert set_of_60.labels.shape == (60,) and set_of_60.labels.dtype == np.int64
    assert set_of_60.ears.shape == set_of_60.faces.shape == (60, 96, 96) and set_of_60.ears.dtype == bool
    assert len(set_of_60) == 60 and set_of_60.size == 96 and set_of_60.class_names == ("cat", "dog")
    assert set_of_60.shortcut_present.shape == (60,) and not set_of_60.shortcut_present.any()


def test_the_pictures_are_neither_flat_nor_burnt_out(set_of_60):
    levels = set_of_60.images.reshape(60, -1)
    assert (levels.std(axis=1) > 20).all()
    assert np.mean((levels == 0) | (levels == 255)) < 0.10


@pytest.mark.parametrize("n", [1, 7, 40])
def test_classes_are_balanced(n):
    kinds = [scene.ears for scene in draw_scenes(n, 3, Difficulty())]
    assert abs(kinds.count("pointed") - kinds.count("hanging")) == n % 2
    labels = critters(n, seed=3, size=32).labels if n < 10 else None
    assert labels is None or labels.tolist() == [("pointed", "hanging").index(kind) for kind in kinds]


def test_the_order_of_the_classes_is_mixed(set_of_60):
    pairs = set_of_60.labels.reshape(30, 2)
    assert 5 < (pairs[:, 0] == 1).sum() < 25


def test_same_seed_same_pictures_and_other_seed_other_pictures():
    first, again, other = critters(6, 1, 32), critters(6, 1, 32), critters(6, 2, 32)
    assert np.array_equal(first.images, again.images) and np.array_equal(first.parts, again.parts)
    assert not np.array_equal(first.images, other.images)


def test_a_smaller_set_is_the_beginning_of_a_larger_one():
    few, many = critters(5, 4, 32, shortcut="snow", strength=0.4), critters(9, 4, 32, shortcut="snow", strength=0.4)
    assert np.array_equal(few.images, many.images[:5]) and np.array_equal(few.labels, many.labels[:5])


def test_the_global_random_generator_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    critters(2, 0, 32)
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_critter_is_the_same_at_every_size():
    small, large = critters(8, 9, 96, difficulty=CALM), critters(8, 9, 224, difficulty=CALM)
    assert small.scenes == large.scenes
    from PIL import Image

    shrunk = [
        np.asarray(Image.fromarray(image).resize((96, 96), Image.Resampling.BOX), float) for image in large.images
    ]
    assert np.abs(small.images - np.stack(shrunk)).mean() < 8
    places = ((np.arange(96) + 0.5) * 224 / 96).astype(int)
    enlarged = large.ears[:, places][:, :, places]
    assert (small.ears & enlarged).sum() / (small.ears | enlarged).sum() > 0.9


# Masks


def test_masks_are_disjoint_and_cover_everything(set_of_60):
    masks = [
        set_of_60.backgrounds,
        set_of_60.bodies,
        set_of_60.faces,
        set_of_60.ears,
        set_of_60.toys,
        set_of_60.markers,
    ]
    assert (np.sum(masks, axis=0) == 1).all()


def test_ears_are_about_five_percent_and_always_visible(set_of_60):
    shares = set_of_60.ears.mean(axis=(1, 2))
    assert 0.04 < shares.mean() < 0.06 and shares.min() > 0.005
    by_class = [shares[set_of_60.labels == label].mean() for label in (0, 1)]
    assert abs(by_class[0] - by_class[1]) < 0.015
    assert (set_of_60.faces.mean(axis=(1, 2)) > 2 * shares).mean() > 0.9


def test_cat_ears_stand_above_dog_ears():
    upright = critters(12, 6, difficulty=replace(CALM, pose=0))
    swapped = upright.swap_ears()
    rows = np.arange(96)[None, :, None]
    height = {}
    for drawn in (upright, swapped):
        middle = (drawn.ears * rows).sum(axis=(1, 2)) / drawn.ears.sum(axis=(1, 2))
        for place, label in enumerate(drawn.labels):
            height[place, label] = middle[place]
    assert all(height[place, 0] < height[place, 1] - 5 for place in range(12))  # rows count downwards


# Only the ears depend on the class


def test_no_draw_depends_on_the_class():
    for index in range(20):
        cat, dog = (draw_scene(3, index, ears, Difficulty()) for ears in ("pointed", "hanging"))
        assert replace(cat, ears="hanging") == dog and cat.numbers() == dog.numbers()


def test_the_drawn_numbers_do_not_tell_the_class():
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scenes = draw_scenes(400, 8, Difficulty())
    labels = [scene.ears == "hanging" for scene in scenes]
    numbers = np.array([scene.numbers() for scene in scenes])
    keep = numbers.std(axis=0) > 0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
    score = cross_val_score(model, numbers[:, keep], labels, cv=5).mean()
    assert abs(score - 0.5) < 0.1  # four standard errors of a coin over 400 pictures


def test_swapping_ears_changes_the_label_and_only_pixels_on_or_near_ears():
    drawn = critters(16, 12, difficulty=replace(Difficulty(), occlusion=0))
    swapped = drawn.swap_ears()
    assert np.array_equal(swapped.labels, 1 - drawn.labels)
    difference = changed(drawn.images, swapped.images)
    ears = drawn.ears | swapped.ears
    assert not (difference & ~near(ears, 10)).any()  # a tenth of the side: soft edge, shadow, blur
    assert (difference & ~near(ears, 5)).mean() < 0.003
    assert changed(drawn.images, swapped.images).any(axis=(1, 2)).all()
    assert not ((drawn.parts != swapped.parts) & ~(drawn.ears | swapped.ears)).any()


def test_away_from_the_middle_the_heads_lie_in_corners_and_nothing_else_changes():
    drawn = critters(24, 5, 96)
    moved = drawn.away_from_the_middle(seed=1)
    assert np.array_equal(moved.labels, drawn.labels)
    corners, smaller = set(), []
    for before, after in zip(drawn.faces, moved.faces, strict=True):
        row, column = (where.mean() / 96 for where in np.nonzero(after))
        assert abs(row - 0.5) > 0.1 and abs(column - 0.5) > 0.1
        corners.add((row > 0.5, column > 0.5))
        smaller.append(after.sum() / before.sum())
    assert len(corners) == 4 and np.median(smaller) == pytest.approx(0.7**2, abs=0.1)
    assert np.array_equal(moved.images, drawn.away_from_the_middle(seed=1).images)
    with pytest.raises(ValueError, match="scale"):
        drawn.away_from_the_middle(scale=0)


def test_swapping_twice_gives_the_first_picture_back(set_of_60):
    few = set_of_60.take(range(4))
    for swap in (lambda c: c.swap_ears(), lambda c: c.swap_background(), lambda c: c.swap_marker()):
        assert np.array_equal(swap(swap(few)).images, few.images)


def test_swapping_the_background_leaves_the_animal_alone():
    drawn = critters(12, 13)
    for swapped in (drawn.swap_background(), drawn.swap_background("grass")):
        assert np.array_equal(drawn.labels, swapped.labels) and np.array_equal(drawn.parts, swapped.parts)
        # soft edges and blur; where two soft edges meet, a few pixels of background shine through
        assert (changed(drawn.images, swapped.images) & ~near(drawn.backgrounds, 5)).mean() < 0.001
    assert drawn.swap_background().shortcut_present.all()
    assert not drawn.swap_background("grass").shortcut_present.any()


def test_swapped_snow_is_brighter_than_the_photo():
    drawn = critters(10, 14)
    snowy = drawn.swap_background("snow")
    photo = [image[mask].mean() for image, mask in zip(drawn.images, drawn.backgrounds, strict=True)]
    snow = [image[mask].mean() for image, mask in zip(snowy.images, drawn.backgrounds, strict=True)]
    assert np.median(np.subtract(snow, photo)) > 50


def test_redraw_sets_ears_background_marker_and_size():
    drawn = critters(4, 15, 48)
    cats = drawn.redraw(ears="pointed", background="snow", marker=True, size=64)
    assert cats.size == 64 and (cats.labels == 0).all() and cats.shortcut_present.all()
    assert all(scene.snow and scene.marker for scene in cats.scenes)
    assert not cats.redraw(background="photo", marker=False).shortcut_present.any()


def test_take_by_numbers_and_by_mask(set_of_60):
    dogs = set_of_60.take(set_of_60.labels == 1)
    assert len(dogs) == 30 and (dogs.labels == 1).all()
    assert np.array_equal(set_of_60.take([7, 2]).images, set_of_60.images[[7, 2]])
    assert set_of_60.take([]).images.shape == (0, 96, 96, 3)


def test_no_animal_and_no_person_in_the_background():
    assert not {"chelsea", "astronaut", "camera", "coins", "horse", "logo"} & set(BACKGROUNDS)
    assert {scene.backdrop.photo for scene in draw_scenes(60, 5, Difficulty())} == set(BACKGROUNDS)


# The shortcut


@pytest.mark.parametrize("shortcut", ["snow", "corner"])
@pytest.mark.parametrize(("strength", "dogs", "cats"), [(1, 40, 0), (0.5, 30, 10), (0, 20, 20), (-1, 0, 40)])
def test_the_shortcut_is_as_strong_as_asked_for(shortcut, strength, dogs, cats):
    scenes = draw_scenes(80, 2, Difficulty(), shortcut, strength)
    planted, other = ("snow", "marker") if shortcut == "snow" else ("marker", "snow")
    for ears, wanted in (("hanging", dogs), ("pointed", cats)):
        assert abs(sum(getattr(scene, planted) for scene in scenes if scene.ears == ears) - wanted) <= 1
    assert not any(getattr(scene, other) for scene in scenes)


def test_shortcut_present_says_which_pictures_have_it():
    drawn = critters(6, 2, 32, shortcut="snow")
    assert drawn.shortcut_present.tolist() == (drawn.labels == 1).tolist()
    outside = drawn.backgrounds[:, :6]
    bright = [image[:6][mask].mean() for image, mask in zip(drawn.images, outside, strict=True)]
    assert np.mean(np.array(bright)[drawn.shortcut_present]) > np.mean(np.array(bright)[~drawn.shortcut_present])


def test_the_shortcut_changes_nothing_else():
    plain, marked = critters(10, 3, 64), critters(10, 3, 64, shortcut="corner")
    assert np.array_equal(plain.labels, marked.labels)
    assert not (changed(plain.images, marked.images) & ~near(marked.markers, 3)).any()


def test_the_marker_is_a_square_in_the_top_left_corner():
    drawn = critters(6, 3, 100, shortcut="corner", strength=1)
    assert np.array_equal(drawn.markers.any(axis=(1, 2)), drawn.labels == 1)
    for mask in drawn.markers[drawn.labels == 1]:
        rows, columns = np.nonzero(mask)
        assert (rows.min(), columns.min(), rows.max(), columns.max()) == (2, 2, 17, 17)  # 0.10 +- 0.08 of 100 px
        assert 0.9 * 16**2 < mask.sum() <= 16**2


# The dials


def test_a_dial_changes_only_what_it_names():
    usual, bare = critters(10, 4, 32), critters(10, 4, 32, difficulty=Difficulty(clutter=0, occlusion=0))
    assert not bare.toys.any() and usual.toys.any()
    assert [scene.numbers()[:-2] for scene in usual.scenes] == [scene.numbers()[:-2] for scene in bare.scenes]


def test_ear_size_and_noise_dials():
    usual = critters(10, 4, difficulty=CALM)
    larger = critters(10, 4, difficulty=replace(CALM, ear_size=1.3))
    assert larger.ears.mean() > 1.3 * usual.ears.mean()  # the area grows with the square, part of it is hidden
    noisy = critters(10, 4, difficulty=replace(CALM, noise=1))
    assert np.array_equal(noisy.parts, usual.parts) and changed(noisy.images, usual.images).mean() > 0.5


# Bad arguments


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"n": 0}, "n is 0"),
        ({"n": 2.5}, "n is 2.5"),
        ({"n": True}, "n is True"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
        ({"size": 16}, "size is 16"),
        ({"size": 2000}, "size is 2000"),
        ({"shortcut": "rain"}, "shortcut is 'rain'"),
        ({"shortcut": "snow", "strength": 1.5}, "strength is 1.5"),
        ({"shortcut": "snow", "strength": float("nan")}, "strength is nan"),
        ({"shortcut": "snow", "strength": "strong"}, "strength is 'strong'"),
        ({"difficulty": Difficulty(noise=-1)}, "noise is -1"),
        ({"difficulty": Difficulty(pose=9)}, "pose is 9"),
        ({"difficulty": Difficulty(ear_size=0)}, "ear_size is 0"),
        ({"difficulty": "hard"}, "difficulty is 'hard'"),
    ],
)
def test_a_bad_argument_gets_one_sentence(arguments, named):
    with pytest.raises(ValueError) as caught:
        critters(**{"n": 2, "seed": 0, "size": 32, **arguments})
    message = str(caught.value)
    assert named in message and "\n" not in message


@pytest.mark.parametrize(
    "arguments", [{"ears": "round"}, {"background": "chelsea"}, {"marker": "left"}, {"marker": 1}, {"size": 8}]
)
def test_a_bad_redraw_gets_one_sentence(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} is "):
        critters(1, 0, 32).redraw(**arguments)


# The brushes, against closed forms


def square_grid(half: float, count: int):
    line = (np.arange(count, dtype=np.float32) + 0.5) / count * 2 * half - half
    return line[None, :], line[:, None], (2 * half / count) ** 2


def test_areas_of_shapes():
    right, down, cell = square_grid(2.0, 400)
    assert cover(ellipse(right, down, 1.5, 1.5), 0.01).sum() * cell == pytest.approx(np.pi * 2.25, rel=0.01)
    assert cover(ellipse(right, down, 1.5, 0.5), 0.01).sum() * cell == pytest.approx(np.pi * 0.75, rel=0.01)
    line = capsule(right, down, (-1.0, 0.0), (1.0, 0.0), 0.3)
    assert cover(line, 0.01).sum() * cell == pytest.approx(np.pi * 0.09 + 2 * 0.6, rel=0.01)


def test_joined_and_common_shapes_without_a_seam():
    right, down, _ = square_grid(2.0, 100)
    first, second = ellipse(right - 0.5, down, 1, 1), ellipse(right + 0.5, down, 1, 1)
    assert np.allclose(merged(first, second, 1e-6), np.minimum(first, second), atol=1e-4)
    assert np.allclose(rounded(first, second, 1e-6), np.maximum(first, second), atol=1e-4)
    assert (merged(first, second, 0.3) <= np.minimum(first, second) + 1e-6).all()


def test_noise_tiles_are_level_and_periodic():
    tiles = Tiles.make()
    for tile in (tiles.grain, tiles.cloud, tiles.hair):
        assert tile.shape == (256, 256) and np.mean(tile < 0.3) == pytest.approx(0.3, abs=0.001)
    # hair is smooth along the first axis and rough along the second
    assert np.abs(np.diff(tiles.hair, axis=0)).mean() < 0.5 * np.abs(np.diff(tiles.hair, axis=1)).mean()
    places = np.array([[3.25]], np.float32), np.array([[255.5]], np.float32)
    rows, columns = (3, 4), (255, 0)
    by_hand = sum(
        tiles.cloud[row, column] * row_weight * 0.5
        for row, row_weight in zip(rows, (0.75, 0.25), strict=True)
        for column in columns
    )
    assert sample_smooth(tiles.cloud, *places).item() == pytest.approx(by_hand, abs=1e-5)
