# ---
# jupyter:
#   course: {assignment: h05, title: Filters and class pictures, points: 20, minutes: 80}
# ---

# %% [markdown]
# # Homework 5: filters and class pictures
#
# *Belongs to [notebook 5](../05_filters.ipynb). 20 points, about 80 minutes.*
#
# **You will**
# 1. write the step that lets a network paint,
# 2. write one regulariser and its gradient, by hand and in code,
# 3. paint a class so that another network names it,
# 4. make noise that fools one network and not the other, and say what that means.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other pictures and other networks, so write your functions for any input of the shape that is named.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np
from IPython.display import display

from helpers import attribution, backbones, feature_visualization, plots
from helpers.teaching import homework

squeezenet = backbones.load("squeezenet")
lite0 = backbones.load("efficientnet_lite0")

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
TOP_LEFT = 7  # one of 3, 5, 7, 9
BOTTOM_RIGHT = 4  # one of 2, 4, 6, 8
CLASS = "flamingo"  # one of "flamingo", "volcano", "goldfinch"
FOOL = "monarch"  # one of "monarch", "goldfish", "lemon"
SEED = 11  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "step_text", "locked": true}
# ## 1. The step (5 points, 15 minutes)
#
# **You do:** write one step of gradient ascent for *several* pictures at once. Each picture moves along its own gradient, divided by its own root mean square:
#
# $$I_n \leftarrow \mathrm{clip}_{0..255} \Big( I_n + \eta \, \frac{g_n}{\mathrm{rms}(g_n)} \Big), \qquad \mathrm{rms}(g) = \sqrt{\mathrm{mean}(g^2)}$$
#
# A picture whose gradient is zero everywhere stays as it is. `pictures` and `gradients` have the shape `(n, height, width, 3)`.


# %% nbgrader={"grade_id": "step", "solution": true}
def ascent_step(pictures, gradients, step_size):
    """The pictures after one step, of the same shape, 0..255."""
    ### BEGIN SOLUTION
    size = np.sqrt(np.mean(np.square(gradients), axis=(1, 2, 3), keepdims=True))
    moved = gradients / np.where(size > 0, size, 1)
    return np.clip(pictures + step_size * moved, 0, 255)
    ### END SOLUTION


# %% nbgrader={"grade_id": "step_check", "grade": true, "locked": true, "points": 5}
step = homework.Question("1. The step", points=5)
middle = np.full((1, 4, 6, 3), 100.0)
slope = np.random.default_rng(SEED).normal(0, 1e-4, middle.shape)
step.equal(
    1,
    "a step of 2 moves the pixels by 2 (root mean square)",
    lambda: np.sqrt(np.mean((np.asarray(ascent_step(middle, slope, 2.0)) - middle) ** 2)),
    2.0,
)
step.equal(
    1,
    "without a gradient a picture stays",
    lambda: ascent_step(middle, np.zeros_like(middle), 2.0),
    middle,
)
### BEGIN HIDDEN TESTS
for seed in (SEED + 1, SEED + 2):
    random = np.random.default_rng(seed)
    several, size = random.uniform(40, 200, (3, 5, 4, 3)), np.array([1e-6, 1.0, 300.0])
    slopes = random.normal(size=several.shape) * size[:, None, None, None]
    each = [one / np.sqrt((one**2).mean()) for one in slopes]
    length = [one / np.sqrt((one**2).sum()) for one in slopes]
    largest = [one / np.abs(one).max() for one in slopes]
    all_at_once = slopes / np.sqrt((slopes**2).mean())
    step.equal(
        1,
        "three pictures with small and large gradients",
        lambda: ascent_step(several, slopes, 1.5),
        several + 1.5 * np.stack(each),
        mistakes={
            "All pictures are divided by one size; each needs its own.": several
            + 1.5 * all_at_once,
            "It goes down: the sign is turned.": several - 1.5 * np.stack(each),
            "The gradient is divided by its length (a sum), not by the root of the mean.": several
            + 1.5 * np.stack(length),
            "The gradient is divided by its largest value.": several + 1.5 * np.stack(largest),
            "The gradient is not divided at all.": np.clip(several + 1.5 * slopes, 0, 255),
        },
    )
