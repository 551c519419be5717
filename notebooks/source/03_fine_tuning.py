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
# # 3 Fine-tuning: let the base learn, too
#
# You unfreeze the end of a trained network and adapt it to your classes, without destroying what it knows.
#
# *Follows lecture 000 (Harvard BST 261, lecture 7: fine-tuning) and lecture 002 (the same course, lecture 8). **About 1.5 minutes** on two cores.*
#
# [← 2 Feature extraction](02_feature_extraction.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [4 Activations →](04_activations.ipynb)
#
# **You will**
# 1. fine-tune in the lecture's five steps and check after each what may learn,
# 2. measure what it brings to unfreeze one block, three blocks or all layers, and how sure that is,
# 3. destroy a base on purpose, see what was lost, and look where the tuned network looks.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
import pandas as pd
from IPython.display import Markdown
from helpers import backbones, datasets, images, plots, teaching, training, transfer
from helpers.teaching import Claims, exercise, slides
import keras

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# `DATA` is `"critters"`, `"mnist"` (handwritten digits), `"cats_vs_dogs"` (4000 photos: allow an hour), or your own photos, one folder per class: `"folder:my_photos"`. `SIZE` is the side of the pictures in pixels. Sentences that begin with *As shipped* tell of `"efficientnet_lite0"`, `"critters"` and seed 0; with another choice, go by your own numbers.

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
Markdown(slides.box("03_fine_tuning", network, DATA))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which layers may learn?
#
# In feature extraction the base was frozen. **Fine-tuning** lets its last layers learn as well, together with the new head. The slide unfreezes from `block5_conv1` on, with a loop over the layers.
#
# **Think!** Three convolutions, 3 x 3, 512 channels in and out, with biases. How many parameters is that?
#
# **The slide's loop, in today's Keras, on its own network (random weights: we only count).**

# %% slideshow={"slide_type": "-"}
vgg = backbones.load("vgg16", weights=None, include_top=False, input_shape=(150, 150, 3))
reached = False
for layer in vgg.model.layers:
    reached = reached or layer.name == "block5_conv1"
    layer.trainable = reached
