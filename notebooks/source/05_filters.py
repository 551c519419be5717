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
# # 5 Filters: what does a unit look for?
#
# You look at the kernels of the first layer, and then let the network paint what its other filters and classes wait for.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: visualizing filters), 001 (HKUST: gradient ascent), 003 (ZHAW: synthesized images) and 004 (SMU: maximal activations, circuits). **About 1 minute** on two cores.*
#
# [← 4 Activations](04_activations.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [6 Grad-CAM →](06_grad_cam.ipynb)
#
# **You will**
# 1. draw what a filter waits for, by gradient ascent on the pixels, and see how that changes with depth,
# 2. switch each regulariser on alone, and make pictures of whole classes,
# 3. test how much a picture that scores 99 % proves.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown

from helpers import activations, backbones, datasets, feature_visualization, images, plots
from helpers import training
from helpers.feature_visualization import Regularisers, ascend, channel, logit, unit
from helpers.teaching import Claims, exercise, slides
from helpers.teaching import stored_effect, stored_picture, stored_table

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Any network of `backbones.NAMES`. Sentences that begin with *As shipped* tell of `"efficientnet_lite0"` and seed 0; with another choice, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
SEED = 0

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides use, and what runs here.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
squeezenet = backbones.load("squeezenet")  # its first layer is better to look at
claims = Claims(NETWORK=[NETWORK, "efficientnet_lite0"], SEED=[SEED, 0])
always = Claims()  # what holds with every choice
Markdown(slides.box("05_filters", network))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What a network paints
#
# A network was given grey waves and told: *make this picture score higher* for one of its 1000 classes. Each picture took 400 small steps, twenty of them eight minutes of one processor, so they were painted beforehand (`python3 -m benchmarks.painted` paints them again).
#
# **Think!** Name the twenty before you go on; *Class images* below has the answers.
#
# **Twenty classes, painted by SqueezeNet.**

# %% slideshow={"slide_type": "-"}
sheet = stored_picture("painted_classes_squeezenet")
corners = [(196 * row, 196 * column) for row in range(4) for column in range(5)]
twenty = [sheet[top : top + 192, left : left + 192] for top, left in corners]
plots.photos(twenty, [str(number) for number in range(1, 21)], columns=5)

# %% [markdown] slideshow={"slide_type": "skip"}
# The first shows four pink birds on long legs, the seventh a herd with stripes. No photo went into them: whatever is there, the network's weights hold.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The first layer: kernels are pictures
#
# A kernel of the first layer has three channels, red, green and blue: it *is* a small picture. Slide 001 shows AlexNet's 64 kernels of 11 x 11 pixels and ResNet's of 7 x 7; `squeezenet` and `efficientnet_lite0` have kernels of 3 x 3.
#
# Grey is zero. Each kernel may have a scale of its own, or all share one.
#
# **Think!** Why could the scale matter?
#
# **SqueezeNet's 64 kernels and the chosen network's, twice.**

# %% slideshow={"slide_type": "-"}
sheets, titles, first_kernels = [], [], {}
for one in (squeezenet, network):
    first_kernels[one.name] = feature_visualization.kernels(one)
    for scale, words in (("own", "each alone"), ("all", "one scale")):
        drawn = feature_visualization.kernel_pictures(first_kernels[one.name], scale)
        sheet = images.grid(drawn, columns=8, gap=4)
        sheets.append(np.pad(sheet, ((0, 0), (12, 12), (0, 0)), constant_values=255))
        titles.append(f"{one.name}, {len(drawn)} kernels, {words}")
plots.photos(sheets, titles, columns=2)

# %% [markdown] slideshow={"slide_type": "skip"}
# Edges in several directions, and spots of one colour. A kernel that is nearly zero looks as strong as the others when each has its own scale.
#
# **Count the kernels that are zero.**

