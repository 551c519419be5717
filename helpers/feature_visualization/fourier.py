"""A picture as waves in decorrelated colours: one step then moves large shapes as easily as single pixels.

Olah, Mordvintsev and Schubert: Feature Visualization, Distill 2017, section on preconditioning. Photos have little
energy in fine waves and their colours vary mostly together; ascent in these coordinates starts from that.
"""

from __future__ import annotations

import numpy as np

from helpers.runtime import arguments

# Columns: three colour directions of photos, uncorrelated in them, each as long as its standard deviation, the longest
# 1. Measured on the coloured sample photos of scikit-image and scikit-learn: the eigenvectors of their covariance
# (a test repeats it).
_COLOURS = np.array([[0.012, -0.257, -0.792], [-0.067, 0.193, -0.469], [0.055, 0.289, -0.391]], dtype=np.float32)
_GAIN = 0.25  # size of one unit of a coefficient before the sigmoid; with Adam's rate of 0.05 it sets the contrast


class FourierImage:
    """Pictures of one size (height, width) as coefficients of waves, complex64 (n, height, width // 2 + 1, 3).

    picture = 255 * sigmoid(offset + colours . inverse Fourier transform(scale * coefficients)); coefficients of zero
    give the mean colour. scale is 1 / frequency.
    """

    def __init__(self, height: int, width: int, mean_colour: np.ndarray) -> None:
        self.shape = (height, width)
        frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
        self.scale = (_GAIN / np.maximum(frequency, 1 / max(height, width))).astype(np.float32)[None, :, :, None]
        share = np.clip(mean_colour / 255, 0.01, 0.99)
        self.offset = np.log(share / (1 - share)).astype(np.float32)
        # Of a real picture's waves only half are kept; each stands for itself and its mirror image, but for the
        # first column and, at even widths, the last.
        self.twice = np.full(width // 2 + 1, 2, np.float32)
        self.twice[0] = 1
        if width % 2 == 0:
            self.twice[-1] = 1

    def start(self, count: int, spread: float, generator: np.random.Generator) -> np.ndarray:
        """Random coefficients of standard deviation `spread`; 0 gives the mean colour."""
        shape = (count, self.shape[0], self.shape[1] // 2 + 1, 3)
        noise = generator.normal(0, 1, (2, *shape)).astype(np.float32) * np.float32(spread)
        return noise[0] + 1j * noise[1]

    def pictures(self, coefficients: np.ndarray) -> np.ndarray:
        """Coefficients -> pictures, float32 (n, height, width, 3), 0..255."""
        from scipy.fft import irfft2

        waves = irfft2(coefficients * self.scale, s=self.shape, axes=(1, 2), norm="ortho", workers=2)
        return 255 / (1 + np.exp(-(self.offset + waves @ _COLOURS.T)))

    def coefficients(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures (n, height, width, 3), 0..255 -> coefficients; black and white are taken as 0.5 % inside."""
        from scipy.fft import rfft2

        share = np.clip(np.asarray(pictures, np.float32) / 255, 0.005, 0.995)
        waves = (np.log(share / (1 - share)) - self.offset) @ np.linalg.inv(_COLOURS).T
        return rfft2(waves, axes=(1, 2), norm="ortho", workers=2) / self.scale

    def gradient(self, pictures: np.ndarray, gradients: np.ndarray) -> np.ndarray:
        """d objective / d coefficients (real and imaginary part apart) out of d objective / d pictures."""
        from scipy.fft import rfft2

        slope = gradients * pictures * (1 - pictures / 255)  # the sigmoid's derivative: 255 s (1 - s)
        waves = rfft2(slope @ _COLOURS, axes=(1, 2), norm="ortho", workers=2)
        return waves * (self.scale * self.twice[:, None])


class Adam:
    """Kingma and Ba: Adam, 2015, on complex numbers: real and imaginary parts are parameters of their own."""

    def __init__(self, step_size: float) -> None:
        self.step_size, self.count = step_size, 0
        self.mean: np.ndarray | float = 0.0
        self.square: np.ndarray | float = 0.0

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """The step uphill for a gradient (complex64); where there has been no gradient, no step."""
        self.count += 1
        parts = np.ascontiguousarray(gradient, np.complex64).view(np.float32)
        self.mean = 0.9 * self.mean + np.float32(0.1) * parts
        self.square = 0.999 * self.square + np.float32(0.001) * parts**2
        size = np.sqrt(self.square / (1 - 0.999**self.count))
        direction = np.divide(self.mean, size, out=np.zeros_like(parts), where=size > 0)
        return (np.float32(self.step_size / (1 - 0.9**self.count)) * direction).view(np.complex64)


def frequencies_needed(pictures: np.ndarray, share: float = 0.9) -> np.ndarray:
    """How many waves (largest first) hold `share` of the variance of each picture, as a share of all waves: (n,).

    pictures: (n, height, width, 3), or one of them. A single grating needs one wave, noise nearly all of them. The
    edges are faded out (Hann window), because a pattern that does not fit the frame would otherwise need waves for its
    border. Raises ValueError for a share outside 0..1.
    """
    if not 0 < arguments.number("share", share) < 1:
        raise ValueError(f"share is {share}, expected a number between 0 and 1")
    pictures = np.asarray(pictures, np.float64)
    pictures = pictures[None] if pictures.ndim == 3 else pictures
    window = np.hanning(pictures.shape[1])[:, None] * np.hanning(pictures.shape[2])[None]
    centred = pictures - np.average(pictures, axis=(1, 2), weights=window)[:, None, None, :]
    power = np.abs(np.fft.fft2(centred * window[None, :, :, None], axes=(1, 2))) ** 2
    power = np.sort(power.sum(axis=-1).reshape(len(pictures), -1), axis=1)[:, ::-1]
    total = power.sum(axis=1, keepdims=True)
    flat = np.ptp(pictures, axis=(1, 2)).max(axis=-1, keepdims=True) == 0  # what is left of it is rounding
    held = np.divide(np.cumsum(power, axis=1), total, out=np.ones_like(power), where=~flat)
    return ((held < share).sum(axis=1) + 1) / power.shape[1]
