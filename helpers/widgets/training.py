"""Explorers of training: a race of optimizers on a surface of two weights."""

from __future__ import annotations

from functools import lru_cache

from ipywidgets import IntSlider, SelectionSlider, SelectMultiple

from helpers.training import surfaces
from helpers.training.optimizers import RULES
from helpers.widgets.explorer import Explorer, Frame, menu

_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_STEPS = 200
_FIRST = ("SGD", "momentum", "RMSprop", "Adam")


def optimizer_race(steps: int = _STEPS) -> Explorer:
    """Optimizers race on a surface of two weights: which surface, who, at what rate, and after how many steps.

    Every runner starts at the same place with the same rate. The caption says how many steps each takes until 99 % of
    the height is behind it. steps: the length of the race.
    """
    controls = {
        "surface": menu("Surface", list(surfaces.SURFACES), "The function of two weights that is made small"),
        "runners": SelectMultiple(
            description="Runners",
            options=list(RULES),
            value=_FIRST,
            rows=len(RULES),
            tooltip="The optimizers that race; Ctrl and Shift choose several",
        ),
        "rate": menu("Rate", _RATES, "The learning rate of all runners", 0.03, SelectionSlider),
        "step": IntSlider(description="Step", value=40, max=steps, tooltip="After how many steps the picture is taken"),
    }

    @lru_cache(maxsize=32)
    def ways(surface: str, runners: tuple[str, ...], rate: float) -> dict:
        return surfaces.race(surface, dict.fromkeys(runners, rate), steps)

    def draw(surface: str, runners: tuple[str, ...], rate: float, step: int) -> Frame:
        runners = tuple(runners) or _FIRST[:1]
        run = ways(surface, runners, rate)
        needed = {one: surfaces.steps_to(surface, way) for one, way in run.items()}
        said = [f"{one} {count} steps" if count else f"{one} not in {steps}" for one, count in needed.items()]
        title = f"{surface}, rate {rate:g}, step {step}"
        code = f'surfaces.race("{surface}", dict.fromkeys({runners!r}, {rate:g}), {steps})'
        picture = surfaces.race_picture(surface, run, step, title)
        return Frame(picture.pixels(), f"{title}. Until 99 % of the height is lost: {', '.join(said)}", code)

    strip = [
        {"surface": "narrow valley", "rate": 0.03},
        {"surface": "narrow valley", "rate": 0.1},
        {"surface": "bent valley", "rate": 0.03},
        {"surface": "saddle", "rate": 0.03},
    ]
    return Explorer(controls, draw, strip, "Optimizer race", f"optimizer_race({steps})")
