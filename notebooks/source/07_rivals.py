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
# # 7 Rivals of Grad-CAM: gradients, covers, samples
#
# Three other families ask where a network looks: one follows the gradient down to the pixels, one covers parts of the photo, one deletes parts at random and fits a simple model.
#
# *Follows lecture 001 (HKUST: saliency, guided backpropagation) and lecture 003 (ZHAW: saliency, occlusion, LIME). **About 1 minute** on two cores.*
#
# *Why:* the rivals do not agree with each other. Whoever knows what each one measures can choose, and is not taken in by the handsomest map. *Stands on* Grad-CAM ([notebook 6](06_grad_cam.ipynb)) for comparison, and on what a ReLU does.
#
# [← 6 Grad-CAM](06_grad_cam.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [8 Honest maps →](08_honest_maps.ipynb)
#
# **You will**
# 1. follow the gradient down to the pixels, and say what each rule at a ReLU keeps,
# 2. cover parts of a photo, and measure how much of the answer is your own choice of the cover,
# 3. fit LIME, and ask how good the fit is and whether it stays before you read its weights.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown

from helpers import attribution, backbones, datasets, images, plots, training
from helpers.attribution import sanity
from helpers.teaching import Claims, exercise, slides

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
squeeze = backbones.load("squeezenet")  # its ReLUs are plain ones
claims = Claims(
    NETWORK=[NETWORK, "efficientnet_lite0"],
    PHOTO=[PHOTO, "stereo_motorcycle"],
    SEED=[SEED, 0],
)
always = Claims()  # what holds with every choice
Markdown(slides.box("07_rivals", network))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The question
#
# Which places of a photo raised the score of a class? Grad-CAM answers with the last maps, each weighted by its mean gradient. So it can be no finer than these maps.
#
# **Think!** How else could you ask a network what it looks at? You may change the photo, and you may compute any gradient.
#
# **The photo, its three best classes, and the Grad-CAM map of the first one.**

# %% slideshow={"slide_type": "-"}
photo = datasets.photo(PHOTO).array if PHOTO in datasets.photos() else images.load(PHOTO)
picture = network.prepare(photo)
top = network.predict_top(photo, 3)
names = [name for name, _ in top]
ask = (network, picture, names[0])
title = ", ".join(f"{name} {share:.2f}" for name, share in top)
heat = attribution.grad_cam(*ask)
plots.overlays(
    picture, heat, f"Grad-CAM, {heat.shape[0]} x {heat.shape[1]} places", title=title
)

# %% [markdown] slideshow={"slide_type": "slide"}
# The brighter a place, the more it raised the score.
#
# ## Gradients of the pixels
#
# *Any network.*
#
# Saliency (Simonyan et al. 2014) asks which pixels change the score most when changed a little: $\max_{rgb} |\partial f_c / \partial x|$. The paper and lecture 001 take the score before the softmax, lecture 003 starts "from softmax neuron of correct class". After it the gradient is $\partial p_c/\partial x = p_c (\partial f_c/\partial x - \sum_i p_i\, \partial f_i/\partial x)$: what raises a *rival* counts, too, and where $p_c$ is near 1 little is left.
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
plots.overlays(cup, two, titles, title=title)

# %% [markdown] slideshow={"slide_type": "skip"}
# Each map has its own scale here. *As shipped:* they are not the same picture, and the second one nearly vanishes. For the score of its own class alone, $\partial p_c / \partial f_c = p_c (1 - p_c)$: the nearer $p_c$ is to 1, the less it can still rise. This course explains logits, in Grad-CAM too.
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
coarse = [images.resize(one, (28, 28), "box").repeat(8, 0).repeat(8, 1) for one in four]
shown = [np.minimum(one, np.quantile(one, 0.995)) for one in (*four, *coarse)]  # few are huge
titles = [*four_gradients, *(f"{name}, squares" for name in four_gradients)]
plots.overlays(picture, shown, titles, columns=4, original=False)

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
# Compare place by place: plain lets pass where the input was positive, the deconvnet where the gradient is, guided backpropagation where both are.
#
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
nicer = {}
for (name, way), gradient in back.items():
    outline = sanity.edges(faces[name])
    nicer[f"{way}, {name}"] = np.corrcoef(
        attribution.to_map(gradient).ravel(), outline.ravel()
    )[0, 1]