bright, towards = np.full((1, 2, 2, 3), 254.0), np.ones((1, 2, 2, 3))
step.equal(
    1,
    "nothing leaves 0..255",
    lambda: ascent_step(bright, towards, 4.0),
    np.full((1, 2, 2, 3), 255.0),
    mistakes={"The picture is not clipped.": bright + 4},
)
### END HIDDEN TESTS
step.score()

# %% [markdown] nbgrader={"grade_id": "by_hand_text", "locked": true}
# ## 2. A regulariser (6 points, 25 minutes)
#
# A picture is smooth when neighbours differ little. For a grey picture $I$ (rows $i$, columns $j$) take *half the sum of the squared differences*:
#
# $$V(I) = \tfrac{1}{2} \sum_{i,j} (I_{i+1,j} - I_{i,j})^2 + \tfrac{1}{2} \sum_{i,j} (I_{i,j+1} - I_{i,j})^2$$
#
# Only neighbours inside the picture count: nothing is wrapped round.
#
# **2a. By hand (2 points, 10 minutes). You do:** take the picture of four pixels `[[TOP_LEFT, 0], [0, BOTTOM_RIGHT]]`. Write down the gradient $\partial V / \partial I$, four numbers, as a list of two rows. Each pixel has two neighbours.

# %% nbgrader={"grade_id": "by_hand", "solution": true}
gradient_by_hand = ...
### BEGIN SOLUTION
between = -TOP_LEFT - BOTTOM_RIGHT
gradient_by_hand = [[2 * TOP_LEFT, between], [between, 2 * BOTTOM_RIGHT]]
### END SOLUTION

# %% nbgrader={"grade_id": "by_hand_check", "grade": true, "locked": true, "points": 2}
by_hand = homework.Question("2a. By hand", points=2)
by_hand.equal(
    0.5,
    "the four numbers sum to zero: a picture that gets brighter as a whole is as smooth as before",
    lambda: np.sum(np.asarray(gradient_by_hand, float)) if gradient_by_hand is not ... else ...,
    0.0,
)
### BEGIN HIDDEN TESTS
corner = np.array([[TOP_LEFT, 0.0], [0.0, BOTTOM_RIGHT]])
right_gradient = np.array(
    [[2 * corner[0, 0], -corner.sum()], [-corner.sum(), 2 * corner[1, 1]]]
)
by_hand.equal(
    1.5,
    "the gradient",
    lambda: gradient_by_hand,
    right_gradient,
    mistakes={
        "The half is missing: the derivative of a square brings a 2, and the half takes it away.": 2
        * right_gradient,
        "The sign is turned: this is the direction that makes the picture smoother.": -right_gradient,
        "Each pixel has two neighbours here; one of them is missing.": right_gradient / 2,
    },
)
### END HIDDEN TESTS
by_hand.score()

# %% [markdown] nbgrader={"grade_id": "smooth_text", "locked": true}
# **2b. In code (4 points, 15 minutes). You do:** write the gradient of $V$ for a grey picture of any height and width.


# %% nbgrader={"grade_id": "smooth", "solution": true}
def roughness_gradient(image):
    """The gradient of V, float (height, width), of a grey image (height, width)."""
    ### BEGIN SOLUTION
    image = np.asarray(image, dtype=float)
    down, across = np.diff(image, axis=0), np.diff(image, axis=1)
    gradient = np.zeros_like(image)
    gradient[1:] += down
    gradient[:-1] -= down
    gradient[:, 1:] += across
    gradient[:, :-1] -= across
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "smooth_check", "grade": true, "locked": true, "points": 4}
smooth = homework.Question("2b. In code", points=4)
grey = np.random.default_rng(SEED).uniform(0, 255, (5, 7))
smooth.equal(
    0.5,
    "of one grey all over it is zero",
    lambda: roughness_gradient(np.full((3, 4), 9.0)),
    np.zeros((3, 4)),
)
smooth.equal(0.5, "its sum is zero", lambda: np.sum(roughness_gradient(grey)) / 1000, 0.0)


def roughness(image):
    return (np.diff(image, axis=0) ** 2).sum() / 2 + (np.diff(image, axis=1) ** 2).sum() / 2


bump = np.zeros_like(grey)
bump[2, 3] = 1e-3
measured = (roughness(grey + bump) - roughness(grey - bump)) / 2e-3
smooth.equal(
    1,
    "at row 2, column 3 it is what V says when that pixel alone changes",
    lambda: roughness_gradient(grey)[2][3],
    measured,
    within=1e-4,
)
### BEGIN HIDDEN TESTS


