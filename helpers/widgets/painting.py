"""What the explorers that paint pictures share: a strip that costs little, and sliders that draw when let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets

from helpers.widgets.base import Frame
from helpers.widgets.jobs import LiveExplorer


class PaintExplorer(LiveExplorer):
    """A `LiveExplorer` whose strip is painted with cheaper values.

    cheap: control name -> value for all pictures of the strip (fewer steps, a smaller picture), not named under them.
    """

    def __init__(
        self,
        controls: dict[str, Any],
        run: Callable[..., Frame],
        first: Callable[..., Frame],
        strip: Iterable[dict[str, Any]],
        title: str,
        cheap: dict[str, Any],
        subject: Any = None,
    ) -> None:
        self._cheap: dict[str, Any] = {}
        super().__init__(controls, run, first, strip, title, subject)
        self._for_strip = cheap

    def values(self) -> dict[str, Any]:
        """The controls' present values by name."""
        return super().values() | self._cheap

    def static_strip(self):
        """The finished pictures of the strip's settings, for pages with no kernel."""
        self._cheap = self._for_strip
        try:
            return super().static_strip()
        finally:
            self._cheap = {}


def slider(value: float, low: float, high: float, step: float, description: str, tooltip: str):
    """A slider of whole numbers or not, as `value` is, that acts when it is let go."""
    kind = ipywidgets.IntSlider if isinstance(value, int) else ipywidgets.FloatSlider
    return kind(
        value=value, min=low, max=high, step=step, description=description, tooltip=tooltip, continuous_update=False
    )
