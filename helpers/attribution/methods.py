"""All methods under one roof: name -> a map of one picture, 0 or more per pixel or cell, for comparisons and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.attribution import cam, cam_family, gradients
from helpers.attribution.guided_backprop import deconvnet, guided_backprop, guided_grad_cam
from helpers.attribution.lime import lime
from helpers.attribution.occlusion import occlusion
from helpers.backbones import Network

Method = Callable[..., np.ndarray]  # (network, picture, class) -> float32 (rows, columns)


def heat_of(name: str, network: Network, picture: np.ndarray, class_: Any = None) -> np.ndarray:
    """The map of one method with its usual settings: float32 (rows, columns), 0 or more, at the method's resolution.

    name: one of METHODS. picture: one (height, width, 3), RGB 0..255. Signed methods give their positive part, gradient
    methods without sign the largest absolute value over the colours. Raises ValueError for an unknown name, and what
    the method raises.
    """
    if name not in METHODS:
        raise ValueError(f"there is no method {name!r}; choose one of {', '.join(METHODS)}")
    return np.maximum(METHODS[name](network, picture, class_), 0).astype(np.float32)


def _summed(method: Method) -> Method:
    return lambda *arguments: gradients.to_map(method(*arguments), "sum")


def _largest(method: Method) -> Method:
    return lambda *arguments: gradients.to_map(method(*arguments), "max")


METHODS: dict[str, Method] = {
    "Grad-CAM": cam.grad_cam,
    "HiRes-CAM": cam_family.hires_cam,
    "Layer-CAM": cam_family.layer_cam,
    "Grad-CAM++": cam_family.grad_cam_plus_plus,
    "Score-CAM": cam_family.score_cam,
    "saliency": gradients.saliency,
    "gradient x input": _summed(gradients.gradient_times_input),
    "SmoothGrad": _largest(gradients.smooth_grad),
    "integrated gradients": _summed(gradients.integrated_gradients),
    "deconvnet": _largest(deconvnet),
    "guided backprop": _largest(guided_backprop),
    "guided Grad-CAM": _largest(guided_grad_cam),
    "occlusion": lambda network, picture, class_=None: occlusion(network, picture, class_).heat,
    "LIME": lambda network, picture, class_=None: lime(network, picture, class_).heat,
}
