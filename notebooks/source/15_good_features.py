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
# # 15 Good features: what a base must keep, and where it comes from
#
# You keep or throw away where things are, ask four old questions about filters, and repair listings of the slides.
#
# *Follows lecture 001 (HKUST: the questions on transfer), lecture 002 (Harvard BST 261, lecture 8: feature extraction) and the listings of all five lectures. **About 1 minute** on two cores.*
#
# [← 14 Units](14_units.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md)
#
# **You will**
# 1. find out what early layers know of a digit when their places are kept,
# 2. compare filters from many and few pictures, with and without labels, and from a formula,
# 3. see listings of the slides fail, and repair them until a tick appears.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import keras
import numpy as np
from IPython.display import Markdown

from helpers import backbones, datasets, images, plots, teaching, training, transfer
from helpers.datasets import stratified_sample
from helpers.teaching import Claims, exercise
from helpers.transfer import extract, filter_banks
from helpers.widgets import bank_explorer, place_explorer

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Sentences that begin with *As shipped* tell of `"efficientnet_lite0"` and seed 0; with another choice, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
SEED = 0

# %% [markdown] slideshow={"slide_type": "skip"}
# **The network, and the choices that the claims are made for.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
claims = Claims(NETWORK=[NETWORK, "efficientnet_lite0"], SEED=[SEED, 0])
always = Claims()  # what holds with every choice

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Place kept or thrown away
#
# Lecture 002: a task that is very different from ImageNet should use only the first few layers. [Notebook 2](02_feature_extraction.ipynb) averages each map over all places, and there the early layers lose by far. But the average throws away what an early layer knows of a digit: *where* its strokes are.
#
# **Think!** Digits are strokes in places. How much will the first layers gain from nine fields instead of one mean?
#
# **Two tasks: digits, and drawn cats and dogs.**

# %% slideshow={"slide_type": "-"}
(x, y), (x_new, y_new) = datasets.mnist(SEED)
few, many = stratified_sample(y, 240, SEED), stratified_sample(y_new, 480, SEED)
as_photo = [np.repeat(255 - one[..., None], 3, axis=-1) for one in (x[few], x_new[many])]
animals = datasets.images("critters", seed=SEED)
photos = {"digits": {"train": as_photo[0], "test": as_photo[1]}}
halves = {"train": animals.train, "test": animals.test}
photos["animals"] = {part: one.images(96) for part, one in halves.items()}
labels = {"digits": {"train": y[few], "test": y_new[many]}}
labels["animals"] = {part: one.labels for part, one in halves.items()}
names = {"digits": [str(digit) for digit in range(10)], "animals": animals.class_names}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The maps of six stages, places and all, in one pass for each part.**

# %% slideshow={"slide_type": "-"}
starts = transfer.blocks(network)[1:]
ends = [transfer.frozen_boundary(network, start) for start in starts]
stages = [ends[at] for at in (1, 2, 4, 7, 10)] + [network.vgg_equivalent("block5_conv3")]
maps = {
    task: {part: extract(network, one, stages, 96) for part, one in both.items()}
    for task, both in photos.items()
}
for stage in stages:
    high, wide, channels = maps["digits"]["train"][stage].shape[1:]
    print(f"{stage:12} {high:2} x {wide:2} places, {channels:4} channels")

# %% [markdown] slideshow={"slide_type": "slide"}
# **One probe for all: logistic regression on the mean, on 3 x 3 fields, and on pixels.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets.evidence import kept

right, model = {}, transfer.logistic_regression()
for task, both in maps.items():
    for keep, grid in (("mean", 1), ("3 x 3 fields", 3)):
        for stage in stages:
            seen = [(kept(both[p][stage], grid), labels[task][p]) for p in ("train", "test")]
            right[task, keep, stage] = transfer.correct(model, *seen)
    shrunk = [transfer.pixels(one, 28) for one in photos[task].values()]
    pairs = zip(shrunk, labels[task].values(), strict=True)
    right[task, "pixels", ""] = transfer.correct(model, *pairs)

# %% [markdown] slideshow={"slide_type": "-"}
# **Stage by stage.**

