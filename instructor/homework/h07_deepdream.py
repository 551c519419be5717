# ---
# jupyter:
#   course: {assignment: h07, title: DeepDream, points: 20, minutes: 80}
# ---

# %% [markdown]
# # Homework 7: DeepDream
#
# *Belongs to [notebook 9](../09_deepdream.ipynb). 20 points, about 80 minutes.*
#
# **You will**
# 1. work out the sizes at which a dream is dreamt,
# 2. put back the detail that shrinking a photo loses,
# 3. turn a bare loop of ascent into DeepDream,
# 4. measure what a dream has gained, and say which ingredient made yours.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other photos, other numbers and another network.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np
from IPython.display import display

from helpers import datasets, feature_visualization, images, plots
from helpers.teaching import homework

squeezenet = homework.given("backbones.load", "squeezenet")

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
HEIGHT = 288  # one of 180, 288, 360
WIDTH = 432  # one of 270, 432, 450
SEED = 5  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "sizes_text", "locked": true}
# ## 1. Octaves (4 points, 15 minutes)
#
# A dream begins on a small copy of the photo. With $n$ octaves and a scale $s$ the copies have the photo's sides divided by $s^{n-1}, \ldots, s^2, s, 1$.
#
# **1a. By hand (1 point). You do:** a photo of `HEIGHT` x `WIDTH` pixels is dreamt in three octaves with $s = 1.5$. Write the three pairs (height, width), the smallest first.

# %% nbgrader={"grade_id": "sizes", "solution": true}
sizes_by_hand = ...
### BEGIN SOLUTION
sizes_by_hand = [(round(HEIGHT / s), round(WIDTH / s)) for s in (2.25, 1.5, 1)]
### END SOLUTION

# %% nbgrader={"grade_id": "sizes_check", "grade": true, "locked": true, "points": 1}
sizes = homework.Question("1a. By hand", points=1)
sizes.holds(0.25, "three pairs", lambda: sizes_by_hand, lambda pairs: np.shape(pairs) == (3, 2))
### BEGIN HIDDEN TESTS
pairs = [[int(side / s + 0.5) for side in (HEIGHT, WIDTH)] for s in (2.25, 1.5, 1)]
sizes.equal(
    0.75,
    "the sizes",
    lambda: sizes_by_hand,
    pairs,
    mistakes={
        "The smallest comes first.": pairs[::-1],
        "The first is the height, the second the width.": [pair[::-1] for pair in pairs],
        "The sides are divided by s, s² and s³; the last octave has the photo's own size.": [
            [int(side / 1.5**k + 0.5) for side in (HEIGHT, WIDTH)] for k in (3, 2, 1)
        ],
    },
)
### END HIDDEN TESTS
sizes.score()

# %% [markdown] nbgrader={"grade_id": "octaves_text", "locked": true}
# **1b. In code (3 points). You do:** write it for any photo. Round each side to a whole number. An octave whose *shorter* side would be below `smallest` is left out; the photo's own size always stays.


# %% nbgrader={"grade_id": "octaves", "solution": true}
def octave_sizes(height, width, count, scale, smallest):
    """A list of pairs (height, width) of whole numbers, the smallest first."""
    ### BEGIN SOLUTION
    made = [
        (round(height / scale**k), round(width / scale**k)) for k in range(count - 1, 0, -1)
    ]
    return [pair for pair in made if min(pair) >= smallest] + [(height, width)]
    ### END SOLUTION


