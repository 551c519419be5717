"""What the layers make of a photo: maps, receptive fields, and the patches that excite a channel most."""

from helpers.activations.ablation import ablate_channels
from helpers.activations.effective_receptive_field import (
    draw_box,
    effective_receptive_field,
    effective_size,
    in_picture,
    on_photo,
    visible_box,
)
from helpers.activations.gratings import grating, grating_answers, orientation_selectivity, phase_modulation
from helpers.activations.maps import channel_map, choose_channels, draw_channels, draw_map, layer_maps, summarise
from helpers.activations.receptive_field import receptive_field, receptive_fields
from helpers.activations.top_patches import patches, titles, top_activations, top_k
from helpers.activations.unit_parts import best_channel, maps_on_grid, part_scores, small_masks
from helpers.backbones.layers import PROJECTION, fed_by, map_layers, relu_layers
from helpers.datasets.photo_collection import photo_collection

__all__ = [
    "PROJECTION",
    "ablate_channels",
    "best_channel",
    "channel_map",
    "choose_channels",
    "draw_box",
    "draw_channels",
    "draw_map",
    "effective_receptive_field",
    "effective_size",
    "fed_by",
    "grating",
    "grating_answers",
    "in_picture",
    "layer_maps",
    "map_layers",
    "maps_on_grid",
    "on_photo",
    "orientation_selectivity",
    "part_scores",
    "patches",
    "phase_modulation",
    "photo_collection",
    "receptive_field",
    "receptive_fields",
    "relu_layers",
    "small_masks",
    "summarise",
    "titles",
    "top_activations",
    "top_k",
    "visible_box",
]