def hand(image, down=1, across=1, wrap=False):
    """The gradient pixel by pixel."""
    height, width = image.shape
    found = np.zeros(image.shape)
    for i in range(height):
        for j in range(width):
            for di, dj, weight in (
                (1, 0, down),
                (-1, 0, down),
                (0, 1, across),
                (0, -1, across),
            ):
                row, column = i + di, j + dj
                if wrap or (0 <= row < height and 0 <= column < width):
                    found[i, j] += weight * (image[i, j] - image[row % height, column % width])
    return found


for seed, shape in ((SEED + 1, (6, 4)), (SEED + 2, (1, 9))):
    other = np.random.default_rng(seed).uniform(0, 255, shape)
    smooth.equal(
        1,
        f"at every place, of a picture {shape[0]} x {shape[1]}",
        lambda: roughness_gradient(other),
        hand(other),
        mistakes={
            "The sign is turned.": -hand(other),
            "The differences across are missing.": hand(other, across=0),
            "The differences downwards are missing.": hand(other, down=0),
            "The picture is wrapped round: its first and last rows are no neighbours.": hand(
                other, wrap=True
            ),
            "It is twice as large: the half is missing.": 2 * hand(other),
        },
    )
### END HIDDEN TESTS
smooth.score()

# %% [markdown] nbgrader={"grade_id": "paint_text", "locked": true}
# ## 3. A class picture that another network names (3 points, 20 minutes)
#
# **You do:** let `squeezenet` paint `CLASS`, and choose how: steps, `step_size`, waves (`fourier=True`), `regularisers=feature_visualization.Regularisers(jitter=..., rotate=..., zoom=...)`. At most 200 steps and 200 pixels. `lite0` is the witness: it had no part in the painting. The better it names your picture, the more points.

# %% nbgrader={"grade_id": "paint", "solution": true}
your_picture = ...
### BEGIN SOLUTION
moved = feature_visualization.Regularisers(jitter=16, rotate=8, zoom=0.15)
painted = feature_visualization.class_images(
    squeezenet, CLASS, 192, 160, fourier=True, step_size=0.02, regularisers=moved, seed=SEED
)
your_picture = painted.pictures[0]
### END SOLUTION

# %% nbgrader={"grade_id": "paint_check", "grade": true, "locked": true, "points": 3}
paint = homework.Question("3. A class picture", points=3)


def place_of(network, picture):
    """The place of CLASS among the guesses of a network: 1 is the first."""
    scores = network.probabilities(
        network.prepare(np.asarray(picture).round().clip(0, 255).astype("uint8"))
    )[0]
    return int((scores > scores[network.class_index(CLASS)]).sum()) + 1


paint.holds(
    1,
    f"the painter's first guess is {CLASS}",
    lambda: your_picture,
    lambda picture: max(np.shape(picture)) <= 200 and place_of(squeezenet, picture) == 1,
    {
        "The picture has more than 200 pixels on a side.": lambda picture: (
            max(np.shape(picture)) > 200
        )
    },
)
paint.holds(
    1,
    f"and {CLASS} is among the witness's fifty first guesses",
    lambda: your_picture,
    lambda picture: place_of(squeezenet, picture) == 1 and place_of(lite0, picture) <= 50,
)
paint.holds(
    1,
    f"and {CLASS} is among the witness's ten first guesses",
    lambda: your_picture,
    lambda picture: place_of(squeezenet, picture) == 1 and place_of(lite0, picture) <= 10,
)
paint.score()

# %% [markdown] nbgrader={"grade_id": "look_text", "locked": true}
# **Look at it.**

# %% nbgrader={"grade_id": "look", "locked": true}
if your_picture is not ...:
    display(
        plots.photos([np.asarray(your_picture).round().astype("uint8")], [f"{CLASS}, painted"])
    )

# %% [markdown] nbgrader={"grade_id": "fool_text", "locked": true}
# ## 4. Noise that fools one network (4 points, 15 minutes)
#
# **You do:** write `fool`. It starts from noise and climbs the *logit* of one class, but no pixel may ever move further than `reach` grey values from where it began. So after each step push every pixel back into the band $[\text{noise} - \text{reach}, \; \text{noise} + \text{reach}]$, and into 0..255. `attribution.input_gradient(network, picture, class_number)` gives the gradient of the logit. Take the *sign* of the gradient times `step_size` as your step (Goodfellow et al. 2015).