# %% nbgrader={"grade_id": "octaves_check", "grade": true, "locked": true, "points": 3}
octaves = homework.Question(
    "1b. In code", points=3, without=["feature_visualization.octave_shapes"]
)
octaves.equal(
    0.5,
    "one octave is the photo's own size",
    lambda: octave_sizes(20, 30, 1, 1.4, 32),
    [[20, 30]],
)
octaves.holds(
    0.5,
    "five octaves of a large photo, and the last one is the photo",
    lambda: octave_sizes(1000, 1500, 5, 1.4, 32),
    lambda found: (
        len(found) == 5 and tuple(found[-1]) == (1000, 1500) and found[0][0] < found[1][0]
    ),
)
### BEGIN HIDDEN TESTS
for case in ((200, 300, 3, 2, 32), (200, 333, 6, 1.5, 60)):
    side, other, count, scale, least = case
    every = [
        [int(one / scale**k + 0.5) for one in (side, other)] for k in reversed(range(count))
    ]
    octaves.equal(
        1,
        f"octaves of {side} x {other} pixels",
        lambda: [list(map(int, pair)) for pair in octave_sizes(*case)],
        [pair for pair in every if min(pair) >= least],
        mistakes={
            "The largest comes first here.": [pair for pair in every if min(pair) >= least][
                ::-1
            ],
            "Octaves that are too small are not left out.": every,
            "It is the shorter side that decides.": [
                pair for pair in every if max(pair) >= least
            ],
            "The sides were cut, not rounded.": [
                pair
                for k in reversed(range(count))
                if min(pair := [int(one / scale**k) for one in (side, other)]) >= least
            ],
        },
    )
### END HIDDEN TESTS
octaves.score()

# %% [markdown] nbgrader={"grade_id": "detail_text", "locked": true}
# ## 2. Detail put back (5 points, 20 minutes)
#
# Between two octaves the dream $P$ is enlarged, and what shrinking had taken from the *photo* $I$ is added:
#
# $$P \leftarrow \; \uparrow \! P + d \cdot (I_{large} - \uparrow I_{small}), \qquad I_{large} = I \text{ at the next size}, \quad I_{small} = I \text{ at the size of } P$$
#
# With $d = 1$ all detail comes back, with $d = 0$ none.
#
# **You do:** write it. `picture` is the dream so far, `photo` the whole photo, both float `(height, width, 3)`; `size` is the next size (height, width). Shrink and enlarge with `images.resize(array, (height, width))`, always from the whole photo. Clip nothing.


# %% nbgrader={"grade_id": "detail", "solution": true}
def enlarged(picture, photo, size, detail=1.0):
    """The dream at the next size, float (height, width, 3)."""
    ### BEGIN SOLUTION
    large = images.resize(photo, size)
    small = images.resize(photo, picture.shape[:2])
    return images.resize(picture, size) + detail * (large - images.resize(small, size))
    ### END SOLUTION


# %% nbgrader={"grade_id": "detail_check", "grade": true, "locked": true, "points": 5}
back = homework.Question("2. Detail put back", points=5)
coffee = images.resize(datasets.photo("coffee").array, (96, 144)).astype("float32")
half = images.resize(coffee, (48, 72))
back.equal(
    1,
    "where nothing was dreamt, the photo comes back",
    lambda: enlarged(half, coffee, (96, 144)),
    coffee,
    within=1e-5,
)
back.equal(
    1,
    "with detail=0 the dream is only enlarged",
    lambda: enlarged(half, coffee, (96, 144), detail=0.0),
    images.resize(half, (96, 144)),
    within=1e-5,
)
### BEGIN HIDDEN TESTS
for seed, amount in ((SEED + 1, 1.0), (SEED + 2, 0.4)):
    random = np.random.default_rng(seed)
    whole = random.uniform(0, 255, (60, 80, 3)).astype("float32")
    dreamt = (images.resize(whole, (30, 40)) + random.normal(0, 20, (30, 40, 3))).astype(
        "float32"
    )
    grown, shrunk = images.resize(dreamt, (45, 60)), images.resize(whole, (30, 40))
    lost = images.resize(whole, (45, 60)) - images.resize(shrunk, (45, 60))
    of_dream = images.resize(whole, (45, 60)) - grown
    back.equal(
        1.5,
        f"a dream of its own, with detail={amount:g}",
        lambda: enlarged(dreamt, whole, (45, 60), detail=amount),
        grown + amount * lost,
        within=1e-4,
        mistakes={
            "The detail is taken away: the sign is turned.": grown - amount * lost,
            "The detail is measured against the dream; measure it against the shrunk photo.": grown
            + amount * of_dream,
            "No detail comes back.": grown,
            "All detail comes back whatever `detail` is.": grown + lost,
            "The result is clipped or rounded; the dream needs the values as they are.": np.clip(
                grown + amount * lost, 0, 255
            ),
        },
    )
### END HIDDEN TESTS
back.score()

