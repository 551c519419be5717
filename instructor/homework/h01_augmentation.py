# ---
# jupyter:
#   course: {assignment: h01, title: Augmentation by hand, points: 20, minutes: 80}
# ---

# %% [markdown]
# # Homework 1: augmentation by hand
#
# *Belongs to [notebook 1](../01_augmentation.ipynb). 20 points, about 80 minutes.*
#
# **You will**
# 1. move and shear pictures with nothing but arrays,
# 2. choose ranges that fit digits, and ranges that fit photos,
# 3. measure what moved copies are worth,
# 4. test the sentence "augmentation adds no new information".
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other pictures, so write your functions for any input of the shape that is named.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import datasets, images, plots, training
from helpers.teaching import homework

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
ROW = (7, 1, 4, 9, 2)  # one of (7, 1, 4, 9, 2), (3, 8, 5, 1, 6), (2, 9, 4, 6, 8)
STEPS = 2  # one of 2, 3
LEAN = 0.43  # one of 0.33, 0.43, 0.53
SEED = 5  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "photo_text", "locked": true}
# **A photo to try things on.** Take one of your own, if you like: write its path.

# %% nbgrader={"grade_id": "photo", "locked": true} tags=["own"]
PHOTO = "chelsea"

# %% nbgrader={"grade_id": "photo_read", "locked": true}
(digits, names), (unseen, unseen_names) = datasets.mnist(SEED)
known = PHOTO in datasets.photos()
photo = images.prepare(datasets.photo(PHOTO).array if known else images.load(PHOTO), 96)

# %% [markdown] nbgrader={"grade_id": "row_text", "locked": true}
# ## 1. A row on paper (2 points, 10 minutes)
#
# When a picture moves, pixels are missing at one edge. The filling says what stands there:
#
# | filling | beyond the edge of `a b c d` |
# |---|---|
# | nearest | `a b c d d d d`: the last pixel again and again |
# | mirror | `a b c d c b a`: as in a mirror that stands *on* the last pixel, so `d` comes once |
#
# **You do:** move the row of pixels `ROW` to the **left** by `STEPS` pixels. Write down the five new pixels, once with each filling.

# %% nbgrader={"grade_id": "row", "solution": true}
moved_row = {"nearest": ..., "mirror": ...}
### BEGIN SOLUTION
longer = {
    "nearest": [*ROW, ROW[-1], ROW[-1], ROW[-1]],
    "mirror": [*ROW, ROW[-2], ROW[-3], ROW[-4]],
}
moved_row = {name: row[STEPS : STEPS + 5] for name, row in longer.items()}
### END SOLUTION

# %% nbgrader={"grade_id": "row_check", "grade": true, "locked": true, "points": 2}
row = homework.Question("1. A row on paper", points=2)
row.holds(
    0.5,
    "the first pixel is the one that stood STEPS places further on",
    lambda: (
        ...
        if any(one is ... for one in moved_row.values())
        else [moved_row[name][0] for name in moved_row]
    ),
    lambda firsts: list(firsts) == [ROW[STEPS]] * 2,
    {"The row went to the right.": lambda firsts: ROW[STEPS] not in firsts},
)
### BEGIN HIDDEN TESTS
for filling, mode, mistakes in (
    ("nearest", "edge", {}),
    (
        "mirror",
        "reflect",
        {"The last pixel comes twice; the mirror stands on it.": "symmetric"},
    ),
):
    whole = np.array(ROW)
    row.equal(
        0.75,
        f"all five pixels, {filling}",
        lambda filling=filling: moved_row[filling],
        np.pad(whole, (0, STEPS), mode)[STEPS:],
        mistakes={
            "The row went to the right.": np.pad(whole, (STEPS, 0), mode)[:5],
            "What left on one side came back on the other.": np.roll(whole, -STEPS),
            "The hole is empty; fill it.": np.pad(whole, (0, STEPS))[STEPS:],
            **{
                sentence: np.pad(whole, (0, STEPS), other)[STEPS:]
                for sentence, other in mistakes.items()
            },
        },
    )
### END HIDDEN TESTS
row.score()

# %% [markdown] nbgrader={"grade_id": "shift_text", "locked": true}
# ## 2. Shift (5 points, 20 minutes)
#
# `training.apply_one` knows four fillings. Mirror, as above, is not among them.
#
# **You do:** write `shift`. It moves a batch of pictures by whole pixels, `down` rows down and `right` columns to the right (negative: up, to the left), and fills with *mirror*. `pictures` has the shape `(n, height, width, channels)`; the result has it, too. Both numbers are smaller than the sides. Ask for each new pixel: where in the old picture does it come from?


