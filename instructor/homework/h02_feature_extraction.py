# ---
# jupyter:
#   course: {assignment: h02, title: Features and what they forget, points: 20, minutes: 85}
# ---

# %% [markdown]
# # Homework 2: features, and what they forget
#
# *Belongs to [notebook 2](../02_feature_extraction.ipynb). 20 points, about 85 minutes.*
#
# **You will**
# 1. turn maps into features that remember *where* something is, by hand and in code,
# 2. train two classifiers on features of photos, your own if you like,
# 3. read their answers: a table of confusions, and an interval,
# 4. say why averaged features lose the place.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other maps and another network, so write your functions for any input of the shape that is named.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import backbones, datasets, plots, transfer
from helpers.teaching import homework

network = backbones.load("efficientnet_lite0")
last_maps = "head_relu"  # the maps before they are averaged

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
ROW = 1  # one of 0, 1, 2
COLUMN = 3  # one of 0, 2, 3
VALUE = 30  # one of 18, 30, 42
SEED = 4  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "data_text", "locked": true}
# **The photos.** Take your own: two folders or more of 15 photos or more, one folder per class, in one folder, and write `"folder:my_photos"`. Your grade does not depend on them: when your work is graded, `"critters"` stand here. What you found with your own counts in question 6.

# %% nbgrader={"grade_id": "data", "locked": true} tags=["own"]
DATA = "critters"

# %% nbgrader={"grade_id": "data_read", "locked": true}
counts = {"train": 120, "validation": 8, "test": 120}
pets = datasets.images("critters", SEED, **counts)
data = pets if DATA == "critters" else datasets.images(DATA, SEED)
size = 96 if DATA == "critters" else 224
maps = [transfer.extract(network, part, last_maps, size) for part in (data.train, data.test)]
print(data, "Maps:", maps[0].shape[1:])
names = [data.class_names[label] for label in data.train.labels[:6]]
plots.photos(data.train.at(range(min(6, len(data.train)))).images(size), names, columns=6)

# %% [markdown] nbgrader={"grade_id": "paper_text", "locked": true}
# ## 1. One map on paper (2 points, 10 minutes)
#
# A map says how strongly one channel answers at each place. Averaging it keeps *how much* and forgets *where*. Its **centre** keeps where: the mean place, weighted with the answers. Row $i$ of $h$ rows lies at $(i + \tfrac12) / h$, a fraction of the picture's height; columns likewise.
#
# **You do:** a map of **3 rows and 4 columns** is zero everywhere, but `VALUE` at row `ROW` and column `COLUMN` (counted from 0). Write down its average, and the row and the column of its centre, as fractions.

# %% nbgrader={"grade_id": "paper", "solution": true}
on_paper = {"average": ..., "row": ..., "column": ...}
### BEGIN SOLUTION
on_paper = {"average": VALUE / 12, "row": (ROW + 0.5) / 3, "column": (COLUMN + 0.5) / 4}
### END SOLUTION

# %% nbgrader={"grade_id": "paper_check", "grade": true, "locked": true, "points": 2}
paper = homework.Question("1. One map on paper", points=2)
paper.holds(
    0.5,
    "the centre lies inside the picture, and the average between 0 and VALUE",
    lambda: ... if ... in on_paper.values() else on_paper,
    lambda found: (
        0 < found["row"] < 1 and 0 < found["column"] < 1 and 0 < found["average"] < VALUE
    ),
    {
        "A place is a fraction of the side, from 0 to 1.": lambda found: (
            max(found["row"], 1) >= 1
        )
    },
)
### BEGIN HIDDEN TESTS
for name, expected, mistakes in (
    (
        "average",
        VALUE / 12,
        {"This is the sum.": VALUE, "This is the sum of one row.": VALUE / 4},
    ),
    (
        "row",
        (ROW + 0.5) / 3,
        {
            "The middle of a row lies half a row further on.": ROW / 3,
            "Rows and columns are mixed up.": (COLUMN + 0.5) / 4,
        },
    ),
    (
        "column",
        (COLUMN + 0.5) / 4,
        {
            "The middle of a column lies half a column further on.": COLUMN / 4,
            "Rows and columns are mixed up.": (ROW + 0.5) / 3,
        },
    ),
):
    paper.equal(
        0.5, name, lambda name=name: on_paper[name], expected, within=2e-3, mistakes=mistakes
    )
