# ---
# jupyter:
#   course: {assignment: h06, title: Grad-CAM, points: 20, minutes: 90}
# ---

# %% [markdown]
# # Homework 6: Grad-CAM
#
# *Belongs to notebooks [6](../06_grad_cam.ipynb) and [8](../08_honest_maps.ipynb). 20 points, about 90 minutes.*
#
# **You will**
# 1. compute a Grad-CAM by hand, and see the score come out of the map,
# 2. write it in ten lines, for every network of the course, one with a sigmoid, too,
# 3. read the maps of two photos of your own, one that the network knows and one that it gets wrong,
# 4. find out which of two networks cheats, and prove it by an intervention.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other pictures and other networks.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np
from IPython.display import display

from helpers import attribution, datasets, images, plots
from helpers.teaching import homework

import keras  # after helpers, which keep TensorFlow's notices off the page
import tensorflow as tf

squeezenet = homework.given("backbones.load", "squeezenet")
lite0 = homework.given("backbones.load", "efficientnet_lite0")

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
FIRST_WEIGHT = 8  # one of 4, 8, 12
SECOND_WEIGHT = -4  # one of -4, -8, -12
BIAS = 2  # one of 1, 2, 3
SEED = 3  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "by_hand_text", "locked": true}
# ## 1. By hand (4 points, 15 minutes)
#
# A small network has two last maps of 2 x 2 places,
#
# $$A_1 = \begin{pmatrix} 3 & 1 \\ 0 & 0 \end{pmatrix}, \qquad A_2 = \begin{pmatrix} 0 & 2 \\ 0 & 1 \end{pmatrix}.$$
#
# Its score averages each map over its four places and adds up: $f = b + w_1 \, \mathrm{mean}(A_1) + w_2 \, \mathrm{mean}(A_2)$ with $w_1$ = `FIRST_WEIGHT`, $w_2$ = `SECOND_WEIGHT`, $b$ = `BIAS`.
#
# **You do:** write down Grad-CAM's two weights $\alpha_1, \alpha_2$ as a list of two numbers, and the map $\alpha_1 A_1 + \alpha_2 A_2$ *before* its ReLU as a list of two rows, `[[.., ..], [.., ..]]`.

# %% nbgrader={"grade_id": "by_hand", "solution": true}
weights_by_hand = ...
map_by_hand = ...
### BEGIN SOLUTION
weights_by_hand = [FIRST_WEIGHT / 4, SECOND_WEIGHT / 4]
map_by_hand = (
    weights_by_hand[0] * np.array([[3, 1], [0, 0]])
    + weights_by_hand[1] * np.array([[0, 2], [0, 1]])
).tolist()
### END SOLUTION

# %% nbgrader={"grade_id": "by_hand_check", "grade": true, "locked": true, "points": 4}
by_hand = homework.Question("1. By hand", points=4)
score = (
    BIAS + FIRST_WEIGHT * 1 + SECOND_WEIGHT * 0.75
)  # the means of the two maps are 1 and 3/4
by_hand.holds(
    0.5,
    "two weights, and a map of two rows",
    lambda: map_by_hand,
    lambda found: np.shape(found) == (2, 2) and np.shape(weights_by_hand) == (2,),
)
by_hand.equal(
    0.5,
    "the score comes out of your map: its sum and the bias",
    lambda: np.sum(np.asarray(map_by_hand, float)) + BIAS if map_by_hand is not ... else ...,
    score,
)
### BEGIN HIDDEN TESTS
share = np.array([FIRST_WEIGHT, SECOND_WEIGHT]) / 4
maps = np.array([[[3, 0], [1, 2]], [[0, 0], [0, 1]]])
by_hand.equal(
    1.5,
    "the two weights",
    lambda: weights_by_hand,
    share,
    mistakes={
        "This is the weight of the whole mean; one place has a quarter of it.": 4 * share,
        "The gradients at the four places were added, not averaged, and then divided twice.": share
        / 4,
    },
)
by_hand.equal(
    1.5,
    "the map before its ReLU",
    lambda: map_by_hand,
    maps @ share,
    mistakes={
        "The ReLU was applied already.": np.maximum(maps @ share, 0),
        "This is four times as much: the weights are those of the means.": 4 * (maps @ share),
    },
)
### END HIDDEN TESTS
by_hand.score()

