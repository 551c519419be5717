"""The Fourier parametrisation: round trip, its gradient against TensorFlow's own, colours, and the count of waves."""

import numpy as np
import pytest

from helpers import datasets
from helpers.feature_visualization import frequencies_needed
from helpers.feature_visualization.fourier import _COLOURS, Adam, FourierImage
from helpers.runtime import tensorflow

MEAN = np.array([123, 117, 104], np.float32)


@pytest.mark.parametrize("shape", [(8, 8), (9, 7), (12, 9), (7, 10)])
def test_round_trip(shape):
    waves = FourierImage(*shape, MEAN)
    pictures = np.random.default_rng(0).uniform(5, 250, (2, *shape, 3))
    np.testing.assert_allclose(waves.pictures(waves.coefficients(pictures)), pictures, atol=0.02)


def test_zero_coefficients_are_the_mean_colour_not_black():
    waves = FourierImage(10, 12, MEAN)
    start = waves.pictures(waves.start(1, 0.0, np.random.default_rng(0)))
    np.testing.assert_allclose(start[0], np.broadcast_to(MEAN, (10, 12, 3)), rtol=1e-4)


@pytest.mark.parametrize("shape", [(8, 8), (9, 7), (6, 9), (7, 10)])
def test_gradient_is_tensorflows_own(shape):
    tf = tensorflow()
    waves, generator = FourierImage(*shape, MEAN), np.random.default_rng(1)
    coefficients, upstream = waves.start(2, 0.1, generator), generator.normal(size=(2, *shape, 3)).astype(np.float32)
    real, imaginary = tf.Variable(coefficients.real), tf.Variable(coefficients.imag)
    with tf.GradientTape() as tape:
        z = tf.transpose(tf.complex(real, imaginary) * waves.scale, (0, 3, 1, 2))
        plane = tf.signal.irfft2d(z, fft_length=shape) * np.sqrt(shape[0] * shape[1])
        picture = 255 * tf.sigmoid(waves.offset + tf.transpose(plane, (0, 2, 3, 1)) @ _COLOURS.T)
        value = tf.reduce_sum(picture * upstream)
    np.testing.assert_allclose(waves.pictures(coefficients), picture, rtol=1e-3, atol=1e-2)
    slope = waves.gradient(picture.numpy(), upstream)
    expected = tape.gradient(value, [real, imaginary])
    np.testing.assert_allclose(slope.real, expected[0], rtol=1e-3, atol=0.05)
    inner = slice(1, -1)  # the first and last column: TensorFlow and SciPy treat the half they do not need differently
    np.testing.assert_allclose(slope.imag[:, :, inner], expected[1][:, :, inner], rtol=1e-3, atol=0.05)


@pytest.mark.parametrize("shape", [(8, 8), (9, 7)])
def test_gradient_is_the_finite_difference(shape):
    waves, generator = FourierImage(*shape, MEAN), np.random.default_rng(2)
    coefficients = waves.start(1, 0.1, generator).astype(np.complex128)
    upstream = generator.normal(size=(1, *shape, 3))
    slope = waves.gradient(waves.pictures(coefficients), upstream)
    for part in (1, 1j):
        direction = part * generator.normal(size=coefficients.shape)
        ahead, behind = ((waves.pictures(coefficients + s * 1e-4 * direction) * upstream).sum() for s in (1, -1))
        expected = (ahead - behind) / 2e-4
        assert (slope * direction.conj()).real.sum() == pytest.approx(expected, rel=1e-3)


def test_adam_is_the_papers():
    """Kingma and Ba, algorithm 1, with their beta: worked out for two steps of one number."""
    adam = Adam(0.1)
    assert adam.step(np.array([4 + 0j], np.complex64))[0] == pytest.approx(0.1, rel=1e-5)  # first step: the rate
    m, v = 0.9 * 0.4 + 0.1 * -2, 0.999 * 0.016 + 0.001 * 4
    expected = 0.1 * (m / (1 - 0.81)) / np.sqrt(v / (1 - 0.999**2))
    assert adam.step(np.array([-2 + 0j], np.complex64))[0].real == pytest.approx(expected, rel=1e-4)
    assert adam.step(np.array([0j]))[0].imag == 0  # no gradient ever, no step


def test_the_colour_directions_are_those_of_the_sample_photos():
    arrays = [photo.array for photo in datasets.photos("photo").values()]
    coloured = [array for array in arrays if np.ptp(array.astype(int), axis=-1).max() > 40]
    pixels = np.concatenate([array.reshape(-1, 3) for array in coloured]) / 255
    values, vectors = np.linalg.eigh(np.cov(pixels.T))  # shortest direction first
    measured = vectors * np.sqrt(values / values.max())
    assert np.abs(np.abs((_COLOURS * measured).sum(axis=0)) / np.linalg.norm(measured, axis=0) ** 2 - 1).max() < 0.05
    back = (pixels - pixels.mean(axis=0)) @ np.linalg.inv(_COLOURS).T  # in these coordinates colours are uncorrelated
    correlation = np.corrcoef(back.T)
    assert np.abs(correlation - np.eye(3)).max() < 0.05


def test_one_grating_needs_one_wave_and_noise_needs_most():
    x = np.arange(64)
    grating = np.broadcast_to(np.sin(2 * np.pi * 8 * x / 64)[None, :, None], (64, 64, 3))
    noise = np.random.default_rng(0).normal(size=(64, 64, 3))
    flat = np.full((64, 64, 3), 9.0)
    one, many, none = frequencies_needed(np.stack([grating, noise, flat]))
    assert one < 20 / 64**2 and many > 0.5 and none == pytest.approx(1 / 64**2)  # the window widens a wave
    for share in (0, 1, 1.2):
        with pytest.raises(ValueError, match=f"share is {share}"):
            frequencies_needed(grating[None], share)
