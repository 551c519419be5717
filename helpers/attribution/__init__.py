"""Where does a network look? Each method is a short function with its formula and its paper."""

from helpers.attribution.cam import activations_and_gradients, grad_cam, weighted_map

__all__ = ["activations_and_gradients", "grad_cam", "weighted_map"]
