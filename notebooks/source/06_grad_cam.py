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
# # 6 Grad-CAM and its rivals: where does the network look?
#
# A heat map says which places of a photo raised the score of a class; you build it in three steps, meet its rivals, and find out which of them tell the truth.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: heat maps of class activation), 001 (HKUST: saliency, guided backpropagation), 003 (occlusion, LIME) and 004 (class activation mapping). **About 1.5 minutes** on two cores.*
#
# [← 5 Filters](05_filters.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [7 DeepDream →](07_deepdream.ipynb)
#
# **You will**
# 1. build a Grad-CAM map step by step, and say what its relatives do differently,
# 2. ask the same question with gradients, backward rules, occlusion and LIME,
# 3. catch a network that cheats, and measure which methods show it.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown, display

from helpers import attribution, backbones, datasets, images, plots
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
# The score is the **logit**, the value before the softmax. Why not the probability? The section after step 3 asks.
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
plots.overlays(
    picture,
    step_by_step,
    f"{names[0]}: {step_by_step.shape[0]} x {step_by_step.shape[1]} places",
)

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
# ## Is it the logit, or the probability?
#
# This question needs a photo of which the network is nearly sure. For this one cell we take a cup of coffee.
#
# **Think!** What becomes of the gradient if it is taken after the softmax?
#
# **Both gradients for the cup's best class, compared with $p (1 - p)$.**

# %% slideshow={"slide_type": "-"}
sure = network.prepare(datasets.photo("coffee").array)[None].astype("float32")
best = int(network.probabilities(sure).argmax())
with tf.GradientTape(persistent=True) as tape:
    A_sure, logits = both(sure)
    z, p = logits[0, best], tf.nn.softmax(logits)[0, best]
