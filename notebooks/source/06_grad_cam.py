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
# A heat map over the photo shows which places raised the score of a class; you build it from two arrays.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: heat maps of class activation) and lecture 004 (SMU: class activation mapping). **About 1 minute** on two cores.*
#
# [← 1 Augmentation](01_augmentation.ipynb) · [contents](00_start_here.ipynb) · [8 Multi-task →](08_multi_task.ipynb)
#
# **You will**
# 1. build a Grad-CAM map step by step from activations and gradients,
# 2. compare the maps of several classes on one photo, also of a class that is not there,
# 3. test by covering pixels whether the hot places decide.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown

from helpers import backbones, datasets, images, plots, slides
from helpers.attribution import activations_and_gradients, grad_cam, weighted_map
from helpers.checks import check, exercise, slide_claim

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Any network of `backbones.NAMES` and any photo of `datasets.photos()`, or the path of your own.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
PHOTO = "stereo_motorcycle"

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides use, and what runs here.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
as_shipped = NETWORK == "efficientnet_lite0" and PHOTO == "stereo_motorcycle"
Markdown(slides.box("06_grad_cam", network))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The question
#
# The network gives a photo a score for each class. *Which places of the photo raised the score?*
#
# On the slide, VGG16 calls the lecture's photo African elephant with 0.925, then tusker and Indian elephant. The default network of this course says 0.88 for the same photo, then Indian elephant and tusker. Our photo comes with the installation.
#
# **Think!** A motorcycle stands in a garage. ImageNet has no class "motorcycle". What will the network say?
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
# A wrong breed, as with the slide's shepherd dog: the nearest of 1000 words must do.
#
# **Check it.**

