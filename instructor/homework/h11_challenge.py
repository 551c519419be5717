# ---
# jupyter:
#   course: {assignment: h11, title: "The challenge: eight animals", points: 20, minutes: 90}
# ---

# %% [markdown]
# # Homework 11, the challenge: eight animals
#
# *Belongs to notebooks [1](../01_augmentation.ipynb), [2](../02_feature_extraction.ipynb) and [3](../03_fine_tuning.ipynb). 20 points, about 90 minutes.*
#
# Ash, Biscuit, Clover, Dusty, Ember, Fennel, Ginger and Hazel: four cats and four dogs. You have 250 photos of them. Then it is said: *now you get the test set.* Who names the animals best, with a budget that is the same for all?
#
# **You will**
# 1. know before you begin what guessing gives, and what training costs,
# 2. train the best classifier that your budget allows,
# 3. find out which two animals it mixes up,
# 4. tell a better classifier from a lucky one,
# 5. report it honestly, and do the same with your own photos.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. The photos of the test set are drawn when your work is graded; nobody has seen them.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import backbones, datasets, plots, transfer
from helpers.teaching import homework

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
EPOCHS = 7  # one of 5, 7, 9
BATCH = 32  # one of 24, 32, 48
SEED = 3  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "data_text", "locked": true}
# **The photos.** Solve the challenge with `"animals"`. Then take your own, if you like: write `"folder:my_photos"`, one folder per class, and run everything again for question 5. When your work is graded, `"animals"` stand here.

# %% nbgrader={"grade_id": "data", "locked": true} tags=["own"]
DATA = "animals"

# %% nbgrader={"grade_id": "data_read", "locked": true}
SIZE = 96
counts = {"train": 200, "validation": 50, "test": 80} if DATA == "animals" else {}
data = datasets.images(DATA, SEED, **counts)
CLASSES = len(data.class_names)
x, y = data.train.images(SIZE), data.train.labels
x_validation, y_validation = data.validation.images(SIZE), data.validation.labels
first = [int(np.flatnonzero(y == label)[place]) for place in (0, 1) for label in range(CLASSES)]
titles = [data.class_names[y[place]] for place in first]
plots.photos(x[first], titles, columns=CLASSES)

# %% [markdown] nbgrader={"grade_id": "paper_text", "locked": true}
# ## 1. Before you begin (2 points, 5 minutes)
#
# One picture that goes once through a network, forward or forward and backward, is one **pass**. One batch is one **update** of the weights.
#
# **You do:** write down, for the eight animals: the share that guessing names rightly; the number of updates of `EPOCHS` epochs over 200 photos in batches of `BATCH` (the last batch of an epoch may be smaller); the number of passes of that training.

