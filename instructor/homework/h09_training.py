# ---
# jupyter:
#   course: {assignment: h09, title: Training a network well, points: 20, minutes: 80}
# ---

# %% [markdown]
# # Homework 9: training a network well
#
# *Belongs to [notebook 11](../11_training.ipynb) and [notebook 12](../12_optimizers.ipynb). 20 points, about 80 minutes.*
#
# **You will**
# 1. find the gradient of a ReLU unit by hand, and kill the unit,
# 2. find the dead units of a layer in code,
# 3. write both steps of batch normalisation for the maps of a convolution, and undo them,
# 4. write an optimizer that the lecture does not have.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other numbers, so write your functions for any input of the shape that is named.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import datasets
from helpers.teaching import homework
from helpers.training import deep_network, optimizers

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
W1 = 2  # one of 2, 3, 4
W2 = -3  # one of -3, -5
TARGET = 1  # one of 1, 30, 50
SEED = 5  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "by_hand_text", "locked": true}
# ## 1. A ReLU by hand (4 points, 20 minutes)
#
# A unit has $z = w_1 x_1 + w_2 x_2 + b$ and $y = \mathrm{ReLU}(z)$, with `W1` and `W2` from above and $b = 0$. The training set has three points $(x_1, x_2)$: $(5, 1)$, $(1, 4)$ and $(0, 2)$. The cost is half the sum of the squared errors, with the same target $t$ = `TARGET` for each point:
#
# $$C = \tfrac{1}{2} \sum_{n=1}^{3} (y_n - t)^2$$
#
# **1a. You do (3 points):** write down the three slopes $\partial C / \partial w_1$, $\partial C / \partial w_2$, $\partial C / \partial b$ as a list.

# %% nbgrader={"grade_id": "slopes", "solution": true}
slopes = ...
### BEGIN SOLUTION
error = 5 * W1 + W2 - TARGET  # of the first point; the other two do not get through
slopes = [5 * error, error, error]
### END SOLUTION

# %% nbgrader={"grade_id": "slopes_check", "grade": true, "locked": true, "points": 3}
by_hand = homework.Question("1a. Three slopes", points=3)
by_hand.holds(
    0.5,
    "they are three numbers",
    lambda: slopes,
    lambda found: np.shape(found) == (3,) and np.isfinite(found).all(),
)
### BEGIN HIDDEN TESTS
three = np.array([[5.0, 1, 1], [1, 4, 1], [0, 2, 1]])
sums = three @ [W1, W2, 0]
errors = np.maximum(sums, 0) - TARGET
right_slopes = (errors * (sums > 0)) @ three
by_hand.equal(
    2.5,
    "the slopes",
    lambda: slopes,
    right_slopes,
    mistakes={
        "Points that do not get through have no slope: the ReLU's derivative is missing.": errors
        @ three,
        "The sign is turned: this is the way of a step, not the slope.": -right_slopes,
        "The cost is a sum over the points, not their mean.": right_slopes / 3,
        "The half is gone: the derivative of a square brings a 2.": 2 * right_slopes,
        "The error is missing: this is the slope of y, not of the cost.": three[0],
    },
)
### END HIDDEN TESTS
by_hand.score()

# %% [markdown] nbgrader={"grade_id": "fatal_text", "locked": true}
# **1b. You do (1 point):** keep `W1` and `W2`. Which is the largest bias $b$ with which the unit is dead, so that no point gives it a slope?

# %% nbgrader={"grade_id": "fatal", "solution": true}
fatal_bias = ...
### BEGIN SOLUTION
fatal_bias = -(5 * W1 + W2)
### END SOLUTION

# %% nbgrader={"grade_id": "fatal_check", "grade": true, "locked": true, "points": 1}
fatal = homework.Question("1b. A fatal bias", points=1)
fatal.holds(0.25, "it is one number", lambda: fatal_bias, lambda found: np.shape(found) == ())
### BEGIN HIDDEN TESTS
fatal.equal(
    0.75,
    "the largest bias that kills it",
    lambda: fatal_bias,
    -sums.max(),
    mistakes={
        "The sign is turned.": sums.max(),
        "This bias leaves the first point alive: all points must be at 0 or below.": -sums.min(),
    },
)
### END HIDDEN TESTS
fatal.score()

# %% [markdown] nbgrader={"grade_id": "dead_text", "locked": true}
# ## 2. The dead units of a layer (4 points, 15 minutes)
#
# **You do:** write `dead_units`. A layer of ReLU units has a `kernel (inputs, units)` and a `bias (units,)`. For `rows (n, inputs)` say which units are dead: those that get 0 or less from *every* row.


