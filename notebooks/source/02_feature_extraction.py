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
# # 2 Feature extraction: a network's eyes, your own classes
#
# You take what an ImageNet network sees in a photo, and train something small on it.
#
# *Follows lecture 002 (Harvard BST 261, lecture 8: pretrained networks, feature extraction), lecture 001 (HKUST: transfer learning with CNNs) and lecture 003 (ZHAW: off-the-shelf features). **About 1 minute** on two cores.*
#
# [← 1 Augmentation](01_augmentation.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [3 Fine-tuning →](03_fine_tuning.ipynb)
#
# **You will**
# 1. compute features once, keep them on the disk, and train a head on them,
# 2. compare learned features with pixels, hand-made features and the network's own class scores, and say how sure you are,
# 3. find out which layer suits which task, and what pooling throws away.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
import pandas as pd
from IPython.display import Markdown
from helpers import backbones, datasets, plots, teaching, training, transfer
from sklearn.metrics import r2_score
from helpers.teaching import Claims, exercise, slides
from helpers.transfer import extract
from helpers.widgets import stage_explorer

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# `DATA` is `"critters"`, `"mnist"` (handwritten digits), `"cats_vs_dogs"` (4000 photos: allow ten minutes), or your own photos, one folder per class: `"folder:my_photos"`. `SIZE` is the side of the pictures in pixels (224 for real photos). Sentences that begin with *As shipped* tell of `"efficientnet_lite0"`, `"critters"` and seed 0; with another choice, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
DATA = "critters"
SEED = 0
SIZE = 96 if DATA in ("critters", "mnist") else 224

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides use, and what runs here.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
claims = Claims(
    NETWORK=[NETWORK, "efficientnet_lite0"],
    DATA=[DATA, "critters"],
    SEED=[SEED, 0],
    SIZE=[SIZE, 96],
)
always = Claims()  # what holds with every choice
Markdown(slides.box("02_feature_extraction", network, DATA))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The convolutional base
#
# A network for 1000 ImageNet classes has two parts. The **convolutional base** turns a photo into maps. The **classifier** turns the maps into 1000 scores; `include_top=False` leaves it out. Edges, fur and ears in the maps are of use for other classes, too, so we keep the base and put our own classifier on top.
#
# `input_shape` is optional for the base: a convolution slides over a photo of any size. `input_shape=(150, 150, 3)` fixes it, and then the shape of the output is known, too.
#
# **Think!** The base halves the sides five times. What comes out of 96, of 150, of 224 pixels?
#
# **The last maps for three sizes.**

# %% slideshow={"slide_type": "-"}
last_maps = network.vgg_equivalent("block5_conv3")
base = network.features(last_maps)
for side in (96, 150, 224):
    shape = base.compute_output_shape((1, side, side, 3))[1:]
    print(f"{side} x {side} x 3 pixels become {shape[0]} x {shape[1]} x {shape[2]} maps")
top = network.model.count_params() - base.count_params()
print(f"base {base.count_params():,} parameters, classifier {top:,}")

# %% [markdown] slideshow={"slide_type": "skip"}
# **The end of its summary.**

# %% slideshow={"slide_type": "skip"}
pd.DataFrame(network.layers).tail(8)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The slide's own network
#
# The shapes and counts on the slide need no trained weights: `weights=None` builds VGG16 with random ones, with no download.
#
# **The slide's table.**

# %% slideshow={"slide_type": "-"}
shape = (150, 150, 3)
vgg = backbones.load("vgg16", weights=None, include_top=False, input_shape=shape)
ends, weights = vgg.model.output_shape[1:], vgg.model.count_params()
always.slide_claim(
    "002",
    "VGG16's base: 14,714,688 parameters, and 150 x 150 pixels become (4, 4, 512)",
    ends == (4, 4, 512) and weights == 14_714_688,
    "holds",
    f"{weights:,} and {ends}",
    on_vgg16=True,
)
pd.DataFrame(vgg.layers)[["name", "shape", "parameters"]]

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Feed it what it was fed
#
# Each network was trained on numbers in its own range: 0 to 255 minus a mean in blue-green-red order (VGG16), or -1 to 1 (`efficientnet_lite0`). The slide divides by 255 and gives that to VGG16. In this course the preprocessing is *inside* the network; so let us break it.
#
# **Think!** A network sees a photo whose numbers are 255 times too small. What does it see? And with red and blue swapped?
#
# **The sample photos, fed in three ways.**