# %% nbgrader={"grade_id": "paper", "solution": true}
on_paper = {"guess": ..., "updates": ..., "passes": ...}
### BEGIN SOLUTION
on_paper = {"guess": 1 / 8, "updates": EPOCHS * -(-200 // BATCH), "passes": EPOCHS * 200}
### END SOLUTION

# %% nbgrader={"grade_id": "paper_check", "grade": true, "locked": true, "points": 2}
paper = homework.Question("1. Before you begin", points=2)
paper.holds(
    0.5,
    "a share from 0 to 1, and more passes than updates",
    lambda: ... if ... in on_paper.values() else dict(on_paper),
    lambda found: 0 < found["guess"] < 1 and found["passes"] > found["updates"] > EPOCHS,
)
### BEGIN HIDDEN TESTS
whole = EPOCHS * -(-200 // BATCH)
for name, expected, mistakes in (
    ("guess", 0.125, {"There are eight animals, not two.": 0.5}),
    (
        "updates",
        whole,
        {
            "The last, smaller batch of each epoch is an update, too.": EPOCHS * (200 // BATCH),
            "An epoch's last batch is smaller: batches do not go on into the next epoch.": (
                -(-EPOCHS * 200 // BATCH)
            ),
            "This is one epoch.": whole // EPOCHS,
        },
    ),
    (
        "passes",
        EPOCHS * 200,
        {
            "The last batch of an epoch is smaller.": whole * BATCH,
            "This is one epoch.": 200,
        },
    ),
):
    paper.equal(
        0.5, name, lambda name=name: on_paper[name], expected, within=1e-6, mistakes=mistakes
    )
### END HIDDEN TESTS
paper.score()

# %% [markdown] nbgrader={"grade_id": "budget_text", "locked": true}
# ## 2. The classifier (8 points, 40 minutes)
#
# **The budget is `BUDGET` passes.** Two functions count them for you: `features` (a frozen network answers, averaged maps) and `fit` (a Keras model learns). Classifiers that learn from features, such as logistic regression, cost nothing more. `start_again()` sets the counter back: only your *last* attempt counts, so call it on top of your answer. What goes round the counter is against the rules of the game.

# %% nbgrader={"grade_id": "budget", "locked": true}
BUDGET = 3000
spent = {"passes": 0}


def start_again():
    """Begin a new attempt."""
    spent["passes"] = 0


def spend(passes):
    """Note passes; refuse what is beyond the budget."""
    if spent["passes"] + passes > BUDGET:
        raise ValueError(f"{spent['passes']} passes are spent, {passes} more are too many")
    spent["passes"] += int(passes)


def features(network, pictures, layer=None, size=None, free=False):
    """What a layer answers, averaged, one row for each picture; free: for pictures of a test."""
    if not free:
        spend(len(pictures))
    found = transfer.extract(network, pictures, layer, size, average=True, cache=False)
    return found.reshape(len(found), -1)


def fit(model, pictures, labels, epochs, **settings):
    """Train a compiled Keras model."""
    spend(len(pictures) * epochs)
    return model.fit(pictures, labels, epochs=epochs, verbose=0, **settings)


# %% [markdown] nbgrader={"grade_id": "classify_text", "locked": true}
# **You do:** train a classifier on the 250 photos, and write `classify`: it takes photos `(n, 96, 96, 3)`, uint8, and returns a class for each, whole numbers `(n,)`. Try things: another layer, another size, two networks side by side, mirrored photos, fine-tuning, a vote of several. Choose on the validation photos; in the end you may learn from all 250. Looking at test photos costs nothing (`free=True`). End with `used = spent["passes"]`.
#
# The points: 1 for a classifier within the budget, then for accuracy on the test set: above 0.25, 0.6, 0.85 and 0.92. A colour histogram gets about 0.55.

# %% nbgrader={"grade_id": "classify", "solution": true}
used = ...
### BEGIN SOLUTION
start_again()
network = backbones.load("efficientnet_lite0")
every, labels = np.concatenate([x, x_validation]), np.concatenate([y, y_validation])
both = np.concatenate([every, every[:, :, ::-1]])
machine = transfer.classifiers()["linear SVM"]
machine.fit(features(network, both, size=128), np.tile(labels, 2))
used = spent["passes"]
### END SOLUTION


def classify(pictures):
    """A class for each picture, whole numbers (n,)."""
    ### BEGIN SOLUTION
    return machine.predict(features(network, pictures, size=128, free=True))
    ### END SOLUTION


# %% nbgrader={"grade_id": "classify_check", "grade": true, "locked": true, "points": 8}
named = homework.Question("2. The classifier", points=8)
named.holds(
    1,
    f"a class for each of five photos, after {BUDGET} passes or less",
    lambda: classify(x_validation[:5]),
    lambda found: (
        np.shape(found) == (5,)
        and set(np.asarray(found).tolist()) <= set(range(CLASSES))
        and used is not ...
        and 0 <= used <= BUDGET
    ),
    {
        'Say what it cost: used = spent["passes"].': lambda found: used is ...,
        "It cost more than the budget.": lambda found: used > BUDGET,
        "These are probabilities or a table; give one class for each photo.": lambda found: (
            np.ndim(found) != 1
        ),
    },
)
### BEGIN HIDDEN TESTS
unseen = [datasets.animals(120, SEED + 7001 + number, SIZE) for number in (0, 1)]
photos = np.concatenate([part.pixels for part in unseen])
animals = np.concatenate([part.labels for part in unseen])
called = {}


def accuracy():
    """The share of the test set, asked once; nothing for no answer."""
    if not called:
        answer = classify(photos)
        called["them"] = ... if answer is None or answer is ... else np.asarray(answer)
    return ... if called["them"] is ... else float(np.mean(called["them"] == animals))


for points, least in ((1.5, 0.25), (1.5, 0.6), (2, 0.85), (2, 0.92)):
    named.holds(
        points,
        f"more than {least:.0%} of {len(animals)} new photos are named rightly",
        accuracy,
        lambda share, least=least: share > least,
        {
            "This is no better than guessing: are labels and photos in the same order?": lambda s: (
                s < 0.2
            ),
            "About as good as colours alone.": lambda share: 0.45 < share < 0.65,
            "Close: try mirrored photos, another size, or learn from all 250.": lambda share: (
                share > 0.8
            ),
        },
    )
named.note("accuracy on the test set", accuracy, len(animals))
### END HIDDEN TESTS
named.score()

# %% [markdown] nbgrader={"grade_id": "confused_text", "locked": true}
# ## 3. Which two? (3 points, 15 minutes)
#
# **You do:** write `most_confused`: the two classes between which most mistakes were made, *both ways together*: photos of $a$ called $b$, and photos of $b$ called $a$. Return `(a, b)`, the smaller number first. Where two pairs have equally many, take the one with the smaller $a$, then the smaller $b$.


# %% nbgrader={"grade_id": "confused", "solution": true}
def most_confused(truth, called, classes):
    """(a, b), a < b, from whole numbers (n,) and (n,)."""
    ### BEGIN SOLUTION
    table = np.zeros((classes, classes), int)
    np.add.at(table, (truth, called), 1)
    both = np.triu(table + table.T, 1)
    return tuple(int(place) for place in np.unravel_index(both.argmax(), both.shape))
    ### END SOLUTION


# %% nbgrader={"grade_id": "confused_check", "grade": true, "locked": true, "points": 3}
mixed = homework.Question("3. Which two", points=3)
mixed.equal(
    0.5,
    "of six photos one 2 is called 1, the rest is right",
    lambda: most_confused(np.array([0, 1, 2, 2, 1, 0]), np.array([0, 1, 2, 1, 1, 0]), 3),
    (1, 2),
    within=0,
    mistakes={"The smaller number first.": (2, 1), "What is right is no mistake.": (0, 0)},
)
### BEGIN HIDDEN TESTS
tables = {
    "mistakes both ways count together": [
        [30, 4, 3, 0],
        [0, 30, 0, 0],
        [3, 0, 20, 0],
        [0, 0, 0, 40],
    ],
    "numbers, not shares": [[50, 0, 0, 5], [0, 3, 2, 0], [0, 1, 60, 0], [2, 0, 0, 40]],
    "two pairs have equally many": [[9, 0, 2, 0], [0, 9, 0, 3], [1, 0, 9, 0], [0, 0, 0, 5]],
    "two pairs with the same a": [[9, 0, 1, 1], [0, 30, 0, 0], [1, 0, 9, 0], [1, 0, 0, 5]],
    "all mistakes go the same way": [[9, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0], [1, 0, 4, 5]],
}
for number, (what, rows) in enumerate(tables.items()):
    table = np.array(rows)
    order = np.random.default_rng(SEED + number % 2).permutation(int(table.sum()))
    cells = np.repeat(np.arange(16), table.ravel())[order]
    wrong = table * (1 - np.eye(4, dtype=int))
    pairs = {(a, b): wrong[a, b] + wrong[b, a] for a in range(4) for b in range(a + 1, 4)}
    one_way = tuple(sorted(map(int, np.argwhere(wrong == wrong.max())[0])))
    share = wrong / table.sum(axis=1, keepdims=True)
    shares = {(a, b): share[a, b] + share[b, a] for a, b in pairs}
    last = max(reversed(list(pairs)), key=pairs.get)
    best = max(pairs, key=pairs.get)
    mixed.equal(
        0.5,
        what,
        lambda a=cells // 4, b=cells % 4: most_confused(a, b, 4),
        best,
        within=0,
        mistakes={
            "Count both ways together.": one_way,
            "Of two pairs with equally many take the first.": last,
            "Count mistakes; do not divide by the size of the class.": max(
                shares, key=shares.get
            ),
            "The smaller number first.": best[::-1],
            "What is right is no mistake.": (int(np.diag(table).argmax()),) * 2,
        },
    )
### END HIDDEN TESTS
mixed.score()

# %% [markdown] nbgrader={"grade_id": "confused_look_text", "locked": true}
# **Look at your own mistakes, on photos that are for looking only.** Do not choose by them, and do not learn from them: then they could tell you nothing any more. (The test set is another one.)

# %% nbgrader={"grade_id": "confused_look", "locked": true}
guessed = classify(data.test.images(SIZE))
answered = guessed is not None and guessed is not ...
table = np.zeros((CLASSES, CLASSES))
np.add.at(table, (data.test.labels, np.asarray(guessed, int)), 1) if answered else None
title = f"{len(data.test)} photos that nobody learned from"
plots.confusion(table, data.class_names, title) if answered else None

# %% [markdown] nbgrader={"grade_id": "tie_text", "locked": true}
# ## 4. Better, or lucky? (4 points, 20 minutes)
#
# Two classifiers named the *same* photos. Where both are right, or both wrong, nothing is learned about which is better. Count the photos that only the first names rightly, $f$, and those that only the second does, $s$. If both were equally good, each of these $f + s$ photos would fall to one or the other like a coin. The **p-value** is the probability that a fair coin, thrown $f + s$ times, gives a split *at least as uneven as this one, to either side*:
#
# $$p = \min \Big( 1, \; 2 \sum_{k=0}^{\min(f, s)} \binom{f+s}{k} \, 2^{-(f+s)} \Big)$$
#
# **You do:** write it. `first` and `second` are bool, `(n,)`: which photos each named rightly. Two that never disagree have $p = 1$. (The board calls two entries a tie when they cannot be told apart.)


# %% nbgrader={"grade_id": "tie", "solution": true}
def p_value(first, second):
    """The probability of a split as uneven as this, 0..1."""
    ### BEGIN SOLUTION
    from math import comb

    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    throws = only_first + only_second
    tail = sum(comb(throws, k) for k in range(min(only_first, only_second) + 1)) / 2**throws
    return min(1.0, 2 * tail)
    ### END SOLUTION


# %% nbgrader={"grade_id": "tie_check", "grade": true, "locked": true, "points": 4}
tie = homework.Question(
    "4. Better, or lucky", points=4, without=["training.verdict", "training.paired_interval"]
)
right = np.ones(6, bool)
tie.equal(0.5, "two that never disagree", lambda: p_value(right, right), 1.0)
tie.equal(
    0.5,
    "five photos, all five only the second names rightly: two of 32 throws are so uneven",
    lambda: p_value(np.zeros(5, bool), np.ones(5, bool)),
    2 / 32,
    mistakes={"As uneven to *either* side.": 1 / 32},
)
### BEGIN HIDDEN TESTS
from scipy.stats import binom, chi2, norm

for seed, f, s, agreed in ((SEED + 1, 3, 11, 60), (SEED + 2, 9, 4, 25), (SEED + 3, 5, 5, 9)):
    order = np.random.default_rng(seed).permutation(f + s + agreed)
    one = np.concatenate([np.ones(f, bool), np.zeros(s, bool), np.arange(agreed) % 4 > 0])[
        order
    ]
    two = np.concatenate([np.zeros(f, bool), np.ones(s, bool), np.arange(agreed) % 4 > 0])[
        order
    ]
    low, n = min(f, s), f + s + agreed
    a, b = one.mean(), two.mean()
    spread = np.sqrt(a * (1 - a) / n + b * (1 - b) / n)
    tie.equal(
        1,
        f"{f} photos only the first, {s} only the second, {agreed} both or none",
        lambda a=one, b=two: p_value(a, b),
        min(1, 2 * binom.cdf(low, f + s, 0.5)),
        within=1e-6,
        mistakes={
            "As uneven to *either* side: twice.": binom.cdf(low, f + s, 0.5),
            "Splits *at least* as uneven: all k up to the smaller one.": min(
                1, 2 * binom.pmf(low, f + s, 0.5)
            ),
            "A probability is 1 at most.": 2 * binom.cdf(low, f + s, 0.5),
            "Photos on which both agree say nothing; leave them out.": min(
                1, 2 * binom.cdf(low, n, 0.5)
            ),
            "Count up to the *smaller* of both.": min(1, 2 * binom.cdf(max(f, s), f + s, 0.5)),
            "The split itself belongs to those as uneven.": min(
                1, 2 * binom.cdf(low - 1, f + s, 0.5)
            ),
            "This is the approximation by chi squared.": chi2.sf((f - s) ** 2 / (f + s), 1),
            "The same photos: do not compare two shares as if each had photos of its own.": 2
            * norm.sf(abs(a - b) / spread),
        },
    )
### END HIDDEN TESTS
tie.score()

# %% [markdown] nbgrader={"grade_id": "report_text", "locked": true}
# ## 5. Report (3 points, 10 minutes)
#
# **You do:** write a report of eight to twelve sentences. What you tried, and what each attempt cost; the accuracy of the best one on the validation photos with its interval (`training.share_interval`), and why the test set may show less; whether your best is better than your second best, by `p_value`; which two animals are mixed up, and why, after looking at them. Then the same for your own classes, if you have photos: what was easier, what harder, and how many photos you would need for a verdict. Without photos of your own: which photos would you take, and which shortcut would you have to fear in them?

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "points": 3}
# ### BEGIN SOLUTION
# An example: a colour histogram with logistic regression (no pass) 0.58; averaged features of the default network at 96 pixels (250 passes) 0.92 on 50 validation photos (0.81 to 0.97); with mirrored photos at 128 pixels (500 passes) 0.96 (0.87 to 0.99). The two differ on four photos, three to one: p = 0.625, a tie. I chose the best of several attempts on these 50 photos, so its number flatters it, and the test may show less. Clover and Fennel are mixed up: both have cream fur, and in the dark the stripes are hard to see. My own photos: two mugs, 15 photos each; 9 of 9 test photos are right, which still allows for 0.7. All photos of one mug were taken on my desk: the desk could be the shortcut.
#
# Rubric: 1 point for attempts with passes and an accuracy with its interval; 1 point for the verdict by p-value and for "chosen on the same photos, so too good"; 1 point for the two animals looked at, and for the own photos or the shortcut to fear.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