# %% nbgrader={"grade_id": "dead", "solution": true}
def dead_units(rows, kernel, bias):
    """Which units are dead for these rows: True or False for each, (units,)."""
    ### BEGIN SOLUTION
    return (rows @ kernel + bias <= 0).all(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "dead_check", "grade": true, "locked": true, "points": 4}
dead = homework.Question("2. Dead units", points=4)
one_row, two_units = np.array([[1.0, 20.0]]), np.array([[0.1, 0.1], [-0.1, 0.1]])
dead.equal(
    1,
    "for the row (1, 20) a unit of weights 0.1 and -0.1 is dead, one of 0.1 and 0.1 is not",
    lambda: dead_units(one_row, two_units, np.zeros(2)),
    [1.0, 0.0],
)
### BEGIN HIDDEN TESTS
for seed in (SEED + 1, SEED + 2):
    random = np.random.default_rng(seed)
    many, layer = random.normal(1, 1, (30, 4)), random.normal(size=(4, 12))
    layer[:, 0] = 0  # gets exactly 0 from every row
    reached = many @ layer
    limits = -reached.max(axis=0) + np.where(np.arange(12) % 3 == 1, 0.01, -0.01)
    limits[2::3] = 0.5 - reached.mean(axis=0)[2::3]  # alive, and most rows get through
    limits[0] = 0
    reached = reached + limits
    dead.equal(
        1.5,
        "twelve units, some of which live by one row only",
        lambda: dead_units(many, layer, limits),
        (reached <= 0).all(axis=0).astype(float),
        mistakes={
            "A unit is dead only if every row gives 0 or less; one such row is not enough.": (
                reached <= 0
            )
            .any(axis=0)
            .astype(float),
            "The mean over the rows does not decide: one row is enough to live.": (
                reached.mean(axis=0) <= 0
            ).astype(float),
            "The bias is missing.": (many @ layer <= 0).all(axis=0).astype(float),
            "Exactly 0 is dead, too.": (reached < 0).all(axis=0).astype(float),
            "These are the units that live.": (reached > 0).any(axis=0).astype(float),
        },
    )
### END HIDDEN TESTS
dead.score()

# %% [markdown] nbgrader={"grade_id": "normalise_text", "locked": true}
# ## 3. Batch normalisation of maps (6 points, 25 minutes)
#
# Behind a convolution, batch normalisation has one mean and one variance for each **channel**: over all pictures and all places. With $\epsilon$ inside the root, as Keras has it:
#
# $$\hat x = \frac{x - \mathrm{mean}_c}{\sqrt{\mathrm{variance}_c + \epsilon}}, \qquad y = \alpha_c \, \hat x + \beta_c$$
#
# **3a. You do (4 points, 15 minutes):** write it in NumPy for `maps (n, height, width, channels)`; `alpha` and `beta` have the shape `(channels,)`. The variance is the mean of the squared distances from the mean.


# %% nbgrader={"grade_id": "normalise", "solution": true}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    """The maps after both steps, of the same shape."""
    ### BEGIN SOLUTION
    places = (0, 1, 2)
    mean, variance = maps.mean(axis=places), maps.var(axis=places)
    return alpha * (maps - mean) / np.sqrt(variance + epsilon) + beta
    ### END SOLUTION


# %% nbgrader={"grade_id": "normalise_check", "grade": true, "locked": true, "points": 4}
normalise = homework.Question("3a. Both steps", points=4)
drawn = np.random.default_rng(SEED).normal(3, 2, (4, 5, 6, 3))
normalise.equal(
    0.5,
    "with beta 7 the mean of each channel is 7",
    lambda: np.mean(1.0 * normalise_maps(drawn, np.ones(3), np.full(3, 7.0)), axis=(0, 1, 2)),
    np.full(3, 7.0),
)
normalise.equal(
    0.5,
    "with alpha 2 and a tiny epsilon the standard deviation of each channel is 2",
    lambda: np.std(normalise_maps(drawn, np.full(3, 2.0), np.zeros(3), 1e-12), axis=(0, 1, 2)),
    np.full(3, 2.0),
)
### BEGIN HIDDEN TESTS


def reference(maps, alpha, beta, epsilon, axis=(0, 1, 2), root=True):
    """Batch norm over some axes; root: epsilon inside it."""
    middle = maps.mean(axis=axis, keepdims=True)
    variance = ((maps - middle) ** 2).mean(axis=axis, keepdims=True)
    spread = np.sqrt(variance + epsilon) if root else np.sqrt(variance) + epsilon
    return (maps - middle) / spread * alpha + beta


