# ---
# jupyter:
#   course: {assignment: h03, title: Fine-tuning with evidence, points: 20, minutes: 85}
# ---

# %% [markdown]
# # Homework 3: fine-tuning, with evidence
#
# *Belongs to [notebook 3](../03_fine_tuning.ipynb). 20 points, about 85 minutes.*
#
# **You will**
# 1. count what may learn, on paper and in code,
# 2. write a detective: it reads from the weights alone what went wrong in a fine-tuning,
# 3. find the notebook that never unfreezes, and the one whose batch normalisation moves,
# 4. get the most out of a fixed budget, and prove each of the five steps with a number.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other networks, so write your functions for any network.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import datasets, plots
from helpers.teaching import homework

import keras

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
WIDTH = 8  # one of 6, 8, 10
ORDER = "CADB"  # one of "CADB", "BDAC", "DCBA", "ADCB", "BCDA"
SEED = 4  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "network_text", "locked": true}
# **The base.** A small network learns the digits 0 to 4. Your task are the digits 5 to 9, of which you have sixty. So all of this runs in seconds, and it is fine-tuning all the same.


# %% nbgrader={"grade_id": "network", "locked": true}
def fresh(seed):
    """Three times convolution, batch normalisation, ReLU, pooling; then the average, and a head."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for number in (1, 2, 3):
        filters = WIDTH * 2 ** (number - 1)
        x = layers.Conv2D(filters, 3, padding="same", name=f"conv{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
        x = layers.MaxPooling2D()(layers.ReLU()(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(5, activation="softmax", name="head")(x))


def ready(model, rate):
    """Compile it: only now is it settled what learns."""
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
    return model


# %% nbgrader={"grade_id": "base", "locked": true}
known, unseen = datasets.mnist(SEED)
old, new, test = (
    (pictures[np.isin(labels, five)][..., None], labels[np.isin(labels, five)] - five[0])
    for (pictures, labels), five in (
        (known, range(5)),
        (known, range(5, 10)),
        (unseen, range(5, 10)),
    )
)
base = ready(fresh(SEED), 3e-3)
base.fit(*old, batch_size=50, epochs=2, verbose=0)


def with_base(seed):
    """The base's weights below a new head."""
    model = fresh(seed)
    model.set_weights(base.get_weights()[:-2] + model.get_weights()[-2:])
    return model


titles = [f"{5 + label}" for label in new[1][:10]]
plots.photos([255 - one[..., 0] for one in new[0][:10]], titles, columns=10)

# %% [markdown] nbgrader={"grade_id": "count_text", "locked": true}
# ## 1. Count on paper (3 points, 15 minutes)
#
# The three convolutions are 3 x 3, with `WIDTH`, 2 `WIDTH` and 4 `WIDTH` filters and a bias each; pictures have one channel. A batch normalisation has four numbers per channel: scale, shift, and two stored averages. The averages are never *trained*. The head is dense, 4 `WIDTH` in, 5 out, with biases.
#
# **You do:** how many numbers does the optimizer train
# - when only the head learns,
# - when `conv3` and the head learn,
# - when everything from `conv3` on learns, `norm3` too?

# %% nbgrader={"grade_id": "count", "solution": true}
counted = {"head": ..., "conv3 and head": ..., "norm3, too": ...}
### BEGIN SOLUTION
head, conv3 = 4 * WIDTH * 5 + 5, 3 * 3 * 2 * WIDTH * 4 * WIDTH + 4 * WIDTH
counted = {
    "head": head,
    "conv3 and head": conv3 + head,
    "norm3, too": conv3 + head + 2 * 4 * WIDTH,
}
### END SOLUTION