### END HIDDEN TESTS
paper.score()

# %% [markdown] nbgrader={"grade_id": "place_text", "locked": true}
# ## 2. Features that remember the place (4 points, 20 minutes)
#
# **You do:** write `with_place` for the maps of several photos, `(n, height, width, channels)`, never negative. For each photo it returns first the average of each channel, then the row of each channel's centre, then the column of each: `(n, 3 * channels)`. A channel that is silent, zero everywhere, has its centre in the middle: 0.5 and 0.5.


# %% nbgrader={"grade_id": "place", "solution": true}
def with_place(maps):
    """Averages, rows and columns of the centres: float (n, 3 * channels)."""
    ### BEGIN SOLUTION
    height, width = maps.shape[1:3]
    total = maps.sum(axis=(1, 2))
    share = maps / np.where(total > 0, total, 1)[:, None, None]
    rows = np.einsum("nhwc,h->nc", share, (np.arange(height) + 0.5) / height)
    columns = np.einsum("nhwc,w->nc", share, (np.arange(width) + 0.5) / width)
    silent = total == 0
    rows[silent] = columns[silent] = 0.5
    return np.hstack([maps.mean(axis=(1, 2)), rows, columns])
    ### END SOLUTION


# %% nbgrader={"grade_id": "place_check", "grade": true, "locked": true, "points": 4}
place = homework.Question("2. Features with place", points=4)
even = np.full((2, 4, 5, 3), 7.0)
place.equal(
    0.5,
    "of maps that are 7 everywhere the centre is the middle",
    lambda: with_place(even),
    np.tile([7.0] * 3 + [0.5] * 6, (2, 1)),
    mistakes={
        "Put all averages first, then all rows, then all columns.": np.tile(
            [7, 0.5, 0.5], (2, 3)
        )
    },
)
place.equal(
    0.5,
    "a silent channel has its centre in the middle",
    lambda: with_place(np.zeros((1, 3, 3, 2))),
    np.array([[0, 0, 0.5, 0.5, 0.5, 0.5]]),
    mistakes={
        "Do not divide by a sum of zero.": np.array([[0, 0, *[np.nan] * 4]]),
        "A silent channel got the place 0.": np.zeros((1, 6)),
    },
)
### BEGIN HIDDEN TESTS


def slowly(maps, half=0.5, fractions=True, turned=False, largest=False, add=False):
    """Map by map, place by place."""
    n, height, width, channels = maps.shape
    made = np.zeros((n, 3 * channels))
    sides = (height, width) if fractions else (1, 1)
    for k in range(n):
        for c in range(channels):
            one = maps[k, ..., c].astype(float)
            made[k, c] = one.sum() if add else one.mean()
            where = np.array(
                [[i + half, j + half] for i in range(height) for j in range(width)]
            )
            weight = one.ravel() == one.max() if largest else one.ravel()
            centre = (
                np.average(where, axis=0, weights=weight) if weight.any() else where.mean(0)
            )
            centre = centre / sides if one.any() else [0.5, 0.5]
            made[k, [channels + c, 2 * channels + c]] = centre[::-1] if turned else centre
    return made


stranger = homework.given("backbones.load", "squeezenet")
few = pets.train.at(range(2)).images(96)
theirs = np.maximum(stranger.features_of(few, "fire4_concat")[..., :20], 0)
cases = {"maps of a network that you did not see": theirs}
for seed, shape in ((SEED + 1, (3, 4, 6, 5)), (SEED + 2, (2, 7, 3, 4))):
    drawn = np.random.default_rng(seed).exponential(3, shape)
    drawn[0, ..., 1] = 0
    cases[f"other maps {shape}"] = drawn
for what, some in cases.items():
    place.equal(
        1,
        what,
        lambda some=some: with_place(some),
        slowly(some),
        within=1e-5,
        mistakes={
            "Rows and columns are mixed up.": slowly(some, turned=True),
            "The middle of a row lies half a row further on.": slowly(some, half=0),
            "The places are rows and columns, not fractions of the sides.": slowly(
                some, fractions=False
            ),
            "This is the place of the largest answer; weight all places.": slowly(
                some, largest=True
            ),
            "The first part holds sums, not averages.": slowly(some, add=True),
        },
    )