# %% slideshow={"slide_type": "-"}
by_stage = {
    f"{task}, {keep}": [right[task, keep, stage].mean() for stage in stages]
    for task in maps
    for keep in ("mean", "3 x 3 fields")
}
pixels = {f"{task}, pixels": right[task, "pixels", ""].mean() for task in maps}
axes = ("stage, early to late", "test accuracy")
plots.lines(range(1, 7), by_stage, "One mean, or nine fields", *axes, pixels)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* with nine fields in place of one mean the second stage goes from 0.44 to 0.88 on digits. It was the mean that knew little, not the stage. Pixels reach 0.79 with the same probe. Best is a stage in the middle; whether the early or the last maps are better, 480 digits cannot tell.
#
# **The slide's advice, measured on digits with places kept.**

# %% slideshow={"slide_type": "skip"}
digit = {stage: right["digits", "3 x 3 fields", stage] for stage in stages}
early = max(stages[:2], key=lambda stage: digit[stage].mean())
gain = training.paired_interval(digit[stages[-1]], digit[early])
of_digits = {"over": f"{len(y_new[many])} digits", "differs": "240 labels, 3 x 3 fields"}
text = "for a task unlike ImageNet, use only the first few layers (early minus last maps)"
claims.slide_claim("002", text, gain, "cannot tell", above=0, **of_digits)
text = "the first few layers are of use for such a task: better than its pixels"
gain = training.paired_interval(right["digits", "pixels", ""], digit[early])
claims.slide_claim("002", text, gain, "holds", above=0, **of_digits)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Listing 002 flattens its maps: all places are kept. Does that show?
#
# **Where is the head? A linear function of the flattened maps, and of their mean.**

# %% slideshow={"slide_type": "-"}
from sklearn.metrics import r2_score

centres = [transfer.centres(one.drawn.faces | one.drawn.ears) for one in halves.values()]
told, last = {}, stages[-1]
for keep, grid in (("flattened", None), ("mean", 1)):
    seen = [kept(maps["animals"][part][last], grid) for part in ("train", "test")]
    told[keep] = transfer.predicted_place((seen[0], centres[0]), seen[1])
where = {keep: r2_score(centres[1], place) for keep, place in told.items()}
plots.bars(where, title="R squared of the head's place")

# %% [markdown] slideshow={"slide_type": "skip"}
# $R^2 = 1$ is perfect, 0 is no better than the mean place. Its interval comes from drawing the test photos again with repeats (the bootstrap).
#
# **The claim, measured.**


# %% slideshow={"slide_type": "skip"}
def more(true, flat, mean):
    """How much more of the places' variance the flattened maps explain."""
    return r2_score(true, flat) - r2_score(true, mean)


gain = training.bootstrap_interval(more, centres[1], *told.values(), draws=500)
text = "flattened maps keep the place that a mean throws away (R squared)"
claims.slide_claim("002", text, gain, "holds", above=0.1, over=f"{len(centres[1])} photos")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Try it
#
# **Think!** For the drawn animals the last maps are best, averaged or not. Which stage gains most from its places there?
#
# **Choose a task, a stage, and what is kept.**

# %% slideshow={"slide_type": "-"}
beside = {task: float(right[task, "pixels", ""].mean()) for task in maps}
place_explorer(maps, labels, names, beside)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Any size
#
# `input_shape` is optional, says lecture 002: without it the base takes pictures of any size. It does. But does it see the same thing?
#
# **The sample photos at three sizes: what is the first answer?**

# %% slideshow={"slide_type": "-"}
whole = [photo.array for photo in datasets.photos().values()]
said = {}
for side in (160, 224, 320):
    batch = np.stack([images.prepare(one, side) for one in whole])
    said[side] = transfer.predict(network, batch, 4).argmax(axis=1)
same = {f"{side} px": (said[side] == said[224]).mean() for side in (160, 320)}
plots.bars(same, title=f"Share of {len(whole)} photos with the same first answer as at 224 px")

# %% [markdown] slideshow={"slide_type": "skip"}
# The convolutions do not mind. But a thing of 20 pixels at one size is a thing of 40 at another, and the network was trained at one.
#
# **The claim, measured.**

# %% slideshow={"slide_type": "skip"}
text = "without input_shape the network takes pictures of any size"
shapes = [network.features(last).compute_output_shape((1, n, n, 3))[1] for n in said]
claims.slide_claim(
    "002", text, shapes == [5, 7, 10], "holds", f"sides of the last maps {shapes}"
)
for side in (160, 320):
    text, share = f"at {side} px it names most photos as at 224 px", same[f"{side} px"]
    verdict = "cannot tell" if side == 160 else "holds"
    measured = (share, *training.share_interval(share, len(whole)))
    claims.slide_claim("002", text, measured, verdict, above=0.5, over=f"{len(whole)} photos")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Stored features and augmentation