# %% nbgrader={"grade_id": "count_check", "grade": true, "locked": true, "points": 3}
count = homework.Question("1. Count on paper", points=3)
count.holds(
    0.5,
    "three whole numbers, each larger than the one before",
    lambda: ... if ... in counted.values() else list(counted.values()),
    lambda found: found == sorted(set(found)) and all(one == int(one) for one in found),
)
### BEGIN HIDDEN TESTS
head = 20 * WIDTH + 5
conv3 = 72 * WIDTH**2 + 4 * WIDTH
count.equal(
    0.5,
    "the head",
    lambda: counted["head"],
    head,
    within=0,
    mistakes={"The five biases are missing.": head - 5},
)
count.equal(
    1,
    "conv3 and head",
    lambda: counted["conv3 and head"],
    conv3 + head,
    within=0,
    mistakes={
        "One bias for each filter is missing.": conv3 + head - 4 * WIDTH,
        "conv3 looks at all channels of the layer before it.": 9 * 4 * WIDTH + 4 * WIDTH + head,
        "The head learns, too.": conv3,
        "These are the numbers of the whole network.": (
            10 * WIDTH + 18 * WIDTH**2 + 2 * WIDTH + conv3 + head
        ),
    },
)
count.equal(
    1,
    "norm3, too",
    lambda: counted["norm3, too"],
    conv3 + head + 8 * WIDTH,
    within=0,
    mistakes={
        "The stored averages are not trained.": conv3 + head + 16 * WIDTH,
        "Scale and shift are two numbers per channel.": conv3 + head + 4 * WIDTH,
    },
)
### END HIDDEN TESTS
count.score()

# %% [markdown] nbgrader={"grade_id": "thaw_text", "locked": true}
# ## 2. Thaw the last few (4 points, 15 minutes)
#
# `transfer.unfreeze_from` takes the name of a layer. Here you take a number.
#
# **You do:** write `thaw_last`. Of the layers *that have weights and are no batch normalisation*, the last `count` learn. All other layers are frozen, batch normalisation everywhere. It returns how many numbers would be trained. `network` is one of the course's networks; its Keras model is `network.model`.


# %% nbgrader={"grade_id": "thaw", "solution": true}
def thaw_last(network, count):
    """Freeze and thaw the layers of network.model; return the number of trained numbers."""
    ### BEGIN SOLUTION
    layers = network.model.layers
    may = [
        layer
        for layer in layers
        if layer.weights and not isinstance(layer, keras.layers.BatchNormalization)
    ]
    chosen = may[len(may) - count :]
    for layer in layers:
        layer.trainable = any(layer is one for one in chosen)
    return sum(int(np.prod(weight.shape)) for weight in network.model.trainable_weights)
    ### END SOLUTION


# %% nbgrader={"grade_id": "thaw_check", "grade": true, "locked": true, "points": 4}
helpers_barred = [
    "transfer.unfreeze_from",
    "transfer.parameter_counts",
    "transfer.heads.trainable_parameters",
]
thaw = homework.Question("2. Thaw the last few", points=4, without=helpers_barred)
plain = homework.given(
    "backbones.as_network", homework.given("training.small_convnet", 32, 5, seed=SEED)
)
thaw.equal(0.5, "none: nothing learns", lambda: thaw_last(plain, 0), 0)
thaw.equal(
    0.5,
    "one: of a small convnet the last layer, 64 in, 5 out",
    lambda: thaw_last(plain, 1),
    64 * 5 + 5,
    within=0,
    mistakes={
        "Layers without weights do not count.": 0,
        "This is what is frozen.": lambda: plain.model.count_params() - 325,
        "The last layer was left out.": lambda: plain.model.count_params() - 325,
        "These are the numbers of the whole network.": lambda: plain.model.count_params(),
    },
)
### BEGIN HIDDEN TESTS


