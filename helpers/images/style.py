"""The style sheet of the course: sizes, scales, overlays, each with its reason; every picture takes them from here."""

# --- Sizes ----------------------------------------------------------------------------------------------------------

WIDTH = 9.0  # inches: fits a notebook that is 900 pixels wide
TEXT, HEADING = 12, 14  # points: 16 and 19 pixels of the page
PAGE_PIXELS_PER_INCH = 96  # of the page, where 12 point then are 16 pixels
PIXELS_PER_INCH = 144  # of a chart's PNG: one and a half for each pixel of the page, so that text is crisp
PHOTO_PIXELS_PER_INCH = 120  # where most of the PNG is photos, which need no fine edges but many bytes
LEAST_TILE = 1.1  # inches: what is smaller on the page cannot be told apart, so fewer stand in a row
MOST_TILES = 64  # more thumbnails than this cannot be told apart on a projector

# --- Scales ---------------------------------------------------------------------------------------------------------

# Eight colours that colour-blind people can tell apart (Okabe and Ito 2008), the palest last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#999999")
MARKERS = "os^Dv*PX"
HEAT_COLOURS = "inferno"  # numbers from 0 on: dark to light without a step, so that it also reads in black and white
SIGNED_COLOURS = "RdBu_r"  # numbers around 0: red above, blue below, white at 0
# Colour tables that make edges where the numbers have none.
MISLEADING = ("jet", "rainbow", "gist_rainbow", "nipy_spectral", "gist_ncar", "hsv", "prism", "flag")

# --- Heat over a photo ----------------------------------------------------------------------------------------------

# Six ways were tried on the sample photos under three maps and looked at. A photo in grey fights no colour, where a red
# map was lost on a red motorcycle. It is darker than the hottest colours, which are nearly white: else they are lost on
# a white sky or a page of text, and in black and white print.
PHOTO_SHADE = 0.67  # of a photo's light that is left under a map
# A hot place has nearly the colour of its bar, and the photo just shines through. With half the opacity no place shows
# any colour of the bar; with an opacity that is full from half the maximum on the map hides what it lies on.
OVERLAY_OPACITY = 0.95  # where the map has its maximum
OVERLAY_POWER = 0.7  # elsewhere: the opacity at the maximum times the heat, in shares of the maximum, to this power
BAR_GROUND = 128  # the middling grey that a colour bar lies on, as if it were a photo