for seed in (SEED + 1, SEED + 2):
    random = np.random.default_rng(seed)
    other = random.normal(size=(3, 4, 5, 2)) * [1.0, 30.0] + random.normal(size=(3, 1, 1, 2))
    factors, shifts = random.uniform(0.5, 2, 2), random.normal(size=2)
    normalise.equal(
        1.5,
        "other maps, with an epsilon of 0.5",
        lambda: normalise_maps(other, factors, shifts, 0.5),
        reference(other, factors, shifts, 0.5),
        mistakes={
            "Each place has its own mean here; all places of a channel share one.": reference(
                other, factors, shifts, 0.5, axis=0
            ),
            "Each picture has its own mean here; all pictures of the batch share one.": reference(
                other, factors, shifts, 0.5, axis=(1, 2)
            ),
            "All channels share one mean here; each channel has its own.": reference(
                other, factors, shifts, 0.5, axis=None
            ),
            "Epsilon belongs inside the root, added to the variance.": reference(
                other, factors, shifts, 0.5, root=False
            ),
            "The second step is missing.": reference(other, 1, 0, 0.5),
            "Alpha and beta are taken for one another.": reference(other, shifts, factors, 0.5),
            "Epsilon is not taken as it was given.": reference(other, factors, shifts, 1e-3),
        },
    )
### END HIDDEN TESTS
normalise.score()

# %% [markdown] nbgrader={"grade_id": "undo_text", "locked": true}
# **3b. You do (2 points, 10 minutes):** which `alpha` and `beta` undo the first step, so that the maps come out as they went in? Mind $\epsilon$: it need not be small.


# %% nbgrader={"grade_id": "undo", "solution": true}
def undoing(maps, epsilon):
    """Alpha and beta, each (channels,), with which batch normalisation changes nothing."""
    ### BEGIN SOLUTION
    places = (0, 1, 2)
    return np.sqrt(maps.var(axis=places) + epsilon), maps.mean(axis=places)
    ### END SOLUTION


# %% nbgrader={"grade_id": "undo_check", "grade": true, "locked": true, "points": 2}
undo = homework.Question("3b. Undone", points=2)
undo.holds(
    0.5,
    "your two functions together change nothing",
    lambda: normalise_maps(drawn, *undoing(drawn, 1e-6), 1e-6),
    lambda found: np.allclose(found, drawn, atol=1e-3),
)
### BEGIN HIDDEN TESTS
wide = np.random.default_rng(SEED + 3).normal(5, 3, (6, 3, 3, 4))


def is_undone(found, by=lambda alpha, beta: (alpha, beta)):
    """Whether maps come out of batch norm as they went in, after a change of alpha and beta."""
    return np.allclose(reference(wide, *by(*map(np.asarray, found)), 2.0), wide, atol=1e-6)


undo.holds(
    1.5,
    "with an epsilon of 2",
    lambda: undoing(wide, 2.0),
    is_undone,
    {
        "Alpha is the standard deviation alone; epsilon was divided by, too.": lambda found: (
            is_undone(found, lambda alpha, beta: (np.sqrt(alpha**2 + 2), beta))
        ),
        "Alpha is one over what it should be.": lambda found: is_undone(
            found, lambda alpha, beta: (1 / alpha, beta)
        ),
        "Alpha lacks the root.": lambda found: is_undone(
            found, lambda alpha, beta: (np.sqrt(alpha), beta)
        ),
        "Alpha and beta stand in the wrong order.": lambda found: is_undone(
            found, lambda alpha, beta: (beta, alpha)
        ),
        "The sign of beta is turned.": lambda found: is_undone(
            found, lambda alpha, beta: (alpha, -beta)
        ),
    },
)
### END HIDDEN TESTS
undo.score()

# %% [markdown] nbgrader={"grade_id": "lion_text", "locked": true}
# ## 4. An optimizer of your own (4 points, 15 minutes)
#
# **Lion** (Chen et al. 2023) was found by a search among programs. It keeps one average $m$ of the gradients, and each weight moves by the rate, whatever the gradient's size. First the step, with the average *before* this gradient is added for good:
#
# $$w \leftarrow w - \eta \; \mathrm{sign}\big(\beta_1 m + (1 - \beta_1)\, g\big), \qquad \text{then} \quad m \leftarrow \beta_2 m + (1 - \beta_2)\, g$$
#
# **You do:** write one step. Return the new weights and the new average.