# %% nbgrader={"grade_id": "shift", "solution": true}
def shift(pictures, down, right):
    """The moved pictures, of the same shape."""
    ### BEGIN SOLUTION
    height, width = pictures.shape[1:3]
    rows, columns = np.arange(height) - down, np.arange(width) - right
    rows = height - 1 - np.abs(height - 1 - np.abs(rows))
    columns = width - 1 - np.abs(width - 1 - np.abs(columns))
    return pictures[:, rows][:, :, columns]
    ### END SOLUTION


# %% nbgrader={"grade_id": "shift_check", "grade": true, "locked": true, "points": 5}
barred = ["training.apply_one", "training.augmentation.warp"]
move = homework.Question("2. Shift", points=5, without=barred)
spot = np.zeros((1, 7, 9, 1))
spot[0, 3, 4] = 1
move.holds(
    1,
    "a bright pixel at (3, 4) moves to (5, 3) when all goes 2 down and 1 to the left",
    lambda: shift(spot, 2, -1),
    lambda found: np.argwhere(np.asarray(found) > 0).tolist() == [[0, 5, 3, 0]],
    {
        "It went the other way.": lambda found: np.asarray(found)[0, 1, 5, 0] > 0,
        "Rows and columns are mixed up.": lambda found: np.asarray(found)[0, 2, 6, 0] > 0,
    },
)
move.equal(
    1,
    "there and back again, the middle is as before",
    lambda: shift(shift(photo[None], 3, -5), -3, 5)[:, 8:-8, 8:-8],
    photo[None, 8:-8, 8:-8],
)
### BEGIN HIDDEN TESTS


def slid(pictures, down, right, mode="reflect"):
    """Padded on all sides, then cut out at another place."""
    height, width = pictures.shape[1:3]
    padded = np.pad(pictures, ((0, 0), (4, 4), (4, 4), (0, 0)), mode)
    return padded[:, 4 - down : 4 - down + height, 4 - right : 4 - right + width]


for seed, (down, right) in ((SEED + 1, (3, -2)), (SEED + 2, (-4, 1))):
    drawn = np.random.default_rng(seed).uniform(0, 255, (3, 6, 9, 2))
    move.equal(
        1.5,
        f"three other pictures, {down} down and {right} to the right",
        lambda x=drawn, d=down, r=right: shift(x, d, r),
        slid(drawn, down, right),
        mistakes={
            "They went the other way.": slid(drawn, -down, -right),
            "Rows and columns are mixed up.": slid(drawn, right, down),
            "What left on one side came back on the other.": slid(drawn, down, right, "wrap"),
            "The edge pixel comes twice; the mirror stands on it.": slid(
                drawn, down, right, "symmetric"
            ),
            "The filling is nearest, not mirror.": slid(drawn, down, right, "edge"),
            "The hole is empty; fill it.": slid(drawn, down, right, "constant"),
        },
    )
### END HIDDEN TESTS
move.score()

# %% [markdown] nbgrader={"grade_id": "shear_text", "locked": true}
# ## 3. Shear (4 points, 15 minutes)
#
# A shear pushes each row to the side: the higher the row, the further. Row $r$ of a picture with $h$ rows stands $a = (h - 1) / 2 - r$ rows above the middle, so it moves to the right by
#
# $$s_r = \mathrm{round}(\text{lean} \cdot a)$$
#
# pixels; below the middle $s_r$ is negative, and the row moves to the left. Fill with *nearest*.
#
# **You do:** write `shear` for one picture `(height, width, channels)`.


# %% nbgrader={"grade_id": "shear", "solution": true}
def shear(picture, lean):
    """The sheared picture, of the same shape: its top leans to the right where lean is positive."""
    ### BEGIN SOLUTION
    height, width = picture.shape[:2]
    rows = np.arange(height)
    steps = np.round(lean * ((height - 1) / 2 - rows)).astype(int)
    columns = np.clip(np.arange(width) - steps[:, None], 0, width - 1)
    return picture[rows[:, None], columns]
    ### END SOLUTION


