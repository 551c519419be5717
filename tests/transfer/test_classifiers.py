"""Probes: features counted by hand, places that a linear model can and cannot tell."""

import numpy as np
import pytest

from helpers import transfer
from helpers.datasets import critters
from helpers.transfer.classifiers import few_labels


def test_colour_histogram_counted_by_hand():
    picture = np.zeros((1, 2, 2, 3), np.uint8)
    picture[0, 0, 0] = (255, 0, 128)  # bins (1, 0, 1) of 2 x 2 x 2: number 5
    np.testing.assert_allclose(transfer.colour_histogram(picture, bins=2), [[0.75, 0, 0, 0, 0, 0.25, 0, 0]])


def test_histogram_knows_no_places_and_pixels_do():
    pictures = critters(4, seed=0, size=32).images
    mirrored = pictures[:, :, ::-1]
    np.testing.assert_array_equal(transfer.colour_histogram(mirrored), transfer.colour_histogram(pictures))
    assert (transfer.pixels(mirrored, 8) != transfer.pixels(pictures, 8)).any()


def test_pixels_of_a_plain_picture():
    plain = np.full((2, 64, 64, 3), 51, np.uint8)
    np.testing.assert_allclose(transfer.pixels(plain, 4), np.full((2, 48), 0.2), atol=1e-6)


def test_hog_sees_edges_not_brightness():
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[:, ::16] = 100
    both = transfer.hog(np.stack([stripes, stripes + 50]))
    assert both.shape == (2, 11 * 11 * 2 * 2 * 9)  # 12 x 12 cells make 11 x 11 blocks
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
    assert both[0].max() > 0


def test_centres_of_known_masks():
    masks = np.zeros((2, 4, 8), bool)
    masks[0, 0, 0] = True  # the first pixel's middle: 1/8 down, 1/16 across
    masks[1, :, 4:] = True
    np.testing.assert_allclose(transfer.centres(masks), [[1 / 8, 1 / 16], [1 / 2, 3 / 4]])
    with pytest.raises(ValueError, match="number 1 is empty"):
        transfer.centres(np.stack([masks[0], np.zeros((4, 8), bool)]))


def test_places_that_features_hold_and_do_not():
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 1, (200, 2))
    holding = places @ rng.normal(size=(2, 10)) + 0.01 * rng.normal(size=(200, 10))
    empty = rng.normal(size=(200, 10))
    parts = [((one[:120], places[:120]), (one[120:], places[120:])) for one in (holding, empty)]
    assert transfer.explained_place(*parts[0]) > 0.99
    assert abs(transfer.explained_place(*parts[1])) < 0.1


def test_classifiers_solve_what_can_be_solved():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    features = rng.normal(size=(200, 5, 2)) + 3 * labels[:, None, None]
    for name, estimator in transfer.classifiers(seed=0).items():
        parts = (features[:100], labels[:100]), (features[100:], labels[100:])
        assert transfer.correct(estimator, *parts).mean() > 0.95, name


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="two or more classes"):
        transfer.correct(transfer.logistic_regression(), (np.ones((3, 2)), np.zeros(3)), (np.ones((3, 2)), np.zeros(3)))


def test_few_labels_draw_anew_and_keep_the_shares():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    features = labels[:, None] * 6.0 + rng.normal(size=(60, 3))
    guesses = few_labels((features, labels), (features[:20], labels[:20]), 10, draws=3)
    assert guesses.shape == (3, 20) and (guesses == labels[:20]).mean() > 0.9
    np.testing.assert_array_equal(
        guesses[1:], few_labels((features, labels), (features[:20], labels[:20]), 10, draws=2, seed=1)
    )
    with pytest.raises(ValueError, match="one class only"):
        few_labels((features, labels), (features, labels), 1)
    with pytest.raises(ValueError, match="61 of 60"):
        few_labels((features, labels), (features, labels), 61)


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_two_heaps_stay_two_heaps_in_the_plane(method):
    rng = np.random.default_rng(0)
    heaps = np.concatenate([rng.normal(0, 1, (30, 8)), rng.normal(20, 1, (30, 8))])
    points = transfer.project_2d(heaps, method)
    assert points.shape == (60, 2)
    middles = points[:30].mean(axis=0), points[30:].mean(axis=0)
    nearer = [np.linalg.norm(points - middle, axis=1) for middle in middles]
    np.testing.assert_array_equal(nearer[0] < nearer[1], np.arange(60) < 30)
    assert transfer.project_2d(heaps[:4], method).shape == (4, 2)


def test_the_plane_of_few_photos():
    triangle = np.array([[0.0, 0, 0], [0, 3, 4], [0, 6, 8]])  # on one line, 5 apart
    points = transfer.project_2d(triangle, "PCA")
    np.testing.assert_allclose(np.abs(points), [[5, 0], [0, 0], [5, 0]], atol=1e-9)
    assert transfer.project_2d(triangle[:2], "PCA").shape == (2, 2)
    np.testing.assert_allclose(np.abs(transfer.project_2d(np.array([[1.0], [3]]), "PCA")), [[1, 0], [1, 0]])


def test_the_plane_needs_a_known_method_and_some_photos():
    for rows, method, words in (
        (np.ones((3, 5)), "t-SNE", "t-SNE of 3 photos; give 4 photos or more; for two or three 'PCA' will do"),
        (np.ones((1, 5)), "PCA", "PCA of 1 photos; give 2 photos or more"),
        (np.ones((9, 5)), "UMAP", "the method is 'UMAP'; give 'PCA' or 't-SNE'"),
    ):
        with pytest.raises(ValueError, match=words):
            transfer.project_2d(rows, method)


def test_a_calibrated_random_network_tells_pictures_apart():
    pictures = critters(16, seed=0, size=64).images
    network = transfer.random_network("efficientnet_lite0", pictures, seed=0)
    features = network.features_of(pictures, "pool")
    assert features.std(axis=0).mean() > 0.05 * features.mean()
    maps = network.features_of(pictures, "block9_expand_bn")  # over the calibration batch: mean 0, deviation 1
    assert np.abs(maps.mean(axis=(0, 1, 2))).max() < 0.01 and abs(maps.std(axis=(0, 1, 2)).mean() - 1) < 0.05
    assert network.layer("stem_bn").momentum > 0.9
    twin = transfer.random_network("efficientnet_lite0", pictures, seed=0)
    np.testing.assert_allclose(twin.features_of(pictures, "pool"), features, atol=1e-5)


def test_a_silent_unit_that_fires_in_the_test_does_not_hide_the_place():
    random = np.random.default_rng(0)
    places, asked = random.random((80, 2)), random.random((40, 2))
    silent, loud = np.zeros((80, 1)), np.zeros((40, 1))
    silent[3], loud[5] = 1e-4, 50.0
    known, test = np.hstack([places, silent]), np.hstack([asked, loud])
    assert transfer.explained_place((known, places), (test, asked)) > 0.95
