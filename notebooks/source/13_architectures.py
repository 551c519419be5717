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
# # 13 Famous architectures: what they cost, and what their tricks are worth
#
# You count five famous networks by hand and from their graphs, change their blocks, and put each of their tricks on trial.
#
# *Follows lecture 003 (ZHAW, CNNs part II: LeNet, AlexNet, VGG, GoogLeNet, ResNet, and what kernels show). **About 1 minute** on two cores.*
#
# [← 12 Optimizers](12_optimizers.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [14 Units →](14_units.ipynb)
#
# **You will**
# 1. count weights and multiply-adds by hand, and read the card of any network,
# 2. change a block and see its numbers follow,
# 3. find out which tricks are worth something on a small task, and which cannot be told apart.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import keras
import numpy as np
from IPython.display import Markdown

from helpers import activations, architectures, backbones, datasets, images, plots, training
from helpers.activations import matching
from helpers.architectures import model_card, outline, trials
from helpers.feature_visualization import kernel_pictures, kernels
from helpers.teaching import Claims, exercise, stored_effect, stored_table
from helpers.widgets import block_explorer

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Sentences that begin with *As shipped* tell of seed 0; with another seed, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
SEED = 0

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One convolution by hand
#
# A convolution of 3 x 3 with 64 maps in and 64 maps out, on maps of 56 x 56 places.
#
# * **Weights**: each of the 64 kernels has 3 x 3 x 64 numbers and one bias.
# * **Multiply-adds**: each kernel is laid on each of the 56 x 56 places, and each time each of its numbers is multiplied once.
#
# One multiply-add is a product and its addition. Some tables count it as two operations: their numbers are twice as large.
#
# **Think!** Which of the two grows when the picture gets larger?
#
# **Both numbers, by hand.**

# %% slideshow={"slide_type": "-"}
weights = 64 * (3 * 3 * 64) + 64
products = 56 * 56 * 64 * (3 * 3 * 64)
print(f"{weights:,} weights, {products:,} multiply-adds")

# %% [markdown] slideshow={"slide_type": "skip"}
# **The same from the graph of a Keras model.**

# %% slideshow={"slide_type": "skip"}
single = keras.Sequential(
    [keras.Input((56, 56, 64)), keras.layers.Conv2D(64, 3, padding="same")], name="single"
)
model_card(single)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check that both agree.**

