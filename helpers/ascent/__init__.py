"""Gradient ascent in input space: draw the picture that excites a filter, a unit or a class most.

Erhan, Bengio, Courville and Vincent: Visualizing Higher-Layer Features of a Deep Network, 2009; Simonyan, Vedaldi and
Zisserman: Deep Inside Convolutional Networks, 2014. `objectives` says what is climbed, `regularisers` and `fourier` how
the picture is kept readable, `climb` does it.
"""

from helpers.ascent.climb import Ascent, ascend, class_images, filter_patterns, without_border
from helpers.ascent.fourier import frequencies_needed
from helpers.ascent.objectives import Objective, channel, logit, probability, unit, whole_layer
from helpers.ascent.regularisers import Regularisers

__all__ = [
    "Ascent",
    "Objective",
    "Regularisers",
    "ascend",
    "channel",
    "class_images",
    "filter_patterns",
    "frequencies_needed",
    "logit",
    "probability",
    "unit",
    "whole_layer",
    "without_border",
]
