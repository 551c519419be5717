"""Explorers: a picture that follows its controls. Thin: every value they show comes from a plain function below."""

from helpers.widgets.attribution import grad_cam_explorer
from helpers.widgets.augmentation import augmentation_explorer
from helpers.widgets.base import Explorer, Frame
from helpers.widgets.jobs import LiveExplorer
from helpers.widgets.multitask import school_explorer
from helpers.widgets.photos import PhotoChoice
from helpers.widgets.tour import tour_explorer

__all__ = [
    "Explorer",
    "Frame",
    "LiveExplorer",
    "PhotoChoice",
    "augmentation_explorer",
    "grad_cam_explorer",
    "school_explorer",
    "tour_explorer",
]
