# ---
# jupyter:
#   course: {assignment: h10, title: Famous architectures, points: 20, minutes: 80}
# ---

# %% [markdown]
# # Homework 10: What a block costs, sees and is worth
#
# *Belongs to notebook [13](../13_architectures.ipynb). 20 points, about 80 minutes.*
#
# **You will**
# 1. count the multiply-adds and the receptive field of a block by hand,
# 2. write a function that does it for any chain of layers,
# 3. put a trick on trial with equal budgets, and say what five seeds can tell.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other chains and other numbers.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import architectures
from helpers.teaching import homework

import keras  # after helpers, which keep TensorFlow's notices off the page

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
SIDE = 28  # one of 20, 28, 36
MAPS_IN = 96  # one of 64, 96, 160
INNER = 24  # one of 16, 24, 40
KERNEL = 5  # one of 3, 5, 7
MAPS_OUT = 128  # one of 128, 192, 256
TRICK = "inception"  # one of "inception", "one 5x5", "bottleneck", "depthwise separable"
SEED = 3  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "by_hand_text", "locked": true}
# ## 1. By hand (4 points, 15 minutes)
#
# `MAPS_IN` maps of `SIDE` x `SIDE` places go through three convolutions with "same" padding:
#
# 1. 1 x 1, to `INNER` maps,
# 2. `KERNEL` x `KERNEL` with a stride of 2, to `INNER` maps,
# 3. 3 x 3, to `MAPS_OUT` maps.
#
# **You do:** write down how many multiply-adds they take together (a product and its addition are one; biases are not counted), and how many places of the maps that go in a unit at the end sees, along one side.

# %% nbgrader={"grade_id": "by_hand", "solution": true}
products_by_hand = ...
sees_by_hand = ...
### BEGIN SOLUTION
half = SIDE // 2
products_by_hand = SIDE**2 * MAPS_IN * INNER
products_by_hand += half**2 * KERNEL**2 * INNER * INNER
products_by_hand += half**2 * 9 * INNER * MAPS_OUT
sees_by_hand = KERNEL + 2 * 2
### END SOLUTION