# %% nbgrader={"grade_id": "shear_check", "grade": true, "locked": true, "points": 4}
lean = homework.Question("3. Shear", points=4, without=barred)
finely = training.apply_one(photo, shear=LEAN)
lean.holds(
    1,
    "on your photo it is what training.apply_one makes, but for a part of a pixel",
    lambda: shear(photo, LEAN),
    lambda found: (
        np.abs(np.asarray(found, float) - finely).mean()
        < 0.35 * np.abs(photo.astype(float) - finely).mean()
    ),
    {
        "The top leans to the left.": lambda found: (
            np.abs(np.asarray(found, float) - training.apply_one(photo, shear=LEAN)).mean()
            > np.abs(
                np.asarray(found, float)
                - training.apply_one(photo[:, ::-1], shear=LEAN)[:, ::-1]
            ).mean()
        )
    },
)
lean.equal(
    0.5,
    "the row in the middle stays",
    lambda: shear(photo[:95], LEAN)[47],
    photo[47],
)
### BEGIN HIDDEN TESTS


def sheared(picture, amount, mode="edge", middle=0.5, rounding=np.round):
    """Row by row."""
    made, height, width = [], *picture.shape[:2]
    for number, one in enumerate(picture):
        step = int(rounding(amount * (middle * (height - 1) - number)))
        padded = np.pad(one, ((20, 20), (0, 0)), mode)
        made.append(padded[20 - step : 20 - step + width])
    return np.array(made)


for seed, amount in ((SEED + 3, 0.37), (SEED + 4, -0.61)):
    drawn = np.random.default_rng(seed).uniform(0, 255, (12, 23, 2))
    on_its_side = sheared(drawn.swapaxes(0, 1), amount).swapaxes(0, 1)
    lean.equal(
        1.25,
        f"at every pixel, another picture, lean {amount}",
        lambda x=drawn, amount=amount: shear(x, amount),
        sheared(drawn, amount),
        mistakes={
            "It leans to the other side.": sheared(drawn, -amount),
            "The top row stays; the one in the middle should.": sheared(
                drawn, amount, middle=0
            ),
            "The bottom row stays; the one in the middle should.": sheared(
                drawn, amount, middle=1
            ),
            "What left on one side came back on the other.": sheared(drawn, amount, "wrap"),
            "The hole is empty; fill it with the nearest pixel.": sheared(
                drawn, amount, "constant"
            ),
            "Steps are cut off (int), not rounded.": sheared(drawn, amount, rounding=np.trunc),
            "Columns were pushed down instead of rows to the side.": on_its_side,
        },
    )
### END HIDDEN TESTS
lean.score()

# %% [markdown] nbgrader={"grade_id": "look_text", "locked": true}
# **Look at it: your photo, moved and sheared.**

# %% nbgrader={"grade_id": "look", "locked": true}
made = {"the photo": photo, "shift": shift(photo[None], 20, -30), "shear": shear(photo, LEAN)}
made = {name: one for name, one in made.items() if one is not None}
tiles = [np.asarray(one).reshape(96, 96, 3).astype("uint8") for one in made.values()]
plots.photos(tiles, list(made), columns=3)

# %% [markdown] nbgrader={"grade_id": "ranges_text", "locked": true}
# ## 4. Ranges for digits and for photos (3 points, 10 minutes)
#
# A good range is as wide as can be, while a stranger still gives every variant the old label, and could have met such a picture. The settings are those of `training.pipeline`: `rotation` in degrees, `width_shift`, `height_shift`, `shear`, `zoom` as fractions, `horizontal_flip`, `vertical_flip`. What you leave out has the slide's value, and that is not zero.
#
# **You do:** choose the settings for handwritten digits, and for photos of pets.

# %% nbgrader={"grade_id": "ranges", "solution": true}
for_digits = ...
for_photos = ...
### BEGIN SOLUTION
for_digits = {
    "rotation": 12,
    "width_shift": 0.08,
    "height_shift": 0.08,
    "shear": 0.1,
    "zoom": 0.1,
    "horizontal_flip": False,
}
for_photos = {"rotation": 20, "width_shift": 0.15, "height_shift": 0.15, "zoom": 0.2}
### END SOLUTION

# %% nbgrader={"grade_id": "ranges_check", "grade": true, "locked": true, "points": 3}
ranges = homework.Question("4. Ranges", points=3)


def settings(chosen):
    """All settings, with the slide's values for those that were left out."""
    return training.pipeline(**chosen).get_config()


def moves(found):
    """Whether a variant differs from its picture at all."""
    return found["rotation"] >= 3 and max(found["width_shift"], found["height_shift"]) >= 0.03


