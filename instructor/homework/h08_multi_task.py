# ---
# jupyter:
#   course: {assignment: h08, title: Multi-task learning, points: 20, minutes: 85}
# ---

# %% [markdown]
# # Homework 8: multi-task learning
#
# *Belongs to [notebook 10](../10_multi_task.ipynb). 20 points, about 85 minutes.*
#
# **You will**
# 1. open and close a gate by hand, then for many schools in code,
# 2. decide how much a pupil of a small school counts,
# 3. take one step for all heads at once,
# 4. set a network beside a straight line, and report what the difference is worth.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other numbers.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from IPython.display import display

from helpers import datasets, multitask, plots
from helpers.teaching import homework

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
FIRST = 10  # one of 6, 10, 14
SECOND = -4  # one of -4, -8, 16
SEED = 2  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "by_hand_text", "locked": true}
# ## 1. The gate (7 points, 30 minutes)
#
# A school $s$ has an embedding $e_s$, one number per unit. It opens and closes the units of a layer that all schools share:
#
# $$\hat y = \sum_k v_k \, \sigma(e_{sk}) \, h_k, \qquad h_k = \sum_j x_j W_{jk} + b_k, \qquad \sigma(e) = \frac{1}{1 + \exp(-e)}$$
#
# **1a. By hand (3 points, 10 minutes). You do:** one pupil has the units $h$ = (`FIRST`, `SECOND`), and $v = (1, 2)$. Its school has $e = (\ln 3, -\ln 3)$. Write down the two gates and the prediction $\hat y$. Another school has $e = (0, 0)$: what does it predict for the same pupil?

# %% nbgrader={"grade_id": "by_hand", "solution": true}
gates_by_hand = ...
prediction_by_hand = ...
other_school = ...
### BEGIN SOLUTION
gates_by_hand = [0.75, 0.25]
prediction_by_hand = 0.75 * FIRST + 2 * 0.25 * SECOND
other_school = 0.5 * FIRST + 2 * 0.5 * SECOND
### END SOLUTION

# %% nbgrader={"grade_id": "by_hand_check", "grade": true, "locked": true, "points": 3}
by_hand = homework.Question("1a. By hand", points=3)
by_hand.holds(
    0.5,
    "a gate lies between 0 and 1, and the gates of e and -e sum to 1",
    lambda: gates_by_hand,
    lambda gates: np.all(np.asarray(gates) > 0) and np.isclose(np.sum(gates), 1),
)
### BEGIN HIDDEN TESTS
opened = 1 / (1 + np.exp(-np.array([np.log(3), -np.log(3)])))
units, outward = np.array([FIRST, SECOND]), np.array([1, 2])
by_hand.equal(
    0.5,
    "the gates",
    lambda: gates_by_hand,
    opened,
    mistakes={"They are exchanged.": opened[::-1]},
)
by_hand.equal(
    1,
    "the prediction",
    lambda: prediction_by_hand,
    float((outward * opened * units).sum()),
    mistakes={
        "v is missing.": float((opened * units).sum()),
        "The gates are exchanged.": float((outward * opened[::-1] * units).sum()),
        "The gates are missing.": float((outward * units).sum()),
        "The embedding itself was taken as the gate.": float(np.log(3) * (FIRST - 2 * SECOND)),
    },
)
by_hand.equal(
    1,
    "the other school",
    lambda: other_school,
    float((outward * units).sum() / 2),
    mistakes={
        "An embedding of 0 does not close a gate: it is half open.": 0.0,
        "An embedding of 0 does not open a gate: it is half open.": float(
            (outward * units).sum()
        ),
    },
)
### END HIDDEN TESTS
by_hand.score()

# %% [markdown] nbgrader={"grade_id": "gate_text", "locked": true}
# **1b. In code (4 points, 20 minutes). You do:** predict many pupils at once. `features` is `(pupils, columns)`, `school` `(pupils,)` whole numbers, `embeddings` `(schools, units)`, `weights` `(columns, units)`, `bias` and `output` `(units,)`.


# %% nbgrader={"grade_id": "gate", "solution": true}
def gated(features, school, embeddings, weights, bias, output):
    """The predictions, float (pupils,)."""
    ### BEGIN SOLUTION
    gates = 1 / (1 + np.exp(-embeddings[school]))
    return (gates * (features @ weights + bias)) @ output
    ### END SOLUTION


# %% nbgrader={"grade_id": "gate_check", "grade": true, "locked": true, "points": 4}
gate = homework.Question("1b. In code", points=4)


