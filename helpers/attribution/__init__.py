"""Where does a network look? Each method is a short function with its formula and its paper."""

from helpers.attribution.cam import activations_and_gradients, grad_cam, weighted_map
from helpers.attribution.cam_family import class_activation_map, grad_cam_plus_plus, hires_cam, layer_cam, score_cam
from helpers.attribution.gradients import (
    gradient_times_input,
    input_gradient,
    integrated_gradients,
    saliency,
    smooth_grad,
    to_map,
)
from helpers.attribution.guided_backprop import (
    deconvnet,
    guided_backprop,
    guided_grad_cam,
    relu_backward,
    rule_gradient,
)
from helpers.attribution.lime import fitted, lime, superpixels
from helpers.attribution.methods import METHODS, heat_of
from helpers.attribution.metrics import Box, box_of, box_of_mask, deletion, draw_boxes, insertion, iou
from helpers.attribution.occlusion import cover, occlusion
from helpers.attribution.targets import class_score, logits
from helpers.backbones.own import as_network

__all__ = [
    "METHODS",
    "Box",
    "activations_and_gradients",
    "as_network",
    "box_of",
    "box_of_mask",
    "class_activation_map",
    "class_score",
    "cover",
    "deconvnet",
    "deletion",
    "draw_boxes",
    "fitted",
    "grad_cam",
    "grad_cam_plus_plus",
    "gradient_times_input",
    "guided_backprop",
    "guided_grad_cam",
    "heat_of",
    "hires_cam",
    "input_gradient",
    "insertion",
    "integrated_gradients",
    "iou",
    "layer_cam",
    "lime",
    "logits",
    "occlusion",
    "relu_backward",
    "rule_gradient",
    "saliency",
    "score_cam",
    "smooth_grad",
    "superpixels",
    "to_map",
    "weighted_map",
]