ranges.holds(
    1,
    "both are settings of training.pipeline, and each moves something",
    lambda: ... if ... in (for_digits, for_photos) else [for_digits, for_photos],
    lambda both: all(moves(settings(one)) for one in both),
    {"These ranges hardly change a picture.": lambda both: all(map(settings, both))},
)
### BEGIN HIDDEN TESTS
ranges.holds(
    1,
    "digits stay the digits they are, and inside the picture",
    lambda: for_digits if for_digits is ... else settings(for_digits),
    lambda found: (
        not found["horizontal_flip"]
        and not found["vertical_flip"]
        and moves(found)
        and found["rotation"] <= 30
        and max(found["width_shift"], found["height_shift"]) <= 0.18
        and max(found["shear"], found["zoom"]) <= 0.4
    ),
    {
        "A mirrored 2 is no digit. What you leave out has the slide's value: the flip is on.": lambda f: (
            f["horizontal_flip"]
        ),
        "A 6 upside down is a 9.": lambda found: found["vertical_flip"],
        "Turned so far, a 6 comes near a 9, and nobody writes a 1 lying down.": lambda found: (
            found["rotation"] > 30
        ),
        "Shifted so far, part of the digit is outside the picture.": lambda found: (
            max(found["width_shift"], found["height_shift"]) > 0.18
        ),
    },
)
ranges.holds(
    1,
    "pets may look to the left or to the right, but do not stand on their heads",
    lambda: for_photos if for_photos is ... else settings(for_photos),
    lambda found: (
        found["horizontal_flip"]
        and not found["vertical_flip"]
        and moves(found)
        and found["rotation"] <= 45
        and max(found["width_shift"], found["height_shift"]) <= 0.3
        and max(found["shear"], found["zoom"]) <= 0.5
    ),
    {
        "The mirrored pet is missing: it is as good a photo as the first, and costs nothing.": lambda f: (
            not f["horizontal_flip"]
        ),
        "Who takes photos of pets upside down?": lambda found: (
            found["vertical_flip"] or found["rotation"] > 45
        ),
        "Shifted so far, the pet may be gone.": lambda found: (
            max(found["width_shift"], found["height_shift"]) > 0.3
        ),
    },
)
### END HIDDEN TESTS
ranges.score()

# %% [markdown] nbgrader={"grade_id": "enlarge_text", "locked": true}
# ## 5. Many out of few (4 points, 20 minutes)
#
# **5a. In code (3 points, 15 minutes). You do:** write `enlarge` for grey pictures `(n, height, width)`. It returns `(pictures, labels)`: all pictures as they are, and `copies` moved copies of *each*. Every copy moves by its own whole steps, drawn from `-reach` to `reach`, down and to the right. The label of a copy is that of its picture: **the order of both must fit.** Draw with `np.random.default_rng(seed)`. Your `shift` helps.


# %% nbgrader={"grade_id": "enlarge", "solution": true}
def enlarge(pictures, labels, copies, reach, seed):
    """(pictures, labels) of n * (1 + copies) grey pictures, (n * (1 + copies), height, width)."""
    ### BEGIN SOLUTION
    random = np.random.default_rng(seed)
    made = [pictures]
    for _ in range(copies):
        steps = random.integers(-reach, reach + 1, (len(pictures), 2))
        pairs = zip(pictures, steps, strict=True)
        made.append(
            np.array([shift(one[None, ..., None], *step)[0, ..., 0] for one, step in pairs])
        )
    return np.concatenate(made), np.tile(labels, 1 + copies)
    ### END SOLUTION


# %% nbgrader={"grade_id": "enlarge_check", "grade": true, "locked": true, "points": 3}
more = homework.Question("5a. Many out of few", points=3, without=barred)
more.holds(
    0.5,
    "three digits and four copies of each are 15 pictures with 15 labels",
    lambda: enlarge(digits[:3], names[:3], 4, 2, SEED),
    lambda found: np.shape(found[0]) == (15, 28, 28) and np.shape(found[1]) == (15,),
)
### BEGIN HIDDEN TESTS


def places(found):
    """Where the one bright pixel of each picture stands, from the middle."""
    return np.array([np.argwhere(one == one.max())[0] for one in np.asarray(found[0])]) - 6


def as_told(found, reach):
    """One part after the other: sizes, originals, steps, labels."""
    where, called = places(found), np.asarray(found[1])
    values = np.asarray(found[0]).max(axis=(1, 2))
    kept = [((where == 0).all(axis=1) & (values == value)).any() for value in np.unique(values)]
    return {
        "labels": (called == values - 100).all(),
        "originals": all(kept) and np.bincount(values.astype(int) - 100).tolist() == [6] * 8,
        "reach": (where.min(), where.max()) == (-reach, reach),
        "own steps": len({tuple(step) for step in where}) > 12,
    }