# %% [markdown] nbgrader={"grade_id": "code_text", "locked": true}
# ## 2. In ten lines (7 points, 30 minutes)
#
# **You do:** write Grad-CAM for any network of the course, any layer with maps and any class. Three things differ from notebook 6:
#
# * The map is divided by its largest value, so that it reaches from 0 to 1. A map without any positive place stays zero everywhere.
# * `network.logits` may have one column only: then the network ends in *one* sigmoid, and that logit $z$ speaks for class 1. What speaks for class 0 is $-z$.
# * `attribution.grad_cam` and its relatives refuse to work while your function runs.
#
# `keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])` answers with the maps and the logits. Take the gradient of the score before the softmax.


# %% nbgrader={"grade_id": "code", "solution": true}
def my_grad_cam(network, picture, class_number, layer):
    """The map of a picture (height, width, 3), float (rows, columns), 0..1."""
    ### BEGIN SOLUTION
    both = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = both(tf.constant(picture[None], tf.float32))
        if scores.shape[-1] == 1:
            score = scores[0, 0] if class_number == 1 else -scores[0, 0]
        else:
            score = scores[0, class_number]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
    heat = np.maximum((maps[0] * weights).numpy().sum(axis=-1), 0)
    return heat / heat.max() if heat.max() > 0 else heat
    ### END SOLUTION


# %% nbgrader={"grade_id": "code_check", "grade": true, "locked": true, "points": 7}
ready = (
    "attribution.grad_cam",
    "attribution.activations_and_gradients",
    "attribution.weighted_map",
    "attribution.class_activation_map",
    "attribution.hires_cam",
    "attribution.layer_cam",
    "attribution.grad_cam_plus_plus",
)
code = homework.Question("2. In ten lines", points=7, without=ready)
cat = datasets.photo("chelsea").array
last = lite0.vgg_equivalent("block5_conv3")
tabby = lite0.class_index("tabby")
code.holds(
    1,
    "7 x 7 places, from 0 to 1",
    lambda: my_grad_cam(lite0, lite0.prepare(cat), tabby, last),
    lambda heat: np.shape(heat) == (7, 7) and np.min(heat) >= 0 and np.isclose(np.max(heat), 1),
)


def closed_form(network, picture, class_number):
    """CAM: this network averages its last maps and weighs them; no gradient is needed."""
    heat = np.maximum(attribution.class_activation_map(network, picture, class_number), 0)
    return heat / heat.max()


code.equal(
    1,
    "on EfficientNet-Lite0's last maps it is CAM, which needs no gradient",
    lambda: my_grad_cam(lite0, lite0.prepare(cat), tabby, last),
    lambda: closed_form(lite0, lite0.prepare(cat), tabby),
    within=1e-3,
)
### BEGIN HIDDEN TESTS


def wanted(network, picture, class_number, layer, form="right"):
    """Grad-CAM and its usual mistakes, from the maps and their gradients."""
    sign = -1 if network.logits.shape[-1] == 1 and form == "sign" else 1
    found = attribution.activations_and_gradients(network, picture, class_number, layer)
    maps, slopes = (one.reshape(one.shape[-3:]) for one in found)
    weights = sign * slopes.mean(axis=(0, 1))
    parts = {"places": maps * slopes, "inside": np.maximum(maps * weights, 0)}.get(
        form, maps * weights
    )
    heat = parts.sum(axis=-1)
    heat = np.abs(heat) if form == "abs" else heat if form == "no relu" else np.maximum(heat, 0)
    return heat / heat.max() if heat.max() > 0 else heat


mistaken = {
    "The ReLU is missing: places that speak against the class are left.": "no relu",
    "The ReLU stands inside the sum over the channels; it belongs after it.": "inside",
    "Each place has its own weight; Grad-CAM averages the gradient over all places first.": "places",
    "The absolute value was taken in place of the ReLU.": "abs",
    "For class 0 of one sigmoid the score is -z.": "sign",
}
two = homework.given("transfer.attach_head", squeezenet, ["cup", "plate"], seed=SEED)
cases = [
    (1, "on SqueezeNet at a layer in the middle", squeezenet, 281, "fire6_concat", "coffee"),
    (1, "on SqueezeNet, another photo and class", squeezenet, 504, "fire5_concat", "chelsea"),
    (1, "class 1 of a network with one sigmoid", two, 1, "fire7_concat", "coffee"),
    (1, "class 0 of a network with one sigmoid", two, 0, "fire7_concat", "chelsea"),
]
for points, what, network, number, layer, photo in cases:
    picture = network.prepare(datasets.photo(photo).array)
    code.equal(
        points,
        what,
        lambda: my_grad_cam(network, picture, number, layer),
        lambda: wanted(network, picture, number, layer),
        within=2e-3,
        mistakes={
            says: lambda form=form: wanted(network, picture, number, layer, form)
            for says, form in mistaken.items()
        },
    )
