"""Photos in and pixels out: reading any file, preparing it for a network, saving what was made."""

from helpers.images.colours import colourise, deprocess, overlay
from helpers.images.loading import load
from helpers.images.photo_files import ImageError
from helpers.images.transform import encode_png, grid, prepare, resize, save

__all__ = ["ImageError", "colourise", "deprocess", "encode_png", "grid", "load", "overlay", "prepare", "resize", "save"]