### END HIDDEN TESTS
place.score()

# %% [markdown] nbgrader={"grade_id": "confusion_text", "locked": true}
# ## 3. Who is taken for whom? (3 points, 15 minutes)
#
# **You do:** write `confusions`. Row $k$ is about the photos whose *true* class is $k$; column $l$ holds the **share** of them that was called $l$. So every row sums to 1. A class without photos has a row of zeros.


# %% nbgrader={"grade_id": "confusion", "solution": true}
def confusions(truth, called, classes):
    """Shares, float (classes, classes), from whole numbers (n,) and (n,)."""
    ### BEGIN SOLUTION
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, called), 1)
    total = table.sum(axis=1, keepdims=True)
    return table / np.where(total > 0, total, 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "confusion_check", "grade": true, "locked": true, "points": 3}
who = homework.Question("3. Who is taken for whom", points=3)
who.equal(
    0.5,
    "who makes no mistake has ones on the diagonal",
    lambda: confusions(np.array([0, 1, 2, 1]), np.array([0, 1, 2, 1]), 3),
    np.eye(3),
)
who.equal(
    0.5,
    "cat, cat, dog, called cat, dog, dog",
    lambda: confusions(np.array([0, 0, 1]), np.array([0, 1, 1]), 2),
    [[0.5, 0.5], [0, 1]],
    mistakes={
        "Rows are the true classes, columns what they were called.": [[0.5, 0], [0.5, 1]],
        "These are numbers of photos; give shares.": [[1, 1], [0, 1]],
    },
)
### BEGIN HIDDEN TESTS
for seed in (SEED + 3, SEED + 4):
    random = np.random.default_rng(seed)
    true, said = random.choice([0, 1, 2, 4], 40), random.integers(0, 5, 40)
    table = np.array([[np.sum((true == k) & (said == j)) for j in range(5)] for k in range(5)])
    of_row = np.maximum(table.sum(axis=1, keepdims=True), 1)
    of_column = np.maximum(table.sum(axis=0), 1)
    empty = np.where(table.sum(axis=1, keepdims=True) > 0, table / of_row, np.nan)
    who.equal(
        1,
        "five classes, one of them without photos",
        lambda true=true, said=said: confusions(true, said, 5),
        table / of_row,
        mistakes={
            "Rows are the true classes, columns what they were called.": (table / of_row).T,
            "The columns sum to 1; the rows should.": table / of_column,
            "All is divided by the number of photos; each row has its own.": table / 40,
            "These are numbers of photos; give shares.": table,
            "The class without photos: do not divide by zero.": empty,
        },
    )
### END HIDDEN TESTS
who.score()

# %% [markdown] nbgrader={"grade_id": "interval_text", "locked": true}
# ## 4. How sure is a share? (3 points, 15 minutes)
#
# `right` of `count` photos were named rightly. Other photos would have given another share. Wilson's interval says which true shares fit to what was seen, at so many standard deviations $z$ (1.96: 95 %):
#
# $$\frac{k + z^2 / 2}{n + z^2} \;\pm\; \frac{z}{n + z^2} \sqrt{\frac{k (n - k)}{n} + \frac{z^2}{4}}$$
#
# **You do:** write it. Then look what it says of 10 right answers out of 10. Is the network perfect?


# %% nbgrader={"grade_id": "interval", "solution": true}
def interval(right, count, z=1.96):
    """(low, high) of the share, each from 0 to 1."""
    ### BEGIN SOLUTION
    total = count + z**2
    middle = (right + z**2 / 2) / total
    half = z / total * np.sqrt(right * (count - right) / count + z**2 / 4)
    return middle - half, middle + half
    ### END SOLUTION


# %% nbgrader={"grade_id": "interval_check", "grade": true, "locked": true, "points": 3}
sure = homework.Question("4. How sure", points=3, without=["training.share_interval"])
sure.holds(
    0.5,
    "right and wrong answers change places when 3 of 20 become 17 of 20",
    lambda: interval(3, 20),
    lambda found: np.allclose(found, 1 - np.ravel(interval(17, 20))[::-1]) and found[0] < 0.15,
)
sure.holds(
    0.5,
    "of 10 right out of 10, the interval ends at 1 and begins well below",
    lambda: interval(10, 10),
    lambda found: abs(found[1] - 1) < 1e-4 and 0.6 < found[0] < 0.8,
    {
        "An interval of no width after ten photos: this is not Wilson's.": lambda found: (
            found[1] - found[0] < 1e-6
        )
    },
)
### BEGIN HIDDEN TESTS
from scipy.stats import norm

