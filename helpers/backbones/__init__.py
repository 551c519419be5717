"""Which network: `load("efficientnet_lite0")` and others, one input convention, layers and logits within reach."""

from helpers.backbones.choose import DOWNLOADS, NAMES, available, download, load
from helpers.backbones.forward import compile_once
from helpers.backbones.network import Layer, Network
from helpers.backbones.own import as_network

__all__ = ["DOWNLOADS", "NAMES", "Layer", "Network", "as_network", "available", "compile_once", "download", "load"]