def drawn(seed, pupils=7, columns=3, schools=4, units=5):
    """Numbers for a gated layer."""
    random = np.random.default_rng(seed)
    shapes = ((pupils, columns), (schools, units), (columns, units), (units,), (units,))
    features, embeddings, weights, bias, output = (
        random.normal(size=shape) for shape in shapes
    )
    return features, random.integers(0, schools, pupils), embeddings, weights, bias, output


features, school, embeddings, weights, bias, output = drawn(SEED)
gate.equal(
    1,
    "with gates wide open it is the shared layer alone",
    lambda: gated(features, school, np.full((4, 5), 50.0), weights, bias, output),
    (features @ weights + bias) @ output,
)
gate.equal(
    1,
    "with gates closed nothing comes through",
    lambda: gated(features, school, np.full((4, 5), -50.0), weights, bias, output),
    np.zeros(7),
)
### BEGIN HIDDEN TESTS
for seed in (SEED + 1, SEED + 2):
    numbers = drawn(seed, pupils=9, columns=4, schools=6, units=3)
    x, s, e, w, b, v = numbers
    sigmoid = 1 / (1 + np.exp(-e))
    gate.equal(
        1,
        "nine pupils of six schools",
        lambda: gated(*numbers),
        [
            sum(v[k] * sigmoid[s[i], k] * (x[i] @ w[:, k] + b[k]) for k in range(3))
            for i in range(9)
        ],
        mistakes={
            "All pupils got the first school's gates.": (sigmoid[0] * (x @ w + b)) @ v,
            "The bias stands outside the gate.": (sigmoid[s] * (x @ w) + b) @ v,
            "The bias is missing.": (sigmoid[s] * (x @ w)) @ v,
            "The sigmoid is missing.": (e[s] * (x @ w + b)) @ v,
            "This is the hyperbolic tangent, not the sigmoid.": (np.tanh(e[s]) * (x @ w + b))
            @ v,
            "The sign in the sigmoid's exponent is turned.": ((1 - sigmoid[s]) * (x @ w + b))
            @ v,
        },
    )
### END HIDDEN TESTS
gate.score()

# %% [markdown] nbgrader={"grade_id": "weights_text", "locked": true}
# ## 2. How much does a pupil count? (4 points, 15 minutes)
#
# Notebook 10 counts every school the same, or every pupil. Here is a way between: a pupil of a school with $n_s$ pupils gets the weight
#
# $$w \propto \frac{1}{n_s + k},$$
#
# and all weights are scaled so that their *mean over the pupils* is 1. With $k = 0$ every school counts the same; for a large $k$ every pupil does.
#
# **You do:** write it. `school` holds the school's number of each pupil; some numbers may not occur.


# %% nbgrader={"grade_id": "weights", "solution": true}
def pupil_weights(school, k):
    """One weight per pupil, float (pupils,), whose mean is 1."""
    ### BEGIN SOLUTION
    sizes = np.bincount(school)[school]
    found = 1 / (sizes + k)
    return found / found.mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "weights_check", "grade": true, "locked": true, "points": 4}
ready = ["multitask.row_weights"]
fair = homework.Question("2. How much a pupil counts", points=4, without=ready)
three = np.repeat([0, 1, 2], [2, 5, 13])
fair.equal(0.5, "the mean is 1", lambda: np.mean(pupil_weights(three, 4)), 1.0)
fair.equal(
    0.5,
    "with k = 0 the weights of each school have the same sum",
    lambda: [np.sum(pupil_weights(three, 0) * (three == s)) for s in range(3)],
    [20 / 3] * 3,
)
### BEGIN HIDDEN TESTS
for seed, k in ((SEED + 1, 3.0), (SEED + 2, 25)):
    mixed = np.random.default_rng(seed).choice([0, 1, 3, 7], 60, p=[0.5, 0.3, 0.15, 0.05])
    count = {number: int((mixed == number).sum()) for number in set(mixed.tolist())}
    size = np.array([count[number] for number in mixed.tolist()])
    scaled = lambda values: values / values.mean()  # noqa: E731
    fair.equal(
        1.5,
        f"sixty pupils, k = {k:g}",
        lambda: pupil_weights(mixed, k),
        scaled(1 / (size + k)),
        mistakes={
            "k is not used.": scaled(1 / size),
            "Large schools count more per pupil: the fraction is turned over.": scaled(
                size + k
            ),
            "The weights sum to 1; their mean should be 1.": scaled(1 / (size + k)) / 60,
            "They are not scaled.": 1 / (size + k),
            "k was added after dividing.": scaled(1 / size + k),
            "They sum to the number of schools; their mean should be 1.": scaled(1 / (size + k))
            * len(count)
            / 60,
        },
    )