for right, count, z in ((37, 41, 1.96), (4, 23, 2.576)):
    from scipy.stats import binomtest

    share, level = right / count, 2 * norm.cdf(z) - 1
    wilson = binomtest(right, count).proportion_ci(level, method="wilson")
    usual = binomtest(right, count).proportion_ci(0.95, method="wilson")
    wide = np.sqrt(share * (1 - share) / count)
    inner = right * (count - right) / count + z**2 / 4
    middle, total = (right + z**2 / 2) / (count + z**2), count + z**2
    both = np.array([-1, 1])
    sure.equal(
        1,
        f"{right} of {count}, z = {z}",
        lambda right=right, count=count, z=z: np.ravel(interval(right, count, z)),
        np.array(wilson),
        within=1e-3,
        mistakes={
            "It takes no notice of z.": np.array(usual),
            "This is the simple interval, share plus and minus z standard errors.": share
            + both * z * wide,
            "The root is missing.": middle + both * z / total * inner,
            "The middle lacks z^2 / 2.": right / total + both * z / total * np.sqrt(inner),
            "z^2 / 4 below the root is missing.": middle
            + both * z / total * np.sqrt(inner - z**2 / 4),
            "Both are divided by n; it is n + z^2.": (
                right + z**2 / 2 + both * z * np.sqrt(inner)
            )
            / count,
            "These are percent; give shares.": 100 * np.array(wilson),
        },
    )
### END HIDDEN TESTS
sure.score()

# %% [markdown] nbgrader={"grade_id": "measure_text", "locked": true}
# ## 5. Measure (3 points, 15 minutes)
#
# **5a. Two classifiers (1.5 points). You do:** train `"logistic regression"` and `"linear SVM"` of `transfer.classifiers()` on the averaged maps of the training photos. Note for each which test photos it calls what, a list of whole numbers. (`.fit(features, labels)`, `.predict(features)`.)

# %% nbgrader={"grade_id": "two", "solution": true}
called = {"logistic regression": ..., "linear SVM": ...}
### BEGIN SOLUTION
known, asked = (one.mean(axis=(1, 2)) for one in maps)
for name in called:
    fitted = transfer.classifiers()[name].fit(known, data.train.labels)
    called[name] = fitted.predict(asked)
### END SOLUTION

# %% nbgrader={"grade_id": "two_check", "grade": true, "locked": true, "points": 1.5}
two = homework.Question("5a. Two classifiers", points=1.5)
two.holds(
    0.5,
    "one class for each test photo, from both",
    lambda: ... if any(one is ... for one in called.values()) else list(called.values()),
    lambda found: all(np.shape(one) == data.test.labels.shape for one in found),
)
### BEGIN HIDDEN TESTS
for name in ("logistic regression", "linear SVM"):
    again = transfer.correct(
        transfer.classifiers()[name],
        (maps[0].mean(axis=(1, 2)), data.train.labels),
        (maps[1].mean(axis=(1, 2)), data.test.labels),
    )
    two.equal(
        0.5,
        f"its accuracy, measured once more: {name}",
        lambda name=name: float(np.mean(np.asarray(called[name]) == data.test.labels)),
        float(again.mean()),
        within=0.04,
        mistakes={"These are the training labels' own numbers.": 1.0},
    )
### END HIDDEN TESTS
two.score()

# %% nbgrader={"grade_id": "two_look", "locked": true}
said, photos_of = called["linear SVM"], np.bincount(data.test.labels)
table = (
    confusions(data.test.labels, np.asarray(said), len(photos_of)) if said is not ... else None
)
numbers = None if table is None else np.round(np.asarray(table) * photos_of[:, None])
plots.confusion(numbers, data.class_names, "Linear SVM") if table is not None else None

# %% [markdown] nbgrader={"grade_id": "lost_text", "locked": true}
# **5b. What is lost (1.5 points).** `transfer.explained_place` says how well a linear function of features tells a place: 1 perfectly, 0 not at all. The places are those of the critters' faces.
#
# **You do:** measure it for the averages alone, and for your `with_place`.

