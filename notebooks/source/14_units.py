# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 14 Units: what does a single one answer to?
#
# "A filter for diagonal edges?", "for yellow edges?", "cat ear": slides give units names. You put the names to the test, with pictures of which every pixel is known.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: what each filter picks up), 002 (the same course, lecture 8: edges, then "cat ear") and 004 (SMU: each filter learns something useful, texture detectors, biological motivation). **About 1 minute** on two cores.*
#
# *Why:* one photo and one bright map prove nothing about a unit. A physiologist would show it hundreds of pictures. *Stands on* maps and channels of a layer ([notebook 4](04_activations.ipynb)).
#
# [← 13 Famous architectures](13_architectures.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [15 Good features →](15_good_features.ipynb)
#
# **You will**
# 1. ask units with stripes of every direction and colour, as was asked of cells of the brain,
# 2. find the unit that finds a cat's ears, and say in which layer such units begin,
# 3. switch filters off one by one, and see which of them matter.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown

from helpers import activations, backbones, datasets, images, plots, training
from helpers.activations import grating, grating_answers
from helpers.activations.gratings import GREY, HUES, angles
from helpers.feature_visualization import before_relu
from helpers.teaching import Claims, exercise

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Any network of `backbones.NAMES`. Sentences that begin with *As shipped* tell of `"efficientnet_lite0"` and seed 0; with another choice, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
SEED = 0

# %% [markdown] slideshow={"slide_type": "skip"}
# **The network, and SqueezeNet, whose 64 first kernels are good to look at. The slides use a small convnet and VGG16.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
squeezenet = backbones.load("squeezenet")
claims = Claims(NETWORK=[NETWORK, "efficientnet_lite0"], SEED=[SEED, 0])
always = Claims()  # what holds with every choice
names = [layer.name for layer in activations.relu_layers(network)]
steps = [names[round(share * (len(names) - 1))] for share in np.linspace(0, 1, 9)]
print(steps)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Ask with stripes
#
# In 1959 Hubel and Wiesel showed bars of light to a cat and listened to single cells of its brain. Each cell answered to one direction. We do the same: stripes in 16 directions, in black and white and in eight colours. The coloured stripes are as bright as the grey between them, so that they differ in colour alone (yellow of that brightness is olive).
#
# **Think!** How many of 64 first filters will prefer colours to black and white?
#
# **Nine of the 144 pictures.**

# %% slideshow={"slide_type": "-"}
colours = (*HUES, GREY)
nine = [grating(20 * at, colour, 64, 12) for at, colour in enumerate(colours)]
plots.photos(nine, list(colours), columns=9)

# %% [markdown] slideshow={"slide_type": "skip"}
# A unit's answer is the largest number of its map, minus what it says to plain grey.
#
# **All pictures to the 64 filters of SqueezeNet's first layer: their favourite colours.**

# %% slideshow={"slide_type": "-"}
answers = grating_answers(squeezenet, "conv1", wavelength=6)
of_colour = answers.max(axis=0)  # at each colour's best direction
favourite = of_colour.argmax(axis=0)
counts = {colour: int((favourite == at).sum()) for at, colour in enumerate(colours)}
plots.bars(counts, title="filters of the first layer that answer most to these stripes")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Slide 000 shows two maps and asks: *diagonal edges filter? "Yellow edges" filter?* Now we can look for both: a unit answers to diagonal stripes if its best direction is within 22.5 degrees of a diagonal and the others get much less.
#
# **How selective is each unit for the direction? 0: it does not care, 1: one direction alone.**

# %% slideshow={"slide_type": "-"}
each = np.arange(answers.shape[-1])
own = answers[:, favourite, each]  # every unit in its favourite colour
tuned = activations.orientation_selectivity(own)
best_angle = angles()[own.argmax(axis=0)]
diagonal = (tuned > 0.2) & (np.abs(best_angle % 90 - 45) <= 22.5)
yellow = int((favourite == HUES.index("yellow")).sum())
title = f"{(tuned > 0.2).sum()} of {len(tuned)} care for the direction, {diagonal.sum()} like a diagonal"
plots.histogram(tuned, 20, title, "selectivity for the direction")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Both names, put to the test. (A count of all filters of the layer is exact: there are no others.)**

# %% slideshow={"slide_type": "skip"}
how = {"differs": "SqueezeNet's first layer, stripes of 6 pixels"}
claim = "The first layer has filters for diagonal edges"
text = f"{diagonal.sum()} of {len(tuned)} filters"
always.slide_claim("000", claim, bool(diagonal.any()), "holds", text, **how)
claim = "The first layer has filters for yellow edges (more than for any other colour)"
text = f"{yellow} of {len(tuned)} filters; orange {counts['orange']}, red {counts['red']}"
always.slide_claim("000", claim, yellow > 0, "does not hold here", text, **how)