# %% [markdown] nbgrader={"grade_id": "loop_text", "locked": true}
# ## 3. From a bare loop to DeepDream (6 points, 25 minutes)
#
# Here is the rule of the slides, alone: at one size, with no detail to put back.


# %% nbgrader={"grade_id": "bare", "locked": true}
def bare_loop(network, picture, layer, steps, step_size):
    """The picture after some steps up the gradient of mean(A²)."""
    slope_of = feature_visualization.gradient_of(network, layer)
    for _ in range(steps):
        slope = slope_of(picture)
        picture = np.clip(picture + step_size * slope / np.abs(slope).mean(), 0, 255)
    return picture


# %% [markdown] nbgrader={"grade_id": "dream_text", "locked": true}
# **You do:** build DeepDream from the pieces. Take the sizes of question 1 (with `smallest=32`). Shrink the photo to the first size; at each size run `bare_loop`; between two sizes use `enlarged`. Return the last picture.


# %% nbgrader={"grade_id": "dream", "solution": true}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    """The dream of a photo (height, width, 3), float, of the photo's size."""
    ### BEGIN SOLUTION
    photo = np.asarray(photo, dtype="float32")
    every = octave_sizes(*photo.shape[:2], count, scale, 32)
    picture = images.resize(photo, every[0])
    for place, size in enumerate(every):
        if place:
            picture = enlarged(picture, photo, size, detail)
        picture = bare_loop(network, picture, layer, steps, step_size)
    return picture
    ### END SOLUTION


# %% nbgrader={"grade_id": "dream_check", "grade": true, "locked": true, "points": 6}
ready = [
    "feature_visualization.dream",
    "feature_visualization.zoom",
    "feature_visualization.octave_shapes",
]
dreams = homework.Question("3. DeepDream", points=6, without=ready)
dreams.holds(
    1,
    "a dream of the photo's size, from 0 to 255",
    lambda: my_dream(squeezenet, coffee, "fire4_concat", steps=1),
    lambda found: (
        np.shape(found) == coffee.shape and np.min(found) >= 0 and np.max(found) <= 255
    ),
)
dreams.equal(
    1,
    "without a step and with all detail the photo comes back",
    lambda: my_dream(squeezenet, coffee, "fire4_concat", steps=0),
    coffee,
    within=1e-4,
)
### BEGIN HIDDEN TESTS


def reference(network, photo, layer, count, scale, steps, detail, how="right"):
    """DeepDream and its usual mistakes."""
    every = [
        tuple(int(one / scale**k + 0.5) for one in photo.shape[:2])
        for k in reversed(range(count))
    ]
    every = [pair for pair in every if min(pair) >= 32]
    every = every[-1:] if how == "one size" else every
    picture = images.resize(photo, every[0])
    for place, size in enumerate(every):
        if place:
            small = images.resize(photo, picture.shape[:2])
            lost = images.resize(photo, size) - images.resize(small, size)
            picture = images.resize(picture, size) + (
                0 if how == "no detail" else detail * lost
            )
        if how != "last only" or size == every[-1]:
            picture = bare_loop(network, picture, layer, steps, 2.0)
    return picture


usual = {
    "Nothing of the smaller octaves is left: it dreams at one size, or begins each size with the photo.": "one size",
    "The detail is not put back.": "no detail",
    "Only the last octave dreams.": "last only",
}
stranger = homework.given(
    "backbones.as_network", homework.given("training.small_convnet", 96, 4, seed=SEED)
)
for network, layer, name, count, scale, amount in (
    (squeezenet, "fire3_concat", "chelsea", 3, 1.5, 1.0),
    (stranger, "conv2", "rocket", 4, 1.3, 0.5),
):
    photo = images.resize(datasets.photo(name).array, (96, 96)).astype("float32")
    dreams.equal(
        2,
        f"on {network.name}, {count} octaves",
        lambda: my_dream(
            network, photo, layer, count=count, scale=scale, steps=3, detail=amount
        ),
        lambda: reference(network, photo, layer, count, scale, 3, amount),
        within=0.01,
        mistakes={
            says: lambda how=how: reference(network, photo, layer, count, scale, 3, amount, how)
            for says, how in usual.items()
        },
    )