plots.bars(nicer, title="correlation with the photo's edges")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* by this number guided gradients are nearer to the photo's edges than plain ones, on both networks; but on the default network both are below zero, and the green grid of the deconvnet scores best: the measure does not see what the eye sees. Whether it is a virtue to resemble the edges, the sanity check of [notebook 8](08_honest_maps.ipynb) will ask. And "nicer" depends on the measure:
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
# So we ask both measures, on both networks, of six photos. A guided gradient counts as nicer when *both* say so.
#
# **Guided against plain, photo by photo.**


# %% slideshow={"slide_type": "-"}
def nicer_by_both(one, face):
    """Whether guided gradients are nearer to the photo's edges, and smoother, than plain ones."""
    outline, found = sanity.edges(face).ravel(), []
    for rule in ("plain", "guided"):
        drawn_one = attribution.to_map(attribution.rule_gradient(one, face, None, rule))
        pair = drawn_one[:, 1:].ravel(), drawn_one[:, :-1].ravel()
        found.append((np.corrcoef(drawn_one.ravel(), outline)[0, 1], np.corrcoef(*pair)[0, 1]))
    return found[1][0] > found[0][0] and found[1][1] > found[0][1]


# %% [markdown] slideshow={"slide_type": "skip"}
# **Ask both networks of the six photos.**

# %% slideshow={"slide_type": "-"}
six, votes = ("chelsea", "coffee", "china", "flower", "rocket", "astronaut"), {}
for one in (squeeze, network):
    shots = [one.prepare(datasets.photo(name).array) for name in six]
    votes[one.name] = [nicer_by_both(one, shot) for shot in shots]
print(votes)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim: more than half of the photos.**