# %% slideshow={"slide_type": "-"}
photos = np.stack([network.prepare(one.array) for one in datasets.photos().values()])
fed = {"as it should be": photos, "divided by 255": photos / 255}
fed["red and blue swapped"] = photos[..., ::-1]
told = {name: transfer.predict(network, batch, 8) for name, batch in fed.items()}
usual = told["as it should be"].argmax(axis=1)
kept = {name: (p.argmax(axis=1) == usual).mean() for name, p in told.items()}
title = f"Share of {len(photos)} photos that keep their first class"
plots.bars(kept, title=title)

# %% [markdown] slideshow={"slide_type": "skip"}
# Divided by 255, every photo is nearly black. *As shipped:* swapped colours do less harm, for shapes and textures remain.
#
# **What it says about the cat.**

# %% slideshow={"slide_type": "skip"}
cat = list(datasets.photos()).index("chelsea")
for name, p in told.items():
    first = int(p[cat].argmax())
    print(f"{name:22} {network.class_names[first]} {p[cat, first]:.2f}")
claims.check(
    kept["divided by 255"] < 0.2,
    "divided by 255, few photos keep their class",
    kept["divided by 255"],
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The task
#
# *As shipped:* cats and dogs, as in the lecture, here drawn on real photos, so that only the ears tell them apart.
#
# **Think!** What would guessing give?
#
# **Some of the photos.**

# %% slideshow={"slide_type": "-"}
data = datasets.images(DATA, seed=SEED)
parts = {"train": data.train, "validation": data.validation, "test": data.test}
y = {name: part.labels for name, part in parts.items()}
pictures = {name: part.images(SIZE) for name, part in parts.items()}
guessing = np.bincount(y["test"]).max() / len(y["test"])
print(data, f"Guessing: {guessing:.2f}", sep="\n")
if len(y["test"]) < 30:
    print(
        f"Only {len(y['test'])} test photos: no accuracy below tells much; read the intervals."
    )
words = [data.class_names[label] for label in y["train"][:12]]
plots.photos(pictures["train"][:12], words, columns=6)

# %% [markdown] slideshow={"slide_type": "slide"}
# A cat's ears stand up, a dog's hang down; fur, background and toys tell nothing.
#
# ## First way: features once, to disk
#
# The base does not change, so it needs to see each photo only once. Its answers, the **features**, go to a file. The last maps are averaged over all places (as shipped, 1280 numbers a photo).
#
# **Run the base over all photos, twice.**

# %% slideshow={"slide_type": "-"}
import time

layer, seconds = network.vgg_equivalent("fc2"), []
for _ in range(2):
    began = time.perf_counter()
    X = {name: extract(network, part, layer, SIZE) for name, part in parts.items()}
    seconds.append(time.perf_counter() - began)
print(f"train {X['train'].shape}; first time {seconds[0]:.1f} s, second {seconds[1]:.2f} s")

# %% [markdown] slideshow={"slide_type": "skip"}
# The first time may be short, too: then an earlier run left the file. The file is found by what made it: the network's weights, the layer, the size and the photos' content. So a changed photo can never get old features.
#
# **Change one pixel of one photo.**

# %% slideshow={"slide_type": "skip"}
changed = pictures["test"][:20].copy()
which = len(changed) // 2
changed[which, SIZE // 2, SIZE // 2] += 100
moved = extract(network, changed, layer, SIZE) - X["test"][:20]
moved = np.abs(transfer.flatten(moved)).max(axis=1)
only = moved.argmax() == which and moved[which] > 0
always.check(only, f"only photo {which} has new features", moved[which])

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A head on the features
#
# The slide's head: the maps flattened (8192 numbers), a dense layer of 256 units, dropout 0.5, one sigmoid output, trained by RMSprop at 0.00002. Ours has the same layers on the maps' means (as shipped, 1280 numbers) and learns by Adam at 0.001, in 30 epochs. `attach_head` puts it on the base; `tail` is the part behind the features, with the same weights.
#
# **Train the head alone.**

# %% slideshow={"slide_type": "-"}
new = transfer.attach_head(network, data.class_names, layer, seed=SEED)
counts = transfer.unfreeze_from(new, transfer.head_start(new))
head = transfer.compiled(transfer.head_from(new, layer), 1e-3)
known, unknown = (X["train"], y["train"]), (X["validation"], y["validation"])
on_features = training.fit(head, known, unknown, 30, seed=SEED)
print(f"{counts.trainable:,} parameters learn, {counts.frozen:,} are frozen")
plots.curves(on_features, ["accuracy", "loss"])

# %% [markdown] slideshow={"slide_type": "skip"}
# An accuracy on few test photos is a rough number. From now on each comes with its 95 % interval (Wilson 1927), in a table that grows.
#
# **How a line is added.**

# %% slideshow={"slide_type": "-"}
results, right = {}, {}


def note(name, answers, **more):
    """Add a line: share of right answers on the test photos, its interval, and what it cost."""
    right[name] = answers == y["test"]
    share = right[name].mean()
    low, high = training.share_interval(share, len(answers))
    results[name] = {"test": share, "low": low, "high": high, **more}
    return training.table(results)


# %% [markdown] slideshow={"slide_type": "skip"}
# **The first line.**

# %% slideshow={"slide_type": "-"}
cost = min(on_features["seconds"])  # the fastest epoch: what else the machine does slows others
note("dense head", transfer.predict(head, X["test"]).argmax(axis=1), seconds_per_epoch=cost)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Second way: the whole model, with augmentation
#
# Features on a disk cannot be turned or shifted any more: the base has to see every variant. One may store the features of some variants of each photo; for a new variant in every epoch the frozen base goes into the model, and every epoch pays for it.
#
# **Think!** The head is the same, the photos are the same. How many times slower is an epoch?
#
# **Train the same head end to end.**

# %% slideshow={"slide_type": "-"}
ranges = {"rotation": 15, "width_shift": 0.1, "height_shift": 0.1, "shear": 0.1, "zoom": 0.15}
change = training.pipeline(**ranges, fill_mode="reflect", seed=SEED)
frozen = transfer.attach_head(network, data.class_names, layer, seed=SEED)
transfer.unfreeze_from(frozen, transfer.head_start(frozen))
known, unknown = [(pictures[name], y[name]) for name in ("train", "validation")]
end_to_end = transfer.train(frozen, known, unknown, 8, augmentation=change, seed=SEED)
slow = min(end_to_end["seconds"])
answers = transfer.predict(frozen, pictures["test"]).argmax(axis=1)
note("augmented, end to end", answers, seconds_per_epoch=slow)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both classifiers saw the same test photos, so only those count on which they disagree (Agresti and Min 2005).
#
# **The two ways compared.**

# %% slideshow={"slide_type": "-"}
gain, low, high = training.paired_interval(right["dense head"], right["augmented, end to end"])
print(f"augmented minus plain features: {gain:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}")
times = training.ratio_interval(on_features["seconds"][1:8], end_to_end["seconds"][1:8])
claims.slide_claim(
    "002",
    "features once are fast; the whole model with augmentation is very expensive",
    times,
    "holds",
    f"an epoch takes {times[0]:.0f} times as long",
    above=3,
    over="7 epochs",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# An interval that holds 0 means: this difference may be chance. Several seeds say more (the table at the end of [notebook 3](03_fine_tuning.ipynb)).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Classical classifiers
#
# Lecture 003 names them: features from a network, then a support vector machine or a random forest. No epochs, no learning rate.
#
# **Three classifiers on the same features.**

# %% slideshow={"slide_type": "-"}
known, unknown = transfer.flatten(X["train"]), transfer.flatten(X["test"])
for name, classifier in transfer.classifiers(SEED).items():
    began = time.perf_counter()
    answers = classifier.fit(known, y["train"]).predict(unknown)
    table = note(name, answers, seconds_in_all=time.perf_counter() - began)
table

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What are the features worth?
#
# Only 100 photos have labels now (all, where there are fewer). The same logistic regression gets:
#
# - **pixels** of the shrunk photo,
# - a **colour histogram**: which colours, but not where,
# - **HOG**, histograms of edge directions (Dalal and Triggs 2005), among the best hand-made features before networks learned them,
# - the features of the same network with **random weights**,
# - its **learned features**,
# - its 1000 **class scores**: how much is it a teapot, a tabby, a tractor?
#
# **Think!** Which of the six are better than guessing? The slide advises against the last. Why might it be right?
#
# **Compute all six.**

# %% slideshow={"slide_type": "-"}
untrained = transfer.random_network(NETWORK, pictures["train"][:64], SEED)
kinds = {
    "pixels": {name: transfer.pixels(batch) for name, batch in pictures.items()},
    "colour histogram": {name: transfer.colour_histogram(b) for name, b in pictures.items()},
    "HOG": {name: transfer.hog(batch) for name, batch in pictures.items()},
}
for kind, which, at in (
    ("random weights", untrained, layer),
    ("learned features", network, layer),
    ("class scores", network, network.vgg_equivalent("predictions")),
):
    kinds[kind] = {n: extract(which, parts[n], at, SIZE, True) for n in ("train", "test")}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Ten draws of 100 labels.**

# %% slideshow={"slide_type": "-"}
from helpers.datasets import stratified_sample

count, hundred = min(100, len(y["train"])), {}
draws = [stratified_sample(y["train"], count, seed) for seed in range(10)]
for kind, rows in kinds.items():
    test = (rows["test"], y["test"])
    known = [(rows["train"][draw], y["train"][draw]) for draw in draws]
    model = transfer.logistic_regression()
    hundred[kind] = np.array([transfer.correct(model, part, test) for part in known])

# %% [markdown] slideshow={"slide_type": "slide"}
# **The six compared; the whiskers are one standard deviation over the draws.**

# %% slideshow={"slide_type": "-"}
means = {kind: answers.mean() for kind, answers in hundred.items()}
spread = [answers.mean(axis=1).std(ddof=1) for answers in hundred.values()]
guess = {"guessing": guessing}
title = f"Accuracy with {count} labels"
plots.bars(list(means), list(means.values()), title, errors=spread, reference=guess)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped*, for the drawn animals: pixels and colours are near guessing, and so is the same network with random weights: what it was trained for matters, not that it has many layers. HOG does well on *drawn* animals, whose ears have clean outlines. On the lecture's real photos it does not: see the stored table below.
#
# **How sure? The mean over draws for each test photo, then its interval over the photos.**

# %% slideshow={"slide_type": "-"}
gaps = {}
for other in ("HOG", "class scores"):
    per_photo = (hundred["learned features"] * 1.0 - hundred[other]).mean(axis=0)
    gaps[other] = training.mean_interval(per_photo, (-1, 1))  # no gain can be more
    gain, low, high = gaps[other]
    print(f"learned features minus {other}: {gain:+.3f}, interval {low:+.3f} to {high:+.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides say, measured.**

# %% slideshow={"slide_type": "skip"}
best = max("pixels", "colour histogram", "HOG", "random weights", key=means.get)
text = "learned features beat the best hand-made ones (HOG)"
asked = {"above": 0, "over": f"{len(y['test'])} test photos"}
claims.slide_claim("003", text, gaps["HOG"], "holds", **asked)
text = "the old classifier's outputs are worse features than the base's"
claims.slide_claim("002", text, gaps["class scores"], "cannot tell", **asked)
stored = teaching.stored_effect("transfer_photos", "class scores: minus learned features")
text = "the old classifier's outputs are worse features than the base's (real photos)"
always.slide_claim("002", text, verdict="cannot tell", below=0, **stored)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Real photos of cats and dogs are what `efficientnet_lite0` was trained on: more than a hundred of its 1000 classes are breeds of dogs. So the learned features are far ahead there, and 100 labels are nearly as good as 2000. Fine-tuning adds nothing that the test photos could show.
#
# **The same on the lecture's 2000 photos (stored).**

# %% slideshow={"slide_type": "-"}
teaching.stored_table("transfer_photos")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What pooling throws away
#
# The slide gives another reason: the classifier's outputs no longer know *where* a thing is. We ask for the centre of the head, two numbers, and let a linear function (ridge regression) find it in the features. $R^2 = 1$ is perfect, $R^2 = 0$ is no better than always saying "in the middle".
#
# **Think!** Averaging over all places happens *before* the classifier. So which of the three still know where?
#
# **Where is the head?**

# %% slideshow={"slide_type": "-"}
where, told_place = {}, {}
if data.train.drawn is not None:
    masks = [part.drawn.faces | part.drawn.ears for part in (data.train, data.test)]
    places = [transfer.centres(mask) for mask in masks]
    levels = {"last maps": last_maps, "pooled features": layer}
    levels["class scores"] = network.vgg_equivalent("predictions")
    for name, at in levels.items():
        mean = name != "last maps"
        both = [extract(network, parts[part], at, SIZE, mean) for part in ("train", "test")]
        told_place[name] = transfer.predicted_place((both[0], places[0]), both[1])
        where[name] = r2_score(places[1], told_place[name])
plots.bars(where or {"no masks for these photos": 0}, title="R squared of the head's place")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the slide is right about the outputs, but the loss happens one step earlier, in the pooling. What is left of the place is the same before and after the classifier. (VGG16 has no global pooling; it loses places in its dense layers.)
#
# **The claim, measured.**

# %% slideshow={"slide_type": "skip"}
if where:
    sure = training.bootstrap_interval
    measured = sure(r2_score, places[1], told_place["class scores"], draws=500)
    text = "the classifier's outputs no longer know where things are (R squared)"
    shown = f"{measured[0]:.3f}; last maps {where['last maps']:.3f}"
    asked = {"below": 0.3, "over": f"{len(places[1])} photos"}
    claims.slide_claim("002", text, measured, "holds", shown, **asked)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Early, middle or last layers?
#
# The slide: early layers see edges and colours, late ones ears and eyes; so a task that is very *different* from ImageNet should use early layers only. We average the maps of every block and give them to logistic regression, for two tasks: ours, and handwritten digits, which are nothing like ImageNet's photos.
#
# **Think!** Which block will be best for the digits?
#
# **Digits as photos.**

# %% slideshow={"slide_type": "-"}
(x, digit), (x_new, digit_new) = datasets.mnist(SEED)
few, many = stratified_sample(digit, 240, SEED), stratified_sample(digit_new, 480, SEED)
as_photo = [np.repeat(255 - one[..., None], 3, axis=-1) for one in (x[few], x_new[many])]
digits = {"train": (as_photo[0], digit[few]), "test": (as_photo[1], digit_new[many])}
shown = [str(label) for label in digits["train"][1][:10]]
plots.photos(as_photo[0][:10], shown, columns=10)

# %% [markdown] slideshow={"slide_type": "skip"}
# Thin strokes on white, enlarged: nothing that the network ever learned to name.
#
# **Every block's features, in one pass for each part.**

# %% slideshow={"slide_type": "-"}
starts = transfer.blocks(network)[1:]
stages = [transfer.frozen_boundary(network, start) for start in starts] + [last_maps]
ours = {name: (parts[name], y[name]) for name in ("train", "test")}
seen, by_stage = {}, {}
for task, both in {data.name: ours, "MNIST digits": digits}.items():
    pools = {n: extract(network, p, stages, SIZE, average=True) for n, (p, _) in both.items()}
    pairs = [[(pools[n][s], both[n][1]) for n in ("train", "test")] for s in stages]
    by_stage[task] = [transfer.correct(transfer.logistic_regression(), *pair) for pair in pairs]
    seen[task] = pools
curves = {task: [answers.mean() for answers in found] for task, found in by_stage.items()}

# %% [markdown] slideshow={"slide_type": "slide"}
# **Accuracy by block.**

# %% slideshow={"slide_type": "-"}
number = np.arange(1, len(stages) + 1)
peak = {task: int(np.argmax(values)) for task, values in curves.items()}
found = "; ".join(f"{task}: best after block {p + 1}" for task, p in peak.items())
plots.lines(number, curves, found, "block", "test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* both curves rise from early to late. For our animals the last points are about equal. For digits, which are further from ImageNet, the network's last maps are clearly below block 13 (the numbers come next): late, but not last. The best block is chosen on the test photos here, which flatters it a little; compare whole stretches of the curve, not single points.
#
# **Digits: the best early block, and the best of all, against the last one.**

# %% slideshow={"slide_type": "-"}
highest, last = peak["MNIST digits"], by_stage["MNIST digits"][-1]
early = by_stage["MNIST digits"][int(np.argmax(curves["MNIST digits"][:4]))]
pairs = {
    "best of the first 4": early,
    f"block {highest + 1}": by_stage["MNIST digits"][highest],
}
for name, one in pairs.items():
    gain, low, high = training.paired_interval(last, one)
    print(f"{name} minus the last: {gain:+.3f}, interval {low:+.3f} to {high:+.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# That is no verdict on the slide's advice. A mean over all places throws away what an early layer knows of a digit: where its strokes are. [Notebook 15](15_good_features.ipynb) keeps the places and measures again.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Try it
#
# **Think!** With only ten labels, which stage is best? Find out, then look at the map of the photos.
#
# **Choose a stage, a number of labels, and what to see.**

# %% slideshow={"slide_type": "-"}
stage_explorer(seen[data.name], y, data.class_names, SEED)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The strategy table, measured
#
# Lectures 001 and 003 show a table: little or much data, a similar or a different task, and what to do in each case. We measured its four cells, and two for drawn animals, which lie between. Compare within a cell only; the numbers are accuracies above chance.
#
# **The stored table.**

# %% slideshow={"slide_type": "-"}
teaching.stored_table("strategy")

# %% [markdown] slideshow={"slide_type": "skip"}
# What was found, beside the slides' advice (←):
#
# - **Similar, little data:** a probe on the last maps, as advised. Nothing is better.
# - **Similar, much data:** tuning the last block is advised; it brings nothing that these photos could show.
# - **Different, little data:** features from an earlier stage are advised. A *middle* block is better than the last maps (+0.06), an *early* one far worse (-0.31). Best is what nobody advises for 40 labels: tuning many blocks (+0.14).
# - **Different, much data:** tuning many blocks is advised, and better than the last maps (+0.025); the probe on a middle block, which costs next to nothing, does as well (+0.037).
#
# Two seeds and 80 steps of tuning are few: trust the large gaps, not the small ones. All features are means over places here ([notebook 15](15_good_features.ipynb)). "As good" means: within 0.02.
#
# **The four cells' advice, against the probe on the last maps.**

# %% slideshow={"slide_type": "skip"}
probe, cells = "probe, last maps", {}
cells["similar (real photos), little data: 40 labels: last block tuned"] = "holds"
cells["similar (real photos), much data: 600 labels: last block tuned"] = "cannot tell"
cells["different (digits), little data: 40 labels: probe, middle (block 11)"] = "holds"
cells["different (digits), much data: 600 labels: many blocks tuned (8 of 16)"] = "holds"
for at, (way, verdict) in enumerate(cells.items()):
    asked = {"above": 0} if at else {"within": 0.02}
    text = f"{way}, {'better than' if at else 'no better than'} {probe}"
    gain = teaching.stored_effect("strategy", f"{way} minus {probe}")
    always.slide_claim("001", text, verdict=verdict, **asked, **gain)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The feature space in two dimensions
#
# PCA turns the features so that two axes show as much of the variance as two can. t-SNE (van der Maaten and Hinton 2008) keeps neighbours together and cares about nothing else.
#
# **Think!** Which of the four pictures will show two heaps, one per class?
#
# **Pixels and features, by PCA and by t-SNE.**

# %% slideshow={"slide_type": "-"}
from_parts = ["test"] if len(y["test"]) >= 8 else list(parts)  # few own photos: all of them
labels = np.concatenate([y[name] for name in from_parts])
some = stratified_sample(labels, min(240, len(labels)), SEED)
labels, thumbnails = labels[some], np.concatenate([pictures[n] for n in from_parts])[some]
features = extract(network, thumbnails, layer, SIZE)
spaces = {"pixels": transfer.pixels(thumbnails), "features": features}
flat = {
    f"{method} of {space}": transfer.project_2d(rows, method, SEED)
    for space, rows in spaces.items()
    for method in ("PCA", "t-SNE")
}

# %% [markdown] slideshow={"slide_type": "slide"}
# **Pixels, by t-SNE: point at a mark to see its photo.**

# %% slideshow={"slide_type": "-"}
from helpers.plots import photo_map

names = data.class_names
photo_map(flat["t-SNE of pixels"], thumbnails, labels, names, "Pixels, t-SNE")

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* neighbours tend to share the photo behind the animal. The class plays no part that the eye could see.
#
# **Features, by t-SNE: point at a mark to see its photo.**

# %% slideshow={"slide_type": "-"}
told_by_head = transfer.predict(head, spaces["features"])
notes = [f"head says {names[row.argmax()]} {row.max():.2f}" for row in told_by_head]
title = "Features, t-SNE"
photo_map(flat["t-SNE of features"], thumbnails, labels, names, title, notes)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Features, by PCA.**

# %% slideshow={"slide_type": "-"}
plots.scatter_2d(flat["PCA of features"], labels, names, "Features, PCA")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* PCA knows nothing of the classes, and still its first axis nearly separates them: the features differ most in what tells the classes apart. The pixels do not.
#
# **Pixels, by PCA.**

# %% slideshow={"slide_type": "skip"}
plots.scatter_2d(flat["PCA of pixels"], labels, names, "Pixels, PCA")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A picture in two dimensions may mislead, so we ask for a number: how often is a photo's nearest neighbour of its own class?
#
# **Nearest neighbours.**

# %% slideshow={"slide_type": "-"}
from sklearn.neighbors import NearestNeighbors

alike = {}
for name, points in {**{f"all of {k}": v for k, v in spaces.items()}, **flat}.items():
    points = transfer.flatten(points)
    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(points)[1][:, 1]
    alike[name] = (labels[nearest] == labels).mean()
title = "Nearest neighbour of the same class"
plots.bars(alike, title=title, reference={"guessing": guessing})

# %% [markdown] slideshow={"slide_type": "skip"}
# Lecture 001: the last layers are *hard to visualize*, so their space is shown in a plane. How much of it is left? Of each photo's five nearest neighbours in 1280 numbers, how many are among its five nearest in the plane?
#
# **The claim, measured on both maps.**

# %% slideshow={"slide_type": "skip"}
neighbours = {}
for name, points in {"true": transfer.flatten(features), **flat}.items():
    near = NearestNeighbors(n_neighbors=6).fit(points).kneighbors(points)[1][:, 1:]
    neighbours[name] = [set(row) for row in near]
for method in ("PCA", "t-SNE"):
    pairs = zip(neighbours["true"], neighbours[f"{method} of features"], strict=True)
    left = training.mean_interval([len(one & other) / 5 for one, other in pairs], (0, 1))
    text = f"the last layer is hard to show: {method} keeps fewer than half of five neighbours"
    asked = {"below": 0.5, "over": f"{len(labels)} photos"}
    claims.slide_claim("001", text, left, "holds", **asked)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which photos go wrong?
#
# **Think!** As shipped, the classes are balanced. Will cats be taken for dogs as often as dogs for cats?
#
# **The confusion matrix of the dense head.**

# %% slideshow={"slide_type": "-"}
by_head = transfer.predict(head, X["test"])
said = by_head.argmax(axis=1)
matrix = np.zeros((len(data.class_names),) * 2, int)
np.add.at(matrix, (y["test"], said), 1)
plots.confusion(matrix, data.class_names, "Dense head")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Rows are the truth, columns the head's answers. *As shipped:* five cats are called dogs, and four dogs cats.
#
# **The most confidently wrong.**

# %% slideshow={"slide_type": "-"}
wrong = np.flatnonzero(said != y["test"])
surest = wrong[np.argsort(-by_head.max(axis=1)[wrong])][:8]
titles = [f"{data.class_names[said[i]]}? {by_head[i, said[i]]:.2f}" for i in surest]
plots.photos(pictures["test"][surest], titles, columns=4) if len(wrong) else print("none")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* look at the ears of the drawn animals: folded, small, hidden by a toy, or at a slant. Some of these even we would get wrong. And the head is *sure*. Its probabilities are no measure of doubt on photos that it has not seen.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **Exercise 1.**
#
# The slide flattens (4, 4, 512) and puts 256 units on it. How many weights has that dense layer, biases included? (Expected: about two million.)

# %% slideshow={"slide_type": "-"}
your_count = None

slide_head = transfer.attach_head(vgg, data.class_names, pooling="flatten").layer("new_hidden")
exercise(
    your_count, slide_head.count_params(), hint="Inputs times units, plus one bias a unit."
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 2.**
#
# The blocks are counted from 1, so `by_stage[data.name][12]` says which test photos the probe on block 13 got right, and `by_stage[data.name][-1]` the same for the last maps. Compare them by `training.paired_interval`. Is block 13 "better", "worse", or can you not tell ("cannot tell")?

# %% slideshow={"slide_type": "-"}
your_answer = None  # "better", "worse" or "cannot tell"

pair = [by_stage[data.name][min(at, len(stages)) - 1] for at in (len(stages), 13)]
exercise(your_answer, training.verdict(*pair), hint="Where does the interval lie?")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 3.**
#
# Photos of the same kind, but twice as many in the test: the new interval is how many times as wide as the old one, about?

# %% slideshow={"slide_type": "-"}
your_factor = None

widths = [np.ptp(training.share_interval(0.9, photos)) for photos in (10_000, 20_000)]
exercise(your_factor, widths[1] / widths[0], hint="Not one half.", tolerance=0.02)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
first = results["dense head"]
Markdown(f"""
**You have**

1. computed {X["train"][0].size:,} features a photo once and trained a head on them: {first["test"]:.3f} on new photos ({first["low"]:.3f} to {first["high"]:.3f}), {slow / cost:.0f} times cheaper an epoch than the whole model;
2. compared six kinds of features with {count} labels: learned {means["learned features"]:.3f}, class scores {means["class scores"]:.3f}, the best of the others ({best}) {means[best]:.3f}, guessing {guessing:.2f}; learned minus HOG {gaps["HOG"][0]:+.3f} ({gaps["HOG"][1]:+.3f} to {gaps["HOG"][2]:+.3f});
3. found block {peak[data.name] + 1} of {len(stages)} best for {data.name} and block {peak["MNIST digits"] + 1} for digits; the head's place: {", ".join(f"{name} {value:.2f}" for name, value in where.items()) or "not known for these photos"} ($R^2$).
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `VGG16(weights='imagenet', include_top=False, input_shape=(150, 150, 3))` | `backbones.load("vgg16", include_top=False)` |
# | `ImageDataGenerator(rescale=1./255)` | nothing: the preprocessing is inside the network |
# | `flow_from_directory` and a loop over `predict` | `extract(network, data.train, layer)` |
# | `Sequential` with the base as its first layer | `attach_head`: one flat graph |
# | `conv_base.trainable = False` | `unfreeze_from(new, head_start(new))` |
# | `RMSprop(lr=2e-5)`, `metrics=['acc']` | `RMSprop(learning_rate=2e-5)`, `metrics=["accuracy"]` |
#
# *Further reading.* E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American Statistical Association 22, 1927. A. Agresti and Y. Min, "Simple Improved Confidence Intervals for Comparing Matched Proportions", Statistics in Medicine 24, 2005. J. Donahue et al., "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition", ICML 2014. A. S. Razavian et al., "CNN Features Off-the-Shelf: An Astounding Baseline for Recognition", CVPR Workshops 2014. J. Yosinski et al., "How Transferable Are Features in Deep Neural Networks?", NeurIPS 2014. L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", Journal of Machine Learning Research 9, 2008. N. Dalal and B. Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.
