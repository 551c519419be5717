"""What an explorer is, in words and numbers that can be written as JSON: a page without Python makes it from them."""

from __future__ import annotations

from typing import Any

import ipywidgets

# How a control looks, by its widget.
_KINDS = {
    "Dropdown": "menu",
    "ToggleButtons": "buttons",
    "SelectionSlider": "stops",
    "SelectMultiple": "several",
    "Combobox": "text",
    "Checkbox": "switch",
    "IntSlider": "slider",
    "FloatSlider": "slider",
    "BoundedIntText": "number",
}


def described(name: str, control: ipywidgets.Widget) -> dict[str, Any]:
    """A control: name, kind, words, help, value, and its options, each [words, value], or its range [low, high, step].

    Raises ValueError for a kind of widget that no explorer has.
    """
    kind = _KINDS.get(type(control).__name__)
    if kind is None:
        raise ValueError(f"{name} is a {type(control).__name__}; use one of {', '.join(_KINDS)}")
    told = {"name": name, "kind": kind, "words": control.description, "help": control.tooltip, "value": control.value}
    if hasattr(control, "options"):
        pairs = [one if isinstance(one, tuple) else (one, one) for one in control.options]
        told["options"] = [[str(words), value] for words, value in pairs]
    if hasattr(control, "min"):
        told["range"] = [control.min, control.max, control.step]
    return told