# %% slideshow={"slide_type": "skip"}
all_votes = np.concatenate(list(votes.values()))
said = ", ".join(f"{name} {sum(each)} of {len(each)}" for name, each in votes.items())
claims.slide_claim(
    "001",
    "Images come out nicer (nearer to edges, and smoother) if only positive gradients pass each ReLU",
    (all_votes.mean(), *training.share_interval(all_votes.mean(), len(all_votes))),
    "holds",
    said,
    **{"above": 0.5, "over": f"{len(all_votes)} pictures"},
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* by both measures together it holds for most of the twelve pictures; on the default network by itself, four of six, nobody can tell. And neither measure sees what the eye sees.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Choose the rule, and where the way back begins: at a class, or at one channel of a layer.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import rules_explorer

rules_explorer(network, PHOTO)

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
# Grey pixels do not matter to the unit; what is left is all that its strongest place reads.
#
# ## Occlusion
#
# *Any network; no gradient.*
#
# Cover a part and ask again (Zeiler and Fergus 2014). For a linear network the loss is exactly $\sum w (x - \bar x)$ over the patch.
#
# **By hand first: move the cover with two sliders (arrow keys work), and watch the probability.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import occlusion_explorer

occlusion_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Think!** What is the best size of the cover?
#
# **Swept over the whole photo: three sizes, and three fills.**

# %% slideshow={"slide_type": "-"}
swept = {}
for patch, fill in ((32, "grey"), (64, "grey"), (96, "grey"), (64, "white"), (64, "blur")):
    losses = attribution.occlusion(*ask, patch, 32, fill)
    swept[f"{patch} px, {fill}"] = losses.heat
covers = list(swept)
agree = np.corrcoef([one.ravel() for one in swept.values()])
titles = [f"{name}: r = {one:.2f}" for name, one in zip(covers, agree[1], strict=True)]
plots.overlays(picture, list(swept.values()), titles, signed=True, columns=3)

# %% [markdown] slideshow={"slide_type": "skip"}
# Red: the class loses when this is covered. Blue: it gains. Each map has its own scale; r is the correlation with the grey cover of 64 px. Occlusion misleads in three ways: the *size* decides what is found (a small cover leaves enough of a large thing); the *fill* is a new object (a white square is a thing, too), though as shipped it matters less than the size; and of two causes that each suffice, covering one costs nothing.
#
# Lecture 003 shows the map as an answer and warns that its use depends on the application; [notebook 8](08_honest_maps.ipynb) compares two applications. Here is another part of the warning: how much of the answer is our own choice of the cover?
#
# **The two least alike of the five maps of the same photo and class.**

# %% slideshow={"slide_type": "skip"}
one, other = np.unravel_index(agree.argmin(), agree.shape)
text = (
    f"the covers {covers[one]} and {covers[other]} hardly agree on the same photo and class; r"
)
claims.check(agree.min() < 0.5, text, agree.min())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## LIME
#
# *Any network; no gradient.*
#
# LIME (Ribeiro et al. 2016) 1. cuts the photo into superpixels, 2. deletes a random half of them, again and again, $x = (0, 1, 1, 0, \dots)$, and notes the score $y$, 3. fits a simple model $y \sim x$; its weights say which superpixels the score needs.
#
# **Two samples, and the six superpixels that speak most for the class.**

# %% slideshow={"slide_type": "-"}
parts = attribution.superpixels(picture, 50)
found = attribution.lime(*ask, parts, samples=300, seed=SEED)
gone = np.random.default_rng(SEED).random((2, parts.max() + 1)) < 0.5
masks = [*(one[parts] for one in gone), found.kept(6)]
shown = [
    np.where(one[..., None], picture, network.mean_colour).astype("uint8") for one in masks
]
plots.photos(shown, ["a sample", "another", "the six best"], columns=3)

# %% [markdown] slideshow={"slide_type": "skip"}
# Red superpixels speak for the class, blue ones against it; where the photo shows through, the weight is near zero.
#
# **All weights.**

# %% slideshow={"slide_type": "-"}
plots.overlays(picture, found.heat, f"weights, fit R2 = {found.fit:.2f}", signed=True)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Read the fit before the weights:** $R^2$ says how much of the network's behaviour the simple model caught. *As shipped* it is about a quarter: superpixels work together, and a sum cannot say so.
#
# Would other samples give the same answer? To find out we need not ask the network again: fit the model to one half of the 300 samples, then to the other half, and compare.
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

lime_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## All on one photo
#
# Each of these maps answers a question of its own. [Notebook 8](08_honest_maps.ipynb) asks which of them can be trusted.
#
# **Tick the methods, choose a class: their maps side by side.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import methods_explorer

methods_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. A ReLU6.**
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

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. A sum that adds up.**
#
# The score is $f(a, b) = a \cdot b$, the photo has $a = 2$ and $b = 3$, the empty photo $0$ and $0$. Gradient × input gives $a$ and $b$ six each: twelve in all, where the score gains six. What do integrated gradients give? (Expected: two numbers.)

# %% slideshow={"slide_type": "skip"}
your_parts = None

way = (np.arange(100) + 0.5) / 100  # from the empty photo to the photo
parts_by_hand = (2 * (3 * way).mean(), 3 * (2 * way).mean())
exercise(
    your_parts, parts_by_hand, hint="On the way a is 2 t and b is 3 t; average each slope."
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. Two causes, each of them enough.**
#
# A network gives 1 if at least one of two superpixels is there, else 0. Occlusion covers one of them at a time. LIME fits $y \approx w_0 + w_1 x_1 + w_2 x_2$ to all four photos. What does occlusion note for the first superpixel, and what is LIME's $w_1$? (Expected: two numbers, neither above 0.5.)

# %% slideshow={"slide_type": "skip"}
your_numbers = None

there = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
says = there.any(axis=1).astype(float)
fit_of_two = np.linalg.lstsq(np.c_[np.ones(4), there], says)[0]
hint = "What is left when one of the two is covered? How much does one more add on average?"
exercise(your_numbers, (says[3] - says[1], fit_of_two[1]), hint=hint)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. asked with gradients (after the softmax {shrinks:.3f} of them is left; integrated, their sum gave {adds_up:.2f} of the gain) and with three rules at each ReLU;
2. asked with covers: another cover of the same photo lowers the correlation of two maps to {agree.min():.2f};
3. asked with samples: LIME's fit has $R^2$ {found.fit:.2f}, and two fits of 150 samples agree to {many:.2f}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Next:** [8 Honest maps](08_honest_maps.ipynb) plants a cause, so that maps can be right or wrong.
#
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | the gradient from the softmax neuron | `attribution.saliency(network, picture, class_)`, from the logit |
# | a ReLU registered anew for guided backpropagation | `attribution.rule_gradient(network, picture, class_, "guided")` |
# | random forest or lasso for $y \sim x$ | `attribution.lime(network, picture, class_, model="lasso")` |
#
# *Further reading.* K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", ICLR Workshop 2014. M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014. J. T. Springenberg et al., "Striving for Simplicity: The All Convolutional Net", ICLR Workshop 2015. M. T. Ribeiro, S. Singh, C. Guestrin, "Why Should I Trust You?", KDD 2016. M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. D. Smilkov et al., "SmoothGrad", 2017.
