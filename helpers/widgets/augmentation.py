"""Explorer of the transforms of one photo: a slider each, and what a network says of the result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ipywidgets import Checkbox

from helpers import images, training
from helpers.attribution.targets import needs_classifier
from helpers.backbones import Network
from helpers.widgets.explorer import Explorer, Frame, menu, slider
from helpers.widgets.photos import PhotoChoice

# name -> least, neutral, greatest, what it is
RANGES = {
    "rotation": (-180.0, 0.0, 180.0, "degrees, counter-clockwise"),
    "width_shift": (-0.9, 0.0, 0.9, "fraction of the width, to the right"),
    "height_shift": (-0.9, 0.0, 0.9, "fraction of the height, downwards"),
    "shear": (-2.0, 0.0, 2.0, "how far the top leans to the right, as a fraction of its height"),
    "zoom": (0.2, 1.0, 3.0, "magnification"),
    "brightness": (-0.9, 0.0, 0.9, "fraction of 255 that is added"),
    "patch": (0.2, 1.0, 1.0, "side of the part that is kept, as a fraction"),
}
_SHOWN = 448  # pixels of the picture in the page


def augmentation_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """One photo under exactly chosen transforms, and how sure the network still is of its first answer.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. Raises ValueError when the network
    has no classifier.
    """
    needs_classifier(network)
    choice = PhotoChoice(photos, photo, network)
    controls: dict[str, Any] = {"photo": choice}
    for name, (least, neutral, greatest, tooltip) in RANGES.items():
        controls[name] = slider(_words(name), neutral, least, greatest, tooltip, 5.0 if name == "rotation" else 0.05)
    for name in ("horizontal_flip", "vertical_flip"):
        controls[name] = Checkbox(description=_words(name), tooltip=f"{_words(name)}: mirror the photo")
    controls["fill_mode"] = menu("Fill", training.FILL_MODES, "What stands where the photo has nothing")

    unchanged = choice.remember(lambda picture: network.probabilities(picture)[0])

    def draw(photo: str, **values: Any) -> Frame:
        original = choice.seen(photo)
        changes = {name: value for name, value in values.items() if value != _neutral(name)}
        changed = training.apply_one(original, **values)
        before, after = unchanged(photo), network.probabilities(changed)[0]
        first, now = int(before.argmax()), int(after.argmax())
        caption = f"{photo}: {network.class_label(first)} {before[first]:.2f} unchanged, {after[first]:.2f} like this"
        caption += "" if first == now else f"; now it says {network.class_label(now)} {after[now]:.2f}"
        rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in changes.items()}
        call = ", ".join(["photo", *(f"{name}={value!r}" for name, value in rounded.items())])
        shown = images.resize(changed, choice.seen(photo, _SHOWN).shape[:2])
        return Frame(shown, caption, f"training.apply_one({call})")

    strip = [{}, {"rotation": 40.0}, {"shear": 0.5}, {"zoom": 0.5}, {"brightness": 0.5}, {"horizontal_flip": True}]
    return Explorer(controls, draw, strip, "Augmentation explorer", choice.call("augmentation_explorer"))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _neutral(name: str) -> Any:
    """The value with which a transform changes nothing."""
    return {"fill_mode": "nearest"}.get(name, RANGES[name][1] if name in RANGES else False)