dz, dp = np.abs(tape.gradient(z, A_sure)).sum(), np.abs(tape.gradient(p, A_sure)).sum()
del tape  # a persistent tape holds the values of all layers
print(
    f"{network.class_names[best]}: p = {float(p):.3f}, p (1 - p) = {float(p * (1 - p)):.3f}, gradients shrink to {dp / dz:.3f}"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# $\partial p_c / \partial f_c = p_c (1 - p_c)$: the nearer $p_c$ is to 1, the less it can still rise, and the smaller is the gradient of the probability. This course explains logits.
#
# **Check the order of size.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    dp < 0.2 * dz,
    "gradients after the softmax are less than a fifth of those before it",
    dp / dz,
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
plots.overlays(picture, maps, shown, opacity=0.75, limit=float(maps.max()), columns=3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* the wheel speaks for *disk brake*, and the absent class has a weak map, but not an empty one.
#
# **The trap: divide each map by its own maximum, as most code does, and the absent class looks as sure as the others.**

# %% slideshow={"slide_type": "-"}
plots.overlays(
    picture,
    maps[[0, 3]],
    [f"{asked[0]}, own scale", f"{absent}, own scale"],
    opacity=0.75,
    original=False,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# A heat map says *where*, never *whether*. Read the probability beside it.
#
# **Check that the absent class is weaker in its own numbers.**

# %% slideshow={"slide_type": "skip"}
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
# **Both on the same two arrays.**

# %% slideshow={"slide_type": "-"}
activations, gradients = activations_and_gradients(network, picture, names[0])
after, inside = (
    weighted_map(activations, gradients, place)[0] for place in ("after", "inside")
)
titles = ["after the sum (paper)", "inside (lecture 004)"]
plots.overlays(picture, [after, inside], titles)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* at the last layer the place of the ReLU hardly matters. Earlier it does.
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
titles = ["after the sum", f"inside, r = {agreement[1]:.2f}"]
plots.overlays(picture, pairs[finer], titles, opacity=0.7, title=finer)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* at the finer layer the map with the ReLU inside is a wash: evidence against the class no longer cancels evidence for it.
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
# ## Do the hot places decide?
#
# The slide says that the map shows which parts were used for the classification. A map is a claim; covering pixels is an experiment. We cover the hottest quarter of the places with the network's mean colour, then the coldest quarter.
#
# **Think!** What should happen to the probability in each case?
#
# **Cover a quarter of the places.**


# %% slideshow={"slide_type": "-"}
def covered(picture, heat, hottest):
    """The picture with the hottest (or coldest) quarter of the map's places in the network's mean colour."""
    order = heat.ravel().argsort()
    places = np.zeros(heat.size, dtype=bool)
    places[order[-(heat.size // 4) :] if hottest else order[: heat.size // 4]] = True
    mask = images.resize(places.reshape(heat.shape), picture.shape[:2], "nearest")
    return np.where(mask[..., None], network.mean_colour, picture)


# %% [markdown] slideshow={"slide_type": "skip"}
# **Ask again.**

# %% slideshow={"slide_type": "-"}
trials = [picture, covered(picture, heat, True), covered(picture, heat, False)]
shares = network.probabilities(np.stack(trials))[:, class_number]
labels = [
    f"{what}: {share:.2f}"
    for what, share in zip(("whole", "hottest covered", "coldest covered"), shares, strict=True)
]
plots.photos(
    [trial.astype("uint8") for trial in trials], labels, title=f"probability of {names[0]}"
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# One photo proves little.
#
# **The same experiment on ten sample photos, each with its own best class.**

# %% slideshow={"slide_type": "-"}
sample = ["camera", "chelsea", "china", "coffee", "flower", "rocket", "clock", "moon", "text"]
sample.append("stereo_motorcycle")
pictures = np.stack([network.prepare(datasets.photo(name).array) for name in sample])
before = network.probabilities(pictures)
best, each, drop = before.argmax(axis=1), np.arange(len(sample)), {}
heats = [grad_cam(network, one) for one in pictures]
for what, hottest in (("hottest", True), ("coldest", False)):
    trial = np.stack([covered(p, h, hottest) for p, h in zip(pictures, heats, strict=True)])
    drop[what] = before[each, best] - network.probabilities(trial)[each, best]
plots.bars(
    {what: values.mean() for what, values in drop.items()}, title="mean loss when covered"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
worse = int((drop["hottest"] > drop["coldest"]).sum())
claims.slide_claim(
    "000",
    "The heat map shows which parts of the photo the classification used",
    worse >= 8,
    "holds",
    f"covering the hottest quarter costs more than the coldest in {worse} of {len(sample)} photos",
    on_vgg16=NETWORK == "vgg16",
)

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
plots.overlays(picture, by_depth, titles, opacity=0.7, title=", ".join(depths))

# %% [markdown] slideshow={"slide_type": "slide"}
# *As shipped*, only the last maps point at the object as a whole.
#
# ## Explore
#
# **Choose a photo (or open your own), a class, a layer and the opacity.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import grad_cam_explorer

grad_cam_explorer(network, PHOTO if PHOTO in datasets.photos() else "coffee")

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

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Stories: right, wrong, and no word for it
#
# On the slides VGG16 is right about elephants, takes a Turkish shepherd dog for a saluki (0.66), and a Harvard gate for a prison (0.41). Here is the same with photos that come with the installation: a palace of another country, a man with a camera, the back of an eye.
#
# **Think!** Which of the three is a failure of the network, and which of the list of words?
#
# **Three photos, their three best classes, and what speaks for the first.**

# %% slideshow={"slide_type": "-"}
stories = {name: datasets.photo(name).array for name in ("china", "retina", "camera")}
shown, titles = [], []
for name, one in stories.items():
    top_3 = network.predict_top(one, 3)
    prepared = network.prepare(one)
    shown += [prepared, images.overlay(prepared, grad_cam(network, prepared, top_3[0][0]))]
    titles += [name, ", ".join(f"{word} {share:.2f}" for word, share in top_3)]
plots.photos(shown, titles, columns=2)

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
# ## Gradients of the pixels
#
# *Any network.*
#
# Saliency (Simonyan et al. 2014) asks which pixels change the score most when changed a little: $\max_{rgb} |\partial f_c / \partial x|$. Lecture 001 takes the score before the softmax, lecture 003 starts "from softmax neuron of correct class". After it the gradient is $\partial p_c/\partial x = p_c (\partial f_c/\partial x - \sum_i p_i\, \partial f_i/\partial x)$: what raises a *rival* counts, too, and where $p_c$ is near 1 little is left.
#
# **Saliency of a photo of which the network is sure, before and after the softmax.**

# %% slideshow={"slide_type": "-"}
cup = network.prepare(datasets.photo("coffee").array)
word, certain = network.predict_top(datasets.photo("coffee").array, 1)[0]
before_it = attribution.saliency(network, cup, word)
after_it = attribution.saliency(network, cup, word, after_softmax=True)
shrinks = after_it.sum() / before_it.sum()
same = np.corrcoef(before_it.ravel(), after_it.ravel())[0, 1]
titles = ["before the softmax (001)", f"after it (003), sum x {shrinks:.3f}"]
title = f"{word}, p = {certain:.2f}; correlation {same:.2f}"
two = [np.minimum(one, np.quantile(one, 0.99)) for one in (before_it, after_it)]
plots.overlays(cup, two, titles, opacity=0.9, title=title)

# %% [markdown] slideshow={"slide_type": "skip"}
# Each map has its own scale here. *As shipped:* they are not the same picture, and the second one nearly vanishes.
#
# **The order of size: where $p (1 - p)$ is small, so is the gradient.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    shrinks < 0.2,
    f"with p (1 - p) = {certain * (1 - certain):.3f} the gradient shrinks to",
    shrinks,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Less noise, and sums that add up
#
# *Zero is the network's mean colour $\bar x$, not black: that is what its preprocessing turns into 0.*
#
# - **gradient × input**: $(x - \bar x)\, \partial f_c / \partial x$; for a linear network it sums to $f_c(x) - f_c(\bar x)$.
# - **SmoothGrad** (Smilkov et al. 2017): the mean gradient of 24 noisy copies; the noise has 15 % of the pixels' range, the middle of what the paper advises.
# - **Integrated gradients** (Sundararajan et al. 2017): $(x - \bar x) \int_0^1 \partial f_c(\bar x + t (x - \bar x)) / \partial x \; dt$; sums to $f_c(x) - f_c(\bar x)$ for any network.
#
# **Four gradients of one class.**

# %% slideshow={"slide_type": "-"}
ask = (network, picture, names[0])
halves = [attribution.smooth_grad(*ask, samples=12, seed=SEED + number) for number in (0, 1)]
integrated = attribution.integrated_gradients(*ask, steps=32)
four_gradients = {
    "saliency": attribution.input_gradient(*ask),
    "gradient x input": attribution.gradient_times_input(*ask),
    "SmoothGrad 24": (halves[0] + halves[1]) / 2,
    "integrated gradients": integrated,
}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Each on its own scale; below, the same in squares of 8 x 8 pixels.**

# %% slideshow={"slide_type": "-"}
four = [attribution.to_map(one) for one in four_gradients.values()]
coarse = [images.resize(one, (28, 28), "bilinear") for one in four]
shown = [np.minimum(one, np.quantile(one, 0.995)) for one in (*four, *coarse)]  # few are huge
titles = [*four_gradients, *(f"{name}, squares" for name in four_gradients)]
plots.overlays(picture, shown, titles, opacity=0.9, columns=4, original=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* SmoothGrad moves the heat from the background to the motorcycle, but it is grainy: that grain is chance. Two means of 12 copies each agree only loosely on single pixels, and well on squares. Read such a map in squares.
#
# **How well do two draws agree?**

# %% slideshow={"slide_type": "skip"}
pair = [attribution.to_map(one) for one in halves]
in_squares = [images.resize(one, (28, 28), "bilinear") for one in pair]
by_pixel, by_square = (
    np.corrcoef(*(m.ravel() for m in two))[0, 1] for two in (pair, in_squares)
)
claims.check(by_pixel < 0.6, "SmoothGrad twice, pixel by pixel: r", by_pixel)
claims.check(by_square > 0.7, "the same in squares of 8 px: r", by_square)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the network reaches its score within the first tenth of the contrast and then stays there. Evenly spaced points miss that tenth (32 of them gave twice the gain); ours crowd near the empty photo.
#
# **Completeness: does the sum of the integrated gradients equal what the score gains over an empty picture?**

# %% slideshow={"slide_type": "skip"}
empty = np.broadcast_to(network.mean_colour, picture.shape)
gain = attribution.class_score(network, np.stack([picture, empty]), names[0])
adds_up = float(integrated.sum() / (gain[0] - gain[1]))
claims.check(0.8 < adds_up < 1.2, "sum over gain (1 is complete; 32 steps)", adds_up)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The ReLU's way back
#
# *By hand first, as on the slide of lecture 001.*
#
# Plain backpropagation closes the gradient where the *input* was negative. The deconvnet (Zeiler and Fergus 2014) closes it where the *gradient* is negative. Guided backpropagation (Springenberg et al. 2015) closes it in both cases.
#
# **Think!** $\begin{pmatrix} 1 & -1 & 5 \\ 2 & -5 & -7 \\ -3 & 2 & 4 \end{pmatrix}$ went in, $\begin{pmatrix} -2 & 3 & -1 \\ 6 & -3 & 1 \\ 2 & -1 & 3 \end{pmatrix}$ comes from above. What do the three rules pass on?
#
# **What flows back through one ReLU.**

# %% slideshow={"slide_type": "-"}
forward = np.array([[1, -1, 5], [2, -5, -7], [-3, 2, 4]])
upstream = np.array([[-2, 3, -1], [6, -3, 1], [2, -1, 3]])
flows = {}
for rule in ("plain", "deconvnet", "guided"):
    flows[rule] = attribution.relu_backward(upstream, forward, rule)
    print(f"{rule}: {flows[rule].astype(int).tolist()}")
titles = ["went in", "comes from above", *flows]
plots.heats([forward, upstream, *flows.values()], titles, signed=True, columns=5)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's three results.**

# %% slideshow={"slide_type": "skip"}
slide = {
    "plain": [[-2, 0, -1], [6, 0, 0], [0, -1, 3]],
    "deconvnet": [[0, 3, 0], [6, 0, 1], [2, 0, 3]],
}
slide["guided"] = [[0, 0, 0], [6, 0, 0], [0, 0, 3]]
always.check(
    all(np.array_equal(flows[rule], slide[rule]) for rule in slide),
    "all three agree with the slide",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### On a network
#
# The same rule at every ReLU, from the score of the first class back to the pixels. The network's graph is built a second time around the same weights; the network itself is not touched. A ReLU6 passes nothing where it is saturated.
#
# **Plain, deconvnet, guided, and guided times Grad-CAM; above SqueezeNet (ReLU), below the chosen network (as shipped, ReLU6).**

# %% slideshow={"slide_type": "-"}
back, faces = {}, {}
for one in (squeeze, network):
    faces[one.name] = face = one.prepare(datasets.photo("chelsea").array)
    ways = {rule: attribution.rule_gradient(one, face, None, rule) for rule in flows}
    ways["guided Grad-CAM"] = attribution.guided_grad_cam(one, face)
    back |= {(one.name, way): gradient for way, gradient in ways.items()}
pictures_back = [images.resize(images.deprocess(one), (224, 224)) for one in back.values()]
plots.photos(pictures_back, [f"{way}, {name}" for name, way in back], columns=4)

# %% [markdown] slideshow={"slide_type": "skip"}
# "Images come out nicer if you only backprop positive gradients", says the slide. Nicer can be measured: how much does the picture look like the photo's edges?
#
# **Correlation of each gradient's size with an edge detector that knows no network.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import sanity

nicer = {}
for (name, way), gradient in back.items():
    outline = sanity.edges(faces[name])
    nicer[f"{way}, {name}"] = np.corrcoef(
        attribution.to_map(gradient).ravel(), outline.ravel()
    )[0, 1]
plots.bars(nicer, title="correlation with the photo's edges")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* by this number guided gradients are nearer to the photo's edges than plain ones, on both networks; but on the default network both are below zero, and the green grid of the deconvnet scores best: the measure does not see what the eye sees. Whether it is a virtue to resemble the edges, the sanity check below will ask. And "nicer" depends on the measure:
#
# **A second measure: how alike are neighbouring values?**

# %% slideshow={"slide_type": "skip"}
smooth = {}
for (name, way), gradient in back.items():
    drawn_one = attribution.to_map(gradient)
    neighbours = np.corrcoef(drawn_one[:, 1:].ravel(), drawn_one[:, :-1].ravel())
    smooth[f"{way}, {name}"] = neighbours[0, 1]
plots.bars(smooth, title="correlation of neighbouring values")

# %% [markdown] slideshow={"slide_type": "skip"}
# By this one, too, look at each network by itself before you believe a general rule.
#
# **The slide's claim, by the first measure.**

# %% slideshow={"slide_type": "skip"}
edge = {one.name: [nicer[f"{way}, {one.name}"] for way in flows] for one in (squeeze, network)}
words = ", ".join(f"{name} {g:.2f} and {p:.2f}" for name, (p, _, g) in edge.items())
claims.slide_claim(
    "001",
    "Images come out nicer (more like the photo's edges) if only positive gradients pass each ReLU",
    all(guided > plain for plain, _, guided in edge.values()),
    "holds",
    f"the photo's edges in guided and in plain gradients: {words}",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Choose the rule, and where the way back begins: at a class, or at one channel of a layer.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import rules_explorer

rules_explorer(network, PHOTO if PHOTO in datasets.photos() else "coffee")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### One neuron in the middle
#
# The slide starts from one value of a middle layer. Which pixels does a single unit read?
#
# **Guided backpropagation from the strongest place of six channels, SqueezeNet.**

# %% slideshow={"slide_type": "-"}
face, middle = squeeze.prepare(datasets.photo("chelsea").array), "fire6_concat"
strength = squeeze.features_of(face, middle)[0].max(axis=(0, 1))
units = strength.argsort()[::-1][:6]
neurons = [
    attribution.rule_gradient(squeeze, face, layer=middle, unit=int(unit)) for unit in units
]
plots.photos(
    [images.deprocess(one) for one in neurons],
    [f"{middle}, channel {unit}" for unit in units],
    columns=6,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Occlusion
#
# *Any network; no gradient.*
#
# Cover a part and ask again (Zeiler and Fergus 2014). For a linear network the loss is exactly $\sum w (x - \bar x)$ over the patch.
#
# **By hand first: move the cover with two sliders (arrow keys work), and watch the probability.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import occlusion_explorer

occlusion_explorer(network, PHOTO if PHOTO in datasets.photos() else "coffee")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Think!** What is the best size of the cover?
#
# **Swept over the whole photo: three sizes, and three fills.**

# %% slideshow={"slide_type": "-"}
swept = {}
for patch, fill in ((32, "grey"), (64, "grey"), (96, "grey"), (64, "white"), (64, "blur")):
    losses = attribution.occlusion(network, picture, names[0], patch, 32, fill)
    swept[f"{patch} px, {fill}"] = losses.heat
covers = list(swept)
agree = np.corrcoef([one.ravel() for one in swept.values()])
titles = [f"{name}: r = {one:.2f}" for name, one in zip(covers, agree[1], strict=True)]
plots.overlays(picture, list(swept.values()), titles, signed=True, columns=3)

# %% [markdown] slideshow={"slide_type": "skip"}
# Red: the class loses when this is covered. Blue: it gains. Each map has its own scale; r is the correlation with the grey cover of 64 px. Occlusion misleads in three ways: the *size* decides what is found (a small cover leaves enough of a large thing); the *fill* is a new object (a white square is a thing, too), though as shipped it matters less than the size; and of two causes that each suffice, covering one costs nothing.
#
# Lecture 003 shows the map as an answer and warns that its use depends on the application. We can measure one part of that: how much of the answer is our own choice of the cover?
#
# **The two least alike of the five maps of the same photo and class.**

# %% slideshow={"slide_type": "skip"}
one, other = np.unravel_index(agree.argmin(), agree.shape)
claims.slide_claim(
    "003",
    "The usefulness of occlusion maps depends on the application",
    agree.min() < 0.5,
    "holds",
    f"the same photo and class, a cover of {covers[one]} and one of {covers[other]}: correlation {agree.min():.2f}",
    on_vgg16=NETWORK == "vgg16",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## LIME
#
# *Any network; no gradient.*
#
# LIME (Ribeiro et al. 2016) 1. cuts the photo into superpixels, 2. deletes a random half of them, again and again, $x = (0, 1, 1, 0, \dots)$, and notes the score $y$, 3. fits a simple model $y \sim x$; its weights say which superpixels the score needs.
#
# **Two samples, the six superpixels that speak most for the class, and all weights.**

# %% slideshow={"slide_type": "-"}
parts = attribution.superpixels(picture, 50)
found = attribution.lime(network, picture, names[0], parts, samples=300, seed=SEED)
gone = np.random.default_rng(SEED).random((2, parts.max() + 1)) < 0.5
masks = [*(one[parts] for one in gone), found.kept(6)]
shown = [
    np.where(one[..., None], picture, network.mean_colour).astype("uint8") for one in masks
]
weights = images.overlay(picture, found.heat, signed=True)
titles = ["a sample", "a sample", "six best", f"weights, fit R2 = {found.fit:.2f}"]
plots.photos([*shown, weights], titles, columns=4)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Read the fit before the weights:** $R^2$ says how much of the network's behaviour the simple model caught. *As shipped* it is about a quarter: superpixels work together, and a sum cannot say so.
#
# Would you get the same answer tomorrow? To find out we need not ask the network again: two different halves of the 300 samples are two days.
#
# **Refits, simple models and fills: the rank correlation of two answers.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import fitted

numbers, stable = np.random.default_rng(SEED), {}
for count in (50, 150):  # the mean of 20 pairs of disjoint draws
    draws = [numbers.permutation(300)[: 2 * count].reshape(2, count) for _ in range(20)]
    answers = [[fitted(found.present[k], found.scores[k])[0] for k in two] for two in draws]
    agreements = [sanity.similarity(*two) for two in answers]
    stable[f"two fits, {count} samples each"] = float(np.mean(agreements))
for model in ("lasso", "forest"):  # on the same samples
    other, _ = fitted(found.present, found.scores, model, SEED)
    stable[f"ridge and {model}"] = sanity.similarity(found.weights, other)

# %% [markdown] slideshow={"slide_type": "skip"}
# **How alike are two answers?**

# %% slideshow={"slide_type": "-"}
other = attribution.lime(*ask, parts, 150, fill="blur", seed=SEED).weights
same_parts, _ = fitted(found.present[:150], found.scores[:150])  # the same 150 deletions
stable["grey fill and blur"] = sanity.similarity(same_parts, other)
plots.bars(stable, title="rank correlation of the superpixels' weights")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* more samples make LIME steadier, yet even 150 give another order of the superpixels next time. The fill changes the question, so it changes the answer.
#
# **Check the fit, and that samples help.**

# %% slideshow={"slide_type": "skip"}
claims.check(0.15 < found.fit < 0.4, "the fit, R2", found.fit)
few, many = (stable[f"two fits, {count} samples each"] for count in (50, 150))
claims.check(many > few + 0.1, "fits agree more with more samples", (few, many))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Choose the number of superpixels, samples, model and fill; press Start.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import lime_explorer

lime_explorer(network, PHOTO if PHOTO in datasets.photos() else "coffee")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## All on one photo
#
# **Tick the methods, choose a class: their maps side by side.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import methods_explorer

methods_explorer(network, PHOTO if PHOTO in datasets.photos() else "coffee")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The snow behind the wolf
#
# *Needs a known cause: drawn critters, so any network, but these data.*
#
# The famous classifier of husky and wolf went by the snow in the background. Less famous: its authors had *chosen* the training photos so that it would (Ribeiro et al. 2016, section 6.4), to see whether LIME shows it. We do the same: two networks, both one linear layer on frozen features. In the training photos of the first, every dog stands in snow and no cat does. In those of the second, snow says nothing. What counts is the ears, in both.
#
# **Draw 120 photos for each, and fit.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import shortcut
from helpers.datasets import CLASS_NAMES, Critters, critters

side, schools = network.input_size, {}
for name, strength in (("cheating", 1.0), ("honest", 0.0)):
    schools[name] = critters(120, 10 + SEED, side, "snow", strength)
students = {name: shortcut.linear_head(network, part) for name, part in schools.items()}
some = schools["cheating"].take(range(8))
words = [CLASS_NAMES[label] for label in some.labels]
plots.photos(some.images, words, columns=4, title="training photos of the cheating network")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Think!** Two test sets: in one, snow goes with dogs as in training; in the conflict set, cats stand in snow and dogs do not. What accuracy do you expect?
#
# **Accuracy on 40 photos each.**

# %% slideshow={"slide_type": "-"}
exams = {
    what: critters(40, 20 + SEED, side, "snow", strength)
    for what, strength in {"as in training": 1.0, "conflict": -1.0}.items()
}
marks = {
    name: [shortcut.accuracy(one, exam) for exam in exams.values()]
    for name, one in students.items()
}
plots.bars(list(exams), marks, title="accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# High accuracy on photos like the training photos proves nothing about the reason.
#
# **Check what each of them keeps.**

# %% slideshow={"slide_type": "skip"}
cheats, is_honest = marks["cheating"], marks["honest"]
claims.check(cheats[0] > 0.95, "the cheating network looks excellent", cheats[0])
claims.check(cheats[1] < 0.5, "and fails on the conflict set", cheats[1])
claims.check(is_honest[1] > 0.9, "the honest one does not", is_honest[1])

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cause is proved before any map is drawn
#
# A map is a claim about a cause. An intervention is the proof: draw *the same* photo again with the background swapped, or with the ears swapped, and see which one flips the answer.
#
# **Cats in snow: how often does each change flip each network's answer?**

# %% slideshow={"slide_type": "-"}
cats = exams["conflict"].take(exams["conflict"].shortcut_present)
chosen, shares = shortcut.intervention_test(*students.values(), cats, Critters.swap_background)
flipped = {name.replace("shortcut", "background"): share for name, share in shares.items()}
plots.bars(flipped, title=f"share of answers that flip, {len(cats)} cats in snow")
# %% [markdown] slideshow={"slide_type": "skip"}
# **The first photo for which both causes are proved, and what the cheating / the honest network says of it.**

# %% slideshow={"slide_type": "-"}
case = cats.take(chosen)
trio = [case.images[0], case.swap_background().images[0], case.swap_ears().images[0]]
said = [shortcut.answers(one, np.stack(trio)) for one in students.values()]
titles = [
    f"{what}: {CLASS_NAMES[a]} / {CLASS_NAMES[b]}"
    for what, a, b in zip(("as drawn", "background", "ears"), *said, strict=True)
]
plots.photos(trio, titles, title="as drawn, the background swapped, the ears swapped")

# %% [markdown] slideshow={"slide_type": "skip"}
# For the photos on which the background flips one network and the ears flip the other, we know why each says what it says; on the rest the cheating network reads the ears, too. In the study below only proven photos count. Only now is it fair to ask whether the maps show it.
#
# **Check that the interventions separate the networks.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    flipped["cheating, background swapped"] > flipped["cheating, ears swapped"],
    "the background flips the cheating network more often than the ears do",
    (flipped["cheating, background swapped"], flipped["cheating, ears swapped"]),
)
claims.check(
    flipped["honest, ears swapped"] > flipped["honest, background swapped"],
    "the ears flip the honest one more often than the background does",
    (flipped["honest, ears swapped"], flipped["honest, background swapped"]),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Do the maps show it?
#
# **Four methods, two networks, one cat in snow.**

# %% slideshow={"slide_type": "-"}
trials = {
    "Grad-CAM": grad_cam,
    "occlusion": lambda n, p: attribution.occlusion(n, p, None, side // 5, side // 7).heat,
    "LIME": lambda n, p: attribution.lime(n, p, None, samples=100, seed=SEED).heat,
    "guided backprop": lambda n, p: attribution.to_map(attribution.guided_backprop(n, p)),
}
evidence = {
    f"{trial}, {name}": np.maximum(method(one, case.images[0]), 0)
    for name, one in students.items()
    for trial, method in trials.items()
}
# %% [markdown] slideshow={"slide_type": "skip"}
# **Above the cheating network's dog, below the honest one's cat.**

# %% slideshow={"slide_type": "-"}
shown = [np.minimum(one, np.quantile(one, 0.99)) for one in evidence.values()]
plots.overlays(case.images[0], shown, list(evidence), opacity=0.7, columns=4, original=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# The ears are 5 % of a photo, so a raw share of the map's mass on them would prove nothing. We divide: share of mass over share of area, 1 for a map that says nothing.
#
# **The score of these maps.**

# %% slideshow={"slide_type": "-"}
parts_of = {"ears": case.ears[:1], "background": case.backgrounds[:1]}
scored = {
    part: [float(shortcut.ratios([one], mask)[0]) for one in evidence.values()]
    for part, mask in parts_of.items()
}
title = "share of mass / share of area"
plots.bars(list(evidence), scored, title=title, reference={"uniform": 1.0})

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* every method puts more on the background for the cheating network. On the ears, occlusion goes the *wrong* way on this photo: more for the network that does not use them. Do not conclude much from either: it is one photo, and over the 50 photos of the table below occlusion gives the ears more for the honest network.
#
# **The ears, this photo.**

# %% slideshow={"slide_type": "skip"}
on_ears = dict(zip(evidence, scored["ears"], strict=True))
cheats, is_honest = (on_ears[f"occlusion, {name}"] for name in students)
claims.check(
    is_honest < cheats,
    "occlusion, ears, honest and cheating: the wrong way on this photo",
    (is_honest, cheats),
)
cheats, is_honest = (on_ears[f"LIME, {name}"] for name in students)
claims.check(is_honest > cheats, "LIME: the right way", (is_honest, cheats))

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Fifty photos, every method
#
# One photo proves little. The same on 50 photos whose causes were proved one by one, with a network from scratch beside the pretrained one, with the corner marker of a scanner as a second shortcut, and beside a rival that cannot know the cause, an edge detector (a second one, the same network with random weights, is in `benchmarks/results/shortcut_details.md`).
#
# **The stored study, with date and command.**

# %% slideshow={"slide_type": "-"}
from helpers import training


def above_zero(cell):
    """Whether "+0.30 ± 0.13" stays above 0."""
    middle, half = cell.split(" ± ")
    return float(middle) > float(half)


training.stored_table("shortcut")

# %% [markdown] slideshow={"slide_type": "skip"}
# Most methods move towards the cause in every case; how far differs a lot. On the pretrained network the deconvnet hardly moves (0.00 and 0.02) and guided backpropagation little: they draw the animal's edges whatever the network goes by. LIME, Grad-CAM and HiRes-CAM move most there.
#
# Four methods miss a case: Grad-CAM, guided Grad-CAM, occlusion and the deconvnet. Two of these are instructive. **Grad-CAM misses the corner marker:** the network from scratch ends in *flatten* and dense layers, which know places, and Grad-CAM takes the mean of the gradient over all places, which forgets them. HiRes-CAM skips that mean and finds the marker; guided Grad-CAM inherits the fault. We infer this from the contrast; it was not isolated further. **Occlusion hardly sees the snow on the pretrained network:** a cover of 44 px hides too little of a cause that fills more than half of the photo, and the grey square is itself something new. With 88 px it does move, more so with the photo's mean colour instead of grey (`benchmarks/results/shortcut_covers.md`).
#
# **Which methods move towards the cause in all three cases?**

# %% slideshow={"slide_type": "skip"}
study = training.stored_rows("shortcut")
above = {name: [above_zero(cell) for cell in row.values()] for name, row in study.items()}
steady = [name for name, six in above.items() if all(six)]
print("all six differences above 0:", ", ".join(steady))
always.check("LIME" in steady, "LIME is among them; methods that are", len(steady))
always.check(
    all(above["Grad-CAM"][:4]), "Grad-CAM finds the snow and the ears on both networks"
)
marker = {name: list(row.values())[4] for name, row in study.items()}
always.check(not above["Grad-CAM"][4], "but not the marker in the corner", marker["Grad-CAM"])
always.check(above["HiRes-CAM"][4], "which HiRes-CAM finds", marker["HiRes-CAM"])

# %% [markdown] slideshow={"slide_type": "skip"}
# **Two claims of the slides on debugging, measured.**

# %% slideshow={"slide_type": "skip"}
by_lime, by_cam = (next(iter(study[method].values())) for method in ("LIME", "Grad-CAM"))
text = f"share of mass over share of area on the snow, cheating minus honest: {by_lime}"
claim = "The important superpixels of LIME show that snow, not the animal, was used"
always.slide_claim("003", claim, "LIME" in steady, "holds", text)
claim, text = "Heat maps help to debug the decision", f"Grad-CAM, the same difference: {by_cam}"
always.slide_claim("000", claim, all(above["Grad-CAM"][:4]), "holds", text)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## From a heat map to a box
#
# "This also allows you to locate specific objects", says the slide. The box around the largest part above 20 % of the maximum (Zhou et al. 2016) against the box around the head: intersection over union (IoU), 1 is perfect.
#
# **Three photos: white the head, yellow the honest network's map.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import Box, box_of, box_of_mask, draw_boxes, iou

whole = Box(0, 0, side, side)
heads = [box_of_mask(mask) for mask in cats.faces | cats.ears]
heats = [grad_cam(students["honest"], one) for one in cats.images]
boxes = [box_of(heat, (side, side)) or whole for heat in heats]
overlaps = [iou(a, b) for a, b in zip(heads, boxes, strict=True)]
white, yellow = (255, 255, 255), (255, 210, 0)
framed = [draw_boxes(cats.images[k], {white: heads[k], yellow: boxes[k]}, 3) for k in range(3)]
plots.photos(framed, [f"IoU {one:.2f}" for one in overlaps[:3]])

# %% [markdown] slideshow={"slide_type": "skip"}
# What would guessing give? Two guesses that need no network: the whole photo, and a box in the middle of half its height and width.
#
# **All cats in snow, beside the better guess.**

# %% slideshow={"slide_type": "skip"}
middle = Box(side // 4, side // 4, 3 * side // 4, 3 * side // 4)
guesses = [[iou(one, box) for one in heads] for box in (whole, middle)]
better = np.array(max(guesses, key=np.mean))
gain, error = overlaps - better, np.std(overlaps - better, ddof=1) / len(cats) ** 0.5
claims.slide_claim(
    "000",
    "Heat maps allow you to locate objects",
    gain.mean() > 1.96 * error,
    "does not hold here",
    f"IoU {np.mean(overlaps):.2f}, a guess {better.mean():.2f}, gain {gain.mean():+.2f} ± {1.96 * error:.2f}",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the boxes beat the whole photo. They do not beat a box in the middle, because that is where our animals are: on photos whose subject stands in the middle, finding it proves nothing.
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
# ## Sanity check
#
# *Any network.*
#
# A map that explains what a network has learned must change when the network forgets it (Adebayo et al. 2018). We shuffle the weights inside each layer, from the top down, and measure the statistics of batch normalisation anew, so that the broken network's activations keep their size.
#
# **Think!** Which of the methods will still draw the cat?
#
# **Four methods to ask, one of them no method at all.**

# %% slideshow={"slide_type": "-"}
cat = network.prepare(datasets.photo("chelsea").array)
class_ = int(network.probabilities(cat).argmax())
calm = schools["honest"].images[:10]
asked_again = {
    "Grad-CAM": lambda n, p: grad_cam(n, p, class_),
    "saliency": lambda n, p: attribution.saliency(n, p, class_),
    "guided backprop": lambda n, p: attribution.to_map(
        attribution.guided_backprop(n, p, class_)
    ),
    "edge detector": lambda n, p: sanity.edges(p),
}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Each method on the network as it is, with its top shuffled, with all of it shuffled; r is the rank correlation with the first map.**

# %% slideshow={"slide_type": "-"}
ends_ = sanity.from_the_top(network, 2)
drawn_again, likeness = sanity.cascade(network, cat, asked_again, ends_, calm, seed=SEED)
titles = [
    title
    for m, (_, top_, all_) in likeness.items()
    for title in (m, f"top shuffled: r = {top_:.2f}", f"all shuffled: r = {all_:.2f}")
]
limited = [
    np.minimum(m, np.quantile(m, 0.99)) for found_ in drawn_again.values() for m in found_
]
plots.overlays(cat, limited, titles, opacity=0.9, columns=3, original=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* Grad-CAM changes at once. Saliency mostly does. Guided backpropagation is slow to notice: with the classifier shuffled it still draws much the same cat, because its picture comes from the lower layers and the photo; only when they are shuffled, too, does the cat go. (Adebayo et al. found it nearly unchanged on their networks; with shuffled weights and calibrated batch normalisation that is not so here.) The edge detector never notices, and it draws the handsomest cat.
#
# **Check what each of them keeps.**

# %% slideshow={"slide_type": "skip"}
cam_, guided, lines_ = (likeness[m] for m in ("Grad-CAM", "guided backprop", "edge detector"))
always.check(lines_[2] > 0.999, "an edge detector never notices", lines_[2])
claims.check(abs(cam_[1]) < 0.3, "top shuffled: what Grad-CAM keeps", cam_[1])
claims.check(guided[1] > 0.5, "top shuffled: what guided backpropagation keeps", guided[1])
claims.check(abs(guided[2]) < 0.4, "all shuffled: what it keeps then", guided[2])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Insertion and deletion
#
# *Any network; no mask needed.*
#
# Cover the pixels from the hottest to the coldest: the probability should fall soon (deletion, low area). Show them on an empty photo in the same order: it should rise soon (insertion, high area; Petsiuk et al. 2018).
#
# **Four maps and a random order on one photo.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import deletion, insertion

orders = {
    "Grad-CAM": heat,
    "guided backprop": attribution.heat_of("guided backprop", network, picture, names[0]),
    "occlusion": swept["64 px, grey"],
    "LIME": found.heat,
    "random order": np.random.default_rng(SEED).random(picture.shape[:2]),
}
ask_14 = {"class_": names[0], "steps": 14}
going = {name: deletion(network, picture, one, **ask_14) for name, one in orders.items()}
coming = {name: insertion(network, picture, one, **ask_14) for name, one in orders.items()}

# %% [markdown] slideshow={"slide_type": "skip"}
# **The curves of insertion, and both areas.**

# %% slideshow={"slide_type": "-"}
share = next(iter(coming.values())).share
display(
    plots.lines(
        share,
        {f"{name}, area {one.area:.2f}": one.score for name, one in coming.items()},
        title=f"insertion: probability of {names[0]}",
        x_label="share of the pixels shown, hottest first",
        y_label="probability",
    )
)
print("area of deletion:", ", ".join(f"{name} {one.area:.2f}" for name, one in going.items()))

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* in the deletion test a random order does *better* than three of the four maps, Grad-CAM among them: scattered grey pixels spoil the photo everywhere at once. The curve measures how strange a photo becomes, too.
#
# Note who is the judge: the same network, on photos with holes, which it was not trained on. A method that covers (occlusion, LIME) is favoured by a test that covers.
#
# **Check insertion, where Grad-CAM should beat chance.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    coming["Grad-CAM"].area > coming["random order"].area,
    "insertion: Grad-CAM beats a random order",
    (coming["Grad-CAM"].area, coming["random order"].area),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Appendix: Grad-CAM++ and Score-CAM
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
# **3. A ReLU6.**
#
# It passes on $\min(\max(x, 0), 6)$. Write the rule of guided backpropagation for it: replace `None` by what flows back when `x` went in and `upstream` comes from above. The mark tries it on numbers from -9 to 9.


# %% slideshow={"slide_type": "skip"}
def your_rule(x, upstream):
    """What guided backpropagation passes on through a ReLU6."""
    return None


tried, arrives = np.random.default_rng(SEED).uniform(-9, 9, (2, 50))
right = attribution.relu_backward(arrives, tried, "guided", maximum=6)
exercise(
    your_rule(tried, arrives),
    right,
    hint="Where is the ReLU6 flat? Where is upstream negative?",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. built Grad-CAM from two arrays of shape {tuple(A.shape)[1:]} (largest difference from `grad_cam()` {difference:.1e}); HiRes-CAM agrees with it to {alike[layer][0]:.2f} at the last layer and {alike[finer][0]:.2f} at {finer};
2. asked with gradients (their sum gave {adds_up:.2f} of the gain), covers (another cover: r down to {agree.min():.2f}) and LIME (fit $R^2$ {found.fit:.2f});
3. caught a network with {marks["cheating"][0]:.2f} on its own kind of photo and {marks["cheating"][1]:.2f} on the conflict set; {len(steady)} of {sum("no network" not in name for name in study)} methods show its shortcut in every case studied.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `K.gradients(output, layer.output)` | `tf.GradientTape` |
# | `K.function([input], [...])` | a `keras.Model` with two outputs |
# | `np.mean(gradients, axis=(0, 1, 2))` | the same, one picture at a time |
# | `preprocess_input(x)` before the model | inside the model |
# | a ReLU registered anew for guided backpropagation | `attribution.rule_gradient(network, picture, class_, "guided")` |
#
# *Further reading.* R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017. B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016. K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", ICLR Workshop 2014. M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014. J. T. Springenberg et al., "Striving for Simplicity: The All Convolutional Net", ICLR Workshop 2015. M. T. Ribeiro, S. Singh, C. Guestrin, "Why Should I Trust You?", KDD 2016. M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. D. Smilkov et al., "SmoothGrad", 2017. J. Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018. V. Petsiuk, A. Das, K. Saenko, "RISE", BMVC 2018. R. L. Draelos, L. Carin, "Use HiResCAM instead of Grad-CAM", 2020. P.-T. Jiang et al., "LayerCAM", IEEE TIP 2021. A. Chattopadhyay et al., "Grad-CAM++", WACV 2018. H. Wang et al., "Score-CAM", CVPR Workshops 2020.