### END HIDDEN TESTS
fair.score()

# %% [markdown] nbgrader={"grade_id": "heads_text", "locked": true}
# ## 3. All heads in one tensor (4 points, 20 minutes)
#
# Every school has a head: a row of `heads`, `(schools, units)`. A pupil's prediction is the product of its units with its school's head, $\hat y_i = h_i \cdot w_{s(i)}$. The loss is the *sum over the schools of each school's mean squared error*.
#
# **You do:** write the gradient of that loss with respect to `heads`, for all schools in one go. A school without a pupil has a gradient of zero.


# %% nbgrader={"grade_id": "heads", "solution": true}
def heads_gradient(hidden, school, heads, target):
    """The gradient, float (schools, units); hidden (pupils, units), school and target (pupils,)."""
    ### BEGIN SOLUTION
    sizes = np.bincount(school, minlength=len(heads))
    error = (hidden * heads[school]).sum(axis=1) - target
    gradient = np.zeros_like(heads, dtype=float)
    np.add.at(gradient, school, 2 * hidden * (error / sizes[school])[:, None])
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "heads_check", "grade": true, "locked": true, "points": 4}
stacked = homework.Question("3. All heads in one tensor", points=4)


def some(seed, pupils, schools, units):
    """Units, schools, heads and targets."""
    random = np.random.default_rng(seed)
    school = random.integers(0, schools - 1, pupils)  # the last school has no pupil
    return (
        random.normal(size=(pupils, units)),
        school,
        random.normal(size=(schools, units)),
        random.normal(size=pupils),
    )


def loss(hidden, school, heads, target):
    squares = ((hidden * heads[school]).sum(axis=1) - target) ** 2
    return sum(squares[school == s].mean() for s in set(school.tolist()))


hidden, school, heads, target = some(SEED, 12, 4, 3)
nudge = np.zeros_like(heads)
nudge[school[0], 1] = 1e-4
slope = (
    loss(hidden, school, heads + nudge, target) - loss(hidden, school, heads - nudge, target)
) / 2e-4
stacked.equal(
    1,
    "one number of one head, against the loss when only that number changes",
    lambda: heads_gradient(hidden, school, heads, target)[school[0]][1],
    slope,
    within=1e-4,
)
stacked.equal(
    1,
    "the school without a pupil",
    lambda: heads_gradient(hidden, school, heads, target)[3],
    np.zeros(3),
)
### BEGIN HIDDEN TESTS


def one_by_one(hidden, school, heads, target, mean=True, factor=2.0):
    """The gradient, school by school."""
    found = np.zeros(heads.shape)
    for s in range(len(heads)):
        rows = np.flatnonzero(school == s)
        for i in rows:
            found[s] += (
                factor
                * (hidden[i] @ heads[s] - target[i])
                * hidden[i]
                / (len(rows) if mean else 1)
            )
    return found


for seed in (SEED + 1, SEED + 2):
    given = some(seed, 30, 7, 4)
    right = one_by_one(*given)
    last = np.zeros(right.shape)
    for i, s in enumerate(given[1]):
        last[s] = (
            2 * (given[0][i] @ given[2][s] - given[3][i]) * given[0][i] / (given[1] == s).sum()
        )
    stacked.equal(
        1,
        "thirty pupils of six schools",
        lambda: heads_gradient(*given),
        right,
        mistakes={
            "The 2 of the square's derivative is missing.": right / 2,
            "It is the gradient of the sum of squares; each school takes its mean.": one_by_one(
                *given, mean=False
            ),
            "It is the gradient of one mean over all pupils.": one_by_one(*given, mean=False)
            / 30,
            "The sign is turned.": -right,
            "Of each school only the last pupil counts: gradient[school] += ... adds once; see np.add.at.": last,
        },
    )
### END HIDDEN TESTS
stacked.score()

# %% [markdown] nbgrader={"grade_id": "interval_text", "locked": true}
# ## 4. Beside a line (5 points, 20 minutes)
#
# **4a. You do (3 points):** two models predict the same test pupils. Write the mean of (squared error of the first minus squared error of the second), pupil by pupil, and its 95 % interval: mean plus and minus 1.96 standard errors. The standard error is the standard deviation (with $n - 1$) of the *differences*, divided by $\sqrt n$.


