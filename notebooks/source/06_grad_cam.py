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
# # 6 Grad-CAM: where does the network look?
#
# A heat map says which places of a photo raised the score of a class; you build it in three steps, meet its family, and find out what it can and cannot tell.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: heat maps of class activation) and 004 (SMU: class activation mapping). **About 1 minute** on two cores.*
#
# *Why:* a network gives a name and a number. A heat map is the quickest way to ask it *where* it saw that. *Stands on* the maps and channels of a layer ([notebook 4](04_activations.ipynb)) and on what a derivative is.
#
# [← 5 Filters](05_filters.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [7 Rivals →](07_rivals.ipynb)
#
# **You will**
# 1. build a Grad-CAM map step by step, and read it without falling into the trap of its scale,
# 2. say what the relatives of Grad-CAM do differently, and at which layers that matters,
# 3. tell the stories of right and wrong answers with a map, and measure whether it locates an object.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown

from helpers import attribution, backbones, datasets, images, plots, training
from helpers.attribution import activations_and_gradients, grad_cam, weighted_map
from helpers.teaching import Claims, exercise, slides

import keras
import tensorflow as tf

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Any network of `backbones.NAMES` and any photo of `datasets.photos()`, or the path of your own. Sentences that begin with *As shipped* tell of `"efficientnet_lite0"`, the motorcycle and seed 0; with another choice, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
PHOTO = "stereo_motorcycle"
SEED = 0

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides use, and what runs here.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
claims = Claims(
    NETWORK=[NETWORK, "efficientnet_lite0"],
    PHOTO=[PHOTO, "stereo_motorcycle"],
    SEED=[SEED, 0],
)
always = Claims()  # what holds with every choice
Markdown(slides.box("06_grad_cam", network))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The question
#
# The network gives a photo a score for each class. *Which places of the photo raised the score?*
#
# On the slide, VGG16 calls the lecture's photo African elephant with 0.925, then tusker and Indian elephant. The default network of this course says 0.88 for the same photo, then Indian elephant and tusker. Our photo comes with the installation.
#
# **Think!** As shipped, a motorcycle stands in a garage, and ImageNet has no class "motorcycle". What will the network say?
#
# **The photo as the network sees it, and its three best classes.**

# %% slideshow={"slide_type": "-"}
photo = datasets.photo(PHOTO).array if PHOTO in datasets.photos() else images.load(PHOTO)
picture = network.prepare(photo)
top = network.predict_top(photo, 3)
names = [name for name, _ in top]
title = ", ".join(f"{name} {share:.2f}" for name, share in top)
plots.photos([photo, picture], ["the photo", "what the network sees"], title=title)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped*, the nearest of 1000 words must do; so it went with the slide's shepherd dog (*Stories*, below).
#
# **Check it.**

# %% slideshow={"slide_type": "skip"}
claims.check(names[0] == "moped", "the network calls the motorcycle a moped", top[0])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 1: activations and gradients
#
# Let $A_{ijk}$ be the last maps (row $i$, column $j$, channel $k$) and $f_c$ the score of class $c$. We ask how $f_c$ changes with each of these numbers.
#
# The score is the **logit**, the value before the softmax. Why not the probability? Where the network is sure, little of its gradient is left: [notebook 7](07_rivals.ipynb) measures how little.
#
# **One forward and one backward pass; this is all that is computed.**

# %% slideshow={"slide_type": "-"}
layer = network.vgg_equivalent("block5_conv3")
both = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
class_number = int(network.probabilities(picture).argmax())
with tf.GradientTape() as tape:
    A, logits = both(picture[None].astype("float32"))
    score = logits[0, class_number]
