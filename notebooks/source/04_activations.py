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
# # 4 Activations: what each layer makes of a photo
#
# You open a network between its layers: what it keeps of a photo, which pixels a unit can see, and what excites it.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: visualizing intermediate outputs), lecture 004 (SMU: visualizing intermediate activations) and lecture 003 (ZHAW: receptive field, patches that activate neurons). **About 1 minute** on two cores.*
#
# [← 3 Fine-tuning](03_fine_tuning.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [5 Filters →](05_filters.ipynb)
#
# **You will**
# 1. look at the maps of every layer, and measure whether they grow sparser with depth,
# 2. compute which pixels a unit can see, and which of them it really uses,
# 3. find the photos and patches that excite a unit most.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import keras
import numpy as np
from IPython.display import Markdown

from helpers import activations, backbones, datasets, images, plots, training
from helpers.teaching import Claims, exercise, slides

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Any network of `backbones.NAMES`, any photo of `datasets.photos()` or the path of your own; `DATA` is `"critters"`, `"mnist"` (handwritten digits), `"cats_vs_dogs"`, or your own photos, one folder per class: `"folder:my_photos"`. Sentences that begin with *As shipped* tell of `"efficientnet_lite0"`, `"critters"`, `"chelsea"` and seed 0; with another choice, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
DATA = "critters"
PHOTO = "chelsea"
SEED = 0

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides use, and what runs here.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
claims = Claims(
    NETWORK=[NETWORK, "efficientnet_lite0"],
    DATA=[DATA, "critters"],
    PHOTO=[PHOTO, "chelsea"],
    SEED=[SEED, 0],
)
always = Claims()  # what holds with every choice
Markdown(slides.box("04_activations", network, DATA))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## First the small convnet
#
# The slide looks into a small convnet that was trained on cats and dogs, and takes the outputs of its first eight layers: `[layer.output for layer in model.layers[:8]]`. We do the same with the convnet of notebook 1.
#
# **Load it where an earlier run kept it; else train it, in seconds.**

# %% slideshow={"slide_type": "-"}

data = datasets.images(DATA, seed=SEED)
small = training.small_network(data, seed=SEED)
eight = [layer.name for layer in small.layers[:8]]
test = data.test.images(64)
right = training.accuracy(small.model, test, data.test.labels)
print(f"{', '.join(eight)}; {right:.0%} of {len(test)} new photos named rightly")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A layer's output for one photo is a stack of **maps**, one for each filter: shape (rows, columns, channels). Each number in a map is one **unit**.
#
# **Think!** Four times, a convolution is followed by a pooling. How do the shapes change?
#
# **The maps of eight layers for one photo, in one pass.**

