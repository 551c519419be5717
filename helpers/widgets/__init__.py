"""Explorers: a picture that follows its controls. Thin: every value they show comes from a plain function below."""

from helpers.widgets.attribution import grad_cam_explorer
from helpers.widgets.base import Explorer, Frame

__all__ = ["Explorer", "Frame", "grad_cam_explorer"]