small = homework.given(
    "backbones.as_network", homework.given("training.small_convnet", 32, 4, seed=SEED)
)
code.holds(
    1,
    "a map without any positive place is zero, not NaN",
    lambda: my_grad_cam(small, np.full((32, 32, 3), 127.5), 2, "conv3"),
    lambda heat: np.shape(heat) == (8, 8) and np.all(np.asarray(heat) == 0),
    {
        "Zero was divided by zero: look at the maximum first.": lambda heat: np.isnan(
            np.asarray(heat, float)
        ).any()
    },
)
### END HIDDEN TESTS
code.score()

# %% [markdown] nbgrader={"grade_id": "own_text", "locked": true}
# ## 3. Your own photos (2 points, 15 minutes)
#
# **You do:** take two photos (`datasets.photos()` lists those at hand, `images.load("path")` reads your own): one whose best guess is right, and one whose best guess is wrong. The cell below draws both maps with your function.

# %% nbgrader={"grade_id": "photos", "locked": true} tags=["own"]
RIGHT, WRONG = "coffee", "stereo_motorcycle"

# %% nbgrader={"grade_id": "own", "locked": true}
for name in (RIGHT, WRONG):
    photo = datasets.photo(name).array if name in datasets.photos() else images.load(name)
    picture = lite0.prepare(photo)
    label, share = lite0.predict_top(photo, 1)[0]
    heat = my_grad_cam(lite0, picture, lite0.class_index(label), last)
    if heat is not None:
        display(plots.overlays(picture, np.asarray(heat), f"{label}, {share:.2f}"))

# %% [markdown] nbgrader={"grade_id": "read_text", "locked": true}
# **You do:** in three sentences: where does each map lie, and does the map of the wrong guess explain the mistake? Say what you cannot conclude from a map alone.

# %% [markdown] nbgrader={"grade_id": "read", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# The coffee's map lies on the cup. The motorcycle is called a moped, and the map lies on its seat and rear wheel, which mopeds have, too; ImageNet has no class "motorcycle". A map shows which places raise this score; that the network *uses* the seat as a person would is not shown. Only a change of the photo could tell.
#
# Rubric: 1 point for both places read from the pictures; 1 point for the limit (a map is a claim, an intervention a proof).
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "flips_text", "locked": true}
# ## 4. Which one cheats? (7 points, 30 minutes)
#
# Two networks tell drawn cats from drawn dogs by one linear layer on SqueezeNet's features. What counts is the ears. In the training photos of one of them every dog stood in snow and no cat did; in those of the other, snow said nothing. Which is which was drawn.

# %% nbgrader={"grade_id": "suspects", "locked": true}
order = np.random.default_rng(SEED).permutation(2)
training_sets = [
    homework.given("datasets.critters", 60, 10 + SEED + k, 227, "snow", strength)
    for k, strength in enumerate((1.0, 0.0))
]
suspects = {
    name: homework.given("attribution.shortcut.linear_head", squeezenet, training_sets[at])
    for name, at in zip("AB", order, strict=True)
}
cats_and_dogs = datasets.critters(24, 5000 + SEED, 227, "snow", 0.0)
swapped = {"background": cats_and_dogs.swap_background(), "ears": cats_and_dogs.swap_ears()}
plots.photos(
    cats_and_dogs.images[:8],
    [cats_and_dogs.class_names[one] for one in cats_and_dogs.labels[:8]],
    columns=4,
)

# %% [markdown] nbgrader={"grade_id": "flip_text", "locked": true}
# **4a. You do (3 points):** write the share of pictures whose *answer* (the most probable class) is another one after a change. `before` and `after` hold the same pictures without and with the change, uint8 `(n, height, width, 3)`. `network.probabilities` has one column per class.


# %% nbgrader={"grade_id": "flips", "solution": true}
def flip_share(network, before, after):
    """The share of pictures that get another answer, 0..1."""
    ### BEGIN SOLUTION
    first = network.probabilities(before).argmax(axis=1)
    second = network.probabilities(after).argmax(axis=1)
    return (first != second).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "flips_check", "grade": true, "locked": true, "points": 3}