# %% nbgrader={"grade_id": "by_hand_check", "grade": true, "locked": true, "points": 4}
by_hand = homework.Question("1. By hand", points=4)
by_hand.holds(
    0.5,
    "each of the last maps' values takes 9 products for each map that it reads, and more before",
    lambda: products_by_hand,
    lambda found: found > (SIDE // 2) ** 2 * MAPS_OUT * 9 and found == int(found),
    {"The places of the maps are missing.": lambda found: found < SIDE**2 * MAPS_IN},
)
by_hand.holds(
    0.5,
    "a unit at the end sees more than the second kernel alone",
    lambda: sees_by_hand,
    lambda found: found > KERNEL,
)
### BEGIN HIDDEN TESTS
small, parts = (SIDE // 2) ** 2, (MAPS_IN * INNER, KERNEL**2 * INNER**2, 9 * INNER * MAPS_OUT)
by_hand.equal(
    1.5,
    "the multiply-adds",
    lambda: products_by_hand,
    SIDE**2 * parts[0] + small * (parts[1] + parts[2]),
    mistakes={
        "The stride is forgotten: the second and third have half the side.": SIDE**2
        * sum(parts),
        "The second convolution has the places that it gives, not those that it reads.": SIDE**2
        * (parts[0] + parts[1])
        + small * parts[2],
        "A product and its addition are one.": 2
        * (SIDE**2 * parts[0] + small * (parts[1] + parts[2])),
    },
)
by_hand.equal(
    1.5,
    "what a unit sees",
    lambda: sees_by_hand,
    KERNEL + 4,
    mistakes={
        "Behind a stride of 2 a step is two places wide.": KERNEL + 2,
        "The stride of a layer spreads what comes after it, not its own kernel.": 2 * KERNEL
        + 3,
        "Kernels overlap: each adds one less than its side.": KERNEL + 6,
    },
)
### END HIDDEN TESTS
by_hand.score()

# %% [markdown] nbgrader={"grade_id": "chain_text", "locked": true}
# ## 2. For any chain (6 points, 25 minutes)
#
# A chain is a list of layers, each `(kind, kernel, stride, channels)`: `"conv"`, `"depthwise"` (each map has a kernel of its own, as many maps come out) or `"pool"` (no products; `channels` is `None` for the last two). All have "same" padding, which gives `side / stride` places, *rounded up*.
#
# **You do:** write a function that returns a dict with the chain's `"multiply-adds"` for square maps of `side` places and `channels` maps, and with how many places along one side a unit at the end `"sees"`. The cards of the course and its receptive fields refuse to work while your function runs.


# %% nbgrader={"grade_id": "chain", "solution": true}
def cost(chain, side, channels):
    """{"multiply-adds": whole number, "sees": whole number} of a chain of layers."""
    ### BEGIN SOLUTION
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        side = -(-side // stride)
        if kind == "conv":
            products += side**2 * kernel**2 * channels * wide
            channels = wide
        elif kind == "depthwise":
            products += side**2 * kernel**2 * channels
        sees += (kernel - 1) * step
        step *= stride
    return {"multiply-adds": products, "sees": sees}
    ### END SOLUTION


# %% nbgrader={"grade_id": "chain_check", "grade": true, "locked": true, "points": 6}
ready = (
    "architectures.model_card",
    "activations.receptive_field",
    "activations.receptive_fields",
)
chains = homework.Question("2. For any chain", points=6, without=ready)


def by_card(chain, side, channels):
    """The same from the graph of a Keras model."""
    L, inputs = keras.layers, keras.Input((side, side, channels))
    x = inputs
    for kind, kernel, stride, wide in chain:
        if kind == "conv":
            x = L.Conv2D(wide, kernel, stride, "same")(x)
        elif kind == "depthwise":
            x = L.DepthwiseConv2D(kernel, stride, "same")(x)
        else:
            x = L.MaxPooling2D(kernel, stride, "same")(x)
    card = architectures.model_card(keras.Model(inputs, x))
    return {"multiply-adds": card.multiply_adds, "sees": card.field.size[0]}


pair = [("conv", 3, 1, 4), ("conv", 3, 1, 5)]
chains.equal(1, "two 3 x 3", lambda: cost(pair, 6, 2), lambda: by_card(pair, 6, 2))
mixed = [("conv", 3, 2, 4), ("depthwise", 3, 1, None)]
chains.equal(
    1, "a stride, then depthwise", lambda: cost(mixed, 8, 3), lambda: by_card(mixed, 8, 3)
)
### BEGIN HIDDEN TESTS


def mistaken(chain, side, channels, slip):
    """What a usual slip leads to."""
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        before = side
        side = side // stride if slip == "down" else -(-side // stride)
        places = before**2 if slip == "before" else side**2
        if slip == "own stride":
            step *= stride
        each = kernel**2 * (1 if slip == "inputs" and kind == "conv" else channels)
        if kind == "conv" or (kind == "depthwise" and slip == "depthwise"):
            wide = wide or channels
            products += places * (each * wide + (wide if slip == "bias" else 0))
            channels = wide
        elif kind == "depthwise" or (kind == "pool" and slip == "pool"):
            products += places * (each + (channels if slip == "bias" else 0))
        if not (kind == "pool" and slip == "pool sees"):
            sees += (kernel - 1) * (1 if slip == "no step" else step)
        if slip != "own stride":
            step *= stride
    return {"multiply-adds": products, "sees": sees}


slips = {
    "Each kernel reads all maps that come in.": "inputs",
    "The places that count are those behind the stride.": "before",
    "The side is rounded up, not down.": "down",
    "A depthwise kernel reads one map only.": "depthwise",
    "Biases are not counted.": "bias",
    "A pooling has no products.": "pool",
    "Behind a stride, a step is wider.": "no step",
    "The stride of a layer spreads what comes after it, not its own kernel.": "own stride",
    "A pooling widens what a unit sees, too.": "pool sees",
}
rng = np.random.default_rng(SEED)


def drawn_chain():
    """Five layers, each kind at least once, with strides and kernels drawn."""
    kinds = [*rng.permutation(["conv", "conv", "depthwise", "pool"]), "conv"]
    return [
        (
            str(kind),
            int(rng.choice([2, 3, 5])) if kind != "pool" else int(rng.integers(2, 4)),
            int(rng.integers(1, 3)) if number else 2,
            int(rng.integers(3, 9)) if kind == "conv" else None,
        )
        for number, kind in enumerate(kinds)
    ]


stem = [("conv", 7, 2, 64), ("pool", 3, 2, None), ("conv", 1, 1, 64), ("conv", 3, 1, 192)]
cases = [
    (1, "GoogLeNet's first layers", stem, 224, 3),
    (1, "an odd side, halved three times", [("conv", 3, 2, 5)] * 3, 27, 2),
    (1, "a chain that was drawn", drawn_chain(), 30, int(rng.integers(2, 6))),
    (1, "another one, with an odd side", drawn_chain(), 45, int(rng.integers(2, 6))),
]
for points, what, chain, side, channels in cases:
    chains.equal(
        points,
        what,
        lambda: cost(chain, side, channels),
        lambda: by_card(chain, side, channels),
        mistakes={
            says: lambda slip=slip: mistaken(chain, side, channels, slip)
            for says, slip in slips.items()
        },
    )
### END HIDDEN TESTS
chains.score()

# %% [markdown] nbgrader={"grade_id": "verdict_text", "locked": true}
# ## 3. A trick on trial (6 points, 25 minutes)
#
# **3a. You do (3 points):** two networks were trained with the same seeds. Write a function that takes their accuracies, seed by seed, and returns `"better"` where the second one is better for sure, `"worse"`, or `"cannot tell"`. For sure means: the 95 % interval of the mean of the *differences*, by Student's t, leaves out 0. `scipy.stats.t.ppf(0.975, n - 1)` is the factor for n seeds. `training.mean_interval` refuses to work.


# %% nbgrader={"grade_id": "verdict", "solution": true}
def verdict(first, second):
    """ "better", "worse" or "cannot tell", of two lists of accuracies."""
    ### BEGIN SOLUTION
    from scipy.stats import t

    gains = np.asarray(second, float) - np.asarray(first, float)
    n = len(gains)
    half = t.ppf(0.975, n - 1) * gains.std(ddof=1) / np.sqrt(n)
    if gains.mean() - half > 0:
        return "better"
    return "worse" if gains.mean() + half < 0 else "cannot tell"
    ### END SOLUTION


# %% nbgrader={"grade_id": "verdict_check", "grade": true, "locked": true, "points": 3}
told = homework.Question("3a. The verdict", points=3, without=["training.mean_interval"])
told.equal(0.5, "each seed gains the same", lambda: verdict([0.5, 0.7], [0.6, 0.8]), "better")
told.equal(
    0.5, "as often up as down", lambda: verdict([0.5, 0.5, 0.5], [0.6, 0.4, 0.5]), "cannot tell"
)
### BEGIN HIDDEN TESTS
told.equal(
    0.5,
    "the seeds differ much, the gain little: pairs tell what two groups cannot",
    lambda: verdict([0.90, 0.70, 0.80, 0.60], [0.92, 0.71, 0.82, 0.61]),
    "better",
    mistakes={"The differences seed by seed count, not the two groups.": "cannot tell"},
)
told.equal(
    0.5,
    "three seeds: Student's factor is 4.3, not 2",
    lambda: verdict([0.50, 0.50, 0.50], [0.53, 0.51, 0.56]),
    "cannot tell",
    mistakes={
        "With three seeds the factor is 4.3, and one less than n divides the squares.": "better"
    },
)
told.equal(
    0.5,
    "eight seeds: the mean is surer than one seed",
    lambda: verdict([0.5] * 8, [0.53, 0.50, 0.52, 0.51, 0.53, 0.50, 0.52, 0.51]),
    "better",
    mistakes={"The spread of the mean is that of one seed by the root of n.": "cannot tell"},
)
told.equal(
    0.5,
    "the second one is worse",
    lambda: verdict([0.8, 0.9, 0.85, 0.7], [0.7, 0.81, 0.74, 0.61]),
    "worse",
    mistakes={"The sign is turned: the gain is second minus first.": "better"},
)
### END HIDDEN TESTS
told.score()

# %% [markdown] nbgrader={"grade_id": "trial_text", "locked": true}
# **3b. You do (3 points):** put `TRICK` on trial against `"two 3x3"`. Both get the multiply-adds of `block_network("two 3x3", 8)`; `architectures.widest(block, budget)` says how many channels that is. `architectures.try_out(build, seeds, epochs, rate)` trains and tests; take the seeds below, three epochs and a rate of 0.01. Fill `widths` and `accuracies` for both blocks, and `says` with what your `verdict` says of the trick against two 3 x 3.

# %% nbgrader={"grade_id": "trial", "solution": true}
SEEDS = (SEED, SEED + 1, SEED + 2)
widths = ...  # {"two 3x3": 0, TRICK: 0}
accuracies = ...  # {"two 3x3": [0.0, 0.0, 0.0], TRICK: [0.0, 0.0, 0.0]}
says = ...
### BEGIN SOLUTION
network = lambda block, wide: lambda: architectures.block_network(block, wide)  # noqa: E731
eight = architectures.model_card(architectures.outline(network("two 3x3", 8)))
widths = {
    block: architectures.widest(block, eight.multiply_adds) for block in ("two 3x3", TRICK)
}
accuracies = {
    block: [one.accuracy for one in architectures.try_out(network(block, wide), SEEDS, 3, 0.01)]
    for block, wide in widths.items()
}
says = verdict(accuracies["two 3x3"], accuracies[TRICK])
### END SOLUTION

# %% nbgrader={"grade_id": "trial_check", "grade": true, "locked": true, "points": 3}
trial = homework.Question("3b. The trial", points=3)
trial.holds(
    0.5,
    "three accuracies for each block",
    lambda: accuracies,
    lambda found: all(
        np.shape(found[block]) == (3,) and min(found[block]) > 0 and max(found[block]) < 1
        for block in ("two 3x3", TRICK)
    ),
)
### BEGIN HIDDEN TESTS


def blank(block, wide):
    return architectures.outline(lambda: architectures.block_network(block, wide))


allowed = architectures.model_card(blank("two 3x3", 8)).multiply_adds
room = architectures.widest(TRICK, allowed)
trial.equal(
    1,
    "both blocks use the budget",
    lambda: widths,
    {"two 3x3": 8, TRICK: room},
    mistakes={"Equal channels are no equal budget.": {"two 3x3": 8, TRICK: 8}},
)
# Another processor has other last digits, which training makes larger.
trial.equal(
    1,
    "the trick's first accuracy, trained again",
    lambda: accuracies[TRICK][0] if accuracies is not ... else ...,
    lambda: (
        architectures.try_out(
            lambda: architectures.block_network(TRICK, room), (SEED,), 3, 0.01
        )[0].accuracy
    ),
    within=0.15,
)


def right_verdict():
    """By the interval of the accuracies that were filled in."""
    gains = np.subtract(accuracies[TRICK], accuracies["two 3x3"])
    half = 4.302653 * gains.std(ddof=1) / np.sqrt(3)
    return (
        "better"
        if gains.mean() - half > 0
        else "worse"
        if gains.mean() + half < 0
        else "cannot tell"
    )


trial.equal(0.5, "what they say", lambda: says, right_verdict)
### END HIDDEN TESTS
trial.score()

# %% [markdown] nbgrader={"grade_id": "why_text", "locked": true}
# ## 4. What it means (4 points, 15 minutes)
#
# **You do:** in four sentences: why do both blocks get the same budget and not the same number of channels? What does your verdict say, and what would you do to be surer? Why need the answer not be the same on ImageNet?

# %% [markdown] nbgrader={"grade_id": "why", "grade": true, "solution": true, "points": 4}
# ### BEGIN SOLUTION
# With equal channels one of the two would do more work, and its gain could come from the work alone; with an equal budget the question is which block makes more of it. The interval over three seeds is wide (the factor is 4.3), so "cannot tell" does not say that the blocks are alike, only that three seeds do not show a difference. More seeds make the interval narrower, with the root of their number. On ImageNet pictures are larger, there are a thousand classes and more than a million photos, and networks are deeper; a trick such as the bottleneck saves work where there are many channels, which a small network has not.
#
# Rubric: 1 point for equal work as the reason; 1 point for a verdict that fits its interval ("cannot tell" is not "equal"); 1 point for more seeds (or more test digits, longer training); 1 point for a difference of the task that matters to the trick.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