# %% slideshow={"slide_type": "skip"}
check(
    names[0] == "moped", "the network calls the motorcycle a moped", top[0][1], when=as_shipped
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 1: activations and gradients
#
# Let $A_{ijk}$ be the last maps (row $i$, column $j$, channel $k$) and $f_c$ the score of class $c$. We ask how $f_c$ changes with each of these numbers.
#
# The score is the **logit**, the value before the softmax. After the softmax, $\partial p_c / \partial f_c = p_c (1 - p_c)$: the surer the network, the smaller the gradient.
#
# **One forward and one backward pass; this is all that is computed.**

# %% slideshow={"slide_type": "-"}
from helpers.quiet import keras, tensorflow

tf, layer = tensorflow(), network.on_slide("block5_conv3")
both = keras().Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
class_number = network.class_names.index(names[0])
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
    {f"channel {k}": alpha[k] for k in ends},
    title=f"weights for {names[0]}: the four largest and the four smallest",
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
# Each place stands for a square of about 32 x 32 pixels, enlarged smoothly.
#
# **The same three steps in one function, compiled once and kept.**

# %% slideshow={"slide_type": "skip"}
heat = grad_cam(network, picture, names[0])
difference = np.abs(heat - step_by_step).max() / heat.max()
check(
    difference < 1e-3,
    "grad_cam() gives the same map; largest difference, as a share of the maximum",
    difference,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it the logit, or the probability?
#
# **Think!** The network is nearly sure of its class. What becomes of a gradient taken after the softmax?
#
# **Both gradients of the same class, compared with $p (1 - p)$.**

# %% slideshow={"slide_type": "-"}
sure = network.prepare(datasets.photo("coffee").array)[None].astype("float32")
best = int(network.probabilities(sure).argmax())
with tf.GradientTape(persistent=True) as tape:
    A_sure, logits = both(sure)
    z, p = logits[0, best], tf.nn.softmax(logits)[0, best]
dz, dp = np.abs(tape.gradient(z, A_sure)).sum(), np.abs(tape.gradient(p, A_sure)).sum()
print(
    f"{network.class_names[best]}: p = {float(p):.3f}, p (1 - p) = {float(p * (1 - p)):.3f}, gradients shrink to {dp / dz:.3f}"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The gradient of the probability is small exactly where the network is sure. This course explains logits.
#
# **Check the order of size.**

# %% slideshow={"slide_type": "skip"}
check(
    dp < 0.2 * dz,
    "gradients after the softmax are less than a fifth of those before it",
    dp / dz,
    when=NETWORK == "efficientnet_lite0",
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
absent = "African elephant"
asked = [*names, absent]
maps = np.stack([grad_cam(network, picture, name) for name in asked])
shown = [f"{name}, max {one.max():.2f}" for name, one in zip(asked, maps, strict=True)]
plots.overlays(picture, maps, shown, limit=float(maps.max()), columns=3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The wheel speaks for *disk brake* where that is among the three. The absent class has a weak map, but not an empty one.
#
# **The trap: divide each map by its own maximum, as most code does, and the absent class looks as sure as the others.**

# %% slideshow={"slide_type": "-"}
plots.overlays(
    picture, maps[[0, 3]], [f"{asked[0]}, own scale", f"{absent}, own scale"], original=False
)

# %% [markdown] slideshow={"slide_type": "skip"}
# A heat map says *where*, never *whether*. Read the probability beside it.
#
# **Check that the absent class is weaker in its own numbers.**

# %% slideshow={"slide_type": "skip"}
check(
    maps[3].max() < maps[0].max(),
    "the absent class has the lower maximum",
    (maps[3].max(), maps[0].max()),
    when=as_shipped,
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
plots.overlays(
    picture, [after, inside], ["after the sum (paper)", "inside the sum (lecture 004)"]
)

# %% [markdown] slideshow={"slide_type": "skip"}
# At the last layer the place of the ReLU hardly matters: most weighted maps have the same sign there. Earlier it does.
#
# **The correlation of the two maps, at the last layer and at a finer one with a stride of 16.**

# %% slideshow={"slide_type": "-"}
finer = "block11_depthwise_relu" if NETWORK == "efficientnet_lite0" else layer
pairs = {}
for at in (layer, finer):
    both_arrays = activations_and_gradients(network, picture, names[0], at)
    pairs[at] = [weighted_map(*both_arrays, place)[0] for place in ("after", "inside")]
agreement = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs.values()]
plots.overlays(
    picture, pairs[finer], [f"after, {finer}", f"inside, correlation {agreement[1]:.2f}"]
)

# %% [markdown] slideshow={"slide_type": "skip"}
# At the finer layer the map with the ReLU inside is a wash: evidence against the class no longer cancels evidence for it.
#
# **Check both.**

# %% slideshow={"slide_type": "skip"}
check(
    agreement[0] > 0.9,
    "last layer: the two maps agree, correlation",
    agreement[0],
    when=as_shipped,
)
check(agreement[1] < 0.8, "stride 16: they do not, correlation", agreement[1], when=as_shipped)

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
    places[order[-heat.size // 4 :] if hottest else order[: heat.size // 4]] = True
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
heats = grad_cam(network, pictures)
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
slide_claim(
    "000",
    "The heat map shows which parts of the photo the classification used",
    worse >= 8,
    "holds",
    f"covering the hottest quarter costs more than the coldest in {worse} of {len(sample)} photos",
    on_vgg16=NETWORK == "vgg16",
    when=NETWORK == "efficientnet_lite0",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Earlier layers
#
# Nothing in the formula asks for the *last* layer. Earlier maps are finer, but their channels mean edges and textures rather than things.
#
# **The same class at four depths.**

# %% slideshow={"slide_type": "-"}
with_maps = [
    one.name
    for one in network.layers
    if len(one.shape) == 3 and one.kind in ("relu", "activation", "add")
]
depths = [with_maps[round(share * (len(with_maps) - 1))] for share in (0.1, 0.4, 0.7, 1.0)]
by_depth = [grad_cam(network, picture, names[0], depth) for depth in depths]
plots.overlays(
    picture,
    by_depth,
    [f"{d}, {m.shape[0]} x {m.shape[1]}" for d, m in zip(depths, by_depth, strict=True)],
)

# %% [markdown] slideshow={"slide_type": "slide"}
# Only the last maps point at the object as a whole.
#
# ## Explore
#
# **Choose a photo (or open your own), a class, a layer and the opacity.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import grad_cam_explorer

grad_cam_explorer(network, PHOTO if PHOTO in datasets.photos() else "coffee")

# %% [markdown] slideshow={"slide_type": "skip"}
# `china` is this course's version of the slide's gate that VGG16 took for a prison: look at what speaks for *palace*, *bell cote* and *monastery*.
#
# ## Exercises
#
# **1. Closed form.**
#
# The default network ends in a global average and a dense layer: $f_c = b_c + \sum_k w_{kc} \frac{1}{HW} \sum_{ij} A_{ijk}$. So what is $\alpha_k^c$, if the dense layer's kernel is `kernel`? Replace `None` by an expression for all 1280 channels.

# %% slideshow={"slide_type": "skip"}
your_alpha = None  # an array of shape (1280,)

if as_shipped:
    kernel, bias = network.layer("logits").get_weights()
    exercise(
        your_alpha,
        kernel[:, class_number] / step_by_step.size,
        hint="Differentiate f_c with respect to one A_ijk.",
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. The score out of the map.**
#
# With the weights of exercise 1 and no ReLU, what do you get when you sum the map over all places and add the bias? (Expected: one number, near the score printed in step 1.)

# %% slideshow={"slide_type": "skip"}
your_sum = None

exercise(
    your_sum,
    float(score),
    hint="weighted_map(activations, gradients, None).sum() + ...",
    tolerance=1e-2,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. built Grad-CAM from two arrays of shape {tuple(A.shape)[1:]}; the largest difference from `grad_cam()` was {difference:.1e};
2. compared {len(asked)} classes: the maximum is {maps[0].max():.2f} for {names[0]} and {maps[3].max():.2f} for the absent {absent};
3. covered pixels: the hottest quarter cost {drop["hottest"].mean():.2f} of the probability on average, the coldest {drop["coldest"].mean():.2f}.
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
#
# *Further reading.* R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017. B. Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016 (class activation maps).