G = tape.gradient(score, A)
print(
    f"{layer}: A has the shape {tuple(A.shape)}, and so has its gradient; the score is {float(score):.2f}"
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Step 2: one weight per channel
#
# $$\alpha_k^c = \frac{1}{H W} \sum_{i,j} \frac{\partial f_c}{\partial A_{ijk}}$$
#
# (Selvaraju et al., ICCV 2017, equation 1.) A channel with a large $\alpha_k^c$ speaks for the class, one with a negative $\alpha_k^c$ against it.
#
# **The mean over all places.**

# %% slideshow={"slide_type": "-"}
alpha = G.numpy()[0].mean(axis=(0, 1))
order = np.argsort(alpha)
ends = [*order[-4:][::-1], *order[:4]]
plots.bars(
    {f"channel {k}": 1000 * alpha[k] for k in ends},
    title=f"1000 x the weight for {names[0]}: the four largest and the four smallest",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The four channels at the top speak for the class, the four below against it; all the others lie between.
#
# ## Step 3: the weighted sum, and a ReLU
#
# $$S_{ij}^c = \mathrm{ReLU}\Big(\sum_k \alpha_k^c A_{ijk}\Big)$$
#
# (Equation 2.) The ReLU keeps the places that speak *for* the class.
#
# **Think!** The maps have very few rows and columns. How sharp can the result be?
#
# **The map, as it is and over the photo.**

# %% slideshow={"slide_type": "-"}
step_by_step = np.maximum((A.numpy()[0] * alpha).sum(axis=-1), 0)
rows, columns = step_by_step.shape
in_squares = step_by_step.repeat(32, 0).repeat(32, 1)
titles = [f"{names[0]}: {rows} x {columns} places", "enlarged smoothly"]
plots.overlays(picture, [in_squares, step_by_step], titles)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped*, each place stands for a square of about 32 x 32 pixels, enlarged smoothly.
#
# **The same three steps in one function, compiled once and kept.**

# %% slideshow={"slide_type": "skip"}
heat = grad_cam(network, picture, names[0])
difference = np.abs(heat - step_by_step).max() / max(heat.max(), 1e-12)  # an empty map is 0
always.check(
    difference < 1e-3,
    "grad_cam() gives the same map; largest difference, as a share of the maximum",
    difference,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One map per class
#
# The same activations serve every class; only the weights $\alpha$ differ.
#
# **The three best classes, and one that is absent.**
#
# All four maps share one scale, so their strengths can be compared.

# %% slideshow={"slide_type": "-"}
absent = "espresso" if "African elephant" in names else "African elephant"
asked = [*names, absent]
maps = np.stack([grad_cam(network, picture, name) for name in asked])
shown = [f"{name}, max {one.max():.2f}" for name, one in zip(asked, maps, strict=True)]
plots.overlays(picture, maps, shown, limit=float(maps.max()), columns=3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* all three names are read off the middle of the motorcycle, around the engine, *disk brake* too, though the brakes sit at the wheels: a name can be right where the evidence is not the thing itself. The absent class has a weak map, but not an empty one.
#
# **The trap: divide each map by its own maximum, as most code does, and the absent class looks as sure as the others.**

# %% slideshow={"slide_type": "-"}
plots.overlays(
    picture,
    maps[[0, 3]],
    [f"{asked[0]}, own scale", f"{absent}, own scale"],
    original=False,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Lecture 004 divides, too: its formula begins with $1 / S_{max}$. A heat map says *where*, never *whether*. Read the probability beside it.
#
# **Check that the absent class is weaker in its own numbers.**

# %% slideshow={"slide_type": "skip"}
apart = len({one.round(6).tobytes() for one in maps})
claim, text = (
    "Each class has a heat map of its own",
    f"{apart} different maps of {len(maps)} classes",
)
always.slide_claim("004", claim, apart == len(maps), "holds", text)
claims.check(
    maps[3].max() < maps[0].max(),
    "the absent class has the lower maximum",
    (maps[3].max(), maps[0].max()),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## ReLU after the sum, or inside it?
#
# The paper sums first: a channel that speaks against the class cancels one that speaks for it. Lecture 004 puts the ReLU $\phi$ inside, $\sum_k \phi(\alpha_k A_{ijk})$: nothing cancels.
#
# **Think!** Both formulas take the same two arrays. When do their maps differ?
#
# **The correlation of the two maps, at the last layer and at a finer one (in the default network with a stride of 16).**

# %% slideshow={"slide_type": "-"}
finer, pairs = network.vgg_equivalent("block4_conv1"), {}
if NETWORK == "efficientnet_lite0":
    finer = "block11_depthwise_relu"  # the last depthwise ReLU with this stride
for at in (layer, finer):
    both_arrays = activations_and_gradients(network, picture, names[0], at)
    pairs[at] = [weighted_map(*both_arrays, place)[0] for place in ("after", "inside")]
agreement = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs.values()]
titles = []
for at, r in zip(pairs, agreement, strict=True):
    titles += [f"{at}: after the sum", f"inside, r = {r:.2f}"]
plots.overlays(picture, [*pairs[layer], *pairs[finer]], titles, columns=2, original=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* at the last layer the place of the ReLU hardly matters. At the finer layer the map with the ReLU inside is warm nearly everywhere: evidence against the class no longer cancels evidence for it.
#
# **Check both.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    agreement[0] > 0.9,
    "last layer: the two maps agree, correlation",
    agreement[0],
)
claims.check(agreement[1] < 0.8, "stride 16: they do not, correlation", agreement[1])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Earlier layers
#
# Nothing in the formula asks for the *last* layer. Earlier maps are finer, but their channels mean edges and textures rather than things.
#
# **The same class at three depths.**

# %% slideshow={"slide_type": "-"}
kinds = ("relu", "activation", "add")
maps_of = [one for one in network.layers if len(one.shape) == 3]
with_maps = [one.name for one in maps_of if one.kind in kinds] or [one.name for one in maps_of]
middle = finer if finer in with_maps else with_maps[len(with_maps) // 2]
depths = [with_maps[len(with_maps) // 10], middle, with_maps[-1]]
by_depth = [grad_cam(network, picture, names[0], depth) for depth in depths]
titles = [f"{m.shape[0]} x {m.shape[1]} places" for m in by_depth]
plots.overlays(picture, by_depth, titles, title=", ".join(depths))

# %% [markdown] slideshow={"slide_type": "slide"}
# *As shipped*, only the last maps point at the object as a whole.
#
# ## Explore
#
# **Choose a photo (or open your own), a class, a layer and the opacity.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import grad_cam_explorer

grad_cam_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### With a camera
#
# So lecture 004 ends its demonstration: the same maps of a picture that moves. Nothing is stored, and nothing leaves this machine. Without a camera a drawn film takes its place.
#
# **Think!** Hold up a cup, and turn it until the name changes. Was the hot place on the cup, just before and just after?
#
# **Press the button, and hold things up; keys w and e go through the layers, q ends it.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import camera_explorer

camera_explorer(network)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped*, every picture gets one of 1000 names and a hot place, a face as well, for which ImageNet has no class. Read the number beside the name before you believe the map.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Relatives of Grad-CAM
#
# *Any network for Grad-CAM; the closed form needs a global average before one dense layer.*
#
# **CAM** (Zhou et al. 2016) needs no gradient: with $f_c = b_c + \frac{1}{HW} \sum_{ijk} w_{kc} A_{ijk}$ the map is $\sum_k w_{kc} A_{ijk}$. Differentiate (exercise 1), and you find that Grad-CAM without its ReLU is this map divided by $HW$. VGG16 ends in three dense layers, which mix the places, so it has Grad-CAM but no CAM.
#
# **SqueezeNet's last convolution has one map per class: its class activation maps are simply there.**

# %% slideshow={"slide_type": "-"}
squeeze = backbones.load("squeezenet")
squeeze_picture = squeeze.prepare(photo)
best = squeeze.predict_top(photo, 2)
cams = [attribution.class_activation_map(squeeze, squeeze_picture, name) for name, _ in best]
titles = [
    f"{name} {share:.2f}, mean {m.mean():.1f}"
    for (name, share), m in zip(best, cams, strict=True)
]
plots.overlays(squeeze_picture, cams, titles)

# %% [markdown] slideshow={"slide_type": "skip"}
# The mean of a map is the logit of its class. Nothing is approximated.
#
# **Check that Grad-CAM finds the same map, on both networks.**

# %% slideshow={"slide_type": "skip"}
shots = {squeeze.name: (squeeze, squeeze_picture)} | {network.name: (network, picture)}
for one, shot in shots.values():
    where = "conv10_relu" if one.name == "squeezenet" else layer
    try:
        cam = attribution.class_activation_map(one, shot)
    except ValueError as error:
        print(error)
        continue
    gap = np.abs(cam / cam.size - grad_cam(one, shot, None, where, relu=None)).max() * cam.size
    claim = f"{one.name}: CAM is Grad-CAM times H W, largest difference"
    always.check(gap < 1e-2 * np.abs(cam).max(), claim, gap)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Three rules, nearly one map at the last layer
#
# | | map |
# |---|---|
# | Grad-CAM | $\mathrm{ReLU} \sum_k \bar G_k A_{ijk}$, with the mean $\bar G_k$ over places |
# | HiRes-CAM (Draelos and Carin 2020) | $\mathrm{ReLU} \sum_k G_{ijk} A_{ijk}$ |
# | Layer-CAM (Jiang et al. 2021) | $\mathrm{ReLU} \sum_k \mathrm{ReLU}(G_{ijk}) A_{ijk}$ |
#
# **Think!** Behind the last maps comes a global average. What is $G_{ijk}$ then, for different $i, j$?
#
# **The three at the last layer (above) and at the finer layer (below).**

# %% slideshow={"slide_type": "-"}
relatives = [grad_cam, attribution.hires_cam, attribution.layer_cam]
family = {w: [one(network, picture, names[0], w) for one in relatives] for w in (layer, finer)}
alike, titles = {}, []
for where, three in family.items():
    alike[where] = [np.corrcoef(three[0].ravel(), one.ravel())[0, 1] for one in three[1:]]
    notes = ("", *(f", r = {r:.2f}" for r in alike[where]))
    titles += [f"{one.__name__}{note}" for one, note in zip(relatives, notes, strict=True)]
both_layers = [one for three in family.values() for one in three]
plots.overlays(picture, both_layers, titles, columns=3, original=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# With a global average every $G_{ijk}$ of a channel is the same number, so HiRes-CAM is Grad-CAM; Layer-CAM leaves out the negative ones only. At the finer layer gradients differ from place to place, and so do the methods. A paper that compares them at the last layer of such a network compares a method with itself.
#
# **Check both layers.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    alike[layer][0] > 0.99,
    "last layer: Grad-CAM and HiRes-CAM correlate",
    alike[layer][0],
)
claims.check(alike[finer][0] < 0.5, "stride 16: they do not", alike[finer][0])

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Other weights: Grad-CAM++ and Score-CAM
#
# Grad-CAM++ (Chattopadhyay et al. 2018) weighs the positive gradients so that small objects count as much as large ones. Score-CAM (Wang et al. 2020) uses no gradient: each map (here the 48 that vary most), enlarged, masks the photo, and the softmax of the scores so reached gives its weight.
#
# **At the last layer.**

# %% slideshow={"slide_type": "-"}
plus = attribution.grad_cam_plus_plus(network, picture, names[0])
by_score = attribution.score_cam(network, picture, names[0], channels=48)
closeness = [np.corrcoef(heat.ravel(), one.ravel())[0, 1] for one in (plus, by_score)]
titles = [
    "Grad-CAM",
    *(f"{n}, r = {r:.2f}" for n, r in zip(("Grad-CAM++", "Score-CAM"), closeness, strict=True)),
]
plots.overlays(picture, [heat, plus, by_score], titles)

# %% [markdown] slideshow={"slide_type": "slide"}
# r is the correlation with Grad-CAM: the nearer to 1, the less the choice of weights matters.
#
# ## Stories: right, wrong, and no word for it
#
# On the slides VGG16 is right about elephants, takes a Turkish shepherd dog for a saluki (0.66), and a Harvard gate for a prison (0.41). Here is the same with photos that come with the installation: a palace of another country, a man with a camera, the back of an eye.
#
# **Think!** Which of the three is a failure of the network, and which of the list of words?
#
# **Three photos, their three best classes, and what speaks for the first.**

# %% slideshow={"slide_type": "-"}
stories = {name: datasets.photo(name).array for name in ("china", "retina", "camera")}
seen = [network.prepare(one) for one in stories.values()]
top_3 = [network.predict_top(one, 3) for one in stories.values()]
where = [grad_cam(network, one, top[0][0]) for one, top in zip(seen, top_3, strict=True)]
titles = [", ".join(f"{word} {share:.2f}" for word, share in top) for top in top_3]
plots.overlays(seen, where, titles)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* as with the slide's gate, the map says which part was read as *palace*, and that is the part a person would point at. The retina is not among the 1000 words, yet some word always comes first: the network has no "I do not know". The photo of a man with a camera is called *tripod*, with the heat on the tripod: right, but not what a person would say first.
#
# **Check what the network says of the retina.**

# %% slideshow={"slide_type": "skip"}
eye = network.predict_top(stories["retina"], 1)[0]
claims.check(
    eye[0] == "lampshade",
    "the network calls an eye from inside a lampshade",
    eye,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## From a heat map to a box
#
# "This also allows you to locate specific objects", says the slide. To judge a box, one must know the right one. Our drawn animals come with every pixel of head and ears, and only the ears tell cats from dogs ([notebook 1](01_augmentation.ipynb)). One linear layer on the frozen network learns that from 120 of them.
#
# Usually our animals sit in the middle, where a box in the middle finds them without looking. So we draw them in the corners.
#
# **Fit the layer, and draw new cats.**

# %% slideshow={"slide_type": "skip"}
from helpers.attribution import shortcut

side = network.input_size
learned, drawn_new = [
    datasets.critters(count, seed + SEED, side).away_from_the_middle(SEED)
    for count, seed in ((120, 10), (40, 20))
]
classifier = shortcut.linear_head(network, learned)
cats = drawn_new.take(drawn_new.labels == 0)
print(
    f"{shortcut.accuracy(classifier, drawn_new):.0%} of {len(drawn_new)} new animals named rightly"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The box goes around the largest part of the map above 20 % of its maximum (Zhou et al. 2016). It is compared with the box around the head by their intersection over union (IoU): 1 is perfect.
#
# **Three photos: white the head, yellow the map.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import Box, box_of, box_of_mask, draw_boxes, iou

whole = Box(0, 0, side, side)
heads = [box_of_mask(mask) for mask in cats.faces | cats.ears]
heats = [grad_cam(classifier, one) for one in cats.images]
boxes = [box_of(heat, (side, side)) or whole for heat in heats]
overlaps = [iou(a, b) for a, b in zip(heads, boxes, strict=True)]
white, yellow = (255, 255, 255), (255, 210, 0)
framed = [draw_boxes(cats.images[k], {white: heads[k], yellow: boxes[k]}, 3) for k in range(3)]
plots.photos(framed, [f"IoU {one:.2f}" for one in overlaps[:3]])

# %% [markdown] slideshow={"slide_type": "skip"}
# What would guessing give? Two guesses that need no network: the whole photo, and a box in the middle of half its height and width.
#
# **All cats, beside the better guess.**

# %% slideshow={"slide_type": "skip"}
middle = Box(side // 4, side // 4, 3 * side // 4, 3 * side // 4)
guesses = [[iou(one, box) for one in heads] for box in (whole, middle)]
better = np.array(max(guesses, key=np.mean))
gain = training.mean_interval(overlaps - better, (-1, 1))
claims.slide_claim(
    "000",
    "Heat maps allow you to locate objects",
    gain,
    "holds",
    f"IoU {np.mean(overlaps):.2f}, a guess {better.mean():.2f}, gain {gain[0]:+.2f}",
    **{"above": 0, "over": f"{len(cats)} cats drawn off the middle"},
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the boxes beat both guesses. On animals in the middle the same test could not tell: the boxes had 0.64, a box in the middle 0.61. On photos whose subject stands in the middle, finding it proves nothing; and the photos that people take are such photos.
#
# **The whole photo alone, as the guess.**

# %% slideshow={"slide_type": "skip"}
over_whole = overlaps - np.array(guesses[0])
margin = 1.96 * over_whole.std(ddof=1) / len(cats) ** 0.5
claims.check(
    over_whole.mean() > margin,
    "better than the whole photo, by an IoU of",
    over_whole.mean(),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. Closed form.**
#
# The default network ends in a global average and a dense layer: $f_c = b_c + \sum_k w_{kc} \frac{1}{HW} \sum_{ij} A_{ijk}$. So what is $\alpha_k^c$? Replace `None` by an expression in `kernel`, `class_number` and the shape of `A`, for all channels at once. The mark compares it with the `alpha` that step 2 measured.

# %% slideshow={"slide_type": "skip"}
if NETWORK == "efficientnet_lite0":
    kernel, bias = network.layer("logits").get_weights()  # (1280, 1000) and (1000,)
    your_alpha = None
    exercise(
        your_alpha,
        lambda yours: np.abs(yours - alpha).max() < 1e-3 * np.abs(alpha).max(),
        hint="Differentiate f_c with respect to one A_ijk.",
    )
else:
    print("For this exercise take the default network.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. The score out of the map.**
#
# The default network again. The map without its ReLU holds the whole score but for one number. Replace `None` by an expression in `A`, `alpha`, `bias` and `class_number` that gives the score printed in step 1.

# %% slideshow={"slide_type": "skip"}
if NETWORK == "efficientnet_lite0":
    your_score = None
    hint = "Sum the map over all places. What is left?"
    exercise(your_score, float(score), hint=hint, tolerance=1e-2)
else:
    print("For this exercise, too, take the default network.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Intersection over union.**
#
# Two boxes of 4 x 4 pixels. The second one lies 2 pixels lower and 2 further right than the first. What is their IoU? (Expected: a number below 0.5.)

# %% slideshow={"slide_type": "skip"}
your_overlap = None

first, second = Box(0, 0, 4, 4), Box(2, 2, 6, 6)
exercise(
    your_overlap, iou(first, second), hint="Which area do both cover, and which at least one?"
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. built Grad-CAM from two arrays of shape {tuple(A.shape)[1:]} (largest difference from `grad_cam()` {difference:.1e}), and seen an absent class with a maximum of {maps[3].max():.2f} beside {maps[0].max():.2f};
2. compared relatives: HiRes-CAM agrees with Grad-CAM to {alike[layer][0]:.2f} at the last layer and {alike[finer][0]:.2f} at {finer};
3. seen three stories, and measured boxes: IoU {np.mean(overlaps):.2f}, where a guess without a network reaches {better.mean():.2f}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Next:** [7 Rivals](07_rivals.ipynb) asks the same question with gradients, covers and samples; [8 Honest maps](08_honest_maps.ipynb) asks which of all these maps tell the truth.
#
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `K.gradients(output, layer.output)` | `tf.GradientTape` |
# | `K.function([input], [...])` | a `keras.Model` with two outputs |
# | `np.mean(gradients, axis=(0, 1, 2))` | the same, one picture at a time |
# | `preprocess_input(x)` before the model | inside the model |
#
# *Further reading.* R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017. B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016. R. L. Draelos, L. Carin, "Use HiResCAM instead of Grad-CAM", 2020. P.-T. Jiang et al., "LayerCAM", IEEE TIP 2021. A. Chattopadhyay et al., "Grad-CAM++", WACV 2018. H. Wang et al., "Score-CAM", CVPR Workshops 2020.
