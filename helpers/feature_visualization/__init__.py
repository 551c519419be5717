"""What a unit is waiting for: gradient ascent, filters, circuits and DeepDream."""

from helpers.feature_visualization.circuits import before_relu, contributions, strongest_inputs, weights_into
from helpers.feature_visualization.deepdream import (
    dream,
    gradient_of,
    near_seams,
    octave_shapes,
    save_gif,
    synthetic_sky,
    zoom,
)
from helpers.feature_visualization.fourier import frequencies_needed
from helpers.feature_visualization.gradient_ascent import (
    SLOWLY,
    Ascent,
    ascend,
    class_images,
    filter_patterns,
    without_border,
)
from helpers.feature_visualization.kernels import (
    activation_correlation,
    kernel_pictures,
    kernels,
    most_alike,
    zero_kernels,
)
from helpers.feature_visualization.objectives import channel, logit, probability, unit, whole_layer
from helpers.feature_visualization.regularisers import Regularisers

__all__ = [
    "SLOWLY",
    "Ascent",
    "Regularisers",
    "activation_correlation",
    "ascend",
    "before_relu",
    "channel",
    "class_images",
    "contributions",
    "dream",
    "filter_patterns",
    "frequencies_needed",
    "gradient_of",
    "kernel_pictures",
    "kernels",
    "logit",
    "most_alike",
    "near_seams",
    "octave_shapes",
    "probability",
    "save_gif",
    "strongest_inputs",
    "synthetic_sky",
    "unit",
    "weights_into",
    "whole_layer",
    "without_border",
    "zero_kernels",
    "zoom",
]
