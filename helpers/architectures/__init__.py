"""Famous architectures: five builders, cards read off the graph, blocks, and their tricks on trial."""

from helpers.architectures.blocks import BLOCKS, block_model
from helpers.architectures.card import Card, model_card
from helpers.architectures.drawing import accuracy_chart, draw
from helpers.architectures.famous import FAMOUS, alexnet, googlenet, lenet5, outline, resnet50, vgg16
from helpers.architectures.trials import block_network, deep_network, gradient_by_layer, try_out, widest

__all__ = [
    "BLOCKS",
    "FAMOUS",
    "Card",
    "accuracy_chart",
    "alexnet",
    "block_model",
    "block_network",
    "deep_network",
    "draw",
    "googlenet",
    "gradient_by_layer",
    "lenet5",
    "model_card",
    "outline",
    "resnet50",
    "try_out",
    "vgg16",
    "widest",
]