# %% slideshow={"slide_type": "skip"}
always, claims = Claims(), Claims(SEED=[SEED, 0])
counted = model_card(single)
always.check(
    (counted.parameters, counted.multiply_adds) == (weights, products),
    "the card agrees with the count by hand",
    (counted.parameters, counted.multiply_adds),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## LeNet-5 (1998)
#
# Convolution, pooling, convolution, pooling, and dense layers at the end: the plan of 1998 is still in use. Two things are not. Each map of S2 and S4 has *one* factor and *one* bias. And each map of C3 reads only some of the six maps before it, 60 pairs in all, "to keep the number of connections within reasonable bounds".
#
# **Its layers, drawn from the graph.**

# %% slideshow={"slide_type": "-"}
lenet = model_card(architectures.lenet5())
architectures.draw(lenet)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Think!** C3 has 16 maps and reads 6, with kernels of 5 x 5. How many weights would it have if every map read all six?
#
# **Weights and connections by the paper's table: units, inputs of each, and weights.**

# %% slideshow={"slide_type": "-"}
by_hand = {  # units, links in all without the biases, weights
    "C1": (28 * 28 * 6, 28 * 28 * 6 * 25, 6 * (25 + 1)),
    "S2": (14 * 14 * 6, 14 * 14 * 6 * 4, 6 * 2),
    "C3": (10 * 10 * 16, 10 * 10 * 60 * 25, 60 * 25 + 16),
    "S4": (5 * 5 * 16, 5 * 5 * 16 * 4, 16 * 2),
    "C5": (120, 120 * 16 * 25, 120 * (400 + 1)),
    "F6": (84, 84 * 120, 84 * (120 + 1)),
}
connections = sum(units + links for units, links, _ in by_hand.values()) + 84 * 10
print(f"{sum(row[2] for row in by_hand.values()):,} weights, {connections:,} connections")

# %% [markdown] slideshow={"slide_type": "skip"}
# The last 840 connections lead to the ten outputs, whose codes are drawn by hand and not learned.
#
# **Check against the paper and the card.**

# %% slideshow={"slide_type": "skip"}
always.check(lenet.parameters == 60_000, "LeNet-5 has 60,000 weights", lenet.parameters)
always.check(connections == 340_908, "and 340,908 connections", connections)
always.check(lenet.field.size == (32, 32), "a unit of C5 sees it all", lenet.field.size)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## AlexNet (2012), VGG16, GoogLeNet (2014), ResNet-50 (2015)
#
# Each builder of `architectures` is some lines long; read them. `outline` builds a network without giving values to its weights: VGG16's 138 million would take half a gigabyte, and counting needs none of them.
#
# **Think!** Which of the five has the most weights, and which the most layers?
#
# **Four drawings: height follows the side of the maps, width the number of channels.**

# %% slideshow={"slide_type": "-"}
cards = {name: model_card(outline(build)) for name, build in architectures.FAMOUS.items()}
architectures.draw(cards["AlexNet"])

# %% [markdown] slideshow={"slide_type": "subslide"}
# **VGG16: only 3 x 3, sixteen layers.**

# %% slideshow={"slide_type": "-"}
architectures.draw(cards["VGG16"])

# %% [markdown] slideshow={"slide_type": "subslide"}
# Our GoogLeNet has the paper's 5 x 5 kernels; torchvision's has 3 x 3 in their place.
#
# **GoogLeNet: four ways side by side, nine times.**

# %% slideshow={"slide_type": "-"}
architectures.draw(cards["GoogLeNet"])

# %% [markdown] slideshow={"slide_type": "subslide"}
# **ResNet-50: a way around every three convolutions.**

# %% slideshow={"slide_type": "-"}
architectures.draw(cards["ResNet-50"])

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two small ones of later years come with this course: SqueezeNet (2016) and EfficientNet-Lite0 (2020).
#
# **All seven cards.**

# %% slideshow={"slide_type": "-"}
lite, squeezenet = (backbones.load(one) for one in ("efficientnet_lite0", "squeezenet"))
cards["SqueezeNet"] = model_card(squeezenet, 227)
cards["EfficientNet-Lite0"] = model_card(lite, 224)
training.table({name: card.row() for name, card in cards.items()})

# %% [markdown] slideshow={"slide_type": "skip"}
# Weights of batch normalisation's statistics, which no gradient changes, are not counted.
#
# **Check them against the figures that are known: weights, multiply-adds, and what a unit of the last maps sees.**

# %% slideshow={"slide_type": "skip"}
known = {
    "AlexNet": (61_100_840, 714_188_480, 195),
    "VGG16": (138_357_544, 15_470_264_320, 212),
    "ResNet-50": (25_557_032, 3_857_973_248, 483),
}
for name, row in known.items():
    card = cards[name]
    found = (card.parameters, card.multiply_adds, card.field.size[0])
    always.check(found == row, name, found)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where are the weights, where is the work?
#
# **Think!** VGG16 has 13 convolutions and three dense layers. Where are most of its weights? And most of its multiply-adds?
#
# **The share of the dense layers.**

# %% slideshow={"slide_type": "-"}
dense = {"weights": [], "multiply-adds": []}
for card in cards.values():
    last = [layer for layer in card.layers if layer.kind in ("Dense", "Matmul")]
    dense["weights"].append(sum(layer.parameters for layer in last) / card.parameters)
    dense["multiply-adds"].append(sum(one.multiply_adds for one in last) / card.multiply_adds)
plots.bars(list(cards), dense, title="share of the dense layers")

# %% [markdown] slideshow={"slide_type": "skip"}
# In AlexNet and VGG16 nine tenths of the weights lie in the dense layers, and nearly all of the work in the convolutions. GoogLeNet and ResNet-50 take the mean of each map instead of the first dense layers: that alone saves a hundred million weights.
#
# ### Accuracy against cost
#
# Cost is counted here; the accuracies are published ones: torchvision's table of weights (`IMAGENET1K_V1`) for five, and the table of Google's EfficientNet-Lite for the last. torchvision's GoogLeNet and ResNet-50 differ a little from ours (3 x 3 for 5 x 5; the place of a stride).
#
# **Top-1 accuracy on ImageNet, against multiply-adds; the area of a dot follows the weights.**

# %% slideshow={"slide_type": "-"}
published = {"AlexNet": 56.5, "VGG16": 71.6, "GoogLeNet": 69.8, "ResNet-50": 76.1}
published |= {"SqueezeNet": 58.2, "EfficientNet-Lite0": 75.1}
architectures.accuracy_chart(
    {
        name: (cards[name].multiply_adds, cards[name].parameters, accuracy)
        for name, accuracy in published.items()
    },
    "Published accuracy against the cost of one picture",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# EfficientNet-Lite0 is nearly as good as ResNet-50 for a tenth of the work. But the dots differ in more than the architecture: in years of better training, too.
#
# **Architecture matters: the slide's claim, on the published figures.**

# %% slideshow={"slide_type": "skip"}
ratio = cards["VGG16"].multiply_adds / cards["EfficientNet-Lite0"].multiply_adds
always.slide_claim(
    "003",
    "architecture matters: another one can be better with less work and fewer weights",
    published["EfficientNet-Lite0"] > published["VGG16"] and ratio > 1,
    "holds",
    f"EfficientNet-Lite0 75.1 %, VGG16 71.6 % (published), with 1/{ratio:.0f} of the multiply-adds",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A card for your own network
#
# `model_card` takes any Keras model that has a graph. `model.summary()` counts weights; it has no multiply-adds.
#
# **The network of the slide's recap.**

# %% slideshow={"slide_type": "-"}
yours = keras.Sequential([keras.Input((28, 28, 1))], name="recap")
for filters in (6, 16):
    yours.add(keras.layers.Conv2D(filters, 3, activation="relu"))
    yours.add(keras.layers.MaxPooling2D(2))
for layer in (keras.layers.Flatten(), keras.layers.Dense(100), keras.layers.Dense(10)):
    yours.add(layer)
model_card(yours)

# %% [markdown] slideshow={"slide_type": "skip"}
# Where a card cannot be made, a sentence says why.
#
# **A recurrent layer, a model without an input, and one that takes any size.**

# %% slideshow={"slide_type": "skip"}
odd = [
    keras.Sequential([keras.Input((10, 3)), keras.layers.LSTM(4)]),
    keras.Sequential([keras.layers.Dense(3)], name="no_input"),
    keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(8, 3)], name="any"),
]
for model in odd:
    try:
        model_card(model)
    except ValueError as error:
        print("-", error)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Change a block
#
# **Choose a block, its width and its place; drawing and numbers follow.**

# %% slideshow={"slide_type": "-"}
block_explorer()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The tricks, counted
#
# **Two 3 x 3 for one 5 x 5 (VGG).** Both see 5 x 5. With $C$ channels in and out, two 3 x 3 have $18 C^2$ weights, one 5 x 5 has $25 C^2$; and there is one more ReLU.
#
# **1 x 1 bottleneck (ResNet-50).** Go to a quarter of the channels, work there, come back: $\frac{1}{4} + \frac{9}{16} + \frac{1}{4}$ of $C^2$ instead of $18 C^2$.
#
# **Depthwise separable (MobileNet).** A 3 x 3 kernel for each channel alone, then 1 x 1 across them: $9 C + C^2$ instead of $9 C^2$.
#
# **Think!** How much does each save with 64 channels?
#
# **Seven blocks with 64 maps in and out, on 28 x 28 places.**

# %% slideshow={"slide_type": "-"}
blocks = {
    name: model_card(outline(lambda name=name: architectures.block_model(name, 64, 64, 28)))
    for name in architectures.BLOCKS
}
work = {name: card.multiply_adds / 1e6 for name, card in blocks.items()}
plots.bars(list(work), list(work.values()), title="million multiply-adds")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check the formulas: what a unit sees, and the ratios of multiply-adds.**

# %% slideshow={"slide_type": "skip"}
two, five = blocks["two 3x3"], blocks["one 5x5"]
always.check(two.field.size == five.field.size == (5, 5), "both see 5 x 5", two.field.size)
always.check(two.multiply_adds * 25 == five.multiply_adds * 18, "18 to 25", work["two 3x3"])
narrow, apart = blocks["bottleneck"], blocks["depthwise separable"]
always.check(narrow.multiply_adds * 18 * 16 == two.multiply_adds * 17, "17/16 to 18")
always.check(apart.multiply_adds * 9 * 64 == two.multiply_adds * (9 + 64), "1/9 + 1/64")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The tricks, on trial
#
# Cheaper is not better. A fair trial gives each the same **budget**: small networks of two blocks learn 1000 digits and are tested on 4000 others, and a cheap block may be wider until it costs as much.
#
# **Think!** Two 3 x 3 against one 5 x 5, at equal cost: who wins, and is it sure?
#
# **Three seeds each, live.**

# %% slideshow={"slide_type": "-"}
budget = model_card(outline(lambda: architectures.block_network("two 3x3", 16))).multiply_adds
live, seeds = {}, range(SEED, SEED + 3)
for block in ("one 5x5", "two 3x3"):
    width = architectures.widest(block, budget)
    build = lambda: architectures.block_network(block, width)  # noqa: B023, E731
    live[block] = [one.accuracy for one in architectures.try_out(build, seeds, epochs=4)]
print({name: np.round(values, 3).tolist() for name, values in live.items()})

# %% [markdown] slideshow={"slide_type": "skip"}
# **The difference with its 95 % interval.**

# %% slideshow={"slide_type": "skip"}
gain = training.mean_interval(np.subtract(live["two 3x3"], live["one 5x5"]), (-1, 1))
print("two 3x3 minus one 5x5: {:+.3f}, interval {:+.3f} to {:+.3f}".format(*gain))

# %% [markdown] slideshow={"slide_type": "skip"}
# Three seeds of a small network say little: the interval is wide. More seeds and more training take minutes, so they were run once and stored.
#
# **All tricks, five seeds.**

# %% slideshow={"slide_type": "slide"}
stored_table("architectures")

# %% [markdown] slideshow={"slide_type": "subslide"}
# An interval that holds 0 cannot tell: the trick may help or harm.
#
# **Each trick against two 3 x 3 at equal cost, or without it: mean and interval of the difference.**

# %% slideshow={"slide_type": "-"}
asked = {
    "one 5x5": "one 5x5, two 3x3",
    "bottleneck": "bottleneck, two 3x3",
    "inception": "inception, two 3x3",
    "depthwise separable": "depthwise separable, two 3x3",
    "residual": "residual, two 3x3",
    "batch norm": "batch norm, rate 0.003, none",
}
gains = {name: stored_effect("architectures", what)["measured"] for name, what in asked.items()}
means, errors = zip(*((row[0], (row[2] - row[1]) / 2) for row in gains.values()), strict=True)
plots.dots(list(gains), list(means), title="accuracy gained", errors=list(errors))

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides call tricks of winning architectures, measured on this small task.**

# %% slideshow={"slide_type": "skip"}
verdicts = {  # claim: (trick, what this page says)
    "a 1x1 bottleneck helps": ("bottleneck", "cannot tell"),
    "inception's branches help": ("inception", "does not hold here"),
    "depthwise separable convolutions help": ("depthwise separable", "does not hold here"),
    "batch normalisation helps": ("batch norm", "holds"),
}
for claim, (trick, said) in verdicts.items():
    effect = stored_effect("architectures", asked[trick])
    always.slide_claim("003", f"{claim}, at equal cost", verdict=said, above=0, **effect)

# %% [markdown] slideshow={"slide_type": "skip"}
# **And VGG's: here the effect is that of one 5 x 5, so the claim asks for less than 0.**

# %% slideshow={"slide_type": "skip"}
always.slide_claim(
    "003",
    "two 3x3 are better than one 5x5, at equal cost",
    verdict="holds",
    below=0,
    **stored_effect("architectures", asked["one 5x5"]),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# VGG's trick and batch normalisation pay here. The three that save work do not: what they save grows with the number of channels, which is 64 to 2048 in the famous networks and some dozens here; and a block of many thin layers learns more slowly, which 160 steps do not forgive. "On ImageNet it helps" and "here it does not" are both true.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Deep, and a way around
#
# The gradient of a weight in an early layer passes all later layers on its way. With a sum around each pair of convolutions (ResNet), there is a way that passes none of them.
#
# **Think!** Thirty layers. How does the gradient's size change from the last layer to the first, with and without the sum?
#
# **The size of the gradient of each kernel, before any training, 30 layers.**

# %% slideshow={"slide_type": "-"}
x, y, _, _ = trials.digits(SEED)
sizes = {}
for norm in (False, True):
    for skip in (False, True):
        keras.utils.set_random_seed(SEED)
        deep = architectures.deep_network(30, skip, norm)
        name = f"{'skip' if skip else 'plain'}{', batch norm' if norm else ''}"
        found = architectures.gradient_by_layer(deep, x[:200], y[:200])
        sizes[name] = np.log10(list(found.values())).tolist()
plots.lines(range(1, 30), sizes, "gradient by layer", "convolution", "log10 of its size")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* with batch normalisation the gradient of the plain network grows forty times from the last convolution to the first, so no rate suits all layers; with the sum it grows four times. Without batch normalisation the sum keeps it even, but ten thousand times as large as without: what the sums add up to grows from pair to pair.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Trained, with batch normalisation in both: does the way around help, and does it help more the deeper the network is?
#
# **Stored: what the sum gains at 10, 20 and 30 layers.**

# %% slideshow={"slide_type": "-"}
skips = {
    depth: stored_effect("architectures", f"skip, {depth} layers, no skip")
    for depth in (10, 20, 30)
}
plots.dots(
    {f"{depth} layers": one["measured"][0] for depth, one in skips.items()},
    title="accuracy gained by the sum",
    errors=[(one["measured"][2] - one["measured"][1]) / 2 for one in skips.values()],
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The trick of ResNet, at each depth, and what plain depth costs.**

# %% slideshow={"slide_type": "skip"}
for depth, effect in skips.items():
    claim = f"a way around every two convolutions helps at {depth} layers"
    always.slide_claim("003", claim, verdict="holds", above=0, **effect)
effect = stored_effect("architectures", "plain, 30 layers, 10 layers")
claim = "without it, 30 layers learn worse than 10"
always.slide_claim("003", claim, verdict="holds", below=0, **effect)

# %% [markdown] slideshow={"slide_type": "skip"}
# The plain network is not only harder to train: with 30 layers it is worse than with 10 after the same number of steps. With the way around, depth costs little.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## First-layer kernels
#
# The slides show AlexNet's kernels of 11 x 11 and ResNet's of 7 x 7. Those weights are in no package that this course can install, so we train a small first layer of 7 x 7 to show the *kind*. Its task needs no labels of ours: from which of the sample photos does a piece come?
#
# **Pieces of photos; flat ones are left out.**

# %% slideshow={"slide_type": "-"}
rng = np.random.default_rng(SEED)
sources = [photo.array for photo in datasets.photos().values()]
pieces, origin = [], []
while len(pieces) < 4000:
    number = rng.integers(len(sources))
    side = int(min(sources[number].shape[:2]) * rng.uniform(0.1, 0.4))
    top, left = (rng.integers(0, length - side) for length in sources[number].shape[:2])
    piece = sources[number][top : top + side, left : left + side]
    if piece.std() > 25:
        pieces.append(np.rot90(images.resize(piece, (32, 32)), rng.integers(4)))
        origin.append(number)
plots.photos(pieces[:8], columns=8)

# %% [markdown] slideshow={"slide_type": "skip"}
# **A network with 24 kernels of 7 x 7 in front.**

# %% slideshow={"slide_type": "skip"}
keras.utils.set_random_seed(SEED)
L, small = keras.layers, keras.initializers.RandomNormal(stddev=0.003)
first = L.Conv2D(24, 7, 2, activation="relu", kernel_initializer=small)
first.kernel_regularizer = keras.regularizers.L2(1e-3)  # pulls to 0 what nobody needs
teller = keras.Sequential(
    [keras.Input((32, 32, 3)), L.Rescaling(1 / 64, -2), first, L.MaxPooling2D(2)]
    + [L.Conv2D(48, 3, activation="relu"), L.GlobalAveragePooling2D()]
    + [L.Dense(len(sources), activation="softmax")]
)
before, adam = kernels(teller), keras.optimizers.Adam(3e-3)
teller.compile(adam, "sparse_categorical_crossentropy", metrics=["acc"], jit_compile=False)
training.fit(teller, (np.stack(pieces), np.array(origin)), None, 6, 50, SEED)["acc"][-1]

# %% [markdown] slideshow={"slide_type": "skip"}
# It finds the right one of 26 photos for most pieces. *As shipped:* edges in several directions, dark spots on light ground, and flat colours, as in the slides' pictures; at random there is nothing to see.
#
# **Its kernels, before and after.**

# %% slideshow={"slide_type": "-"}
after = kernels(teller)
drawn = [images.grid(kernel_pictures(one), columns=8, gap=4) for one in (before, after)]
plots.photos(drawn, ["at random", "trained"], columns=2)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Later kernels are no pictures
#
# A kernel of the first layer reads pixels; a later one reads maps. The slide says that later kernels do not directly correspond to patterns of the input. We ask each unit of SqueezeNet: is your kernel more like the pieces of photos that excite *you* than like those that excite the others?
#
# **Search the sample photos for what excites units of the first layer, of a middle one and of a late one.**

# %% slideshow={"slide_type": "-"}
searched = ("conv1_relu", "fire5_expand3x3_relu", "fire8_expand3x3_relu")
collection = activations.photo_collection(224, crops=3, critters=24, seed=SEED)
search = activations.top_activations(squeezenet, collection, searched)
counts = dict(zip(searched, (48, 128, 128), strict=True))
chosen = {layer: matching.matchable(search, layer, n) for layer, n in counts.items()}
likeness = {
    layer: training.mean_interval(matching.kernel_likeness(search, layer, units))
    for layer, units in chosen.items()
}
{layer: np.round(row, 2).tolist() for layer, row in likeness.items()}

# %% [markdown] slideshow={"slide_type": "skip"}
# Zero means: no more alike than by chance.
#
# **The slide's claim, measured at the late layer.**

# %% slideshow={"slide_type": "skip"}
always.check(
    likeness[searched[0]][1] > 0.1, "the first kernels look alike", likeness[searched[0]]
)
claims.slide_claim(
    "003",
    "later kernels do not correspond to patterns of the input (fire8, correlation within 0.15)",
    likeness[searched[2]],
    "holds",
    within=0.15,
    over="128 units",
    differs="kernels summed over the maps they read",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A blind quiz
#
# The slide says that *parts of photos* tell more about a deep unit than its filter or its maps. So here is a quiz. Each unit gets a card: three pieces of photos, or its kernel, or its map of one photo. Then comes a new piece, from yet another photo. To which card does it belong?
#
# **Four units of the middle layer, which see 63 pixels: their cards, and four new pieces in another order.**

# %% slideshow={"slide_type": "-"}
deck = matching.cards(search, searched[1], chosen[searched[1]], side=96)
picked = np.random.default_rng(SEED).choice(128, 4, replace=False)
order = np.random.default_rng(SEED + 2).permutation(4)
shown = [*deck["pieces of photos"][picked].reshape(12, 96, 96, 3)]
shown += [deck["new piece"][picked[unit], 0] for unit in order]
names = [f"{card}" for card in "ABCD" for _ in range(3)] + [f"new {i}" for i in range(1, 5)]
plots.photos(shown, names, columns=6)

# %% [markdown] slideshow={"slide_type": "skip"}
# Grey lies outside the photo: some units like its edge. Exercise 3 below asks for your answer. Here another network plays, EfficientNet-Lite0, which only compares how pictures look: 128 pieces, each among eight cards.
#
# **How often does the judge find the right card?**

# %% slideshow={"slide_type": "-"}
right = matching.matched(deck, lite)
share = {kind: float(one.mean()) for kind, one in right.items()}
plots.bars(list(share), list(share.values()), title="right cards", reference={"chance": 1 / 8})

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim, measured: pieces against the better of the two others.**

# %% slideshow={"slide_type": "skip"}
kind, other = matching.KINDS[0], max(matching.KINDS[1:], key=share.get)
claims.slide_claim(
    "003",
    "parts of photos tell more about a deep unit than its kernel or its map",
    training.paired_interval(right[other], right[kind]),
    "holds",
    f"right cards: {', '.join(f'{name} {value:.2f}' for name, value in share.items())}",
    above=0,
    over="128 units",
    differs="a network as judge",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Features off the shelf
#
# The slide quotes a paper of 2014: features of a network that learned ImageNet are *consistently* superior to hand-crafted ones, in all tasks tried. Notebook 2 tried one. Here are five, with histograms of oriented gradients (HOG) as the rival, and the same probe for both.
#
# **Think!** In which task might HOG win?
#
# **The stored table.**

# %% slideshow={"slide_type": "-"}
stored_table("off_the_shelf")

# %% [markdown] slideshow={"slide_type": "skip"}
# In three tasks the learned features win, clearly. On digits HOG does: strokes at angles are just what it counts, and ImageNet has no digits. Which way a piece of a photo stands, neither can tell from 120 examples.
#
# **The slide's claim: even in the task where they gain least?**

# %% slideshow={"slide_type": "skip"}
always.slide_claim(
    "003",
    "features of a CNN off the shelf are consistently superior (the least gain of five tasks)",
    verdict="does not hold here",
    above=0,
    **stored_effect("off_the_shelf", "the least of five"),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. A block by hand.**
#
# A bottleneck of ResNet-50: 256 maps of 56 x 56 come in; 1 x 1 to 64 maps, 3 x 3 to 64 maps, 1 x 1 to 256 maps; no biases. How many multiply-adds? (Expected: a whole number of nine digits.)

# %% slideshow={"slide_type": "skip"}
your_products = None

block = model_card(outline(lambda: architectures.block_model("bottleneck", 256, 256, 56)))
exercise(your_products, block.multiply_adds, hint="Three products of 56 * 56 places.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Three 3 x 3.**
#
# How large a kernel sees as much as three 3 x 3 convolutions one after the other, and what share of its weights do they need? (Expected: a list of the side and of the share, for example `[5, 0.72]` for two.)

# %% slideshow={"slide_type": "skip"}
your_pair = None

exercise(your_pair, [7, 27 / 49], hint="Each adds two pixels; 3 times 9 against the square.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. The quiz.**
#
# To which cards above do the new pieces 1, 2, 3 and 4 belong? (Expected: four letters in a string, for example `"ABDC"`.)

# %% slideshow={"slide_type": "skip"}
your_cards = None

exercise(your_cards, "".join("ABCD"[unit] for unit in order), hint="Go by the colour last.")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. counted a convolution ({products:,} multiply-adds) and LeNet-5 ({connections:,} connections) by hand, and read the cards of {len(cards)} networks, from {min(card.parameters for card in cards.values()):,} to {max(card.parameters for card in cards.values()):,} weights;
2. changed blocks: a bottleneck costs {narrow.multiply_adds / two.multiply_adds:.2f} of two 3 x 3, a depthwise separable pair {apart.multiply_adds / two.multiply_adds:.2f};
3. put tricks on trial at equal cost: depthwise separable {gains["depthwise separable"][0]:+.3f}, inception {gains["inception"][0]:+.3f}, one 5 x 5 {gains["one 5x5"][0]:+.3f} against two 3 x 3.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `Convolution2D(6, (5, 5), input_shape=(28, 28, 3))` | `keras.layers.Conv2D(6, 5)` behind `keras.Input((28, 28, 1))`: digits have one channel, not three |
# | `model.summary()` for the size | the same; `model_card(model)` for the cost |
#
# ## Further reading
#
# * Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied to Document Recognition. Proceedings of the IEEE 1998.
# * A. Krizhevsky, I. Sutskever, G. Hinton: ImageNet Classification with Deep Convolutional Neural Networks. NeurIPS 2012; A. Krizhevsky: One weird trick for parallelizing convolutional neural networks. arXiv 1404.5997.
# * K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition. ICLR 2015.
# * C. Szegedy et al.: Going Deeper with Convolutions. CVPR 2015.
# * K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition. CVPR 2016.
# * A. G. Howard et al.: MobileNets. arXiv 1704.04861, 2017.
# * F. N. Iandola et al.: SqueezeNet. arXiv 1602.07360, 2016; M. Tan, Q. V. Le: EfficientNet. ICML 2019.
# * A. S. Razavian, H. Azizpour, J. Sullivan, S. Carlsson: CNN Features off-the-shelf. CVPR Workshops 2014.
