"""Explorer of architectures: change a block, and its drawing and numbers follow."""

from __future__ import annotations

from functools import lru_cache

from ipywidgets import Checkbox, IntSlider, SelectionSlider

from helpers.architectures import BLOCKS, Card, block_model, draw, model_card, outline
from helpers.widgets.explorer import Explorer, Frame, menu

_CHANNELS = (8, 16, 32, 64, 128, 256, 512)
_SIDES = (7, 14, 28, 56, 112, 224)


def block_explorer(side: int = 28) -> Explorer:
    """Which block, how wide, how often, and the drawing with weights, multiply-adds, field and memory of activations.

    The caption compares with two 3x3 convolutions of as many channels on the same maps. side: of the maps at first.
    """
    controls = {
        "block": menu("Block", list(BLOCKS), "What stands between the maps that go in and those that come out"),
        "channels_in": menu("Maps in", _CHANNELS, "Channels of the maps that go in", 64, SelectionSlider),
        "channels": menu("Maps out", _CHANNELS, "Channels of the maps that come out", 64, SelectionSlider),
        "side": menu("Side", _SIDES, "Height and width of the maps that go in", side, SelectionSlider),
        "times": IntSlider(1, 1, 6, description="Times", tooltip="How many such blocks stand one after the other"),
        "halve": Checkbox(False, description="Halve the side", tooltip="The first block has a stride of two"),
        "norm": Checkbox(False, description="Batch normalisation", tooltip="After every convolution"),
    }

    @lru_cache(maxsize=64)
    def card(*settings) -> Card:
        return model_card(outline(lambda: block_model(*settings)))

    def shown(block: str, channels_in: int, channels: int, side: int, times: int, halve: bool, norm: bool) -> Frame:
        settings = (channels_in, channels, side, times, 2 if halve else 1, norm)
        found, usual = card(block, *settings), card("two 3x3", *settings)
        title = f"{times} x {block}: {channels_in} to {channels} maps of {found.layers[-1].shape[0]} px"
        words = (
            f"{title}. {found.parameters:,} parameters, {found.multiply_adds:,} multiply-adds, depth {found.depth}; "
            f"a unit sees {found.field.size[0]} px of the maps that go in; activations {found.megabytes:.2f} MB. "
            f"Against two 3x3: {found.parameters / usual.parameters:.2f} of the parameters, "
            f"{found.multiply_adds / usual.multiply_adds:.2f} of the multiply-adds"
        )
        call = f'architectures.block_model("{block}", {", ".join(map(str, settings))})'
        return Frame(draw(found, title).pixels(), words, f"architectures.model_card({call})")

    strip = [{"block": block} for block in ("two 3x3", "bottleneck", "inception", "depthwise separable", "residual")]
    return Explorer(controls, shown, strip, "Blocks")