counts = transfer.parameter_counts(vgg)
text = "after the loop 7,079,424 of VGG16's parameters are trainable"
found = f"{counts.trainable:,} of {sum(counts):,}"
right_count = counts.trainable == 7_079_424
always.slide_claim("000", text, right_count, "holds", found, on_vgg16=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A trap for younger networks
#
# Most networks after VGG have **batch normalisation**. In training it uses the mean and variance of the batch, and keeps a moving average for later. Thawed on a few small batches, these averages drift away from what the other layers were trained with. So the rule of this course is: a layer learns if the loop has reached it and it is no batch normalisation, in Keras `layer.trainable = reached and not isinstance(layer, keras.layers.BatchNormalization)`. A frozen batch normalisation uses its stored averages, in training, too.
#
# **Why the slide needs no such line.**

# %% slideshow={"slide_type": "-"}
for one in (vgg, network):
    print(
        f"{one.name}: {len(transfer.batch_norm_statistics(one))} layers of batch normalisation"
    )

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The five steps
#
# **The photos: as shipped, cats and dogs that only their ears tell apart.**

# %% slideshow={"slide_type": "-"}
data = datasets.images(DATA, seed=SEED)
parts = {"train": data.train, "validation": data.validation, "test": data.test}
y = {name: part.labels for name, part in parts.items()}
pictures = {name: part.images(SIZE) for name, part in parts.items()}
names = [data.class_names[label] for label in y["train"][:6]]
print(data)
if len(y["test"]) < 30:
    print(
        f"Only {len(y['test'])} test photos: no accuracy below tells much; read the intervals."
    )
plots.photos(pictures["train"][:6], names, columns=6)

# %% [markdown] slideshow={"slide_type": "slide"}
# As in notebook 2, only the ears tell them apart.
#
# ### Step 1: add your own network on top. Step 2: freeze the base
#
# The copy of the network is for training; the original stays as it is, for comparison.
#
# **Steps 1 and 2.**

# %% slideshow={"slide_type": "-"}
base = transfer.clone(network)
new = transfer.attach_head(base, data.class_names, seed=SEED)
fresh = new.model.get_weights()
counts = transfer.unfreeze_from(new, transfer.head_start(new))
head_size = counts.trainable
print(f"trainable {counts.trainable:,}, frozen {counts.frozen:,}")
by_hand = 1280 * 256 + 256 + 256 + 1
text = "only the head learns: 1280 x 256 + 256, then 256 + 1"
claims.check(head_size == by_hand, text, head_size)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Step 3: train the part you added
#
# The base is frozen, so its features are computed once ([notebook 2](02_feature_extraction.ipynb)).
#
# **Step 3.**

# %% slideshow={"slide_type": "-"}
from helpers.transfer import extract

before_head = network.vgg_equivalent("fc2")
X = {name: extract(network, part, before_head, SIZE) for name, part in parts.items()}
new.model.set_weights(fresh)  # also when this cell runs again
head = transfer.compiled(transfer.head_from(new, before_head), 1e-3)
known, unknown = (X["train"], y["train"]), (X["validation"], y["validation"])
histories = {"head": training.fit(head, known, unknown, 30, seed=SEED, label="Head")}
trained = new.model.get_weights()
head_right = transfer.predict(head, X["test"]).argmax(axis=1) == y["test"]
print(f"test accuracy of the head: {head_right.mean():.3f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Step 4: unfreeze some layers of the base
#
# **Think!** Only the last block and what follows it. Which share of all parameters will learn?
#
# **Step 4.**

# %% slideshow={"slide_type": "-"}
start = new.vgg_equivalent("block5_conv1")
counts, averages = transfer.unfreeze_from(new, start), transfer.batch_norm_statistics(new)
open_layers = [layer for layer in new.model.layers if layer.trainable and layer.weights]
print(
    pd.DataFrame([(la.name, la.count_params()) for la in open_layers]).to_string(header=False)
)
by_layer = sum(layer.count_params() for layer in open_layers)
share = counts.trainable / sum(counts)
always.check(
    counts.trainable == by_layer, f"{share:.0%} of the parameters learn", counts.trainable
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Step 5: train both together, with a small learning rate
#
# The slide takes RMSprop with 0.00001, for 100 epochs. Adam with 0.0001 is today's usual choice. The frozen part answers the same to a photo every time, so `fine_tune` computes its answers once and trains only what lies behind: the same numbers as training the whole, at the price of the last block.
#
# **Step 5, in both ways from the same trained head.**

# %% slideshow={"slide_type": "-"}
ways = {"RMSprop 0.00001": ("rmsprop", 1e-5), "Adam 0.0001": ("adam", 1e-4)}
last_block, learning_from = {}, (data.train, data.validation)
for name, (optimizer, rate) in ways.items():
    new.model.set_weights(trained)
    histories[name] = transfer.fine_tune(
        new, start, *learning_from, 6, rate, optimizer, SIZE, seed=SEED
    )
    last_block[name] = transfer.predict(new, pictures["test"]).argmax(axis=1) == y["test"]
one_block = new.model.get_weights()  # tuned with Adam

# %% [markdown] slideshow={"slide_type": "slide"}
# **Before and after: 30 epochs of the head alone, then 6 epochs of fine-tuning, in both ways.**

# %% slideshow={"slide_type": "-"}
plots.curves(histories, ["accuracy", "loss"], first="head", mark="unfrozen")

# %% [markdown] slideshow={"slide_type": "skip"}
# Pale is raw, strong is smoothed; the slides smooth such curves, too. At the dotted line the last block is unfrozen. With few validation photos one more or less is a visible step (as shipped: 120 photos, steps of 0.008).
#
# **Did it help? The same test photos, before and after.**

# %% slideshow={"slide_type": "-"}
print(f"{'head alone':16} {head_right.mean():.3f} of {len(head_right)} test photos right")
for name, after in last_block.items():
    gain, low, high = training.paired_interval(head_right, after)
    print(f"{name:16} {after.mean():.3f}: {gain:+.3f}, interval {low:+.3f} to {high:+.3f}")
now = transfer.batch_norm_statistics(new)
drift = max((np.abs(now[name] - row).max() for name, row in averages.items()), default=0.0)
always.check(drift == 0, "no average of any batch normalisation moved; largest change", drift)

# %% [markdown] slideshow={"slide_type": "skip"}
# What was measured: the share of the same test photos that is named rightly, after the head alone and after six more epochs in each way, with one seed. *As shipped:* both intervals hold 0, so neither way shows a gain, nor a loss, that 240 photos could prove.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many layers?
#
# The slide: two or three layers at the top are good practice (a block here is three convolutions); more layers mean more parameters, a higher risk of overfitting, and longer training.
#
# **Think!** As shipped, 240 photos and 3.7 million parameters: will it overfit?
#
# **The table's first line, and how a line is added.**

# %% slideshow={"slide_type": "-"}
rows, right = {}, {"none": head_right}


def note(name, history, learn, known):
    """Add a line: what learned, seconds an epoch, and the accuracies, all without dropout."""
    rows[name] = {"learn": learn, "s / epoch": float(np.median(history["seconds"]))}
    rows[name] |= {"train": known, "validation": history["val_accuracy"][-1]}


note("none", histories["head"], head_size, transfer.accuracy(head, X["train"], y["train"]))

# %% [markdown] slideshow={"slide_type": "skip"}
# Step 5 kept what it made last: one block, tuned with Adam. That is the second line.
#
# **From one block to all layers, each time from the same trained head.**

# %% slideshow={"slide_type": "-"}
blocks, runs = transfer.blocks(new), {0: histories["head"], 1: histories["Adam 0.0001"]}
first = next(layer.name for layer in new.model.layers if layer.weights)
depths = {1: ("1 block", start), 3: ("3 blocks", blocks[-3]), len(blocks) + 1: ("all", first)}
for number, (name, begin) in depths.items():
    new.model.set_weights(one_block if number == 1 else trained)
    learn = transfer.unfreeze_from(new, begin).trainable
    if number > 1:
        runs[number] = transfer.fine_tune(new, begin, *learning_from, 6, size=SIZE, seed=SEED)
    note(name, runs[number], learn, transfer.accuracy(new, pictures["train"], y["train"]))
    right[name] = transfer.predict(new, pictures["test"]).argmax(axis=1) == y["test"]
with_care = new.model.get_weights()  # all layers, tuned from the trained head

# %% [markdown] slideshow={"slide_type": "slide"}
# **Their table.**

# %% slideshow={"slide_type": "-"}
for name, row in rows.items():
    row["test"] = right[name].mean()
    if name != "none":
        gain, low, high = training.paired_interval(head_right, right[name])
        row |= {"minus none": gain, "low": low, "high": high}
training.table(rows)

# %% [markdown] slideshow={"slide_type": "skip"}
# `low` and `high` bound the difference to the head alone (95 %). *As shipped:* training accuracy is one, or nearly, everywhere: overfitting is there from the first row on, and more layers do not make it worse here.
#
# **What the slides say, measured.**

# %% slideshow={"slide_type": "skip"}
every = len(blocks) + 1
times = training.ratio_interval(runs[1]["seconds"][1:], runs[every]["seconds"][1:])
slower, text = times[0], "more unfrozen layers take longer to train"
claims.slide_claim("000", text, times, "holds", above=1.5, over="5 epochs")
statements = {
    "more unfrozen layers overfit more: new photos are named less well": "fine-tuned, last block",
    "it is only possible to fine-tune the top layers": "features, dense head",
}
for text, fewer in statements.items():
    gain = teaching.stored_effect("transfer", f"fine-tuned, all layers: test minus {fewer}")
    always.slide_claim("000", text, verdict="does not hold here", below=0, **gain)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Try it
#
# **Think!** Which third of the network holds most of the parameters? And what changes when batch normalisation is thawed, too, as with the slide's plain loop?
#
# **Choose how many blocks are unfrozen.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import unfreezing_explorer

unfreezing_explorer(new, runs)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Several seeds
#
# One seed proves little. The longer study: five seeds, new photos each time, eight epochs of fine-tuning (above: six, to save time), and the small convnet of [notebook 1](01_augmentation.ipynb) beside it:
#
# **The stored table.**

# %% slideshow={"slide_type": "-"}
teaching.stored_table("transfer")

# %% [markdown] slideshow={"slide_type": "skip"}
# What the five seeds show, at 95 %:
#
# - **Outside the noise:** augmentation helps the network from scratch (+0.12); a pretrained base helps much more (+0.10 on top of that); *all* layers unfrozen gain a little over the head alone (+0.018).
# - **Within the noise:** logistic regression or a dense head; augmentation with a frozen base; one, three or seven blocks unfrozen. The slide's choice, the last block only, changes the accuracy by -0.007 (-0.025 to +0.010) against the head alone: no gain shown on these photos.
# - **Not in the mean:** one of the five runs with seven blocks ended at 0.86 where the others had 0.96 to 0.98. Look at every run before you trust an average.
#
# Nine comparisons at 95 %: one interval in twenty misses by chance, so take the small gain with care.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Fewer labels, and how many layers?
#
# What is transfer for? Lecture 000: learning is faster, more accurate, or needs fewer labels.
#
# **Think!** 20 labels on the trained base against 240 from scratch: which is better?
#
# **Logistic regression with 20, 60 and all labels, five draws each.**

# %% slideshow={"slide_type": "-"}
counts_of_labels = [20, 60, len(y["train"])] if len(y["train"]) >= 60 else [len(y["train"])]
named_by, sets = {}, [(X[part], y[part]) for part in ("train", "test")]
for labelled in counts_of_labels:
    guesses = transfer.few_labels(*sets, labelled, draws=5, seed=SEED)
    named_by[labelled] = (guesses == y["test"]).mean(axis=0)
from_scratch = teaching.stored_effect("transfer", "from scratch: test")["measured"]
means = {f"{count} labels": one.mean() for count, one in named_by.items()}
plots.bars(means, title="new photos named", reference={"from scratch, 240": from_scratch[0]})

# %% [markdown] slideshow={"slide_type": "skip"}
# The two numbers come from different photos, so the interval of their difference is taken as wide as it can be: one's lower end minus the other's upper end. "A good choice" means: within 0.02 of all layers.
#
# **What the slides say, measured.**

# %% slideshow={"slide_type": "skip"}
mean, low, high = training.mean_interval(named_by[counts_of_labels[0]], (0, 1))
value, least, most = from_scratch
gain, over = (mean - value, low - most, high - least), f"{len(y['test'])} photos, 5 seeds"
text = "transfer needs fewer labels (20 against 240 from scratch)"
claims.slide_claim("000", text, gain, "holds", above=0, over=over)

# %% [markdown] slideshow={"slide_type": "skip"}
# **From the stored study.**

# %% slideshow={"slide_type": "skip"}
gain = teaching.stored_effect(
    "transfer", "features, dense head: test minus from scratch, augmented"
)
text = "transfer is more accurate (240 labels, against augmentation from scratch)"
always.slide_claim("000", text, verdict="holds", above=0, **gain)
whole = "fine-tuned, all layers: test minus fine-tuned, last block"
gain, text = teaching.stored_effect("transfer", whole), "2 to 3 layers are a good choice"
always.slide_claim("000", text, verdict="cannot tell", within=0.02, **gain)

# %% [markdown] slideshow={"slide_type": "skip"}
# **And faster? Processor seconds from scratch, with augmentation, over those on the trained base.**

# %% slideshow={"slide_type": "skip"}
spent = "processor seconds, scratch 240 remixed over trained base 240"
gain, text = teaching.stored_effect("amount", spent), "transfer learns faster (times)"
always.slide_claim("000", text, verdict="holds", above=1, **gain)
text = "a trained base saves an enormous amount of computing (ten times)"
always.slide_claim("002", text, verdict="holds", above=10, **gain)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Head first, high layers, augmentation
#
# The slides' other advice, each way on the same photos: everything open with a fresh or a trained head; the first three blocks or the last three alone; the last block, or all layers, with augmented photos as the slide trains them (36 steps here, 10,000 there).
#
# **The stored table.**

# %% slideshow={"slide_type": "-"}
teaching.stored_table("tuning")

# %% [markdown] slideshow={"slide_type": "skip"}
# *Over five seeds:* with everything open at 0.0001, a trained head saves old classes (0.69 of them are kept, with a fresh head 0.43), and no gain on the new photos is shown. At 0.001 either way destroys the base. Three high blocks or three low ones: five seeds cannot tell. With augmented photos, all layers reach 0.88, the last block 0.84, the head alone 0.82; the price is old classes (0.56 kept against 0.82).
#
# **Head first, measured.**

# %% slideshow={"slide_type": "skip"}
shown = {"test": "new photos named", "old classes kept": "old classes kept"}
for rate, what, verdict in (
    ("0.0001", "test", "cannot tell"),
    ("0.0001", "old classes kept", "holds"),
    ("0.001", "test", "cannot tell"),
    ("0.001", "old classes kept", "cannot tell"),
):
    pair = f"trained head, rate {rate}: {what} minus all open, fresh head, rate {rate}"
    gain = teaching.stored_effect("tuning", f"all open, {pair}")
    text = f"the head must be trained first (rate {rate}, {shown[what]}, trained minus fresh)"
    always.slide_claim("000", text, verdict=verdict, above=0, **gain)

# %% [markdown] slideshow={"slide_type": "skip"}
# "Slightly" means: the last maps change by less than a quarter of their length.
#
# **Which layers, measured.**

# %% slideshow={"slide_type": "skip"}
high, last_one, all_open = "last three blocks", "last block, augmented", "all layers, augmented"
gain = teaching.stored_effect("tuning", f"{high}: test minus first three blocks")
text = "tuning high layers is more useful than tuning low ones (three blocks alone)"
always.slide_claim("000", text, verdict="cannot tell", above=0, **gain)
for way, verdict in ((high, "cannot tell"), (last_one, "cannot tell")):
    gain = teaching.stored_effect("tuning", f"{way}: change of the last maps")
    text = f"fine-tuning changes the abstract layers slightly ({way})"
    always.slide_claim("000", text, verdict=verdict, below=0.25, **gain)

# %% [markdown] slideshow={"slide_type": "skip"}
# **And with augmented photos?**

# %% slideshow={"slide_type": "skip"}
gain = teaching.stored_effect("tuning", f"{all_open}: test minus {last_one}")
text = "more open layers overfit more, also with augmentation (all minus last block)"
always.slide_claim("000", text, verdict="does not hold here", below=0, **gain)
gain = teaching.stored_effect("tuning", f"{all_open}: test minus head alone")
text = "only the top layers can be fine-tuned (augmented, all minus none)"
always.slide_claim("000", text, verdict="does not hold here", below=0, **gain)

# %% [markdown] slideshow={"slide_type": "skip"}
# The slide speaks of a *risk*. One of five runs with seven blocks fell by more than 0.05, none of the others: a hint, and too few runs for more.
#
# **The risk.**

# %% slideshow={"slide_type": "skip"}
fell = (1 / 5, *training.share_interval(1 / 5, 5))
text = "more layers are a higher risk: runs that fall by 0.05 (seven blocks)"
always.slide_claim("000", text, fell, "cannot tell", above=0.05, over="5 seeds")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How to destroy a base
#
# The slides warn: train the head first. A new head starts with random weights, so its first gradients are large and senseless, and they run through every unfrozen layer. We do it wrong on purpose: a fresh head, everything unfrozen, Adam with 0.001. Several things differ from the careful run, so this shows that a base can be destroyed, not which of them does it.
#
# **Think!** Will the *new* task suffer? Will the *old* one?
#
# **Do it wrong.**

# %% slideshow={"slide_type": "-"}
new.model.set_weights(fresh)
transfer.unfreeze_from(new, first)
before = transfer.weights(base)
known, unknown = [(pictures[name], y[name]) for name in ("train", "validation")]
wrong = transfer.train(new, known, unknown, 3, 1e-3, seed=SEED)
right["all wrong"] = transfer.predict(new, pictures["test"]).argmax(axis=1) == y["test"]
destroyed = new.model.get_weights()
title = f"All at once, no trained head, 0.001: test {right['all wrong'].mean():.3f}"
guess = {"guessing": np.bincount(y["test"]).max() / len(y["test"])}
plots.curves(wrong, ["accuracy", "loss"], title=title, reference=guess)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The old classifier still sits on the base (`base` and `new` share their layers). We ask it about the sample photos, which have nothing to do with our classes.
#
# **Ask the old head with three sets of weights.**

# %% slideshow={"slide_type": "-"}
photos = {name: network.prepare(one.array) for name, one in datasets.photos().items()}
batch, cup = np.stack(list(photos.values())), list(photos).index("coffee")
bases, told = {"untouched": fresh, "all, with care": with_care, "all wrong": destroyed}, {}
for name, values in bases.items():
    new.model.set_weights(values)
    told[name] = transfer.predict(base, batch, 8)

# %% [markdown] slideshow={"slide_type": "-"}
# **Compared with the untouched network.**

# %% slideshow={"slide_type": "-"}
usual = told["untouched"].argmax(axis=1)
kept = {name: p.argmax(axis=1) == usual for name, p in told.items()}
was = network.class_names[usual[cup]]
known_as = {name: p[cup, usual[cup]] for name, p in told.items()}
for name in bases:
    same = f"{kept[name].sum():2} of {len(batch)} keep their class"
    print(f"{name:15} {same}; {was} {known_as[name]:.3f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* even with care many of the photos get another class from the old head: it was trained for the old features. Done wrong, it knows hardly any of them.
#
# The old head does not fit the new features any more. Are the features themselves worse? A **linear probe** tells: logistic regression on each base, for our classes and for digits, which no base here was tuned on.
#
# **A probe on each base.**

# %% slideshow={"slide_type": "-"}
(x, label), (x_new, label_new) = datasets.mnist(SEED)
digit = [np.repeat(255 - a[..., None], 3, axis=-1) for a in (x[:240], x_new[:240])]
tasks = {"MNIST digits": ((digit[0], label[:240]), (digit[1], label_new[:240]))}
tasks[data.name], worth = ((data.train, y["train"]), (data.test, y["test"])), {}
for name, values in bases.items():
    new.model.set_weights(values)
    for task, both in tasks.items():
        seen = [(extract(base, p, before_head, SIZE), labels) for p, labels in both]
        worth[task, name] = transfer.correct(transfer.logistic_regression(), *seen)
series = {task: [worth[task, name].mean() for name in bases] for task in tasks}
plots.bars(list(bases), series, "A linear probe on each base: test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* trained with care, the base's features are as good as before, also for digits. Trained wrong for only three epochs, they have lost most of it (guessing is right on 0.1 of the digits and 0.5 of our animals). Exercise 3 looks for a reason in batch normalisation.
#
# **The slide's warning, measured.**

# %% slideshow={"slide_type": "skip"}
for task in tasks:
    gap, low, high = training.paired_interval(
        worth[task, "untouched"], worth[task, "all wrong"]
    )
    print(f"probe, {task}: wrong minus untouched {gap:+.3f}, {low:+.3f} to {high:+.3f}")
lost = training.paired_interval(kept["all, with care"], kept["all wrong"])
text = "unfreezing without care destroys what the base had learned"
found = f"old classes kept: wrong minus careful {lost[0]:+.2f}"
claims.slide_claim("002", text, lost, "holds", found, below=0, over=f"{len(batch)} photos")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Where did the weights move?
#
# **How far each layer moved, as a share of its length.**

# %% slideshow={"slide_type": "-"}
moved = {}
for name in ("all wrong", "all, with care"):
    new.model.set_weights(bases[name])
    moved[name] = transfer.weight_change(before, base)
lines = {name: list(one.values())[:-1] for name, one in moved.items()}  # no old classifier
order = np.arange(1, len(lines["all wrong"]) + 1)
plots.lines(order, lines, "How far the weights moved", "layer", "share of their length")

# %% [markdown] slideshow={"slide_type": "skip"}
# The order of size matters. *As shipped:* with care no layer moved by more than some 1 %, done wrong the late ones moved by 10 %. The first layer moved least in both, so its kernels look the same to the eye before and after. Look at what the base can still do, not at its pictures.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The slide speaks of the *representations*: fine-tuning adjusts the more abstract ones slightly. So ask the layers, not the weights: how much do their answers to the same photos change? "Slightly" means here: by less than a quarter of their length.
#
# **The change of every block's answers, for 40 test photos.**

# %% slideshow={"slide_type": "-"}
forty = data.test.take(min(40, len(data.test)), SEED)
ends = [transfer.frozen_boundary(network, one) for one in transfer.blocks(network)[1:]]
ends, answered, shift = [*ends, network.vgg_equivalent("block5_conv3")], {}, {}
for name in ("untouched", "all, with care"):
    new.model.set_weights(bases[name])
    answered[name] = extract(base, forty, ends, SIZE)
for end in ends:
    old, now = (transfer.flatten(one[end]) for one in answered.values())
    shift[end] = np.linalg.norm(now - old, axis=1) / np.linalg.norm(old, axis=1)
means = [one.mean() for one in shift.values()]
title = "How far each block's answers moved"
plots.lines(range(1, len(ends) + 1), {"with care": means}, title, "block", "of their length")

# %% [markdown] slideshow={"slide_type": "skip"}
# 0 would be a block whose answers did not change at all, 1 a change as large as the answers themselves.
#
# **The claim, measured at the last maps, with all layers open.**

# %% slideshow={"slide_type": "skip"}
text = "fine-tuning changes the abstract layers slightly (all layers, with care)"
measured, over = training.mean_interval(shift[ends[-1]]), f"{len(forty)} photos"
claims.slide_claim("000", text, measured, "cannot tell", below=0.25, over=over)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Save it, load it, use it
#
# The new network is one flat graph of layers, not a model inside a model. So it can be saved, loaded, and looked into, like any other.
#
# **One file, and back.**

# %% slideshow={"slide_type": "-"}
import tempfile

new.model.set_weights(with_care)
with tempfile.TemporaryDirectory() as folder:
    file = training.save(new, f"{folder}/cats_and_dogs.keras")
    megabytes = file.stat().st_size / 1e6
    again = training.load(file)
sixty = pictures["test"][:60]
gap = np.abs(transfer.predict(again, sixty) - transfer.predict(new, sixty)).max()
always.check(
    gap < 1e-5, f"{megabytes:.0f} MB; loaded, it predicts the same; largest difference", gap
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where does it look?
#
# *As shipped:* in the drawn animals only the ears decide. Does the tuned network look there? At 96 pixels its last maps have 3 x 3 places, too coarse for an ear; so we fine-tune the last three blocks once more at 192 pixels (6 x 6 places).
#
# **Fine-tune at 192 pixels.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import grad_cam

fine = max(SIZE, 192)
some, few = [part.take(min(40, len(part)), SEED) for part in (data.test, data.validation)]
large, classes, heats = some.images(fine), some.labels.tolist(), {}


def look():
    """Grad-CAM of each photo's own class, four photos at a time."""
    some = [slice(at, at + 4) for at in range(0, len(large), 4)]
    return np.concatenate([grad_cam(new, large[four], classes[four]) for four in some])


# %% [markdown] slideshow={"slide_type": "skip"}
# **Before and after.**

# %% slideshow={"slide_type": "-"}
new.model.set_weights(trained)
heats["head alone"] = look()
transfer.fine_tune(new, blocks[-3], data.train, few, 4, size=fine, seed=SEED)
heats["tuned"] = look()
print(f"{transfer.accuracy(new, large, some.labels):.3f} of {len(some)} test photos right")

# %% [markdown] slideshow={"slide_type": "slide"}
# **Grad-CAM for each photo's own class, with the head alone and tuned.**

# %% slideshow={"slide_type": "-"}
pairs = [(name, i) for name in heats for i in range(min(4, len(large)))]
titles = [f"{data.class_names[classes[i]]}: {name}" for name, i in pairs]
under, maps = [large[i] for _, i in pairs], [heats[name][i] for name, i in pairs]
rims = [some.drawn.ears[i] for _, i in pairs] if some.drawn is not None else None
plots.overlays(under, maps, titles, columns=4, original=False, outlines=rims)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Ears cover about 5 % of a drawn photo, so a raw share proves nothing. We divide: the share of the heat on the ears over the share of the area. 1 is what an even map would give. A map of edges, which knows no classes, stands beside it.
#
# **How much more heat than area do the ears get?**


# %% slideshow={"slide_type": "-"}
def on_ears(maps, ears):
    """Share of each map's heat on the ears over their share of the area; 1 for an empty map."""
    big = np.stack([images.resize(one, ears.shape[1:], "bilinear") for one in maps])
    area = ears.mean(axis=(1, 2))
    heat, there = big.sum(axis=(1, 2)), (big * ears).sum(axis=(1, 2))
    return np.divide(there, heat, out=area.copy(), where=heat > 0) / area


# %% [markdown] slideshow={"slide_type": "skip"}
# **The three compared; the whiskers are 95 % intervals over the photos.**

# %% slideshow={"slide_type": "-"}
looks = {"no masks here": np.ones(2)}
if some.drawn is not None:
    grey = some.pixels.mean(axis=-1)
    edges = [np.hypot(*np.gradient(one)) for one in grey.astype(np.float32)]
    looks = {"edges": on_ears(edges, some.drawn.ears)}
    looks |= {name: on_ears(maps, some.drawn.ears) for name, maps in heats.items()}
on_average = {name: training.mean_interval(values) for name, values in looks.items()}
means, half = zip(*[(mean, high - mean) for mean, _, high in on_average.values()], strict=True)
even, title = {"even map": 1}, "Heat on the ears over their area"
plots.bars(list(on_average), means, title, errors=half, reference=even)

# %% [markdown] slideshow={"slide_type": "skip"}
# A bar whose whisker stays above the dashed line: more heat on the ears than an even map would give.
#
# **Check it.**

# %% slideshow={"slide_type": "skip"}
if some.drawn is not None:
    text = "the tuned network looks at the ears; heat over area"
    claims.check(on_average["tuned"][1] > 1, text, on_average["tuned"])
    for other in ("edges", "head alone"):
        more = training.mean_interval(looks["tuned"] - looks[other])
        print(f"tuned minus {other}: {more[0]:+.2f}, {more[1]:+.2f} to {more[2]:+.2f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## More than one device
#
# Everything here is written for several graphics cards, too: give `attach_head` and `compiled` a strategy, and train the whole model with `training.fit`.
#
# ```
# strategy = tf.distribute.MirroredStrategy()
# new = transfer.attach_head(network, data.class_names, strategy=strategy)
# transfer.unfreeze_from(new, new.vgg_equivalent("block5_conv1"))
# model = transfer.compiled(new, 1e-4, strategy=strategy)
# training.fit(model, (pictures, labels), None, epochs=8, batch_size=64)
# ```
#
# It was tested on two logical processors, not on graphics cards.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **Exercise 1.**
#
# The slide's loop, but from `block4_conv1` on: how many of VGG16's parameters are trainable? Compute it from the table in [notebook 2](02_feature_extraction.ipynb), or let `transfer.unfreeze_from` count. (Expected: about 13 million.)

# %% slideshow={"slide_type": "-"}
your_count = None

two = [la for la in vgg.model.layers if la.name.startswith(("block4", "block5"))]
exercise(your_count, sum(la.count_params() for la in two), hint="Six convolutions learn.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 2.**
#
# A layer of batch normalisation stores the mean 2 and the variance 4; scale and offset are 1 and 0. It has `trainable = False`, and the model is *in training*. The batch holds two numbers, 10 and 14. Which two come out? (One decimal is enough.)

# %% slideshow={"slide_type": "-"}
your_pair = None  # for example (10, 14)

frozen = keras.layers.BatchNormalization(trainable=False, name="frozen")
frozen.build((None, 1))
frozen.set_weights([np.array([number]) for number in (1, 0, 2, 4)])  # its last two: stored
pair = frozen(np.array([[10.0], [14.0]]), training=True).numpy().ravel()
exercise(your_pair, pair, "Which averages did our `trainable = False` keep in use?", 0.02)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 3.**
#
# Thaw batch normalisation, too (`layer.trainable = True` for every layer of `new`), and some numbers of the network move in training although no gradient reaches them. How many? (Expected: some tens of thousands.)
#
# *Think!* Then do it wrong once more like this, for six epochs (copy the cell *Do it wrong*, then ask `base` about `batch`). The new averages follow the new weights: do our classes survive now? And the photos of the old head?

# %% slideshow={"slide_type": "-"}
your_averages = None

norms = [la for la in new.model.layers if isinstance(la, keras.layers.BatchNormalization)]
stored = sum(la.moving_mean.shape[0] + la.moving_variance.shape[0] for la in norms)
exercise(your_averages, stored, hint="Two numbers for each channel of each such layer.")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
gain, low, high = training.paired_interval(head_right, last_block["Adam 0.0001"])
deepest = rows["all"]
where = "where the tuned network looks cannot be scored without masks"
if "tuned" in on_average:
    where = f"the tuned network puts {on_average['tuned'][0]:.1f} times as much heat on the ears as their area would get"
Markdown(f"""
**You have**

1. fine-tuned in five steps: {by_layer:,} parameters learned, no stored average moved, and the test accuracy went from {head_right.mean():.3f} to {last_block["Adam 0.0001"].mean():.3f} ({gain:+.3f}, interval {low:+.3f} to {high:+.3f});
2. unfrozen all layers: {deepest["test"]:.3f}, that is {deepest["minus none"]:+.3f} ({deepest["low"]:+.3f} to {deepest["high"]:+.3f}) against the head alone, for {slower:.1f} times the time of one block;
3. destroyed a base: {was} fell from {known_as["untouched"]:.2f} to {known_as["all wrong"]:.3f}, and of {len(batch)} photos {kept["all wrong"].sum()} kept their old class; {where}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | the loop with `set_trainable` | `transfer.unfreeze_from(new, "block5_conv1")` |
# | (nothing: VGG16 has no batch normalisation) | `reached and not isinstance(layer, keras.layers.BatchNormalization)` |
# | `RMSprop(lr=1e-5)` | `RMSprop(learning_rate=1e-5)` |
# | `fit_generator`, 100 epochs through the whole network | `fine_tune`: the frozen part once, then only the rest |
#
# *Further reading.* J. Yosinski et al., "How Transferable Are Features in Deep Neural Networks?", NeurIPS 2014. S. Kornblith et al., "Do Better ImageNet Models Transfer Better?", CVPR 2019. A. Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022. S. Ioffe and C. Szegedy, "Batch Normalization", ICML 2015.