# %% slideshow={"slide_type": "-"}
first_photo = test[1]
small_maps = activations.layer_maps(small, first_photo, eight)
for name, one in small_maps.items():
    print(
        f"{name:6} {one.shape[0]:3} x {one.shape[1]:2} x {one.shape[2]:2} = {one.size:6,} numbers"
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# **Slide 004: early activations are larger but fewer, later ones smaller but more numerous.**

# %% slideshow={"slide_type": "skip"}
shapes = np.array([one.shape for one in small_maps.values()])
always.slide_claim(
    "004",
    "Early activations are larger but not as numerous, later ones smaller and more numerous",
    (np.diff(shapes[:, 0]) <= 0).all() and (np.diff(shapes[:, 2]) >= 0).all(),
    "holds",
    f"from {shapes[0][2]} maps of {shapes[0][0]} x {shapes[0][1]} to {shapes[-1][2]} of {shapes[-1][0]} x {shapes[-1][1]}",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The slide draws channel 11 of the first layer and asks: a filter for diagonal edges?
#
# **The photo, channel 11 of our first layer, and the three with the most contrast, on one scale.**
#
# Yellow is the largest number of the four maps; above each map stands its own.

# %% slideshow={"slide_type": "-"}
best = activations.choose_channels(small_maps["conv1"], 3, "contrast")
four = [11, *(int(k) for k in best if k != 11)]
chosen = [activations.channel_map(small_maps["conv1"], k) for k in four]
top = max(m.max() for m in chosen)
shown = [images.resize(first_photo, (256, 256), "nearest")]
shown += [activations.draw_map(m, 256, limit=top) for m in chosen]
titles = [f"a {data.class_names[data.test.labels[1]]}"]
titles += [f"channel {k}\nup to {m.max():.2f}" for k, m in zip(four, chosen, strict=True)]
plots.photos(shown, titles, columns=5, title="conv1")

# %% [markdown] slideshow={"slide_type": "skip"}
# The number means nothing in another network: as shipped, our channel 11 hardly answers to this photo. A single channel says little: the slide goes on to all of them.
#
# **All channels of all eight layers.**
#
# Each map has a scale of its own, so a weak one is seen, too. Dark all over means: nothing above zero.

# %% slideshow={"slide_type": "-"}
sheets = [activations.draw_channels(maps, side=48, margin=6) for maps in small_maps.values()]
titles = [f"{name}: {maps.shape[2]} maps" for name, maps in small_maps.items()]
plots.photos(sheets, titles, columns=4)

# %% [markdown] slideshow={"slide_type": "subslide"}
# From the first sheet to the last, a map has fewer and fewer places: the animal's outline is there at first, later only where something was found.
#
# ## What a pooling does
#
# **Think!** A 2 x 2 max pooling halves rows and columns. Which of four neighbours survives, and is its place kept?
#
# **Pooling by hand, in one line.**

# %% slideshow={"slide_type": "-"}
before, after = small_maps["conv1"], small_maps["pool1"]
by_hand = before.reshape(32, 2, 32, 2, -1).max(axis=(1, 3))
always.check(
    np.array_equal(by_hand, after), "max pooling keeps the largest of each 2 x 2 block"
)
strong = int(activations.choose_channels(before, 1, "strength")[0])
both = {"conv1": before[..., strong], "pool1": after[..., strong]}
pair = [f"{name}: {(one == 0).mean():.0%} zeros" for name, one in both.items()]
plots.heats(list(both.values()), pair, colours="viridis")

# %% [markdown] slideshow={"slide_type": "skip"}
# The block's largest number stays, where in the block it was is lost. And a map has fewer zeros after the pooling: a block is zero only if all four are.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Now the ImageNet network
#
# **Think!** As shipped, it has nearly sixty layers with maps. Will its first maps look more like the photo than its last ones?
#
# **The photo, and the sixteen channels with the most contrast of five layers.**

# %% slideshow={"slide_type": "-"}
photo = datasets.photo(PHOTO).array if PHOTO in datasets.photos() else images.load(PHOTO)
picture = network.prepare(photo)
names = [layer.name for layer in activations.relu_layers(network)]
maps = activations.layer_maps(network, picture, names)
depths = [names[round(share * (len(names) - 1))] for share in (0, 0.2, 0.45, 0.75, 1)]
sheets = [picture]
for name in depths:
    best = activations.choose_channels(maps[name], 16, "contrast")
    sheets.append(activations.draw_channels(maps[name], best, 112, columns=4, margin=8))
titles = ["the photo", *(f"{n}: {maps[n].shape[0]} x {maps[n].shape[1]}" for n in depths)]
plots.photos(sheets, titles, columns=3)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* edges and fur first, and one still recognises the cat; at the end a few spots on a grid of 7 x 7. We look at the outputs of the ReLUs, which are never negative.
#
# **The first layer acts as a collection of edge detectors, says the slide. Does it?**
#
# A kernel is a plain part (its mean over places, one number per colour) plus a part that changes from place to place. The plain part answers to a colour, the other one to edges. Their squares add up.

# %% slideshow={"slide_type": "-"}
kernels = network.layer(network.vgg_equivalent("block1_conv1")).get_weights()[0]
kernels = kernels[..., np.abs(kernels).max(axis=(0, 1, 2)) > 1e-3]  # some may be all zero
edges = ((kernels - kernels.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1, 2))
edges /= (kernels**2).sum(axis=(0, 1, 2))
claim = "The first layer acts as a collection of edge detectors"
numbers = f"{(edges > 0.5).sum()} of {len(edges)} kernels that are not zero are mostly edges, the others mostly colour"
share, kinds = (edges > 0.5).mean(), f"{len(edges)} kernels"
measured, on_vgg16 = (share, *training.share_interval(share, len(edges))), NETWORK == "vgg16"
for lecture in ("000", "004"):
    claims.slide_claim(lecture, claim, measured, "holds", numbers,
                above=0.5, over=kinds, on_vgg16=on_vgg16)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# A wide layer has more channels than a screen can show.
#
# **The last layer: 64 channels evenly spread, and the 64 strongest.**

# %% slideshow={"slide_type": "-"}
last = maps[names[-1]]
spread, best = [
    activations.choose_channels(last, 64, order) for order in ("number", "strength")
]
sheets = [activations.draw_channels(last, k, shared=True, margin=8) for k in (spread, best)]
blank = (last.max(axis=(0, 1)) <= 0).mean()
title = f"{names[-1]}: {blank:.0%} of {last.shape[-1]} maps are blank"
plots.photos(sheets, ["64 of all", "the 64 strongest"], columns=2, title=title)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **One channel over several photos.**
#
# The same filter, asked five times, on one scale. What do the bright places have in common? Each map's mean is written above it: the largest number would tell little where a ReLU6 cuts at 6 (as in `efficientnet_lite0`), for each photo has a place that reaches it.

# %% slideshow={"slide_type": "-"}
middle = depths[2]
channel = int(activations.choose_channels(maps[middle], 1, "contrast")[0])
others = ["chelsea", "coffee", "astronaut", "rocket", "china"]
pictures = np.stack([network.prepare(datasets.photo(name).array) for name in others])
over = activations.layer_maps(network, pictures, middle)[..., channel]
titles = [f"{name}, mean {m.mean():.1f}" for name, m in zip(others, over, strict=True)]
title = f"{middle}, channel {channel}"
plots.overlays(list(pictures), list(over), titles, title=title, limit=float(over.max()))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Bright is where this one filter answers; what these places have in common is what it looks for.
#
# ## What a depthwise convolution does
#
# An ordinary convolution mixes all channels. A depthwise one gives each channel a kernel of its own: channel $k$ of its output sees channel $k$ of its input and nothing else.
#
# **SciPy's correlation of one channel gives the same map.**

# %% slideshow={"slide_type": "-"}
from scipy.signal import correlate2d

lite = network if NETWORK == "efficientnet_lite0" else backbones.load("efficientnet_lite0")
own = activations.layer_maps(lite, picture, ["stem_relu", "block1_depthwise"])
k = int(activations.choose_channels(own["stem_relu"], 1, "contrast")[0])
kernel = lite.layer("block1_depthwise").get_weights()[0][:, :, k, 0]
expected = correlate2d(own["stem_relu"][..., k], kernel, "same")
difference = np.abs(expected - own["block1_depthwise"][..., k]).max()
always.check(difference < 1e-3, "channel k comes from channel k alone; difference", difference)
three = [own["stem_relu"][..., k], kernel, expected[1:-1, 1:-1]]  # the rim has seen padding
titles = ["before", "its kernel", "after"]
plots.heats(three, titles, signed=True, shared=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# Blue is below zero, red above. What the convolution gives has both signs: its ReLU comes only afterwards.
#
# **Projections (1 x 1 convolutions with no ReLU behind them) and additions (a block's output plus its input) have both signs, too; eight channels of one such layer.**

# %% slideshow={"slide_type": "-"}
signed = activations.map_layers(
    network, "add", activations.PROJECTION
) or activations.map_layers(network)
name = signed[len(signed) // 2].name
sums = activations.layer_maps(network, picture, name)
shown = activations.choose_channels(sums, 8, "strength")
title = f"{name}: {(sums == 0).mean():.0%} zeros, {(sums < 0).mean():.0%} below zero"
plots.heats(
    [sums[..., j] for j in shown], [f"channel {j}" for j in shown], 4, title, signed=True
)

# %% [markdown] slideshow={"slide_type": "slide"}
# Red and blue stand side by side in the same map: nothing has been cut off.
#
# ## Explore
#
# **Go through layers and channels with the arrow keys.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import activation_explorer

activation_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Sparser with depth?
#
# Two slides say: *the sparsity of the activations increases with the depth of the layer*. One photo and one pair of layers would prove nothing. We count zeros over many photos.
#
# **Think!** Should it hold for every kind of layer?
#
# **First the lecture's own case: the small convnet, all test photos.**

# %% slideshow={"slide_type": "-"}
small_counts = activations.summarise(small, test, eight)
convs = [name for name in eight if name.startswith("conv")]
pools = [name for name in eight if name.startswith("pool")]
by_stage = {
    "convolution": [small_counts[name].zeros for name in convs],
    "pooling": [small_counts[name].zeros for name in pools],
}
plots.lines(range(1, 5), by_stage, "The small convnet", "stage", "share of zeros")

# %% [markdown] slideshow={"slide_type": "skip"}
# Where a line rises, later stages have more zeros.
#
# **The claim, photo by photo: the smallest of the three steps from one convolution to the next.**

# %% slideshow={"slide_type": "skip"}
in_each = [activations.layer_maps(small, one, convs) for one in test]
gains = np.diff([[(maps[name] == 0).mean() for name in convs] for maps in in_each], axis=1)
least = gains[:, gains.mean(axis=0).argmin()]
claim = "The sparsity of the activations increases with the depth of the layer (small convnet)"
measured, text = training.mean_interval(least, (-1, 1)), by_stage["convolution"]
claims.slide_claim("000", claim, measured, "holds", text, above=0, over=f"{len(test)} photos")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Then the ImageNet network: all sample pictures and forty photos of the test part, every kind of layer.**

# %% slideshow={"slide_type": "-"}
many = [photo.array for photo in datasets.photos().values()]
many += list(data.test.at(range(min(40, len(data.test)))).images(network.input_size))
counted = activations.summarise(network, many)
kind = {n: s.layer.role for n, s in counted.items()}
kind |= {n: activations.fed_by(network, n).split()[0] + ", ReLU" for n in names}
points = [(at, one.zeros) for at, one in enumerate(counted.values())]
axes = ("number of the layer", f"share of zeros, {len(many)} photos")
plots.scatter_2d(points, [kind[n] for n in counted], axis_labels=axes)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* projections and additions have no zeros at any depth. The ReLUs go up and down from layer to layer, but upwards on the whole.
#
# **The slide's claim, layer by layer and as a trend.**

# %% slideshow={"slide_type": "-"}
zeros = np.array([counted[name].zeros for name in names])
trend = training.rank_interval(np.arange(len(zeros)), zeros)
falls, on_vgg16 = int((np.diff(zeros) < 0).sum()), NETWORK == "vgg16"
numbers = f"zeros fall in {falls} of {len(zeros) - 1} steps"
for lecture in ("000", "004"):
    claims.slide_claim(lecture, "Activations are sparser in every deeper layer (ImageNet network, after ReLU)",
                falls == 0, "does not hold here", numbers, on_vgg16=on_vgg16)  # fmt: skip
    claims.slide_claim(lecture, "Activations grow sparser with depth as a trend (ImageNet network, after ReLU)",
                trend, "holds", above=0.5, over=f"{len(zeros)} layers", on_vgg16=on_vgg16)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* a trend, not a law. In most early and middle blocks the depthwise layer has more zeros than the convolution before it; in some late ones far fewer.
#
# **How much is there to store? Numbers per photo, by layer.**

# %% slideshow={"slide_type": "-"}
sizes = [counted[name].size / 1000 for name in names]
active = [counted[name].size * (1 - counted[name].zeros) / 1000 for name in names]
both = {"all": sizes, "not zero": active}
plots.lines(
    range(len(names)),
    both,
    "Numbers per photo after each ReLU",
    "number of the ReLU",
    "thousands",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# What lies between the two lines are zeros, which need not be stored.
#
# ## Blank maps and dead channels
#
# The slide: *blank activations mean the pattern encoded by that filter isn't found in the input image*. So a channel that is blank on this photo should light up on another. One that is blank on every photo is **dead**: we cannot tell what it looks for, or whether it looks for anything.
#
# **Blank maps and dead channels, by layer.**

# %% slideshow={"slide_type": "-"}
blank_and_dead = {
    "blank maps": [counted[name].blank for name in names],
    "dead channels": [len(counted[name].dead) / counted[name].layer.shape[2] for name in names],
}
plots.lines(
    range(len(names)), blank_and_dead, f"Over {len(many)} photos", "number of the ReLU", "share"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# A dead channel is blank on every photo, so the second line cannot lie above the first; between the two are the maps that are blank here and light up on another photo.
#
# **The slide's claim at the last layer.**

# %% slideshow={"slide_type": "-"}
blank = last.max(axis=(0, 1)) <= 0
elsewhere = counted[names[-1]].largest[:, blank].max(axis=0, initial=0) > 0
count, lit = max(1, int(blank.sum())), elsewhere.mean() if blank.any() else 1.0
claims.slide_claim("000", "A blank map means that its pattern is not in this photo: other photos light it up (last layer)",
            (lit, *training.share_interval(lit, count)), "holds", above=0.95,
            over=f"{count} blank maps", on_vgg16=NETWORK == "vgg16")  # fmt: skip

# %% [markdown] slideshow={"slide_type": "skip"}
# **And at the first layer, where some channels are dead.**

# %% slideshow={"slide_type": "skip"}
dead = counted[names[0]].dead
kernels = network.layer(network.vgg_equivalent("block1_conv1")).get_weights()[0]
sizes = np.abs(kernels).max(axis=(0, 1, 2))
numbers = f"channels {', '.join(map(str, dead)) or 'none'} are blank on all {len(many)} photos"
claim = "A blank map means that its pattern is not in this photo: other photos light it up (first layer)"
vgg16 = NETWORK == "vgg16"
claims.slide_claim("000", claim, not dead, "does not hold here", numbers, on_vgg16=vgg16)
print(f"their largest weight {sizes[list(dead)].max(initial=0):.1e}, others' {sizes.max():.2f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Less about the picture, more about the class?
#
# *Deeper layers carry less information about the visual contents of the image, and more information related to the class.* That can be measured: from the maps of a layer, a linear model must tell (a) the brightness of an 8 x 8 miniature of the photo, (b) the class.
#
# **One function for both questions: fit on the first photos, judge on others.**


# %% slideshow={"slide_type": "-"}
from sklearn.linear_model import Ridge, RidgeClassifier


def what_it_knows(maps, miniatures, labels, n):
    """On new photos: the miniatures' squared errors, their spread, and whether the class is right."""
    x = maps.reshape(len(maps), -1)
    x -= x[:n].mean(axis=0)
    x /= x[:n].std(axis=0) + 0.1 * x[:n].std()  # units near 0 must not explode
    guess = Ridge(alpha=0.1 * x.shape[1]).fit(x[:n], miniatures[:n]).predict(x[n:])
    error, spread = miniatures[n:] - guess, miniatures[n:] - miniatures[:n].mean(axis=0)
    chosen = RidgeClassifier(alpha=x.shape[1]).fit(x[:n], labels[:n]).predict(x[n:])
    return (error**2).sum(axis=1), (spread**2).sum(axis=1), chosen == labels[n:]


# %% [markdown] slideshow={"slide_type": "skip"}
# **The same photos through four layers. (Of maps with more than 24 rows, only some rows and columns are kept.)**

# %% slideshow={"slide_type": "-"}
first, known = min(240, len(data.test)), {}
parts = data.test.take(first, SEED), data.validation.take(min(120, len(data.validation)), SEED)
photos96 = np.concatenate([part.images(96) for part in parts])
labels = np.concatenate([part.labels for part in parts])
small_grey = [images.resize(p.mean(axis=-1), (8, 8), "box").ravel() for p in photos96]
places = ("block3_conv1", "block4_conv1", "block5_conv1", "block5_conv3")
asked = [network.vgg_equivalent(place) for place in places]
forty = [photos96[at : at + 40] for at in range(0, len(photos96), 40)]
chunks = [activations.layer_maps(network, some, asked, most=24) for some in forty]
for name in asked:
    stacked = np.concatenate([chunk.pop(name) for chunk in chunks])
    known[name] = what_it_knows(stacked, np.array(small_grey), labels, first)

# %% [markdown] slideshow={"slide_type": "skip"}
# **What each layer still knows.**

# %% slideshow={"slide_type": "-"}
errors, spreads, named = zip(*known.values(), strict=True)
looks = [1 - one.sum() / spreads[0].sum() for one in errors]
classes = [one.mean() for one in named]
plots.bars(asked, {"miniature, variance explained": looks, "class, accuracy": classes})

# %% [markdown] slideshow={"slide_type": "skip"}
# The two bars of a layer answer the two questions: what the photo looked like, and what it shows.
#
# **Two claims in one sentence; for both the last of the four layers minus the first.**

# %% slideshow={"slide_type": "skip"}
over = {"over": f"{len(named[0])} photos", "on_vgg16": NETWORK == "vgg16"}
fall = lambda first, last, spread: (first - last).sum() / spread.sum()  # noqa: E731
less = training.bootstrap_interval(fall, errors[0], errors[-1], spreads[0])
claim = "Deeper layers carry less information about the visual contents"
text = f"explained of a miniature: {looks[0]:.2f} -> {looks[-1]:.2f}"
claims.slide_claim("000", claim, less, "holds", text, below=0, **over)
more = training.paired_interval(named[0], named[-1])
claim = "Deeper layers carry more information about the class"
text = f"named rightly: {classes[0]:.2f} -> {classes[-1]:.2f}"
claims.slide_claim("000", claim, more, "holds", text, above=0, **over)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* from the first of the four layers to the last one it holds: the miniature fades, the class comes out. It is no law from layer to layer: here the second layer knows the miniature best, and the third one the class.
#
# **Check which layers know most.**

# %% slideshow={"slide_type": "skip"}
best = int(np.argmax(looks)), int(np.argmax(classes))
claims.check(best == (1, 2), "best at the miniature and at the class, counted from 0", best)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The receptive field
#
# Which pixels can a unit see at all? A layer with kernel $k_l$ and stride $s_l$ widens the field $r$ and the step $j$ from one unit to the next:
#
# $$r_l = r_{l-1} + (k_l - 1)\,j_{l-1}, \qquad j_l = j_{l-1}\,s_l, \qquad r_0 = j_0 = 1$$
#
# (Araujo, Norris and Sim, Distill 2019.) Padding moves the first unit's field beyond the picture's top and left edge.
#
# **Think!** Four times: 3 x 3 convolution, 2 x 2 pooling. How many pixels wide is the field at the end?
#
# **By hand, and read off the graph.**

# %% slideshow={"slide_type": "-"}
from helpers.activations import receptive_fields, receptive_field

r, j = 1, 1
for name in eight:
    size, stride = (3, 1) if name.startswith("conv") else (2, 2)
    r, j = r + (size - 1) * j, j * stride
    field = receptive_field(small, name)
    always.check(
        (r, j) == (field.size[0], field.stride[0]),
        f"{name}: sees {r} pixels, next unit {j} pixels on",
    )

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The slides' own network, VGG16; its weights do not matter here.**
#
# The function follows the graph itself: kernels, strides, dilation, padding, branches. Here it reads VGG16 at 224 pixels.

# %% slideshow={"slide_type": "-"}
vgg = backbones.load("vgg16", weights=None, include_top=False)
sees = {name: field.size[0] for name, field in receptive_fields(vgg).items()}
vgg_sees = list(sees.values())
always.check(sees["block5_conv3"] == 196, "block5_conv3 of VGG16 sees 196 pixels")
always.check(
    receptive_field(vgg, "block5_conv3").box(0, 0)[0] == -90, "its first unit starts at row -90"
)
axes = ("number of the layer", "sees pixels")
plots.lines(range(18), {"VGG16": vgg_sees}, "VGG16, layer by layer", *axes)

# %% [markdown] slideshow={"slide_type": "skip"}
# After each pooling the line climbs twice as steeply, for a step in the map is then twice as many pixels of the photo.
#
# **Two claims of lecture 003, on VGG16.**

# %% slideshow={"slide_type": "skip"}
grows, claim = sorted(vgg_sees) == vgg_sees, "The receptive field grows from layer to layer"
always.slide_claim("003", claim, grows, "holds", vgg_sees, on_vgg16=True)
last_conv = {n: f"block{n}_conv{2 if n < 3 else 3}" for n in range(1, 6)}
gains = [sees[f"block{n}_pool"] - sees[name] for n, name in last_conv.items()]
claim = "A unit after a pooling sees more of the picture than one before it"
always.slide_claim("003", claim, min(gains) > 0, "holds", gains, on_vgg16=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Size, stride and start of five layers of the chosen network.**
#
# With "same" padding and a stride of 2 the start depends on the picture: an even side gets one pixel more of padding at its far end (a 3 x 3 kernel: only there).

# %% slideshow={"slide_type": "-"}
lines = [
    "| layer | sees | stride | starts at (224 px) | starts at (225 px) |",
    "|---|---|---|---|---|",
]
for name in depths:
    even, odd = (receptive_field(network, name, size) for size in (224, 225))
    lines.append(
        f"| `{name}` | {even.size[0]} | {even.stride[0]} | {even.start[0]} | {odd.start[0]} |"
    )
Markdown("\n".join(lines))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Where the last two columns differ, one pixel more or less of the photo moves what the same unit looks at.
#
# **The rectangle that the middle unit of a layer sees, on the photo.**
#
# What the network does not see of the photo is dimmed.

# %% slideshow={"slide_type": "-"}
from helpers.activations import effective_receptive_field, effective_size, in_picture
from helpers.activations import on_photo, draw_box, visible_box

shown, titles = [], []
for name in depths[1:4]:
    field = receptive_field(network, name)
    box = visible_box(field, field.middle, picture.shape[:2])
    shown.append(on_photo(photo, [box], network.input_size))
    titles.append(f"{name}: {field.size[0]} px")
plots.photos(shown, titles, columns=3)

# %% [markdown] slideshow={"slide_type": "slide"}
# All three units look at the middle; the deeper one sees more of it.
#
# ## What a unit really uses
#
# The rectangle says what a unit *can* see. The gradient $|\partial y / \partial x|$ of the unit with respect to each pixel says how much each *moves* it. Many paths lead from the middle of the field to the unit, few from its edge: so the **effective field** fades outwards, nearly like a Gaussian (Luo et al., NeurIPS 2016).
#
# **Think!** How much of the rectangle's width will it fill: nearly all, half, a tenth?
#
# **The mean gradient of the middle place (all channels added) over eight photos, for eight layers.**

# %% slideshow={"slide_type": "-"}
eight_photos = np.stack([network.prepare(photo) for photo in many[:8]])
steps = [names[round(share * (len(names) - 1))] for share in np.linspace(0, 1, 8)]
fields = {name: receptive_field(network, name) for name in steps}
heats = {name: effective_receptive_field(network, name, eight_photos) for name in steps}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Four of these gradients; the frame is the theoretical field.**

# %% slideshow={"slide_type": "-"}
shown, titles, side = [], [], 2 * picture.shape[0]
for name in steps[1::2]:
    box = [
        2 * edge for edge in visible_box(fields[name], fields[name].middle, picture.shape[:2])
    ]
    large = images.resize(heats[name], (side, side), "nearest")
    shown.append(draw_box(images.colourise(np.sqrt(large)), [box]))
    titles.append(f"{name}\n{fields[name].size[0]} px")
plots.photos(shown, titles, columns=4, title="Square root of the mean gradient")

# %% [markdown] slideshow={"slide_type": "subslide"}
# As one number: the width, around the middle, that holds 95.45 % of the gradient (of a Gaussian: two standard deviations to each side).
#
# **Theoretical and effective size by depth.**

# %% slideshow={"slide_type": "-"}
middles = {name: one.centre(*one.middle) for name, one in fields.items()}
effective = {name: effective_size(heats[name], middle) for name, middle in middles.items()}
theory = {name: one.size[0] for name, one in fields.items()}
inside = [in_picture(effective[name], middles[name], picture.shape)[1] for name in steps]
both = {"theoretical": list(theory.values()), "effective": inside}
where, edge = [names.index(name) for name in steps], {"the picture": len(picture)}
plots.lines(where, both, "How wide a unit sees", "number of the ReLU", "pixels", edge)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the theoretical field leaves the picture behind. The effective one grows more slowly; where the theoretical field is larger than the picture, it cannot grow beyond the picture's edges: there is no gradient outside. So it may even end below the picture's width, when the middle unit looks beside the picture's middle. Where the field fits into the picture, it is between half and four fifths as wide.
#
# **Check it where the field still fits into the picture.**

# %% slideshow={"slide_type": "skip"}
fits = [name for name in steps[1:] if theory[name] <= len(picture)]
shares = [effective[name][1] / theory[name] for name in fits]
claims.check(
    max(shares) < 0.9,
    f"the effective field is narrower than the theoretical one in {len(fits)} layers; shares",
    shares,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Explore: move a unit over a photo; tick the box to see what it uses.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import field_explorer

field_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What excites a unit?
#
# Lecture 003 turns the question round: not what a photo does to all units, but which photos do most to one. Every channel looks for the same thing everywhere, so we search all places of many pictures for its nine strongest answers (Girshick et al., CVPR 2014; Zeiler and Fergus, ECCV 2014).
#
# **Show the network all pictures once; keep each channel's strongest answers.**
#
# They are kept on the disk, too: the second run takes no time.

# %% slideshow={"slide_type": "-"}
collection = datasets.photo_collection(network.input_size, crops=4, critters=40, seed=SEED)
found = activations.top_activations(network, collection)
channels = sum(len(answers) for answers in found.answers.values())
print(
    f"{len(collection.pictures)} pictures of {len(set(collection.sources))} photos, {channels:,} channels of {len(found.answers)} layers"
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Think!** What will the nine patches of an early unit have in common, and what those of a late one?
#
# **Nine patches for six channels of an early layer, cut to the receptive field, the value written on. Grey: outside the photo.**


# %% slideshow={"slide_type": "-"}
def best_nine(layer, wanted):
    """The nine best patches of some channels, each as a square of three by three."""
    nines = {k: activations.patches(found, layer, k, 9, 96) for k in wanted}
    sheets = [images.grid(nine, 3) for nine in nines.values() if nine]
    sheets = [np.pad(one, ((0, 0), (14, 14), (0, 0)), constant_values=255) for one in sheets]
    titles = [f"channel {k}" for k, nine in nines.items() if nine]
    title = f"{layer}: a unit sees {receptive_field(network, layer).size[0]} pixels"
    return plots.photos(sheets, titles, columns=3, title=title)


best_nine(names[3], range(10, 16))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **A layer in the middle.**

# %% slideshow={"slide_type": "-"}
best_nine(names[9], range(10, 16))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The last layer. Where its field is larger than the picture, whole pictures are shown.**

# %% slideshow={"slide_type": "-"}
best_nine(names[-1], range(100, 106))

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* early patches are alike pixel by pixel. Later ones share a thing, not its pixels, or share nothing that we can name: 66 photos are few, and most of ImageNet's things are not among them.
#
# Where there is a ReLU6, the values are those before it: behind it many patches would have the same 6.
#
# **A measure: how alike, pixel by pixel, are the nine patches of a channel?**


# %% slideshow={"slide_type": "-"}
def alike(layer, count=40):
    """For some channels the mean correlation of the grey pixels of their nine patches."""
    found_so_far = []
    for k in activations.choose_channels(maps[layer], count):
        tiles = activations.patches(found, layer, k, 9, 24, values=False)
        pixels = [
            tile.mean(axis=-1).ravel() for tile in tiles if np.ptp(tile.mean(axis=-1)) > 0
        ]
        if len(pixels) > 1:
            pairs = np.triu_indices(len(pixels), 1)
            found_so_far.append(np.corrcoef(pixels)[pairs].mean())
    return found_so_far


# %% [markdown] slideshow={"slide_type": "skip"}
# **Lecture 003: units of higher layers are excited by more complex image content.**
#
# We ask it of layers whose field is at most half the picture, so that every patch is a whole one. What can be measured is likeness: patches that are all the same edge are alike pixel by pixel, nine eyes are not. (Nine random patches are not alike either, so this is a hint of complexity, no proof.)

# %% slideshow={"slide_type": "-"}
ladder = [name for name in names if receptive_field(network, name).size[0] <= 112][::2]
all_alike = {name: alike(name) for name in ladder}
likeness = {name: float(np.mean(each)) for name, each in all_alike.items()}
plots.bars(likeness, title="How alike are the nine best patches? Mean correlation")

# %% [markdown] slideshow={"slide_type": "skip"}
# A high bar: the nine patches are alike pixel by pixel. Near 0: what they have in common, if anything, is in no single pixel.
#
# **The claim: the last of these layers minus the first, channel by channel.**

# %% slideshow={"slide_type": "skip"}
ends = all_alike[ladder[0]], all_alike[ladder[-1]]
claim = "Units of higher layers are excited by content that is less alike pixel by pixel"
text = f"correlation {likeness[ladder[0]]:.2f} -> {likeness[ladder[-1]]:.2f}"
how = {"below": 0, "over": " and ".join(f"{len(each)}" for each in ends) + " channels"}
claims.slide_claim("003", claim, training.difference_interval(*ends), "holds", text, **how)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Explore
#
# **The nine best patches of every channel; arrow keys go through them.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import patches_explorer

patches_explorer(found, effective)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# **1. A receptive field by hand, with holes.**
#
# AlexNet begins with an 11 x 11 convolution of stride 4, a 3 x 3 pooling of stride 2, and a 5 x 5 convolution. Let the last one be *dilated*: with dilation $d$ its taps lie $d$ places apart. How many pixels wide is the field of a unit then? Write it as a function of the layers. The mark reads it off a graph.


# %% slideshow={"slide_type": "skip"}
def your_field(layers):
    """Its width behind layers such as [(3, 2, 1), (5, 1, 2)]: kernel, stride, dilation."""
    return None


stack = [(11, 4, 1), (3, 2, 1), (5, 1, 2)]
windows = [keras.layers.Conv2D(1, k, s, dilation_rate=d) for k, s, d in stack]
beginning = keras.Sequential([keras.Input((227, 227, 1)), *windows])
width = receptive_field(beginning, windows[-1].name).size[0]
exercise(your_field(stack), width, hint="How far does a kernel with holes reach?")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. The first layer that can see everything.**
#
# Which is the first of `names` whose units have a field of 224 pixels or more? Answer with its name. (If there is none, as in SqueezeNet, take a larger network.)

# %% slideshow={"slide_type": "skip"}
your_layer = None


def is_the_first(layer):
    """Whether its field is large enough, and that of the layer before it is not."""
    before, own = names[: names.index(layer)][-1:], receptive_field(network, layer).size[0]
    return own >= 224 and all(receptive_field(network, name).size[0] < 224 for name in before)


exercise(your_layer, is_the_first, hint="receptive_field gives a Field; look at its size.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. A channel for critters.**
#
# Search the layer `names[9]` for a channel whose nine best pictures are all critters. (`activations.titles(found, layer, channel)` gives their names.)

# %% slideshow={"slide_type": "skip"}
your_channel = None


def only_critters(channel):
    best = activations.titles(found, names[9], channel)
    return len(best) == 9 and all(name.startswith("critter") for name in best)


hint = "Try all maps[names[9]].shape[-1] channels; few will do. (Expected: a channel's number.)"
exercise(your_channel, only_critters, hint=hint)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. looked at the maps of {len(names)} layers, and measured {zeros[0]:.0%} zeros in the first and {zeros[-1]:.0%} in the last one: a trend (rank correlation {trend[0]:.2f}) that falls back in {falls} steps;
2. computed fields from {theory[steps[0]]} to {theory[steps[-1]]} pixels, of which units use a share of {min(shares):.2f} to {max(shares):.2f} where the field fits into the picture;
3. found the nine best patches of {channels:,} channels: their likeness goes from {likeness[ladder[0]]:.2f} to {likeness[ladder[-1]]:.2f}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `image.load_img(path, target_size=(150, 150))`, `img_to_array`, `/= 255.` | `network.prepare(photo)`; scaling is inside the model |
# | `models.Model(inputs=model.input, outputs=[l.output for l in model.layers[:8]])` | `keras.Model(model.inputs[0], [...])`: `Sequential.input` may not exist |
# | `activation_model.predict(img_tensor)` | a compiled call: `activations.layer_maps(network, picture, names)` |
# | `plt.matshow(a[0, :, :, 11], cmap="viridis")` | `plots.heat(activations.channel_map(maps, 11))` |
#
# *Further reading.* A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019. W. Luo, Y. Li, R. Urtasun and R. Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks", NeurIPS 2016. R. Girshick, J. Donahue, T. Darrell and J. Malik, "Rich Feature Hierarchies for Accurate Object Detection and Semantic Segmentation", CVPR 2014. M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