# %% [markdown] slideshow={"slide_type": "skip"}
# No filter has yellow as its favourite, in either network's first layer; the nearest are orange. A map that lights up at the yellow parts of *one* photo is no proof: yellow things have bright edges, too.
#
# **What would you call these units? Move the channel with the arrow keys.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import grating_explorer

grating_explorer(squeezenet, ["conv1", "fire2_expand3x3_relu", "fire4_expand3x3_relu"])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## As in the brain?
#
# "High-level abstraction has a biological motivation", says lecture 004. Here is the part of it that can be measured. Behind the *simple* cells, which want a stripe at one exact place, Hubel and Wiesel (1962) found *complex* cells: they want the same direction, wherever the stripes lie. Physiologists move the stripes on and compare how much the answer swings with its mean: above 1 a cell is called simple, below 1 complex.
#
# **Think!** From which layer on will most units be complex?
#
# **Stripes that move on, watched by the middle unit of each channel, at five depths.**

# %% slideshow={"slide_type": "-"}
depths = [before_relu(network, steps[at]) for at in (0, 1, 2, 3, 4)]
swing = {layer: activations.phase_modulation(network, layer) for layer in depths}
swing = {layer: values[~np.isnan(values)] for layer, values in swing.items()}
complex_ones = {layer: (values < 1).mean() for layer, values in swing.items()}
plots.bars(complex_ones, title="share of channels that do not mind where the stripes lie")

# %% [markdown] slideshow={"slide_type": "skip"}
# **The claim, as far as it can be measured: the answers swing less in a deeper layer.**

