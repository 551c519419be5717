"""The explorer of blocks: what it says is what the card says, and every control changes something."""

from helpers.architectures import block_model, model_card, outline
from helpers.widgets import block_explorer


def set_to(explorer, **values):
    for name, value in values.items():
        explorer.controls[name].value = value
    return explorer.frame


def test_the_caption_follows_the_block():
    explorer = block_explorer()
    assert "73,856 parameters, 57,802,752 multiply-adds, depth 2; a unit sees 5 px" in explorer.frame.caption
    frame = set_to(explorer, block="one 5x5", channels_in=32, side=14)
    card = model_card(outline(lambda: block_model("one 5x5", 32, 64, 14)))
    assert f"{card.parameters:,} parameters, {card.multiply_adds:,} multiply-adds, depth 1" in frame.caption
    assert "0.92 of the parameters" in frame.caption  # 25 x 32 against 9 x 32 + 9 x 64


def test_every_control_changes_the_numbers_or_the_picture():
    explorer = block_explorer()
    changes = {"block": "inception", "channels_in": 8, "channels": 128, "side": 56, "times": 3, "halve": True}
    changes |= {"norm": True}
    assert set(changes) == set(explorer.controls)
    seen = explorer.frame.caption
    for name, value in changes.items():
        frame = set_to(explorer, **{name: value})
        assert frame.caption != seen, name
        seen = frame.caption
        assert not explorer.error.value


def test_the_code_makes_the_card_that_is_shown():
    from helpers import architectures

    explorer = block_explorer()
    set_to(explorer, block="depthwise separable", halve=True)
    card = eval(explorer.frame.code, {"architectures": architectures})
    assert f"{card.multiply_adds:,} multiply-adds" in explorer.frame.caption
    assert card.layers[-1].shape == (14, 14, 64)