def sizes(network, kind):
    """Numbers in each layer with weights, [(size, of these trainable, is it normalisation)]."""
    found = []
    for layer in network.model.layers:
        if layer.weights:
            norm = isinstance(layer, keras.layers.BatchNormalization)
            size = int(layer.count_params())
            found.append((size, size // 2 if norm else size, norm))
    return [one for one in found if kind == "all" or not one[2]]


for name, settings, last in (
    ("mobilenet", {"alpha": 0.25, "include_top": False}, 5),
    ("efficientnet_lite0", {}, 9),
):
    stranger = homework.given("backbones.load", name, weights=None, seed=SEED + 1, **settings)
    usual, every = sizes(stranger, "no norm"), sizes(stranger, "all")
    start = len(every) - 1
    for _ in range(last - 1):
        start -= 1
        while every[start][2]:
            start -= 1
    thaw.equal(
        1.5,
        f"the last {last} of {name}",
        lambda network=stranger, last=last: thaw_last(network, last),
        sum(size for size, _, _ in usual[-last:]),
        within=0,
        mistakes={
            "Batch normalisation between them was thawed.": sum(
                one[1] for one in every[start:]
            ),
            "Layers without weights do not count.": sum(
                layer.count_params()
                for layer in stranger.model.layers[-last:]
                if not isinstance(layer, keras.layers.BatchNormalization)
            ),
            "Batch normalisation counts as one of the layers, and learns.": sum(
                one[1] for one in every[-last:]
            ),
            "Batch normalisation counts as one of the layers.": sum(
                one[1] for one in every[-last:] if not one[2]
            ),
            "The stored averages of batch normalisation are never trained.": sum(
                one[0] for one in every[start:]
            ),
            "The first layers learn; it should be the last ones.": sum(
                size for size, _, _ in usual[:last]
            ),
            "The layers before them are not frozen.": sum(one[1] for one in every),
            "The layers before them are not frozen (batch normalisation is).": sum(
                size for size, _, _ in usual
            ),
            "One layer too few.": sum(size for size, _, _ in usual[1 - last :]),
            "One layer too many.": sum(size for size, _, _ in usual[-1 - last :]),
            "This is what is frozen.": sum(one[0] for one in every)
            - sum(size for size, _, _ in usual[-last:]),
        },
    )
### END HIDDEN TESTS
thaw.score()

# %% [markdown] nbgrader={"grade_id": "detective_text", "locked": true}
# ## 3. The detective (7 points, 25 minutes)
#
# **3a. In code (5 points, 20 minutes).** After a fine-tuning you have the weights of every layer before and after it. **You do:** write `diagnose`. `layers` is a list with a tuple for each layer: `(kind, part, before, after)`. `kind` is a Keras name such as `"Conv2D"`, `"DepthwiseConv2D"`, `"BatchNormalization"` or `"Dense"`, `part` is `"base"` or `"head"`, `before` and `after` are lists of arrays. Return **the first sentence that fits**:
#
# | answer | when |
# |---|---|
# | `"batch norm moved"` | a number of a batch normalisation *of the base* changed: scale, shift or a stored average |
# | `"never unfrozen"` | no number of the base changed |
# | `"destroyed"` | a layer of the base moved further than half its own length: all its arrays in one row, length of the move over length before |
# | `"as it should be"` | else |


# %% nbgrader={"grade_id": "detective", "solution": true}
def diagnose(layers):
    """One of the four answers, a text."""

    ### BEGIN SOLUTION
    def moved(before, after):
        old, new = (np.concatenate([np.ravel(one) for one in many]) for many in (before, after))
        return np.linalg.norm(new - old) / max(np.linalg.norm(old), 1e-12)

    moves = [
        (kind, moved(old, new)) for kind, part, old, new in layers if part == "base" and old
    ]
    if any(kind == "BatchNormalization" and move > 0 for kind, move in moves):
        return "batch norm moved"
    if not any(move > 0 for _, move in moves):
        return "never unfrozen"
    return "destroyed" if max(move for _, move in moves) > 0.5 else "as it should be"
    ### END SOLUTION


# %% nbgrader={"grade_id": "detective_check", "grade": true, "locked": true, "points": 5}
detective = homework.Question("3a. The detective", points=5)


def case(seed, **moves):
    """Six layers; moves: of which layer which array moves how far, as a share of its length."""
    random, made = np.random.default_rng(seed), []
    kinds = {
        "conv1": ("Conv2D", "base", [(3, 3, 1, 4), (4,)]),
        "norm1": ("BatchNormalization", "base", [(4,)] * 4),
        "deep": ("DepthwiseConv2D", "base", [(3, 3, 4, 1)]),
        "pool": ("MaxPooling2D", "base", []),
        "head_norm": ("BatchNormalization", "head", [(4,)] * 4),
        "head": ("Dense", "head", [(4, 3), (3,)]),
    }
    for name, (kind, part, shapes) in kinds.items():
        before = [random.normal(size=shape) for shape in shapes]
        after = [one.copy() for one in before]
        for place, share in moves.get(name, {}).items():
            step = random.normal(size=shapes[place])
            length = np.linalg.norm(before[place]) / np.linalg.norm(step)
            after[place] = before[place] + share * length * step
        made.append((kind, part, before, after))
    return made


detective.equal(
    0.5,
    "the head moved, and conv1 by a hundredth",
    lambda: diagnose(case(SEED, conv1={0: 0.01}, head={0: 0.5})),
    "as it should be",
)
detective.equal(
    0.5,
    "only the head moved",
    lambda: diagnose(case(SEED, head={0: 2.0, 1: 1.0})),
    "never unfrozen",
    mistakes={"It is the base that must not move too far.": "destroyed"},
)
### BEGIN HIDDEN TESTS
moved, never, gone, fine = "batch norm moved", "never unfrozen", "destroyed", "as it should be"
cases = {
    "a stored average moved": (
        dict(norm1={3: 1e-3}, conv1={0: 0.1}),
        moved,
        {"Two of the four arrays are stored averages; look at these, too.": fine},
    ),
    "nothing but a batch normalisation's scale moved": (
        dict(norm1={0: 1e-3}),
        moved,
        {"Ask for batch normalisation first.": never, "It did move, a little.": fine},
    ),
    "the head's own batch normalisation moved": (
        dict(head_norm={2: 0.3}, deep={0: 0.05}),
        fine,
        {"The batch normalisation of the head may move.": moved},
    ),
    "only a depthwise convolution moved": (
        dict(deep={0: 0.02}),
        fine,
        {"Not only layers called Conv2D have weights.": never},
    ),
    "only a bias moved": (
        dict(conv1={1: 0.3}),
        fine,
        {"Biases are weights, too.": never, "Measure the whole layer, not each array.": gone},
    ),
    "one layer moved by 0.8 of its length": (
        dict(deep={0: 0.8}, conv1={0: 0.01}, head={0: 3}),
        gone,
        {"One layer is enough; do not take the mean of all.": fine},
    ),
    "destroyed, and the batch normalisation moved": (
        dict(deep={0: 0.8}, norm1={2: 0.1}),
        moved,
        {"The first sentence that fits: ask for batch normalisation first.": gone},
    ),
    "the base moved by 0.3 of its length, the head by three times": (
        dict(conv1={0: 0.3, 1: 0.3}, head={0: 3.0, 1: 3.0}),
        fine,
        {"It is the base that must not move too far.": gone},
    ),
}
for number, (what, (moves, expected, mistakes)) in enumerate(cases.items()):
    drawn = case(SEED + 1 + number % 2, **moves)
    detective.equal(
        0.5,
        what,
        lambda layers=drawn: diagnose(layers),
        expected,
        mistakes=mistakes,
    )
### END HIDDEN TESTS
detective.score()

# %% [markdown] nbgrader={"grade_id": "notebooks_text", "locked": true}
# **3b. Four notebooks (2 points, 5 minutes).** Four students fine-tuned the base. Each began with the same trained head, `first`, and went on. Each was sure to have done it right. Read what they wrote, and let your detective look at the weights.
#
# **You do:** say for each notebook, `A` to `D`, what `diagnose` finds.


# %% nbgrader={"grade_id": "notebooks", "locked": true}
few = (new[0][:60], new[1][:60])


def only(model, *names):
    """Let these layers learn and no other."""
    for layer in model.layers:
        layer.trainable = layer.name in names


first = with_base(SEED)
only(first, "head")
ready(first, 1e-2).fit(*few, batch_size=20, epochs=2, verbose=0)
trained = first.get_weights()


def notebook(number):
    """What one of the four students ran after that; the layers before and after."""
    if number == 0:
        model = fresh(SEED)
        only(model, "conv3", "head")
        ready(model, 1e-3)
    elif number == 1:
        model = fresh(SEED)
        only(model, *(layer.name for layer in model.layers))
        ready(model, 1e-3)
    elif number == 2:
        model = first
        only(model, "conv3", "head")
    else:
        model = fresh(SEED)
        only(model, "conv2", "conv3", "head")
        ready(model, 1e-1)
    model.set_weights(trained)
    before = [layer.get_weights() for layer in model.layers]
    model.fit(*few, batch_size=20, epochs=2, verbose=0)
    return [
        (
            type(layer).__name__,
            "head" if layer.name == "head" else "base",
            old,
            layer.get_weights(),
        )
        for layer, old in zip(model.layers, before, strict=True)
    ]


runs = {letter: notebook(number) for number, letter in enumerate(ORDER)}

# %% nbgrader={"grade_id": "verdicts", "solution": true}
verdicts = {"A": ..., "B": ..., "C": ..., "D": ...}
### BEGIN SOLUTION
verdicts = {letter: diagnose(runs[letter]) for letter in "ABCD"}
### END SOLUTION

# %% nbgrader={"grade_id": "verdicts_check", "grade": true, "locked": true, "points": 2}
four = homework.Question("3b. Four notebooks", points=2)
four.holds(
    0.5,
    "four answers, no two alike",
    lambda: ... if ... in verdicts.values() else list(verdicts.values()),
    lambda found: len(set(found)) == 4,
)
### BEGIN HIDDEN TESTS
truth = ("as it should be", "batch norm moved", "never unfrozen", "destroyed")
for letter, expected in zip(ORDER, truth, strict=True):
    four.equal(0.375, f"notebook {letter}", lambda letter=letter: verdicts[letter], expected)
### END HIDDEN TESTS
four.score()

# %% [markdown] nbgrader={"grade_id": "moves_text", "locked": true}
# **Look at it: how far each layer of the base moved, as a share of its length.** Do the bars fit to your four answers? (Moves further than the whole length are cut off at 1.)

# %% nbgrader={"grade_id": "moves", "locked": true}
names = [f"{kind}{number}" for number in (1, 2, 3) for kind in ("conv", "norm")]
rows = [layer.name for layer in base.layers]


def share(layer):
    """How far a layer moved, at most by its own length."""
    (*_, old, new) = layer
    before, after = (np.concatenate([one.ravel() for one in many]) for many in (old, new))
    return min(1.0, float(np.linalg.norm(after - before) / np.linalg.norm(before)))


moves = {f"notebook {a}": [share(runs[a][rows.index(one)]) for one in names] for a in "ABCD"}
plots.bars(names, moves, "How far each layer moved, as a share of its length")

# %% [markdown] nbgrader={"grade_id": "budget_text", "locked": true}
# ## 4. The best of a fixed budget (3 points, 20 minutes)
#
# One digit that goes forward and backward once is one **pass**. You have `BUDGET` passes and sixty digits, so twenty epochs in all. How many for the head, how many for more, from where, with which learning rates?
#
# **You do:** choose a plan. `carry_out(plan, seed)` draws sixty digits, runs the plan and returns the accuracy on 500 new digits. When your work is graded it runs with another seed, beside the head alone with the whole budget. (Choose on several seeds: one seed is luck.)

# %% nbgrader={"grade_id": "carry_out", "locked": true}
BUDGET = 1200
HEAD_ALONE = {"head epochs": 20, "head rate": 0.03, "learn": [], "epochs": 0, "rate": 0}


def passes(plan):
    """What a plan costs."""
    return 60 * (plan["head epochs"] + plan["epochs"])


def carry_out(plan, seed):
    """The accuracy of a plan on new digits."""
    chosen, model = np.random.default_rng(seed).permutation(len(new[0]))[:60], with_base(seed)
    steps = (
        (["head"], plan["head epochs"], plan["head rate"]),
        (plan["learn"], plan["epochs"], plan["rate"]),
    )
    for names, epochs, rate in steps:
        for layer in model.layers:
            layer.trainable = layer.name in names
        if epochs:
            parts = new[0][chosen], new[1][chosen]
            ready(model, rate).fit(*parts, batch_size=20, epochs=epochs, verbose=0)
    return float(np.mean(np.argmax(model(test[0], training=False), axis=1) == test[1]))


# %% nbgrader={"grade_id": "plan", "solution": true}
plan = {
    "head epochs": ...,
    "head rate": ...,
    "learn": ["conv3", "head"],
    "epochs": ...,
    "rate": ...,
}
### BEGIN SOLUTION
plan = {
    "head epochs": 6,
    "head rate": 0.03,
    "learn": ["conv1", "conv2", "conv3", "head"],
    "epochs": 14,
    "rate": 0.005,
}
### END SOLUTION

# %% nbgrader={"grade_id": "plan_check", "grade": true, "locked": true, "points": 3}
best = homework.Question("4. The best of a budget", points=3)
best.holds(
    0.5,
    f"it costs {BUDGET} passes or less",
    lambda: ... if ... in plan.values() else dict(plan),
    lambda found: 0 < passes(found) <= BUDGET,
    {"It costs too much.": lambda found: passes(found) > BUDGET},
)
### BEGIN HIDDEN TESTS
alone, reached = carry_out(HEAD_ALONE, SEED + 6), {}


def gain(found):
    """How much more than the head alone a plan names rightly; run once, with another seed."""
    if passes(found) > BUDGET:
        return -1.0
    if not reached:
        reached["plan"] = carry_out(found, SEED + 7)
    return reached["plan"] - alone


for margin in (0.03, 0.08):
    best.holds(
        1.25,
        f"on 500 new digits, another seed, it names {margin:.0%} more rightly than the head alone",
        lambda: ... if ... in plan.values() else dict(plan),
        lambda found, margin=margin: gain(found) > margin,
        {
            "Nothing but the head learns.": lambda found: not set(found["learn"]) - {"head"},
            "The learning rate of the second part is too large or too small.": lambda found: (
                not 3e-4 < found["rate"] < 2e-2
            ),
            "So many epochs for the head leave too few for the rest.": lambda found: (
                found["head epochs"] > 12
            ),
        },
    )
### END HIDDEN TESTS
best.score()

# %% [markdown] nbgrader={"grade_id": "steps_text", "locked": true}
# ## 5. Five steps, five numbers (3 points, 10 minutes)
#
# The lecture: add a network on top; freeze the base; train what you added; unfreeze some layers; train both together.
#
# **You do:** name for each of the five steps the *number* that would prove to a stranger that it was done, and done right; take your own numbers of this homework where you have them. Then: which of your five numbers would have told the student of the notebook that never unfreezes, and the one whose batch normalisation moved, that something is wrong? Would their accuracy have told them?

# %% [markdown] nbgrader={"grade_id": "steps", "grade": true, "solution": true, "points": 3}
# ### BEGIN SOLUTION
# 1: the size of the head, 165 numbers (32 x 5 + 5). 2: trainable after freezing is 165, no more. 3: the accuracy of the head alone on new digits, and a move of 0 of every layer of the base. 4: trainable after unfreezing conv3 is 4,640 + 165, and it is counted *after* compile. 5: the accuracy after the second training beside that of step 3, and a move of conv3 that is neither 0 nor more than half; a move of exactly 0 of each batch normalisation.
#
# Never unfrozen: the move of conv3, exactly 0 (the number of trainable weights alone does not tell: it is right as soon as `trainable` is set, whether or not the model was compiled again). Batch normalisation: the move of the stored averages. Accuracy tells neither: it goes up in both.
#
# Rubric: 1 point for five numbers, one for each step; 1 point for "the move of the base is 0" and "the stored averages moved"; 1 point for saying that accuracy, or the count alone, does not show it.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