#
# Features that were computed once cannot be augmented, says lecture 002. Unless one stores the features of the *variants*.
#
# **Eight variants of each photo, their features stored once, the same head.**

# %% slideshow={"slide_type": "-"}
ranges = {"rotation": 15, "width_shift": 0.1, "height_shift": 0.1, "shear": 0.1, "zoom": 0.15}
change = training.pipeline(**ranges, fill_mode="reflect", seed=SEED)
eight = [np.asarray(change(photos["animals"]["train"], training=True)) for _ in range(8)]
layer = network.vgg_equivalent("fc2")
once, new = (extract(network, photos["animals"][part], layer, 96) for part in ("train", "test"))
stored = np.concatenate([once, *(extract(network, one, layer, 96) for one in eight)])
truth, told_once = labels["animals"]["test"], labels["animals"]["train"]
of = {"once": (once, told_once), "with eight variants": (stored, np.tile(told_once, 9))}
better = {name: transfer.correct(model, part, (new, truth)) for name, part in of.items()}
print({name: round(float(one.mean()), 3) for name, one in better.items()})

# %% [markdown] slideshow={"slide_type": "skip"}
# The variants are fixed then, and the file is nine times as large; each epoch still costs next to nothing.
#
# **The claims, measured.**

# %% slideshow={"slide_type": "skip"}
text = "stored features exclude augmented data"
shown, impossible = f"{len(stored):,} rows stored", len(stored) < 9 * len(once)
always.slide_claim("002", text, impossible, "does not hold here", shown)
gain, over = training.paired_interval(*better.values()), f"{len(truth)} photos"
text = "storing eight variants of each photo helps on new photos"
claims.slide_claim(
    "002", text, gain, "cannot tell", above=0, over=over, differs="eight fixed variants"
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Four questions on filters
#
# The filters of a first layer are of use for other tasks. Lecture 001 asks why:
#
# 1. Is it the large *amount* of pictures?
# 2. Is it the *many classes* that were learned at once?
# 3. Can filters be learned *without labels*?
# 4. Can they be *written down*?
#
# We make banks of 16 filters, 7 x 7 pixels, in seven ways, and ask all of them with one probe: both signs of the answers, means in 4 x 4 fields, logistic regression.
#
# **Think!** One of the seven is drawn at random. Which place will it take?
#
# **Drawn animals to learn from, digits to name.**

# %% slideshow={"slide_type": "-"}
source = datasets.animals(400, 100 + SEED, 32)
pictures, eight_animals = filter_banks.grey(source.pixels), source.labels
first = slice(0, 64)
banks = {
    "400 pictures, 8 classes": filter_banks.learned_bank(pictures, eight_animals, 300, SEED),
    "64 pictures": filter_banks.learned_bank(pictures[first], eight_animals[first], 300, SEED),
    "2 classes": filter_banks.learned_bank(pictures, eight_animals % 2, 300, SEED),
    "k-means, no labels": filter_banks.kmeans_bank(pictures, SEED),
    "Gabor": filter_banks.gabor_bank(),
    "cosines": filter_banks.dct_bank(),
    "random": filter_banks.random_bank(SEED),
}

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Choose where the filters come from, and look at them, their answers, and what they are worth.**

# %% slideshow={"slide_type": "-"}
frame = ((0, 0), (2, 2), (2, 2))
framed = [np.pad(one.astype("float32"), frame) for one in (x[few], x_new[many])]
tasks = {"digits": (framed[0], y[few], framed[1], y_new[many])}
bank_explorer(banks, tasks)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The seven banks, named rightly.**

# %% slideshow={"slide_type": "-"}
named = {}
for name, bank in banks.items():
    answers = [filter_banks.responses(part, bank) for part in framed]
    sides = (answers[0], y[few]), (answers[1], y_new[many])
    named[name] = transfer.correct(model, *sides)
plots.dots({name: one.mean() for name, one in named.items()}, title="digits, 240 labels")

# %% [markdown] slideshow={"slide_type": "skip"}
# Look at the random filters first: what they reach needs no learning at all, and only what lies above is owed to pictures, classes or formulas. One seed is a hint, not more; the stored study has five, and a second task.
#
# **The stored table.**

# %% slideshow={"slide_type": "-"}
teaching.stored_table("four_questions")

# %% [markdown] slideshow={"slide_type": "skip"}
# *Over five seeds, 240 labels:* the filters that the convnet learned from 400 pictures are no better than random ones, whatever they learned from; five seeds cannot tell many pictures from few, or eight classes from two. K-means, Gabor and cosines are as good or better, the cosines by 0.05 on digits and 0.13 on animals. So in a small network the first layer is not where the learning pays: a formula does as well.
#
# **The four questions: many pictures, many classes.**

# %% slideshow={"slide_type": "skip"}
statements = {
    "amount": "filters from many pictures are better than from few",
    "classes": "filters from many classes are better than from two",
}
for what, text in statements.items():
    for task in ("digits", "animals"):
        gain = teaching.stored_effect("four_questions", f"{task}, {what}")
        always.slide_claim("001", f"{text} ({task})", verdict="cannot tell", above=0, **gain)

# %% [markdown] slideshow={"slide_type": "skip"}
# "As good" means: not worse by more than 0.03.
#
# **The other two: no labels, and a formula.**

# %% slideshow={"slide_type": "skip"}
statements = {
    "no labels": "filters found without labels are as good",
    "mathematics": "filters from a formula (Gabor) are as good",
    "cosines": "filters from a formula (cosines) are as good",
}
for what, text in statements.items():
    for task in ("digits", "animals"):
        gain = teaching.stored_effect("four_questions", f"{task}, {what}")
        always.slide_claim("001", f"{text} ({task})", verdict="holds", above=-0.03, **gain)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A clinic for listings
#
# The slides' listings were typed once, for the Keras of their year, and some never ran. Each of the following does what a listing does, in a few lines of ours. See it fail, and repair it.
#
# **Exercise 1: count.**
#
# A model is made with `outputs` of the first eight layers of a convnet, and a comment in lecture 000 says what `predict` returns: "a list of 5 arrays, one for each layer". How many are they?

# %% slideshow={"slide_type": "-"}
your_arrays = None

convnet = training.small_convnet(32)
outputs = [layer.output for layer in convnet.layers[2:10]]
many_outputs = keras.Model(convnet.inputs[0], outputs)(np.zeros((1, 32, 32, 3), "float32"))
exercise(your_arrays, len(many_outputs), hint="One for each output, whatever a comment says.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 2: a loop that fills an array.**
#
# Lecture 002 fills `features` batch by batch: batch i goes to rows 20 i to 20 i + 20. That works as long as the number of photos is a multiple of 20. Here a folder has 45 photos, and the first 30 are wanted.
#
# **A folder as the slides read it, and their loop.**


# %% slideshow={"slide_type": "-"}
def rounds(count=45, size=20):
    """Photos (here their numbers) in batches, round after round without end, as a generator of the slides does."""
    while True:
        yield from (np.arange(at, min(at + size, count)) for at in range(0, count, size))


def as_on_slide(batches, wanted, size=20):
    found = np.zeros(wanted)
    for i, batch in enumerate(batches):
        found[i * size : (i + 1) * size] = batch
        if (i + 1) * size >= wanted:
            return found


# %% [markdown] slideshow={"slide_type": "skip"}
# **See it fail, then give a function that returns the first `wanted` photos in order.**

# %% slideshow={"slide_type": "-"}
your_fill = None  # a function of batches and wanted

try:
    print(as_on_slide(rounds(), 30))
except ValueError as error:
    print("as on the slide:", error)
exercise(
    your_fill,
    lambda fill: all(np.array_equal(fill(rounds(), n), np.arange(n)) for n in (30, 45, 7)),
    hint="Keep a row number; add the length of each batch; cut the last one.",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 3: the dropout that got lost.**
#
# Lecture 002 puts `Dropout(0.5)` into the head on stored features. Its second listing, the whole model with augmentation, has flatten, 256 units and one output: the dropout is gone, and nobody says so. Which of the differences between the two results is due to what?
#
# **The two heads, counted; give the second head with what it lost, as a list of layer names.**

# %% slideshow={"slide_type": "-"}
your_layers = None  # for example ["flatten", "dense"]

heads = {"stored features": ["dense", "dropout", "dense"]}
heads["whole model"] = ["flatten", "dense", "dense"]
for name, kinds in heads.items():
    print(f"{name:16} {kinds.count('dropout')} dropout: {', '.join(kinds)}")
alike = heads["stored features"] == heads["whole model"][1:]
text, shown = "both listings train the same head", "the second has no dropout"
always.slide_claim("002", text, alike, "does not hold here", shown)
right_one = ["flatten", "dense", "dropout", "dense"]
exercise(your_layers, lambda a: list(a) == right_one, "Between the two dense layers.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 4: a zoom that magnifies tenfold.**
#
# Lecture 003 has `zoom_range=[0.1, 0.1]` in a comment. A *list* gives the two ends: every photo is looked at through a window a tenth as wide. What was meant is a tenth up and down.
#
# **See it, then give the two ends that were meant.**

# %% slideshow={"slide_type": "-"}
your_ends = None  # for example (0.5, 2)

digit_photo = as_photo[0][0]
shown = [digit_photo, training.apply_one(digit_photo, zoom=1 / 0.1)]
exercise(your_ends, (0.9, 1.1), hint="One tenth smaller, and one tenth larger.", tolerance=1e-6)
plots.photos(shown, ["a digit", "zoom_range=[0.1, 0.1]"])

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 5: two lines that Python does not read.**
#
# Lecture 004 writes two assignments in one line, separated by a comma.
#
# **See them fail.**

# %% slideshow={"slide_type": "-"}
for line in ("loss = {}, tapes = {}", "num_schools = 139, embed_sz = 32"):
    try:
        compile(line, "slide", "exec")
    except SyntaxError as error:
        print(f"{line:34} {error.msg}")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Then repair them: a list of lines, which we run, and look at the four names.**


# %% slideshow={"slide_type": "-"}
def repaired(lines):
    """Whether the lines give all four names what was meant."""
    found = {}
    exec("\n".join(lines), found)
    numbers = found["num_schools"], found["embed_sz"]
    return found["loss"] == found["tapes"] == {} and numbers == (139, 32)


your_lines = None  # for example ["loss = {}", "num_schools = 139"]
exercise(your_lines, repaired, hint="One assignment a line, or tuples on both sides.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 6: school number 139.**
#
# The same listing has an embedding of 139 rows for schools that are numbered 1 to 139 (and `embed_sz` in one line, `embed_size` in the next: a name that nobody gave). Rows are counted from 0.
#
# **Ask for the last school, then say how many rows are needed if the numbers stay.**

# %% slideshow={"slide_type": "-"}
your_rows = None

table = np.zeros((139, 32))
try:
    table[139]
except IndexError as error:
    print("as on the slide:", error)
exercise(your_rows, 140, hint="Row 0 is nobody's; or take the number minus 1.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Exercise 7: pictures without a colour, and a name that nobody gave.**
#
# Lecture 003 trains on digits of 28 x 28 pixels and gives the first layer `input_shape=(28, 28, 3)`. Further down, `callbacks=[checkpointer]` names something that no listing makes, and `samples_per_epoch` is an argument that today's `fit` does not know: it is `steps_per_epoch`, and counts batches.
#
# **See the shape fail, then give the three numbers of the digits' shape, and the batches of 128 in 4000 digits.**

# %% slideshow={"slide_type": "-"}
your_numbers = None  # rows, columns, channels and batches, for example (28, 28, 3, 30)

as_typed = training.small_convnet(28, 10, filters=(6,), channels=3)
try:
    as_typed(x[:2, ..., None].astype("float32"))
except ValueError as error:
    lines = [line for line in str(error).splitlines() if "expected" in line]
    print("as on the slide:", *lines)
meant = [28, 28, 1, int(np.ceil(len(x) / 128))]
exercise(your_numbers, meant, "Grey is one channel; the last batch is smaller.", 1e-6)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
best = max(by_stage["digits, 3 x 3 fields"])
Markdown(f"""
**You have**

1. kept the places: on digits the second stage went from {by_stage["digits, mean"][1]:.2f} to {by_stage["digits, 3 x 3 fields"][1]:.2f}, the best stage to {best:.2f}, pixels have {beside["digits"]:.2f};
2. compared seven banks of filters; the head's place is known with $R^2$ {where["flattened"]:.2f} from flattened maps and {where["mean"]:.2f} from their mean;
3. seen seven listings fail, and repaired as many of them as show a tick.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# *Further reading.* J. Yosinski et al., "How Transferable Are Features in Deep Neural Networks?", NeurIPS 2014. A. Coates and A. Y. Ng, "Learning Feature Representations with K-Means", in Neural Networks: Tricks of the Trade, 2012. J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized by two-dimensional visual cortical filters", Journal of the Optical Society of America A 2, 1985. A. Saxe et al., "On Random Weights and Unsupervised Feature Learning", ICML 2011.