# %% nbgrader={"grade_id": "interval", "solution": true}
def beside(target, first, second):
    """(mean, low, high) of the difference of the squared errors; all three arguments (pupils,)."""
    ### BEGIN SOLUTION
    more = (first - target) ** 2 - (second - target) ** 2
    reach = 1.96 * more.std(ddof=1) / np.sqrt(len(more))
    return more.mean(), more.mean() - reach, more.mean() + reach
    ### END SOLUTION


# %% nbgrader={"grade_id": "interval_check", "grade": true, "locked": true, "points": 3}
interval = homework.Question(
    "4a. The interval", points=3, without=["training.mean_interval", "training.paired_interval"]
)
truth = np.arange(8.0)
interval.equal(
    1, "a model against itself", lambda: beside(truth, truth + 1, truth + 1), [0.0, 0.0, 0.0]
)
### BEGIN HIDDEN TESTS
for seed in (SEED + 1, SEED + 2):
    random = np.random.default_rng(seed)
    y = random.normal(size=40)
    a, b = (y + random.normal(0.1, width, 40) for width in (0.8, 0.7))
    squares = [(one - y) ** 2 for one in (a, b)]
    middle, spread = np.mean(squares[0] - squares[1]), np.std(squares[0] - squares[1], ddof=1)
    apart = np.sqrt(squares[0].var(ddof=1) + squares[1].var(ddof=1))
    around = lambda centre, width: [centre, centre - width, centre + width]  # noqa: E731
    interval.equal(
        1,
        "forty pupils",
        lambda: list(beside(y, a, b)),
        around(middle, 1.96 * spread / np.sqrt(40)),
        within=1e-4,
        mistakes={
            "Second minus first: the sign is turned.": around(
                -middle, 1.96 * spread / np.sqrt(40)
            ),
            "This interval is for one pupil; divide by the root of n.": around(
                middle, 1.96 * spread
            ),
            "The two models were taken as if they had different pupils; take differences first.": around(
                middle, 1.96 * apart / np.sqrt(40)
            ),
            "1.96 is missing.": around(middle, spread / np.sqrt(40)),
            "The errors are not squared.": around(
                np.mean(np.abs(a - y) - np.abs(b - y)),
                1.96 * np.std(np.abs(a - y) - np.abs(b - y), ddof=1) / np.sqrt(40),
            ),
        },
    )
### END HIDDEN TESTS
interval.score()

# %% [markdown] nbgrader={"grade_id": "trial_text", "locked": true}
# **The trial.** A table of your own: `DATA = "csv:grades.csv"` with `TASK` and `TARGET`, the names of two of its columns.

# %% nbgrader={"grade_id": "data"} tags=["own"]
DATA, TASK, TARGET = "exam", None, None

# %% nbgrader={"grade_id": "trial", "locked": true}
table = multitask.prepare(datasets.tasks(DATA, task=TASK, target=TARGET), seed=SEED)
line, one = (
    multitask.fit_ridge_with_indicator(table),
    multitask.fit_one_for_all(table, seed=SEED),
)
test = table.test
models = {"one for all": one, "gated": multitask.fit_gated(table, seed=SEED, shared=one)}
by_line, found = line.predict(test.features, test.task), {}
for name, model in models.items():
    found[name] = beside(test.target, model.predict(test.features, test.task), by_line)
    print(f"{name} minus the line:", found[name])
if None not in found.values():
    errors = [(one[2] - one[1]) / 2 for one in found.values()]
    title = "squared error minus the line's, with its 95 % interval"
    display(
        plots.dots(
            list(found),
            [one[0] for one in found.values()],
            title,
            errors,
            {"as good as the line": 0.0},
        )
    )

# %% [markdown] nbgrader={"grade_id": "report_text", "locked": true}
# **4b. You do (2 points):** report both rows in three sentences: which network is better or worse than the line, and for which one cannot tell? What would you have written from the means alone?

# %% [markdown] nbgrader={"grade_id": "report", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# As printed on Exam: one network for all is worse than the line with an intercept per school, its interval lies above 0. The gated network's interval holds 0, so one cannot tell. From the means alone one would have called one of them the winner.
#
# Rubric: 1 point for reading both intervals against 0 with the words "better", "worse" or "cannot tell"; 1 point for saying what the mean alone would have suggested.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