# %% slideshow={"slide_type": "skip"}
first_layer, deeper = swing[depths[0]], swing[depths[2]]
claim = "Deeper units abstract as complex cells do: they mind less where a stripe lies"
claims.slide_claim(
    "004",
    claim,
    training.difference_interval(first_layer, deeper),
    "holds",
    f"swing over mean {first_layer.mean():.2f} in the first layer, {deeper.mean():.2f} in {depths[2]}",
    **{"below": 0, "over": f"{len(first_layer)} and {len(deeper)} channels"},
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Texture detectors?
#
# Lecture 004: *early layers are texture and edge detectors*. If so, a linear classifier must tell brick, gravel and grass from an early layer alone. We cut three grey photos into small tiles and take away what is too easy: every tile gets the same mean and contrast. It learns on the left halves of the photos, and is tested on the right ones.
#
# **The tiles.**

# %% slideshow={"slide_type": "-"}
tiles, kinds, right_half = [], [], []
for kind, name in enumerate(("brick", "gravel", "grass")):
    grey = datasets.photo(name).array[..., :3].mean(axis=-1)
    for at in range(0, 64, 2):
        row, column = 64 * (at // 8), 64 * (at % 8) + 64 * (at // 8 % 2)
        tile = grey[row : row + 64, column : column + 64]
        tile = 127.5 + 45 * (tile - tile.mean()) / tile.std()
        tiles.append(np.repeat(tile[..., None].clip(0, 255), 3, axis=-1))
        kinds.append(kind), right_half.append(column >= 256)
tiles, kinds, right_half = np.array(tiles, np.float32), np.array(kinds), np.array(right_half)
plots.photos(tiles[::12].astype("uint8"), columns=8)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Tell them apart by the mean of each map, and by the pixels themselves.**

# %% slideshow={"slide_type": "-"}
from helpers import transfer

named, early = {"pixels": tiles[..., 0].reshape(len(tiles), -1)}, steps[:4]
for layer in early:
    parts = [network.features_of(tiles[at : at + 48], layer) for at in range(0, len(tiles), 48)]
    named[layer] = np.concatenate(parts).mean(axis=(1, 2))
found = {}
for what, x in named.items():
    fitted = transfer.logistic_regression(0.1, SEED).fit(x[~right_half], kinds[~right_half])
    found[what] = fitted.predict(x[right_half]) == kinds[right_half]
plots.bars({what: right.mean() for what, right in found.items()}, reference={"guess": 1 / 3})

# %% [markdown] slideshow={"slide_type": "skip"}
# **The claim: the first two of these layers, far above a guess (we ask for 0.8).**

# %% slideshow={"slide_type": "skip"}
right = found[early[1]]
claims.slide_claim(
    "004",
    "Early layers are texture detectors: they tell brick, gravel and grass",
    (right.mean(), *training.share_interval(right.mean(), len(right))),
    "holds",
    f"{right.mean():.2f} from {early[1]}, {found['pixels'].mean():.2f} from the pixels",
    **{"above": 0.8, "over": f"{len(right)} tiles"},
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where is the cat ear?
#
# Lecture 002: *later layers extract more abstract concepts, "cat ear" or "dog eye"*. Is there a unit that lights up at a cat's ears, and nowhere else? Our cats are drawn, so we know every pixel of their ears: about 5 % of a photo. A unit's map, above a threshold that leaves 5 % of its places on, is laid over the true ears; their intersection over union (IoU) is 1 for a perfect ear detector (Bau et al., CVPR 2017).
#
# **Think!** The network was trained on photos, never on these plush cats. In which of nine layers will the best unit be?
#
# **Every channel of nine layers on 24 cats: the best one is chosen on 12 of them, and judged on the others.**

# %% slideshow={"slide_type": "-"}
drawn = datasets.critters(48, 40 + SEED, 224)
cats = drawn.take(drawn.labels == 0)
masks = activations.small_masks(cats.ears)
choose, judge = slice(0, 12), slice(12, 24)
overlap, best, elsewhere = {}, {}, {}
for layer in steps:
    grid = activations.maps_on_grid(network, cats.images, layer)
    scores = activations.part_scores(grid, masks, masks[choose].mean(), choose)
    best[layer] = activations.best_channel(scores, choose)
    overlap[layer] = scores.by_photo(best[layer])[judge]
    wrong = activations.part_scores(grid[..., [best[layer]]], np.roll(masks, 1, axis=0), 0.05)
    elsewhere[layer] = wrong.by_photo(0)[judge]

# %% [markdown] slideshow={"slide_type": "skip"}
# Two rivals that see nothing: the same map laid over the ears of *another* cat, and the places where ears usually are.
#
# **The best channel of each layer, judged on new cats.**

# %% slideshow={"slide_type": "-"}
usual = masks[choose].mean(axis=0)
usual = usual > np.quantile(usual, 1 - masks[choose].mean())
by_place = [(usual & one).sum() / (usual | one).sum() for one in masks[judge]]
two = {"own ears": [overlap[layer].mean() for layer in steps]}
two["another cat's ears"] = [elsewhere[layer].mean() for layer in steps]
reference = {"where ears usually are": np.mean(by_place)}
plots.lines(range(9), two, "Overlap with the ears (IoU)", "layer", "IoU", reference)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* early layers have no such unit. It comes in the second half of the network, in layers that see most of the photo, and is gone again behind the last one, where a place stands for 32 pixels.
#
# **The claim: the best unit of the later half against that of the earlier half, cat by cat.**

# %% slideshow={"slide_type": "skip"}
late = max(steps[5:], key=lambda layer: two["own ears"][steps.index(layer)])
soon = max(steps[:4], key=lambda layer: two["own ears"][steps.index(layer)])
claims.slide_claim(
    "002",
    'Later layers extract more abstract concepts, such as "cat ear" (the best unit finds the ears better)',
    training.mean_interval(overlap[late] - overlap[soon], (-1, 1)),
    "holds",
    f"IoU {overlap[late].mean():.2f} in {late}, channel {best[late]}; {overlap[soon].mean():.2f} in {soon}",
    **{"above": 0, "over": f"{len(overlap[late])} drawn cats"},
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Is it a cat-ear unit, then? It covers a quarter of what a perfect one would. It may want pointed corners, or the top of a head. Look for yourself.
#
# **Go through the layers: yellow is where the unit is on, white the true ears.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import part_explorer

part_explorer(network, cats.take(range(12)), steps)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Less interpretable?
#
# Slide 000: later maps are *less visually interpretable*. What an eye finds in a map is the photo. So: how much does a map look like the photo?
#
# **Ten photos. (A checkerboard, averaged over the places of a late layer, turns grey: it is left out.)**

# %% slideshow={"slide_type": "skip"}
known = datasets.photos()
sample = [one for name, one in known.items() if name != "checkerboard"][:10]
pictures = np.stack([network.prepare(one.array) for one in sample])

# %% [markdown] slideshow={"slide_type": "skip"}
# **The mean correlation (without its sign) of a layer's maps with the grey photo.**

# %% slideshow={"slide_type": "-"}
some = steps[:-1:2]
looks = {layer: [] for layer in some}
for picture in pictures:
    maps = activations.layer_maps(network, picture, some)
    for layer in some:
        grey = images.resize(picture.mean(axis=-1), maps[layer].shape[:2], "box").ravel()
        x = maps[layer].reshape(grey.size, -1)[:, :200].astype(float)
        x = x[:, np.ptp(x, axis=0) > 1e-3]
        alike = np.abs(np.corrcoef(x.T, grey)[-1, :-1]) if x.size else np.zeros(1)
        looks[layer].append(alike.mean())

# %% [markdown] slideshow={"slide_type": "skip"}
# **By depth, and the claim: the last of these layers against the first, photo by photo.**

# %% slideshow={"slide_type": "-"}
claim = "The maps of later layers are less interpretable: they look less like the photo"
fall = training.mean_interval(np.subtract(looks[some[-1]], looks[some[0]]), (-1, 1))
text = f"correlation {np.mean(looks[some[0]]):.2f} in {some[0]}, {np.mean(looks[some[-1]]):.2f} in {some[-1]}"
claims.slide_claim("000", claim, fall, "holds", text, below=0, over="10 photos")
plots.bars({layer: np.mean(one) for layer, one in looks.items()})

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is every filter useful?
#
# Lecture 004: *assume: each filter learns something useful*. Switch a filter off (it then says its mean everywhere), and see whether any answer of the network changes.
#
# **Think!** The first layer has 32 filters. How many can go without a trace?
#
# **One filter of the first layer after the other, eight photos.**

# %% slideshow={"slide_type": "-"}
shots = np.stack([images.prepare(one.array, 128) for one in sample[:8]])
effects = activations.ablate_channels(network, steps[0], shots)
order = np.argsort(-effects.moved)
idle = effects.moved < 1e-6
title = f"{idle.sum()} of {len(order)} filters of {steps[0]} change nothing at all"
ends = [*order[:6], *order[-6:]]
plots.bars({f"filter {k}": effects.moved[k] for k in ends}, title=title)

# %% [markdown] slideshow={"slide_type": "skip"}
# The bars are Kullback-Leibler divergences of the probabilities: the six filters that matter most, and the six that matter least.
#
# **The claim, exactly as it stands: *each* filter.**

# %% slideshow={"slide_type": "skip"}
claims.slide_claim(
    "004",
    "Each filter learns something useful",
    not idle.any(),
    "does not hold here",
    f"{idle.sum()} of {len(order)} filters of the first layer change no answer",
    differs="switched off one by one, eight photos of 128 pixels",
)
flips = (effects.flipped[~idle] > 0).mean()
claims.check(flips > 0.5, "of the others, most change some photo's first class; share", flips)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the four idle filters are those with weights of practically zero ([notebook 5](05_filters.ipynb)). Every other one leaves a trace. As an assumption for looking at maps the sentence is good; as a fact it has exceptions.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# **1. Selectivity by hand.**
#
# A unit answers 2 to upright stripes (0 degrees), 1 to stripes of 45 degrees, 0 to flat ones (90) and 1 to those of 135. How selective is it? (Expected: a number between 0 and 1.)

# %% slideshow={"slide_type": "skip"}
your_selectivity = None

by_hand = activations.orientation_selectivity(np.array([[2.0], [1.0], [0.0], [1.0]]))[0]
hint = "Double the angles: 0, 90, 180, 270 degrees. Add the four arrows; divide by all answers."
exercise(your_selectivity, by_hand, hint=hint)

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. A unit that only guesses.**
#
# A unit is on at a random 5 % of all places; ears cover 5 %, too. What IoU do you expect, about? (Expected: a number below 0.1.)

# %% slideshow={"slide_type": "skip"}
your_overlap = None

random_on = np.random.default_rng(SEED).random((2, 1000, 1000)) < 0.05
by_chance = random_on.all(axis=0).sum() / random_on.any(axis=0).sum()
hint = "Both on: 0.05 x 0.05 of all places. At least one on: how many?"
exercise(your_overlap, lambda value: abs(value - by_chance) < 0.003, hint=hint)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. asked 64 filters with 144 pictures: {(tuned > 0.2).sum()} care for the direction, {yellow} like yellow best; of the units of `{depths[2]}`, {complex_ones[depths[2]]:.0%} do not mind where the stripes lie;
2. found channel {best[late]} of `{late}`, whose map overlaps the ears of new cats with an IoU of {overlap[late].mean():.2f} ({overlap[soon].mean():.2f} in `{soon}`);
3. switched off {len(order)} filters: {idle.sum()} change nothing, {flips:.0%} of the others change the first class of some photo.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# *Further reading.* D. H. Hubel and T. N. Wiesel, "Receptive Fields of Single Neurones in the Cat's Striate Cortex", Journal of Physiology 148, 1959; "Receptive Fields, Binocular Interaction and Functional Architecture in the Cat's Visual Cortex", Journal of Physiology 160, 1962. B. C. Skottun et al., "Classifying Simple and Complex Cells on the Basis of Response Modulation", Vision Research 31, 1991. D. L. Ringach, R. M. Shapley and M. J. Hawken, "Orientation Selectivity in Macaque V1", Journal of Neuroscience 22, 2002. D. Bau, B. Zhou, A. Khosla, A. Oliva and A. Torralba, "Network Dissection: Quantifying Interpretability of Deep Visual Representations", CVPR 2017.