# %% nbgrader={"grade_id": "fool", "solution": true}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    """A picture of noise's shape, float 0..255, that the network takes for the class."""
    ### BEGIN SOLUTION
    picture = noise
    for _ in range(steps):
        slope = attribution.input_gradient(network, picture, class_number)
        picture = np.clip(picture + step_size * np.sign(slope), noise - reach, noise + reach)
        picture = np.clip(picture, 0, 255)
    return picture
    ### END SOLUTION


# %% [markdown] nbgrader={"grade_id": "try_text", "locked": true}
# **Your function on noise.**

# %% nbgrader={"grade_id": "try", "locked": true}
noise = np.random.default_rng(SEED).uniform(0, 255, (224, 224, 3))
goal = lite0.class_index(FOOL)
fooling = fool(lite0, goal, noise)

# %% nbgrader={"grade_id": "fool_check", "grade": true, "locked": true, "points": 4}
trick = homework.Question("4. Noise that fools", points=4)
trick.holds(
    1,
    "no pixel moves by more than 8, and none leaves 0..255",
    lambda: fooling,
    lambda picture: (
        np.abs(picture - noise).max() <= 8.001
        and np.min(picture) >= 0
        and np.max(picture) <= 255
    ),
)
trick.holds(
    1,
    f"the network is sure by 90 % or more that this is a {FOOL}",
    lambda: fooling,
    lambda picture: lite0.probabilities(picture)[0, goal] > 0.9,
)
### BEGIN HIDDEN TESTS
stranger = homework.given(
    "backbones.as_network", homework.given("training.small_convnet", 32, 6, seed=SEED + 5)
)
for seed, wanted, band in ((SEED + 3, 2, 6.0), (SEED + 4, 4, 3.0)):
    other = np.random.default_rng(seed).uniform(0, 255, (32, 32, 3))
    expected, downhill, unbound, plain = other, other, other, other
    for _ in range(10):
        near = lambda picture: np.clip(np.clip(picture, other - band, other + band), 0, 255)  # noqa: E731
        climbing = lambda picture: attribution.input_gradient(stranger, picture, wanted)  # noqa: E731
        expected = near(expected + np.sign(climbing(expected)))
        downhill = near(downhill - np.sign(climbing(downhill)))
        unbound = np.clip(unbound + np.sign(climbing(unbound)), 0, 255)
        slope = climbing(plain)
        plain = near(plain + slope / np.sqrt((slope**2).mean()))
    trick.equal(
        1,
        f"on a network that you never saw, within {band:g} of 255",
        lambda: fool(stranger, wanted, other, reach=band, step_size=1.0, steps=10),
        expected,
        within=1e-3,
        mistakes={
            "It goes down: the class gets less probable.": downhill,
            "The pixels are not kept within `reach`.": unbound,
            "The step is the divided gradient; take its sign.": plain,
            "It takes no notice of `steps`.": lambda: fool(stranger, wanted, other, reach=band),
        },
    )
### END HIDDEN TESTS
trick.score()

# %% [markdown] nbgrader={"grade_id": "see_text", "locked": true}
# **What do both networks say of your noise?**

# %% nbgrader={"grade_id": "see", "locked": true}
if fooling is not None:
    for judge in (lite0, squeezenet):
        shown = judge.prepare(np.asarray(fooling).round().astype("uint8"))
        share = judge.probabilities(shown)[0, judge.class_index(FOOL)]
        print(f"{judge.name}: {FOOL} {share:.4f}")

# %% [markdown] nbgrader={"grade_id": "explain_text", "locked": true}
# ## 5. Say what it means (2 points, 5 minutes)
#
# **You do:** your painting convinces two networks, your noise only one. In three or four sentences: what does a high score of *one* network prove about a picture, and which step of question 3 made the difference? Name one number from above.

# %% [markdown] nbgrader={"grade_id": "explain", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# A high score proves that the picture excites this network's path to the class, not that it shows the class: the noise scores above 0.9 on one network and near 0 on the other. The painting is shifted, turned and zoomed at every step, so only patterns survive that do not depend on single pixels, and these the other network knows, too.
#
# Rubric: 1 point for "the score is about the network, not about the picture", with a number; 1 point for naming what makes a pattern survive (moving the picture about, or waves instead of pixels).
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