# %% slideshow={"slide_type": "skip"}
zero = {
    name: int(feature_visualization.zero_kernels(found).sum())
    for name, found in first_kernels.items()
}
claims.check(
    zero[network.name] == 4 and zero["squeezenet"] == 0,
    "four of the default's 32 kernels are zero, none of SqueezeNet's",
    zero,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Slide 003 says that learned kernels look like handcrafted filters for edges and simple patterns. The simplest such patterns on 3 x 3 pixels: flat, a slope down, a slope across, in each colour. Nine numbers a colour make a kernel; these three patterns fix three of the nine, so a kernel of random numbers has a third of its energy (its sum of squares) in them.
#
# **How much of the learned kernels' energy lies there?**


# %% slideshow={"slide_type": "-"}
def share_of_simple_patterns(found):
    """The share of each 3 x 3 kernel's sum of squares that is flat or a slope."""
    down, across = np.mgrid[-1:2, -1:2] / np.sqrt(6)
    simple = np.stack([np.full((3, 3), 1 / 3), down, across])
    parts = np.einsum("frck,prc->fpk", found, simple)
    return (parts**2).sum(axis=(1, 2)) / (found**2).sum(axis=(1, 2, 3))


random_ones = np.random.default_rng(SEED).normal(size=(64, 3, 3, 3))
simple_share = [share_of_simple_patterns(k) for k in (random_ones, first_kernels["squeezenet"])]
by_chance, learned = (one.mean() for one in simple_share)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
always.slide_claim(
    "003",
    "The first layer's kernels look like handcrafted filters for edges and simple patterns",
    training.difference_interval(*simple_share),
    "holds",
    f"SqueezeNet: {learned:.2f} of a kernel's energy is flat or a slope, of a random kernel's {by_chance:.2f}",
    **{"above": 0, "over": "64 learned and 64 random kernels"},
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it similar to other filters?
#
# Lecture 004 asks this. Two filters are alike if they answer to the same places: we take all places of nine photos and correlate every two channels of SqueezeNet's first layer.
#
# **The three pairs that are most alike, and the three most opposite.**

# %% slideshow={"slide_type": "-"}
names = ["camera", "chelsea", "china", "coffee", "flower", "rocket", "hubble", "brick", "grass"]
photos = np.stack([images.prepare(datasets.photo(name).array, 160) for name in names])
alike = feature_visualization.activation_correlation(squeezenet, "conv1", photos)
pairs = feature_visualization.most_alike(alike, 3)
pairs += [(i, j, -r) for i, j, r in feature_visualization.most_alike(-alike, 3)]
small = feature_visualization.kernel_pictures(first_kernels["squeezenet"])
side_by_side = [images.grid(small[[i, j]], columns=2, gap=2) for i, j, _ in pairs]
white = ((0, 0), (12, 12), (0, 0))  # left and right of each pair
framed = [np.pad(pair, white, constant_values=255) for pair in side_by_side]
plots.photos(framed, [f"{i} and {j}: {r:.2f}" for i, j, r in pairs], columns=3)

# %% [markdown] slideshow={"slide_type": "skip"}
# Opposite filters are no waste: the ReLU behind them cuts off what is negative, so one keeps what the other loses.
#
# **Check both.**

# %% slideshow={"slide_type": "skip"}
always.check(pairs[0][2] > 0.9, "some filters are nearly doubles, correlation", pairs[0][2])
always.check(pairs[3][2] < -0.9, "some are nearly opposite, correlation", pairs[3][2])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Deeper: let the network paint
#
# Kernels of later layers have dozens of channels and are no pictures. So turn the question round: *which picture excites this filter most?* Keep the weights $W$, change the pixels $I$:
#
# $$I \leftarrow I + \eta \, \frac{g}{\mathrm{rms}(g)}, \qquad g = \frac{\partial}{\partial I} \, \frac{1}{HW} \sum_{ij} A_{ijk}(I)$$
#
# (Erhan et al. 2009; the division by the size of $g$ is lecture 004's trick.) Slide 000 starts from a blank image, 001 from zeros, 004 from zeros or random numbers, 003 from random grey. Slide 000 calls the method *stochastic gradient descent*: the value grows, so it is ascent, and no data are drawn, so nothing is stochastic. **Zero means the network's mean colour, not black**: that is what preprocessing turns into zero.
#
# **One step by hand.**

# %% slideshow={"slide_type": "-"}
import tensorflow as tf

kept = [np.copy(one) for one in network.model.get_weights()]
layer, number = network.vgg_equivalent("block4_conv1"), 3
maps_of = network.features(layer)
start = network.mean_colour + np.random.default_rng(SEED).normal(0, 10, (1, 128, 128, 3))
picture = tf.Variable(start, dtype=tf.float32)
with tf.GradientTape() as tape:
    before = tf.reduce_mean(maps_of(picture)[..., number])
g = tape.gradient(before, picture)
picture.assign_add(2.0 * g / tf.sqrt(tf.reduce_mean(g**2)))
after = tf.reduce_mean(maps_of(picture)[..., number])

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check that it went up.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    after > before,
    f"one step of 2 grey values excites channel {number} of {layer}",
    (float(before), float(after)),
)
same = all(np.array_equal(*two) for two in zip(kept, network.model.get_weights(), strict=True))
claim, text = (
    "The network's weights stay unchanged in the ascent",
    f"{len(kept)} arrays, bit by bit",
)
always.slide_claim("004", claim, same, "holds", text)

# %% [markdown] slideshow={"slide_type": "subslide"}
# `ascend` does this many times in one compiled function. `report` hands over the picture after each step.
#
# **The picture as it grows, from noise and from grey.**

# %% slideshow={"slide_type": "-"}
grown, at = {}, (1, 4, 12, 32)
for begin in ("noise", "grey"):
    seen = []
    keep = lambda done, total, shown, seen=seen: seen.append(shown)  # noqa: E731
    ascend(network, channel(layer, number), 128, 32, start=begin, seed=SEED, report=keep)
    grown[begin] = [seen[step - 1] for step in at]
plots.photos(
    [*grown["noise"], *grown["grey"]],
    [f"{begin}, step {step}" for begin in grown for step in at],
    columns=4,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* both starts find the same texture; its places differ, because the mean over the map does not care where it is. The frame in the lower row comes from the edge, where filters see padding: `filter_patterns` cuts a border of 16 pixels off.
#
# ### From grey, a ReLU may be dead
#
# Behind a ReLU a unit that says nothing to grey has no gradient, so it never starts. Remedies: noise and the mean over the whole channel, or the value *before* the ReLU (`feature_visualization.before_relu` names that layer).
#
# **Three ways to start the same 64 units of SqueezeNet.**

# %% slideshow={"slide_type": "-"}
relu, dead = "fire2_expand3x3_relu", {}
convolved = feature_visualization.before_relu(squeezenet, relu)
for words, goal, place, begin in (
    ("one unit, ReLU, grey", unit, relu, "grey"),
    ("whole channel, ReLU, noise", channel, relu, "noise"),
    ("one unit, before the ReLU, grey", unit, convolved, "grey"),
):
    climb = ascend(squeezenet, [goal(place, k) for k in range(64)], 32, 2, start=begin)
    dead[words] = int(climb.dead.sum())
plots.bars(dead, title="units without any gradient, of 64")

# %% [markdown] slideshow={"slide_type": "skip"}
# The first bar counts the units that grey leaves without a gradient; before the ReLU there are none.
#
# **Check the second remedy.**

# %% slideshow={"slide_type": "skip"}
always.check(
    dead["one unit, ReLU, grey"] > 5 and dead["one unit, before the ReLU, grey"] == 0,
    "grey leaves ReLU units dead, their pre-activations are alive",
    dead,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Every depth: increasing complexity?
#
# Slide 000 shows filters of VGG16's blocks 1 to 4: edges and colours, then textures, then things like eyes and leaves. Here are the layers that play these parts, and a later one. The first six filters of each, not chosen.
#
# A weak blur (a regulariser of *Whole classes*, below) keeps single pixels from flickering.
#
# **Think!** Which layer will be the first whose patterns you can name?
#
# **Six filters at five depths.**

# %% slideshow={"slide_type": "-"}
depths = [network.vgg_equivalent(f"block{b}_conv1") for b in (1, 2, 3, 4)]
lite0 = NETWORK == "efficientnet_lite0"
depths.append("block9_expand" if lite0 else network.vgg_equivalent("block5_conv1"))
weak_blur, patterns = Regularisers(blur=0.7, every=2), {}
for depth in depths:
    patterns[depth] = feature_visualization.filter_patterns(
        network, depth, range(6), 128, 26, seed=SEED, regularisers=weak_blur
    )
shown = [images.deprocess(p) for depth in depths for p in patterns[depth]]
titles = [f"{depth} {k}" for depth in depths for k in range(6)]
plots.photos(shown, titles, columns=6)

# %% [markdown] slideshow={"slide_type": "subslide"}
# To measure "complex": decompose each pattern into waves. A single grating needs a few waves, noise most of them. How many waves hold 90 % of the pattern's variance?
#
# **The share of waves needed, by depth.**

# %% slideshow={"slide_type": "-"}
needed = {
    layer: float(feature_visualization.frequencies_needed(p).mean())
    for layer, p in patterns.items()
}
plots.bars(needed, title="share of all waves that hold 90 % of a pattern, mean of six filters")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the first layer's patterns need the fewest waves by far.
#
# **The slides' two claims, measured.**

# %% slideshow={"slide_type": "skip"}
waves_of = [feature_visualization.frequencies_needed(patterns[depth]) for depth in depths[:2]]
claims.slide_claim(
    "000",
    "The first layer's filters want the simplest pictures (edges and colours): fewer waves than the next",
    training.difference_interval(*waves_of[::-1]),
    "holds",
    f"{needed[depths[0]]:.1%} of the waves hold 90 % of a pattern, then {needed[depths[1]]:.1%}",
    **{"below": 0, "over": "6 and 6 filters", "on_vgg16": NETWORK == "vgg16"},
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The second one: the rank correlation of depth and complexity over all thirty filters.**

# %% slideshow={"slide_type": "skip"}
each = np.concatenate([feature_visualization.frequencies_needed(p) for p in patterns.values()])
trend = training.rank_interval(np.repeat(np.arange(len(depths)), 6), each)
claims.slide_claim(
    "000",
    "Filters get increasingly complex the deeper you go",
    trend,
    "holds",
    f"rank correlation of depth and waves needed: {trend[0]:.2f}",
    above=0,
    over=f"{len(each)} filters",
    on_vgg16=NETWORK == "vgg16",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Slide 000 goes on: first simple textures, later textures *found in natural images*. Then later paintings must be more like photos. We ask another network: how near, in its features, is each painting to the nearest of some photo patches of the same size?
#
# **The nearest patch of each of the thirty paintings, by the cosine of SqueezeNet's features.**

# %% slideshow={"slide_type": "-"}
known = [datasets.photo(name).array for name in datasets.photos()]
patches = [images.resize(one[:256, :256, :3], (96, 96)) for one in known if one.ndim == 3]
paintings = [images.deprocess(p) for depth in depths for p in patterns[depth]]
seen_as = []
for some in (patches, paintings):
    x = squeezenet.features_of(np.stack(some), "fire5_concat").mean(axis=(1, 2))
    seen_as.append(x / np.linalg.norm(x, axis=1, keepdims=True))
nearest = (seen_as[1] @ seen_as[0].T).max(axis=1)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The claim: the rank correlation of depth and likeness to photos.**

# %% slideshow={"slide_type": "skip"}
natural = training.rank_interval(np.repeat(np.arange(len(depths)), 6), nearest)
text = (
    f"cosine {nearest[:6].mean():.2f} in the first layer, {nearest[-6:].mean():.2f} in the last"
)
claim = "Later filters' pictures resemble textures of natural images more"
claims.slide_claim("000", claim, natural, "cannot tell", text, above=0, over="30 filters")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* as a trend it holds; from layer to layer it does not: by this number the great step is the first one. Four of the first layer's six patterns are one flat colour here; its edges are in the kernels above. To the eye, what grows further is the *size* of what is painted.
#
# Twenty-six steps are few. With 150 small ones, in waves, on pictures that are moved about, SqueezeNet's filters look like this. Their numbers were written down before anything was painted.
#
# **Six filters each of three layers, painted slowly beforehand.**

# %% slideshow={"slide_type": "-"}
sheet = stored_picture("painted_filters")
rows = [(132 * row, name) for row, name in enumerate(("fire4", "fire6", "fire8"))]
corners = [(top, 132 * column, name) for top, name in rows for column in range(6)]
slowly_painted = [sheet[top : top + 128, left : left + 128] for top, left, _ in corners]
plots.photos(slowly_painted, [name for *_, name in corners], columns=6)

# %% [markdown] slideshow={"slide_type": "skip"}
# `fire4` waits for weaves, scales and basketwork; `fire6` for rows of eyes, crumpled leaves, patchwork, twigs and scalloped shells; `fire8` for bubbles, roots, and one large eye. Among published pictures of such units (Olah et al. 2017, on GoogLeNet) these lack the late layers' whole heads and buildings, and their colours are coarser.
#
# ## What may be climbed
#
# A channel's mean is one choice. Slide 003 sets the gradient of one unit to 1 and all others to 0: that is one unit. Objectives can be added and weighted.
#
# **Five objectives at the same layer.**

# %% slideshow={"slide_type": "-"}
goals = {
    "a channel's mean": channel(layer, 3),
    "its unit in the middle": unit(layer, 3),
    "the whole layer (squares)": feature_visualization.whole_layer(layer),
    "channel 3 + channel 5": channel(layer, 3) + channel(layer, 5),
    "channel 3 - 2 x channel 5": channel(layer, 3) - 2 * channel(layer, 5),
}
drawn = [
    ascend(network, goal, 128, 24, seed=SEED, regularisers=weak_blur) for goal in goals.values()
]
plots.photos([images.deprocess(one.pictures[0]) for one in drawn], list(goals), columns=5)

# %% [markdown] slideshow={"slide_type": "slide"}
# The unit sees only its receptive field; around it nothing is painted: what is left there is the noise, smoothed by the blur.
#
# ## Whole classes
#
# $$\max_I \; S_c(I) - \lambda |I|^2$$
#
# (Simonyan et al. 2014, slide 001.) $S_c$ is the score **before** the softmax, and $|I|$ is counted from the mean colour. Slide 001 adds three regularisers from Yosinski et al. (2015): blur now and then, put pixels of small norm to zero, and those of small gradient. The paper says it otherwise: it clips pixels of small *contribution*, $\lvert$pixel times gradient$\rvert$. Both are here. Later work moves the picture about, or paints with waves instead of pixels, in colours that vary independently in photos (Olah et al. 2017).
#
# The painter is SqueezeNet from here on: it is the faster one, and paints with less grain. Both stand side by side in *Class images*.
#
# **Think!** Without any of them: what will a flamingo look like?
#
# | switch | what it does |
# |---|---|
# | decay | at each step every pixel goes 5 % of its way back to the mean colour: the penalty $\lambda \lvert I \rvert^2$ |
# | blur | every fourth step a weak blur |
# | clip small norms | every fourth step the half of the pixels nearest to the mean colour becomes the mean colour |
# | clip small contributions | the same with the pixels that matter least: smallest pixel times gradient, without its sign (the paper's rule) |
# | clip small gradients | the same with those of the smallest gradient (the slide's rule) |
# | total variation | neighbouring pixels are pulled together |
# | jitter | the network sees the picture shifted at random, by up to 12 pixels |
# | rotate and zoom | it sees the picture turned by up to 8 degrees, 10 % larger or smaller |
# | waves (Fourier) | not the pixels are climbed, but the sizes of waves that make the picture |
#
# **The switches, one by one.**

# %% slideshow={"slide_type": "-"}
switches = {
    "none": {},
    "decay": {"decay": 0.05},
    "blur": {"blur": 0.8},
    "clip small norms": {"clip_norm": 0.5},
    "clip small contributions": {"clip_contribution": 0.5},
    "clip small gradients": {"clip_gradient": 0.5},
    "total variation": {"total_variation": 0.4},
    "jitter": {"jitter": 12},
    "rotate and zoom": {"rotate": 8, "zoom": 0.1},
}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Climb the same class from the same noise (the waves: from random waves), 30 steps each.**

# %% slideshow={"slide_type": "-"}
class_, painter, made = "flamingo", squeezenet, {}
for words, switch in switches.items():
    made[words] = ascend(
        painter, logit(class_), 144, 30, seed=SEED, regularisers=Regularisers(**switch)
    )
made["waves (Fourier)"] = ascend(painter, logit(class_), 144, 30, seed=SEED, fourier=True)
plots.photos(
    [images.deprocess(one.pictures[0]) for one in made.values()], list(made), columns=5
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* bent necks on legs stand in every picture. Slide 001's switches make the noise around them smoother (blur), sparser (clips) or weaker (decay); waves change the picture most, and give it a photo's colours.
#
# Four numbers for each picture: its **score** (the logit of the class, before the softmax); its **contrast** (standard deviation from the mean colour, of 255); its **roughness** (mean difference to the next pixel below and beside, added, of 255); and the score of the same picture **shifted** by 3 pixels: what is left of the score if it stands on fine dots in their exact place.
#
# **The same ten pictures in numbers.**

# %% slideshow={"slide_type": "-"}
from helpers.feature_visualization import regularisers

index = painter.class_index(class_)
rows = ["| switch | score | contrast | roughness | when shifted |", "|---|---|---|---|---|"]
for words, one in made.items():
    both = np.concatenate([one.pictures, np.roll(one.pictures, 3, axis=(1, 2))])
    score, moved = painter.features_of(both, painter.vgg_equivalent("predictions"))[:, index]
    contrast = (one.pictures - painter.mean_colour).std()
    rough = regularisers.total_variation(one.pictures)[0] / one.pictures.size
    rows.append(f"| {words} | {score:.1f} | {contrast:.0f} | {rough:.0f} | {moved:.1f} |")
Markdown("\n".join(rows))

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* without any switch most of the score is gone once the picture is shifted. The two switches that move the picture keep all or most of theirs.

# %% [markdown] slideshow={"slide_type": "skip"}
# Slide 001 calls blur and clips *better* than the penalty alone. One class cannot tell. We paint eight classes in both ways and ask a network that had no part in it.
#
# **The eight classes.**

# %% slideshow={"slide_type": "-"}
eight = [
    "flamingo",
    "bell pepper",
    "dalmatian",
    "volcano",
    "monarch",
    "espresso",
    "zebra",
    "lemon",
]
rows_of = np.arange(8), [squeezenet.class_index(name) for name in eight]

# %% [markdown] slideshow={"slide_type": "skip"}
# **The witness's log probability of each class, in both ways.**

# %% slideshow={"slide_type": "-"}
both_ways, of_witness = {"penalty alone": Regularisers(decay=0.05)}, {}
both_ways["blur and clips"] = Regularisers(
    decay=0.05, blur=0.8, clip_norm=0.3, clip_gradient=0.3
)
for words, rules in both_ways.items():
    goals = [logit(name) for name in eight]
    one = ascend(network, goals, 88, 24, seed=SEED, regularisers=rules)
    shown = [images.resize(images.deprocess(p), (227, 227)) for p in one.pictures]
    of_witness[words] = np.log(squeezenet.probabilities(np.stack(shown))[rows_of])

# %% [markdown] slideshow={"slide_type": "skip"}
# **The claim.**

# %% slideshow={"slide_type": "skip"}
measured = training.mean_interval(of_witness["blur and clips"] - of_witness["penalty alone"])
claim = "Blur and clips make better class images than the penalty alone (to another network)"
claims.slide_claim("001", claim, measured, "holds", above=0, over="8 classes")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Class images: flamingo, bell pepper, dalmatian
#
# The slides show a flamingo (004), a bell pepper and a dalmatian (003). Here they are as those above were painted, but in 60 steps that are twice as large: waves, jitter, turns and zooms together. The other network paints the same three in the same way.
#
# **Three classes, SqueezeNet's above, the other network's below.**

# %% slideshow={"slide_type": "-"}
classes, own, painted_by = ["flamingo", "bell pepper", "dalmatian"], {}, {}
other_painter = network if NETWORK != "squeezenet" else backbones.load("efficientnet_lite0")
faster = {**feature_visualization.SLOWLY, "step_size": 0.03, "seed": SEED}
for one in (painter, other_painter):
    painted = feature_visualization.class_images(one, classes, 176, 60, **faster).pictures
    shares = one.probabilities(painted)
    own[one.name] = [float(shares[i, one.class_index(name)]) for i, name in enumerate(classes)]
    painted_by[one.name] = [images.deprocess(picture) for picture in painted]
titles = [f"{classes[i]}, {name}: {own[name][i]:.2f}" for name in own for i in range(3)]
plots.photos([*painted_by[painter.name], *painted_by[other_painter.name]], titles, columns=3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* pink birds, a green pepper, a spotted animal; below, one pink neck, a dark green pepper and a dalmatian's head, in coarser grain. Both networks are sure of their own, and neither names one of the other's.
#
# **What does each network see in the other's pictures?**

# %% slideshow={"slide_type": "-"}
rows = ["| painter | class | it says itself | the other network says |", "|---|---|---|---|"]
for one, looks in ((painter, other_painter), (other_painter, painter)):
    for name, share, picture in zip(classes, own[one.name], painted_by[one.name], strict=True):
        top = ", ".join(f"{what} {p:.2f}" for what, p in looks.predict_top(picture, 3))
        rows.append(f"| {one.name} | {name} | {share:.4f} | {top} |")
Markdown("\n".join(rows))

# %% [markdown] slideshow={"slide_type": "skip"}
# The painter's own opinion stands above each picture. It is no independent witness: it painted them. A network that had no part in it is.
#
# Sixty steps are a sketch. The twenty at the top of this notebook are, row by row: flamingo, bell pepper, dalmatian, volcano, monarch; espresso, zebra, lemon, Egyptian cat, goldfish; strawberry, peacock, king penguin, African elephant, tiger; jellyfish, school bus, castle, pineapple, daisy. They were chosen before one was painted, and none was left out. Nobody told the other network either: it was shown each picture and ten names, of which chance hits one in ten.
#
# **The blind test, stored.**

# %% slideshow={"slide_type": "-"}
stored_table("painted")

# %% [markdown] slideshow={"slide_type": "skip"}
# Thirteen of twenty: far more than chance, far fewer than of photos. Pepper, volcano and penguins are plain to us and not to the other network, which judges by grain and colour as well, and no photo has these. That the other network paints with more grain may lie in its ReLU6, its batch normalisation or its skips; we did not measure which. How a picture is painted matters, too: with the plain gradient on pixels, as in the switches above, SqueezeNet's flamingos are hardly more than noise.
#
# **Does a class's picture show the class? And is the painter sure?**

# %% slideshow={"slide_type": "skip"}
effect = stored_effect("painted", "squeezenet")
claim = "A picture painted for a class shows the class: another network finds it among ten"
always.slide_claim("003", claim, effect["measured"], "holds", above=0.1, over=effect["over"])
always.check(
    min(own["squeezenet"]) > 0.9, "SqueezeNet is sure of its own three", min(own["squeezenet"])
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Before the softmax, or after?
#
# Slide 001: climb the score before the softmax. Slide 003: climb the probability. For the score of its own class,
#
# $$\frac{\partial p_c}{\partial z_c} = p_c (1 - p_c).$$
#
# At the start $p_c$ is about 1/1000, at the end it is nearly 1: both times the slope is nearly zero.
#
# **Think!** Lecture 004 divides by the gradient's size. Does the softmax still matter then?
#
# **Both scores, with the plain gradient and with the divided one.**

# %% slideshow={"slide_type": "-"}
from helpers.feature_visualization import probability

ways, flamingo = {}, network.class_index("flamingo")
rows = np.arange(8), [network.class_index(name) for name in eight]
for words, kind in (("before", logit), ("after", probability)):
    for divided in (False, True):
        how = {"step_size": 10.0 if divided else 8000.0, "normalise": divided, "seed": SEED}
        one = ascend(network, [kind(name) for name in eight], 72, 24, **how)
        label = f"{words} the softmax, {'divided' if divided else 'plain'} gradient"
        ways[label] = network.probabilities(one.pictures)[rows]

# %% [markdown] slideshow={"slide_type": "skip"}
# **The mean probability of the eight.**

# %% slideshow={"slide_type": "-"}
means = {label: float(reached.mean()) for label, reached in ways.items()}
plots.bars(means, title="mean probability of eight classes after 24 steps from noise")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the plain gradient after the softmax does not leave the ground. Divided by its size it climbs as well: the trick hides the vanishing, and the direction that is left pushes the other classes down too.
#
# **The slide's advice, measured.**

# %% slideshow={"slide_type": "skip"}
plain_before, divided_before, plain_after, divided_after = ways.values()
more = {"over": "8 classes", "on_vgg16": NETWORK == "vgg16", "above": 0}
claim = "A class image is climbed on the score before the softmax, not on the probability"
text = f"plain gradient: {plain_before.mean():.3f} before, {plain_after.mean():.4f} after the softmax"
measured = training.mean_interval(plain_before - plain_after, (-1, 1))
claims.slide_claim("001", claim, measured, "holds", text, **more)
claim = "Dividing by the gradient's norm is a trick that helps the climb (on the probability)"
text = f"divided {divided_after.mean():.3f}, plain {plain_after.mean():.4f}"
measured = training.mean_interval(divided_after - plain_after, (-1, 1))
claims.slide_claim("004", claim, measured, "holds", text, **more)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A picture that is noise and scores 99 %
#
# Start from strong noise and climb with tiny steps. Nothing keeps the picture near photos, so the climb finds the shortest way: fine patterns that nobody sees (Nguyen, Yosinski and Clune 2015).
#
# **Think!** How far must the pixels move, out of 255, for 99 %?
#
# **Noise, the same noise after 20 small steps, and ten times their difference.**

# %% slideshow={"slide_type": "-"}
size = network.input_size
noise = np.random.default_rng(SEED).uniform(0, 255, (size, size, 3))
fooled = ascend(network, logit("flamingo"), start=noise, steps=20, step_size=0.5)
fooling = np.round(fooled.pictures[0]).astype("uint8")
moved_by = fooling - noise
enlarged = (127.5 + 10 * moved_by).clip(0, 255).astype("uint8")
shown = [noise.round().astype("uint8"), fooling, enlarged]
plots.photos(shown, ["noise", "flamingo?", "difference x 10"])

# %% [markdown] slideshow={"slide_type": "skip"}
# **What both networks say, and what is left when the picture is shifted by one pixel or saved half as large.**

# %% slideshow={"slide_type": "-"}
witness = squeezenet if NETWORK != "squeezenet" else other_painter
coarse = images.resize(images.resize(fooling, (size // 2, size // 2)), (size, size))
trials = {"as it is": fooling, "shifted": np.roll(fooling, 1, axis=1), "half size": coarse}
scores = {words: float(network.probabilities(p)[0, flamingo]) for words, p in trials.items()}
other = images.resize(fooling, (witness.input_size,) * 2)
seen_by_other = witness.probabilities(other)[0, witness.class_index("flamingo")]
scores["the other network"] = float(seen_by_other)
distance = float(np.sqrt((moved_by**2).mean()))
plots.bars(scores, title=f"flamingo, with pixels moved by {distance:.1f} of 255 (rms)")

# %% [markdown] slideshow={"slide_type": "skip"}
# Slide 003 asks which content a picture should have to get a high probability. *As shipped* the answer is: none.
#
# **A high score is no proof.**

# %% slideshow={"slide_type": "skip"}
by_painter, by_witness = scores["as it is"], scores["the other network"]
claims.check(distance < 6, "the pixels moved, of 255 (rms), by", distance)
claims.slide_claim(
    "003",
    "(what the slide's question takes for granted) a high probability needs content of the class",
    not (by_painter > 0.99 and by_witness < 0.01),
    "does not hold here",
    f"noise: {by_painter:.4f}; the other network gives it {by_witness:.4f}",
    on_vgg16=NETWORK == "vgg16",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Synthetic picture and real photos, side by side
#
# Slide 003 sets both next to each other: the picture that was painted for a channel, and the photos that excite the same channel most (notebook 4). The photos are those that come with the installation, parts of them, and forty drawn critters.
#
# **Four channels of one layer: painted, and the four best patches.**

# %% slideshow={"slide_type": "-"}
where = "block5_expand" if lite0 else network.vgg_equivalent("block4_conv1")
behind = f"{where}_relu" if lite0 else where
chosen = [5, 9, 15, 21]
collection = datasets.photo_collection(network.input_size)
found = activations.top_activations(network, collection, [behind])
synthetic = feature_visualization.filter_patterns(
    network, where, chosen, 160, 40, seed=SEED, regularisers=weak_blur
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Left the painted picture, then the four best patches with the values that they give. Grey: outside the photo.**

# %% slideshow={"slide_type": "-"}
rows, titles = [], []
for k, pattern in zip(chosen, synthetic, strict=True):
    best = activations.patches(found, behind, k, 4, side=128)
    blank = [np.full((128, 128, 3), 255, "uint8")] * (4 - len(best))
    rows += [images.deprocess(pattern), *best, *blank]
    titles += [f"{where} {k}", *[f"photo {i + 1}" for i in range(4)]]
plots.photos(rows, titles, columns=5)

# %% [markdown] slideshow={"slide_type": "skip"}
# The painted picture shows what the channel wants everywhere; a patch shows one place where a photo gives it. *As shipped*, some patches explain the painting, some surprise: a black corner is enough for channel 15, though it paints dots. Three of its four patches lie in a corner of their photo, where the network sees padding too.
#
# Slide 000 says more: the picture is one that the filter is *maximally* responsive to. Nobody can try all pictures; but it must at least beat every photo at hand.
#
# **Forty filters of the layer: the mean of each on its own picture, and on the best of all photos.**

# %% slideshow={"slide_type": "-"}
forty = list(range(40))
own_pictures = feature_visualization.filter_patterns(
    network, where, forty, 80, 22, seed=SEED, regularisers=weak_blur
)
batches = [collection.pictures[at : at + 16] for at in range(0, len(collection.pictures), 16)]
on_photos = [network.features_of(one, where)[..., forty].mean(axis=(1, 2)) for one in batches]
best_photo = np.concatenate(on_photos).max(axis=0)
painted_mean = network.features_of(own_pictures, where)[..., forty].mean(axis=(1, 2)).diagonal()

# %% [markdown] slideshow={"slide_type": "skip"}
# **The claim: nine of ten filters or more.**

# %% slideshow={"slide_type": "skip"}
wins = painted_mean > best_photo
claim = "The picture found by ascent excites its filter maximally (more than any photo at hand)"
share = wins.mean(), *training.share_interval(wins.mean(), len(wins))
text = f"{wins.sum()} of {len(wins)} filters, against {len(collection.pictures)} pictures"
claims.slide_claim(
    "000", claim, share, "cannot tell", text, above=0.9, over=f"{len(wins)} filters"
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A first circuit
#
# Lecture 004 announces circuits (Olah et al. 2020): what a unit is made of, one layer down. SqueezeNet is plain enough to read: a unit of `fire4_squeeze` is a weighted sum of the 128 maps below it, one weight each. A large weight from a map that never changes does nothing, so we order them by the size of the weight times how much the input varies on photos.
#
# **One unit, its three strongest inputs with a positive and its two strongest with a negative weight.**

# %% slideshow={"slide_type": "-"}
from helpers.feature_visualization import before_relu, filter_patterns

upper, eighth = "fire4_squeeze", 8
strongest = feature_visualization.strongest_inputs(squeezenet, upper, eighth, 40, photos)
wanted, unwanted = ([one for one in strongest if one.weight * s > 0] for s in (1, -1))
inputs = [*wanted[:3], *unwanted[:2]]
below = [(before_relu(squeezenet, one.layer), one.channel) for one in inputs]
painted_for = [(upper, eighth), *below]
how = {"size": 112, "steps": 32, "regularisers": weak_blur}
circuit = [filter_patterns(squeezenet, at, [c], **how)[0] for at, c in painted_for]
titles = ["the unit", *(f"{one.layer} {one.channel}\n{one.weight:+.2f}" for one in inputs)]
plots.photos([images.deprocess(one) for one in circuit], titles)

# %% [markdown] slideshow={"slide_type": "skip"}
# A positive weight: the unit wants this below it. A negative one: it wants the absence of it.
#
# Is that all of the unit? What each input adds can be computed, and the parts must sum to the whole.
#
# **What the 128 inputs add to the unit on its own picture.**

# %% slideshow={"slide_type": "-"}
picture = circuit[0][None]
parts = feature_visualization.contributions(squeezenet, upper, eighth, picture)[0]
bias = squeezenet.layer(upper).get_weights()[1][eighth]
whole = squeezenet.features_of(picture, upper)[0, :, :, eighth].mean()
order = np.argsort(-np.abs(parts))
_, sources = feature_visualization.weights_into(squeezenet, upper, eighth)
plots.bars(
    {f"{sources[i][0]} {sources[i][1]}": float(parts[i]) for i in order[:6]},
    title=f"the six largest parts; all parts and the bias make {parts.sum() + bias:.0f}",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Bars to the right excite the unit, bars to the left hold it back.
#
# **Check that nothing is missing.**

# %% slideshow={"slide_type": "skip"}
always.check(
    np.isclose(parts.sum() + bias, whole, rtol=1e-3),
    "parts and bias make the unit's mean",
    (float(parts.sum() + bias), float(whole)),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Explore
#
# **Choose what to climb and how, press Start, watch the picture grow, press Stop.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import ascent_explorer

ascent_explorer(painter)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# **1. Total variation by hand.**
#
# The total variation of a picture is the sum of all differences to the next pixel, downwards and across, without their signs. What is it for the grey picture `[[1, 4], [2, 2]]`? (Expected: a whole number below 10.)

# %% slideshow={"slide_type": "skip"}
your_variation = None

grey = np.array([[1.0, 4.0], [2.0, 2.0]])[None, :, :, None]
correct = feature_visualization.regularisers.total_variation(grey)[0]
exercise(
    your_variation,
    correct,
    hint="There are four differences: two downwards, two across.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. What a filter likes least.**
#
# `ascend` only goes up. Which objective must it climb, so that the mean of channel 3 of `layer` gets as *low* as possible? (Expected: an objective, made from `channel(layer, 3)`.)

# %% slideshow={"slide_type": "skip"}
your_objective = None


def is_lower(objective):
    """Whether the channel's mean is lower after six steps than after one."""
    climbs = [ascend(network, objective, 64, n, report=lambda *_: None) for n in (1, 6)]
    mean = [network.features_of(one.pictures, layer)[..., 3].mean() for one in climbs]
    return mean[1] < mean[0]


exercise(your_objective, is_lower, hint="Look at the fifth objective of *What may be climbed*.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. The decay of slide 001.**
#
# The penalty $\lambda |I|^2$ has the gradient $2 \lambda I$. A step of rate $\eta$ on it multiplies the (centred) picture by which number, for $\eta = 10$ and $\lambda = 0.004$? (Expected: between 0.9 and 1.)

# %% slideshow={"slide_type": "skip"}
your_factor = None

slope = 0.004 * (100.5**2 - 99.5**2)  # of the penalty, at a pixel of value 100
exercise(
    your_factor,
    (100 - 10 * slope) / 100,
    hint="Write the step down for one pixel, and take I out of it.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. drawn filters at five depths: {needed[depths[0]]:.1%} of the waves make a pattern of the first layer, {needed[depths[-1]]:.1%} one of `{depths[-1]}`;
2. switched on nine regularisers one by one, and painted three classes to which SqueezeNet itself gives at least {min(own["squeezenet"]):.4f};
3. moved noise by {distance:.1f} of 255, and the network gives it {scores["as it is"]:.4f} for flamingo; another network {scores["the other network"]:.4f}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `loss = K.mean(layer_output[:, :, :, n])` | `tf.reduce_mean(maps[..., n])` inside a `GradientTape` |
# | `K.gradients(loss, model.input)[0]` | `tape.gradient(loss, picture)` |
# | `grads /= K.sqrt(K.mean(K.square(grads))) + 1e-5` | divide by the rms if it is positive; no constant |
# | `K.function([model.input], [loss, grads])` | one compiled function that is kept |
# | start from zeros | start from the mean colour |
#
# *Further reading.* D. Erhan, Y. Bengio, A. Courville and P. Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009. K. Simonyan, A. Vedaldi and A. Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014. J. Yosinski, J. Clune, A. Nguyen, T. Fuchs and H. Lipson, "Understanding Neural Networks Through Deep Visualization", ICML workshop 2015. A. Nguyen, J. Yosinski and J. Clune, "Deep Neural Networks Are Easily Fooled", CVPR 2015. C. Olah, A. Mordvintsev and L. Schubert, "Feature Visualization", Distill 2017. C. Olah et al., "Zoom In: An Introduction to Circuits", Distill 2020.