# %% nbgrader={"grade_id": "faces", "locked": true}
faces = [transfer.centres(part.drawn.faces) for part in (pets.train, pets.test)]
drawn_maps = [
    transfer.extract(network, part, last_maps, 96) for part in (pets.train, pets.test)
]

# %% nbgrader={"grade_id": "lost", "solution": true}
told = {"average": ..., "with place": ...}
### BEGIN SOLUTION
ways = {"average": lambda some: some.mean(axis=(1, 2)), "with place": with_place}
for name, way in ways.items():
    known, asked = ((way(one), where) for one, where in zip(drawn_maps, faces, strict=True))
    told[name] = transfer.explained_place(known, asked)
### END SOLUTION

# %% nbgrader={"grade_id": "lost_check", "grade": true, "locked": true, "points": 1.5}
lost = homework.Question("5b. What is lost", points=1.5)
lost.holds(
    0.5,
    "two numbers, none above 1, and the place is told better with the centres",
    lambda: ... if ... in told.values() else told,
    lambda found: found["average"] < found["with place"] < 1,
)
### BEGIN HIDDEN TESTS


def once_more(way):
    pairs = [(way(one), where) for one, where in zip(drawn_maps, faces, strict=True)]
    return transfer.explained_place(*pairs)


def quickly(some):
    """As `slowly`, for all channels at once."""
    total, (_, height, width, _) = some.sum(axis=(1, 2), keepdims=True), some.shape
    down, across = np.indices((height, width))[..., None] + 0.5
    weights = np.where(total > 0, some, 1)
    weights = weights / weights.sum(axis=(1, 2), keepdims=True)
    rows, columns = (
        (weights * down / height).sum((1, 2)),
        (weights * across / width).sum((1, 2)),
    )
    return np.hstack([some.mean(axis=(1, 2)), rows, columns])


for name, way in (("average", lambda some: some.mean(axis=(1, 2))), ("with place", quickly)):
    lost.equal(
        0.5,
        f"measured once more: {name}",
        lambda name=name: 1 + told[name],
        1 + once_more(way),
        within=0.03,
    )
### END HIDDEN TESTS
lost.score()

# %% [markdown] nbgrader={"grade_id": "reading_text", "locked": true}
# ## 6. Read your results (3 points, 10 minutes)
#
# **You do:** write a paragraph of six to ten sentences on *your* photos (your own folder, or the critters): which photos, how many; both accuracies, each with its interval; whether the two classifiers differ, and how you know; which class is taken for which, and one photo of these that you looked at, with a guess why.

# %% [markdown] nbgrader={"grade_id": "reading", "grade": true, "solution": true, "points": 3}
# ### BEGIN SOLUTION
# An example with the critters: 120 training and 120 test photos, cats and dogs that differ in their ears alone. Logistic regression names about 95 % rightly (0.89 to 0.98), the linear SVM as many within two photos. The intervals overlap nearly as a whole, and both err on nearly the same photos, so these 120 photos cannot tell which is better. Dogs are taken for cats as often as cats for dogs. One dog that was taken for a cat has one ear behind a toy, and the other stands out to the side.
#
# Rubric: 1 point for both accuracies with intervals and the number of photos; 1 point for a verdict on the difference that follows from the intervals, or from the photos on which the two disagree; 1 point for reading the table of confusions down to a single photo. No point for a number without the photos that it was measured on.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "why_text", "locked": true}
# ## 7. Why do averages lose the place? (2 points, 5 minutes)
#
# **You do:** explain in three to five sentences, with your two numbers of 5b, why the average of a map cannot say where the face is. Why does that not hurt when you only ask "cat or dog"? For which task would it hurt?

# %% [markdown] nbgrader={"grade_id": "why", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# The average adds the answers of all places with the same weight; a map and the same map moved have the same average, so the place is gone (R squared near 0). The centres keep it in part (about 0.5). The class does not change when the animal moves, so nothing that matters is lost: accuracy stays. It hurts where the answer *is* a place or depends on one: pointing at the face, counting animals side by side, reading "the cup is left of the plate".
#
# Rubric: 1 point for "the same average after moving", with a number of 5b; 1 point for a task in which place matters, and why class labels do not need it.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