flips = homework.Question("4a. The share that flips", points=3)
few = cats_and_dogs.images[:6]
flips.equal(1, "nothing changes, nothing flips", lambda: flip_share(squeezenet, few, few), 0.0)
### BEGIN HIDDEN TESTS
for network, changed in ((suspects["A"], swapped["ears"]), (squeezenet, swapped["background"])):
    shares = [
        network.probabilities(part[:12]) for part in (cats_and_dogs.images, changed.images)
    ]
    said = [one.argmax(axis=1) for one in shares]
    right = float(np.mean(said[0] != said[1]))
    flips.equal(
        1,
        f"on {network.name}",
        lambda: flip_share(network, cats_and_dogs.images[:12], changed.images[:12]),
        right,
        mistakes={
            "This is the share that stays the same.": 1 - right,
            "This is a number of pictures; divide by how many there are.": 12 * right,
            "This is how much the probabilities change, not how many answers do.": float(
                np.abs(shares[0] - shares[1]).mean()
            ),
            "This is how much the best probability changes.": float(
                np.abs(shares[0].max(axis=1) - shares[1].max(axis=1)).mean()
            ),
        },
    )
### END HIDDEN TESTS
flips.score()

# %% [markdown] nbgrader={"grade_id": "proof_text", "locked": true}
# **4b. You do (2 points):** `swapped["background"].images` are the same animals with snow for the photo and the photo for snow; `swapped["ears"].images` have the other class's ears. Fill `evidence`: for each suspect, what flips when the background is swapped, and when the ears are. Then name the one that cheats.

# %% nbgrader={"grade_id": "proof", "solution": true}
evidence = ...  # {"A": {"background": 0.0, "ears": 0.0}, "B": {"background": 0.0, "ears": 0.0}}
cheating = ...  # "A" or "B"
### BEGIN SOLUTION
evidence = {
    name: {
        what: flip_share(suspect, cats_and_dogs.images, changed.images)
        for what, changed in swapped.items()
    }
    for name, suspect in suspects.items()
}
cheating = max(suspects, key=lambda name: evidence[name]["background"])
### END SOLUTION

# %% nbgrader={"grade_id": "proof_check", "grade": true, "locked": true, "points": 2}
proof = homework.Question("4b. The proof", points=2)
proof.holds(
    0.5,
    "four shares between 0 and 1",
    lambda: evidence,
    lambda found: all(
        0 <= found[name][what] <= 1 for name in "AB" for what in ("background", "ears")
    ),
)
### BEGIN HIDDEN TESTS


def shares_of(suspect):
    first = suspect.probabilities(cats_and_dogs.images).argmax(axis=1)
    return {
        what: float((suspect.probabilities(one.images).argmax(axis=1) != first).mean())
        for what, one in swapped.items()
    }


found = {name: shares_of(suspect) for name, suspect in suspects.items()}
proof.equal(
    1,
    "the four shares",
    lambda: evidence,
    found,
    within=0.04,
    mistakes={"The two suspects are exchanged.": {"A": found["B"], "B": found["A"]}},
)


def with_evidence():
    """The name, where the four shares behind it are right: a guess alone is worth nothing."""
    close = all(
        abs(evidence[name][what] - share) < 0.05
        for name in "AB"
        for what, share in found[name].items()
    )
    return cheating if close else "no evidence"


proof.equal(
    0.5, "the one that cheats, with its evidence", with_evidence, "AB"[list(order).index(0)]
)
### END HIDDEN TESTS
proof.score()

# %% [markdown] nbgrader={"grade_id": "why_text", "locked": true}
# **4c. You do (2 points):** say in three sentences why this proves the cause and a Grad-CAM with heat on the snow would not.

# %% [markdown] nbgrader={"grade_id": "why", "grade": true, "solution": true, "points": 2}
# ### BEGIN SOLUTION
# The swap changes the background and nothing else, so a flipped answer can have no other cause than the background. Heat on the snow says that this place raised the score in one picture, by one formula; another formula may put it elsewhere, and heat on the snow does not say that the answer would be another one without it. The honest network's answers flip with the ears, which shows that the swap test can see an honest cause as well.
#
# Rubric: 1 point for "only this changed"; 1 point for what a map does not show.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