# %% nbgrader={"grade_id": "lion", "solution": true}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    """The weights and the average after one step, each of the weights' shape."""
    ### BEGIN SOLUTION
    direction = np.sign(beta_1 * average + (1 - beta_1) * gradient)
    return weights - rate * direction, beta_2 * average + (1 - beta_2) * gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "lion_check", "grade": true, "locked": true, "points": 4}
lion = homework.Question("4. Lion", points=4)
lion.equal(
    1,
    "from an average of 0, gradients of 3 and -0.001 move the weights by the rate",
    lambda: lion_step(np.zeros(2), np.array([3.0, -0.001]), np.zeros(2), 0.1)[0],
    [-0.1, 0.1],
)
### BEGIN HIDDEN TESTS


def walk(step, seed):
    """Twenty steps: the weights and the average after each, (20, 2, 40)."""
    random = np.random.default_rng(seed)
    weights, average, found = random.normal(size=40), np.zeros(40), []
    for gradient in random.normal(size=(20, 40)) * np.logspace(-2, 1, 40):
        weights, average = (np.asarray(one) for one in step(weights, gradient, average, 0.05))
        found.append([weights, average])
    return np.array(found)


def lion_of(direction=None, beta_2=0.99, sign=-1, first=False):
    """Lion, or one of its misunderstandings."""
    direction = direction or (lambda m, g: np.sign(0.9 * m + 0.1 * g))

    def step(w, g, m, rate):
        moved = beta_2 * m + (1 - beta_2) * g
        return w + sign * rate * direction(moved if first else m, g), moved

    return step


for seed in (SEED + 1, SEED + 2):
    wrong = {
        "The step has no sign: it depends on the gradient's size.": lion_of(
            lambda m, g: 0.9 * m + 0.1 * g
        ),
        "It goes up: the sign of the step is turned.": lion_of(sign=1),
        "The average takes no part in the step.": lion_of(lambda m, g: np.sign(g)),
        "The average was moved before the step was taken.": lion_of(first=True),
        "Both use the same beta, beta_1.": lion_of(beta_2=0.9),
        "The sum of two signs was taken; it is the sign of the sum.": lion_of(
            lambda m, g: 0.9 * np.sign(m) + 0.1 * np.sign(g)
        ),
    }
    lion.equal(
        1.5,
        "twenty steps, from other weights",
        lambda: walk(lion_step, seed),
        walk(lion_of(), seed),
        mistakes={sentence: walk(step, seed) for sentence, step in wrong.items()},
    )
### END HIDDEN TESTS
lion.score()

# %% [markdown] nbgrader={"grade_id": "trial_text", "locked": true}
# **A trial.** A wild start (three times He's) and a wild rate (1), with and without batch normalisation: 2000 digits, two passes.

# %% nbgrader={"grade_id": "trial", "locked": true}
(digits, labels), (new_digits, new_labels) = datasets.mnist(SEED)
pixels, new_pixels = (part.reshape(-1, 784) / np.float32(255) for part in (digits, new_digits))
for batch_norm in (False, True):
    plan = deep_network.Plan((784, 40, 40, 10), batch_norm=batch_norm)
    begin = deep_network.start(plan, 3.0, SEED)
    weights = deep_network.train(
        begin, plan, pixels[:2000], labels[:2000], optimizers.sgd, 1.0, 2, seed=SEED
    ).weights
    known = deep_network.statistics(weights, plan, pixels[:2000])
    hidden, _ = deep_network.forward(weights, plan, pixels[:2000], statistics=known)
    shares = [f"{deep_network.dead_share(one.outputs):.2f}" for one in hidden]
    right = deep_network.accuracy(weights, plan, new_pixels, new_labels, known)
    print(f"batch norm {batch_norm}: dead {' and '.join(shares)}, test accuracy {right:.3f}")

# %% [markdown] nbgrader={"grade_id": "explain_text", "locked": true}
# ## 5. Say what it means (2 points, 5 minutes)
#
# **You do:** in three or four sentences: why can the units that died not come back, whatever digits follow, and what does batch normalisation change about that? Name one number of the trial. What does a trial with one seed not prove?

# %% [markdown] nbgrader={"grade_id": "explain", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# A dead unit gets 0 or less from every digit, so the ReLU's slope is 0 for all of them, the gradient of its weights is 0, and nothing moves it. Batch normalisation moves the middle of what the ReLU gets to beta, so that about half of the digits get through at the start, whatever the weights are. The share of dead units and the accuracy are one seed's; several seeds and an interval would say how sure the difference is.
#
# Rubric: 1 point for "no slope from any row, so no step" and "the batch's mean is taken off before the ReLU", with a number of the trial; 1 point for what one seed does not prove.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
