"""Banks of filters against closed forms, and what they answer against a plain loop."""

import numpy as np
import pytest
from scipy.fft import dctn
from scipy.ndimage import correlate

from helpers.transfer import filter_banks


@pytest.mark.parametrize("bank", [filter_banks.random_bank(3), filter_banks.gabor_bank(), filter_banks.dct_bank()])
def test_filters_have_mean_zero_and_length_one(bank):
    assert bank.shape == (7, 7, 16) and bank.dtype == np.float32
    np.testing.assert_allclose(bank.mean(axis=(0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose((bank**2).sum(axis=(0, 1)), 1, atol=1e-5)


def test_cosines_are_those_of_scipy():
    """Each filter has a single coefficient in SciPy's transform, and no two the same."""
    found = [np.abs(dctn(one, norm="ortho")) for one in np.moveaxis(filter_banks.dct_bank(), -1, 0)]
    assert all(one.max() == pytest.approx(1, abs=1e-5) and (one > 1e-4).sum() == 1 for one in found)
    assert len({int(one.argmax()) for one in found}) == 16


def test_gabor_filters_come_in_pairs_of_a_line_and_an_edge():
    bank = filter_banks.gabor_bank()
    turned = bank[::-1, ::-1]
    np.testing.assert_allclose(bank[..., ::2], turned[..., ::2], atol=1e-5)
    np.testing.assert_allclose(bank[..., 1::2], -turned[..., 1::2], atol=1e-5)
    steps = np.zeros((7, 7))
    steps[:, 4:] = 1  # an upright edge: the first odd filter, whose wave runs across, answers most
    assert np.abs(np.tensordot(steps, bank, 2)).argmax() == 1


def test_kmeans_finds_the_edges_that_were_drawn():
    """Pictures that hold upright edges only: every centre varies along rows, hardly along columns."""
    random = np.random.default_rng(0)
    edges = [np.repeat(255.0 * (np.arange(16) >= at)[None], 16, axis=0) for at in random.integers(3, 13, 200)]
    bank = filter_banks.kmeans_bank(np.array(edges), seed=0, count=4)
    lively = bank[..., (bank**2).sum(axis=(0, 1)) > 0.5]
    assert lively.shape[-1] >= 3
    assert (lively.var(axis=1).mean(axis=0) > 10 * lively.var(axis=0).mean(axis=0)).all()
    with pytest.raises(ValueError, match="too few or too small"):
        filter_banks.kmeans_bank(np.zeros((2, 5, 5)))


def test_a_learned_bank_is_the_same_for_a_seed_and_differs_from_its_start():
    random = np.random.default_rng(0)
    pictures, labels = random.uniform(0, 255, (40, 16, 16)).astype("float32"), np.arange(40) % 2
    pictures[labels == 1, :, 8:] = 255
    banks = [filter_banks.learned_bank(pictures, labels, steps, 1, count=4) for steps in (30, 30, 0)]
    np.testing.assert_array_equal(banks[0], banks[1])
    assert np.abs(banks[0] - banks[2]).max() > 0.01


def test_responses_are_those_of_a_loop():
    random = np.random.default_rng(1)
    picture, bank = random.uniform(0, 255, (12, 10)), filter_banks.random_bank(2, side=3, count=2)
    found = filter_banks.responses(picture[None], bank, grid=2)[0]
    by_hand = []
    for rows in (slice(0, 6), slice(6, 12)):
        for columns in (slice(0, 5), slice(5, 10)):
            for sign in (1, -1):
                for k in range(2):
                    whole = correlate(picture / 255, sign * bank[..., k], mode="nearest")
                    by_hand.append(np.maximum(whole, 0)[rows, columns].mean())
    np.testing.assert_allclose(found, by_hand, atol=1e-5)


def test_fields_of_maps():
    maps = np.arange(5 * 5 * 1, dtype=float).reshape(1, 5, 5, 1)
    assert filter_banks.grid_means(maps, 1).ravel() == [12]
    # Rows 0 to 1 and 2 to 4, columns the same.
    assert filter_banks.grid_means(maps, 2).ravel().tolist() == [3, 5.5, 15.5, 18]
    np.testing.assert_array_equal(filter_banks.grid_means(maps, 5), maps)
    with pytest.raises(ValueError, match="the grid is 6 x 6 and the maps are 5 x 5"):
        filter_banks.grid_means(maps, 6)
    assert filter_banks.grey(np.full((2, 3, 3, 3), 7)).tolist() == np.full((2, 3, 3), 7.0).tolist()