for seed in (SEED + 5, SEED + 6):
    marked, label = np.zeros((8, 13, 13)), np.random.default_rng(seed).permutation(8)
    marked[:, 6, 6] = 100 + label
    more.holds(
        1.25,
        "labels belong to their pictures, and every copy has steps of its own",
        lambda x=marked, y=label, seed=seed: enlarge(x, y, 5, 2, seed),
        lambda found: all(as_told(found, 2).values()),
        {
            "The labels are in another order than the pictures.": lambda found: (
                not as_told(found, 2)["labels"]
            ),
            "The pictures as they are, or some copies, are missing.": lambda found: (
                not as_told(found, 2)["originals"]
            ),
            "Several copies move by the same steps; draw for each.": lambda found: (
                not as_told(found, 2)["own steps"]
            ),
            "The steps do not reach from -reach to reach.": lambda found: (
                not as_told(found, 2)["reach"]
            ),
        },
    )
### END HIDDEN TESTS
more.score()

# %% [markdown] nbgrader={"grade_id": "worth_text", "locked": true}
# **5b. Measure (1 point, 5 minutes).** `read` trains a classifier and returns the share of 1000 new digits that it names rightly.
#
# **You do:** call it for four training sets: the first 100 digits; each of these ten times, *unchanged*; each of these once as it is and nine times moved, with a reach of 2; the first 1000 digits.

# %% nbgrader={"grade_id": "read", "locked": true}
from sklearn.svm import SVC


def read(pictures, labels):
    """The share of new digits that a support vector machine names rightly."""
    machine = SVC(C=10).fit(np.reshape(pictures, (len(pictures), -1)) / 255, labels)
    return float(np.mean(machine.predict(unseen.reshape(1000, -1) / 255) == unseen_names))


# %% nbgrader={"grade_id": "worth", "solution": true}
worth = {"100": ..., "10 x the same": ..., "10 x moved": ..., "1000": ...}
### BEGIN SOLUTION
few, few_names = digits[:100], names[:100]
worth = {
    "100": read(few, few_names),
    "10 x the same": read(np.tile(few, (10, 1, 1)), np.tile(few_names, 10)),
    "10 x moved": read(*enlarge(few, few_names, 9, 2, SEED)),
    "1000": read(digits[:1000], names[:1000]),
}
### END SOLUTION

# %% nbgrader={"grade_id": "worth_check", "grade": true, "locked": true, "points": 1}
value = homework.Question("5b. Measure", points=1)
value.holds(
    0.25,
    "four shares",
    lambda: ... if ... in worth.values() else worth,
    lambda found: len(found) == 4 and all(0.4 < share < 1 for share in found.values()),
)
### BEGIN HIDDEN TESTS


def measured():
    """The four sets once more."""
    few, random = digits[:100, ..., None], np.random.default_rng(SEED + 7)
    moved = [
        slid(one[None], *random.integers(-2, 3, 2))[0] for one in np.tile(few, (9, 1, 1, 1))
    ]
    return {
        "100": read(few, names[:100]),
        "10 x the same": read(np.tile(few, (10, 1, 1, 1)), np.tile(names[:100], 10)),
        "10 x moved": read([*few, *moved], np.tile(names[:100], 10)),
        "1000": read(digits[:1000], names[:1000]),
    }


value.equal(
    0.75,
    "the four shares, measured once more with other steps",
    lambda: ... if ... in worth.values() else worth,
    measured,
    within=0.04,
)
### END HIDDEN TESTS
value.score()

# %% nbgrader={"grade_id": "worth_look", "locked": true}
title = "Share of 1000 new digits named rightly"
plots.bars(worth, title=title) if ... not in worth.values() else None

# %% [markdown] nbgrader={"grade_id": "information_text", "locked": true}
# ## 6. No new information? (2 points, 5 minutes)
#
# "Augmentation adds no new information." You have four numbers that test it.
#
# **You do:** write four to six sentences. Which two numbers agree with the sentence, and why are they so alike? Which number speaks against it, and where does that gain come from, if not from new digits? What would a million moved copies of the 100 digits never teach?

# %% [markdown] nbgrader={"grade_id": "information", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# Ten times the same digit names exactly as many new digits as the digit once (0.75 and 0.75 with the values as shipped): a copy says nothing that its picture does not say. Moved copies gain a little (0.80): what is new comes from us, not from the digits. We know that a moved digit is the same digit, and the copies tell the machine so. A thousand real digits are far better (0.94): they show how other people write a 7, and no number of moved copies shows a hand that is not among the 100.
#
# Rubric: 1 point for the two equal numbers, or for the gap to 1000 digits, with the reason (the copies are functions of the same 100 pictures); 1 point for where the gain comes from (our knowledge of what does not change the label). Take half a point away for no number at all.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
