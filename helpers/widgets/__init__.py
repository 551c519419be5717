"""Explorers: a picture that follows its controls. Thin: every value they show comes from a plain function below."""

from importlib import import_module
from typing import Any

# Each is loaded when it is asked for: one explorer must not bring in what only another one needs.
_MODULES = {
    "activations": ("activation_explorer", "field_explorer", "patches_explorer"),
    "architectures": ("block_explorer",),
    "ascent": ("ascent_explorer",),
    "attribution": ("grad_cam_explorer", "lime_explorer", "methods_explorer", "occlusion_explorer", "rules_explorer"),
    "augmentation": ("augmentation_explorer",),
    "camera": ("camera_explorer",),
    "evidence": ("bank_explorer", "place_explorer", "remix_explorer"),
    "explorer": ("Explorer", "Frame"),
    "deepdream": ("dream_studio",),
    "live_explorer": ("LiveExplorer",),
    "multitask": ("school_explorer",),
    "photos": ("PhotoChoice",),
    "tour": ("tour_explorer",),
    "training": ("optimizer_race",),
    "training_well": ("dead_relu_explorer", "one_kernel_explorer", "signal_explorer"),
    "units": ("grating_explorer", "part_explorer"),
    "transfer": ("stage_explorer", "unfreezing_explorer"),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"helpers.widgets has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"helpers.widgets.{_PLACES[name]}"), name)