### END HIDDEN TESTS
dreams.score()

# %% [markdown] nbgrader={"grade_id": "own_text", "locked": true}
# ## 4. Your dream, measured (5 points, 20 minutes)
#
# **You do:** choose a photo (`datasets.photos()`, or the path of your own), a layer and your settings, and look.

# %% nbgrader={"grade_id": "photo", "locked": false} tags=["own"]
PHOTO, LAYER = "flower", "fire8_concat"

# %% nbgrader={"grade_id": "show", "locked": true}
photo = datasets.photo(PHOTO).array if PHOTO in datasets.photos() else images.load(PHOTO)
scene = images.resize(photo, (240, round(240 * photo.shape[1] / photo.shape[0]))).astype(
    "float32"
)
your_dream = my_dream(squeezenet, scene, LAYER)
if your_dream is not None:
    shown = [
        np.clip(one, 0, 255).round().astype("uint8") for one in (scene, np.asarray(your_dream))
    ]
    display(plots.photos(shown, ["the photo", f"{LAYER} dreams"]))

# %% [markdown] nbgrader={"grade_id": "growth_text", "locked": true}
# **4a. You do (3 points):** write how many times larger the mean of the squared activations of a layer is in the dream than in the photo. `network.features_of(picture, layer)` gives the activations.


# %% nbgrader={"grade_id": "growth", "solution": true}
def growth(network, photo, dreamt, layer):
    """mean(A²) of the dream divided by mean(A²) of the photo."""
    ### BEGIN SOLUTION
    before, after = (network.features_of(one, layer) for one in (photo, dreamt))
    return (after**2).mean() / (before**2).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "growth_check", "grade": true, "locked": true, "points": 3}
gain = homework.Question("4a. The growth", points=3)
gain.equal(
    1, "a photo against itself", lambda: growth(squeezenet, coffee, coffee, "fire4_concat"), 1.0
)
### BEGIN HIDDEN TESTS
for network, layer in ((squeezenet, "fire5_concat"), (stranger, "conv3")):
    pair = [
        images.resize(datasets.photo(name).array, (96, 96)).astype("float32")
        for name in ("moon", "coffee")
    ]
    both = [network.features_of(one, layer).astype(float) for one in pair]
    right = (both[1] ** 2).mean() / (both[0] ** 2).mean()
    gain.equal(
        1,
        f"two photos on {network.name}",
        lambda: growth(network, *pair, layer),
        right,
        within=1e-3,
        mistakes={
            "Photo and dream are exchanged.": 1 / right,
            "The square is missing.": both[1].mean() / both[0].mean(),
            "The square of the mean is not the mean of the squares.": (
                both[1].mean() / both[0].mean()
            )
            ** 2,
            "This is a difference; how many *times* larger?": (both[1] ** 2).mean()
            - (both[0] ** 2).mean(),
            "This is the growth of the pixels, not of the activations.": (pair[1] ** 2).mean()
            / (pair[0] ** 2).mean(),
        },
    )
### END HIDDEN TESTS
gain.score()

# %% [markdown] nbgrader={"grade_id": "ingredient_text", "locked": true}
# **4b. You do (2 points):** leave one ingredient of your dream out (octaves, detail, or another layer), dream again, and look at both. In three sentences: what is different in the picture, what does `growth` say, and do eye and number agree?

# %% nbgrader={"grade_id": "trial", "solution": true}
### BEGIN SOLUTION
one_size = my_dream(squeezenet, scene, LAYER, count=1, steps=30)
print(growth(squeezenet, scene, your_dream, LAYER), growth(squeezenet, scene, one_size, LAYER))
plots.photos(
    [np.asarray(one).round().clip(0, 255).astype("uint8") for one in (your_dream, one_size)],
    ["three octaves", "one"],
)
### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "ingredient", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# With one octave the forms are all of one small size, and the large shapes of the photo stay as they are; with three there are large forms with smaller ones inside. The growth is the printed pair of numbers; the dream of one size often grows more, because all steps are spent at the size that is measured. The number asks what the layer got, the eye asks for forms of many sizes: they need not agree.
#
# Rubric: 1 point for a difference that can be seen in the two pictures; 1 point for reading the two numbers against it.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
