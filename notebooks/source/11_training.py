# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 11 Training a network well
#
# The same digits, the same layers, and yet one network learns and the other does not. You find out what decides: the scale of the input, the first weights, dropout, and batch normalisation.
#
# *Follows lecture 003 (ZHAW, CNNs part II: from the recap to batch normalisation). **About 1 minute** on two cores.*
#
# [← 10 Multi-task](10_multi_task.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [12 Optimizers →](12_optimizers.ipynb)
#
# **You will**
# 1. convolve, pool, count weights, standardise and differentiate by hand, and let Keras confirm it,
# 2. follow a signal through forty layers, forwards and backwards,
# 3. put each piece of the slides' advice on trial, with several seeds.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import keras
import numpy as np
import tensorflow as tf
from IPython.display import Markdown

from helpers import datasets, plots, training
from helpers.teaching import Claims, exercise, stored_effect, stored_table
from helpers.training import dead_relu, deep_network, digit_networks, one_kernel
from helpers.training.deep_network import Plan
from helpers.training.optimizers import adam, sgd
from helpers.training.signals import signals, signals_picture
from helpers.widgets import dead_relu_explorer, one_kernel_explorer, signal_explorer

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Sentences that begin with *As shipped* tell of seed 0; with another seed, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
SEED = 0

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap: convolve and pool
#
# A **kernel** lies over each place of a picture; products are added. **Max pooling** keeps the largest of every 2 x 2.
#
# **Think!** The picture below has 5 x 5 pixels, the kernel 3 x 3. How many numbers come out of the convolution, and what is the first one?
#
# **By hand.**

# %% slideshow={"slide_type": "-"}
picture = np.array(
    [[0, 0, 1, 0, 0], [0, 1, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0]], float
)
kernel = np.array([[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]], float)
by_hand = np.zeros((3, 3))
for row in range(3):
    for column in range(3):
        by_hand[row, column] = (picture[row : row + 3, column : column + 3] * kernel).sum()
pooled = by_hand[:2, :2].max()  # what does not fill a window of 2 x 2 is left out
print(by_hand, "after pooling:", pooled, sep="\n")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check it with Keras.**

# %% slideshow={"slide_type": "skip"}
always, claims = Claims(), Claims(SEED=[SEED, 0])
by_keras = keras.ops.conv(picture[None, ..., None], kernel[..., None, None]).numpy()
max_pool = keras.layers.MaxPooling2D(2)(by_keras).numpy()
always.check(np.array_equal(by_keras[0, ..., 0], by_hand), "Keras convolves as we do")
always.check(max_pool.ravel().tolist() == [pooled], "and pools as we do", pooled)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A network of one kernel
#
# Bars lie or stand. The network has one kernel, a ReLU, and takes the largest value of its map. Set its weights by hand.
#
# **What does it like? Turn the bar, then the kernel.**

# %% slideshow={"slide_type": "slide"}
one_kernel_explorer()

# %% [markdown] slideshow={"slide_type": "skip"}
# **Think!** Nobody sets kernels by hand. If a network with one kernel learns to tell the bars apart, what will its kernel look like?
#
# **Let it learn from 400 bars: 3 x 3 weights and a bias, then a sigmoid of the map's largest value.**

# %% slideshow={"slide_type": "-"}
layers, quick = keras.layers, {"metrics": ["accuracy"], "jit_compile": False}
keras.utils.set_random_seed(SEED)
lone = layers.Conv2D(1, 3, activation="relu")
learner = keras.Sequential([keras.Input((13, 13, 1)), lone, layers.GlobalMaxPooling2D()])
learner.add(layers.Dense(1, activation="sigmoid"))
learner.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", **quick)
drawn, upright = one_kernel.bars(600, SEED)
learner.fit(drawn[:400, ..., None], upright[:400], epochs=15, batch_size=20, verbose=0)
_, told_apart = learner.evaluate(drawn[400:, ..., None], upright[400:], verbose=0)
found_kernel = lone.kernel.numpy()[..., 0, 0]
plots.heat(found_kernel, f"the kernel it found; new bars: {told_apart:.0%} right", signed=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The two listings of the recap
#
# **Think!** `Conv2D(6, (3, 3))` on a picture of 28 x 28 x 1: what shape comes out, and how many weights does it have?
#
# **Build the first listing.**

# %% slideshow={"slide_type": "-"}
keras.utils.set_random_seed(SEED)
convnet = keras.Sequential([keras.Input((28, 28, 1))])
convnet.add(layers.Conv2D(6, (3, 3), activation="relu"))
convnet.add(layers.MaxPooling2D((2, 2)))
convnet.add(layers.Conv2D(16, (3, 3), activation="relu"))
convnet.add(layers.MaxPooling2D((2, 2)))
convnet.add(layers.Flatten())
convnet.add(layers.Dense(100, activation="relu"))
convnet.add(layers.Dense(10, activation="softmax"))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Count by hand beside Keras.**

# %% slideshow={"slide_type": "-"}
counted = [6 * (9 + 1), 0, 16 * (9 * 6 + 1), 0, 0, 100 * (5 * 5 * 16 + 1), 10 * (100 + 1)]
training.table(
    {
        one.name: {"shape": one.output.shape[1:], "Keras": one.count_params(), "by hand": count}
        for one, count in zip(convnet.layers, counted, strict=True)
    }
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The second listing has a kernel of 5 x 5 on three channels. Keras finds the depth of the kernel by itself.
#
# **Check both.**

# %% slideshow={"slide_type": "skip"}
always.check(
    convnet.count_params() == sum(counted), "the first listing's weights", sum(counted)
)
second = keras.Sequential([keras.Input((28, 28, 3)), layers.Conv2D(6, (5, 5))])
kernel_shape = tuple(second.layers[0].kernel.shape)
always.check(second.count_params() == 6 * (5 * 5 * 3 + 1), "the second listing's", 456)
always.check(kernel_shape == (5, 5, 3, 6), "its kernels are", kernel_shape)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why convolve?
#
# 4000 digits of 28 x 28 pixels to learn from, 1000 to test with. A dense layer has a rigid template for each class; a convolution shares its kernels between all places.
#
# **Think!** Both networks learn digits that stand in the middle. Then the test digits are moved to the right. Which of the two notices?
#
# **The digits, and two networks.**

# %% slideshow={"slide_type": "-"}
(x, y), (x_test, y_test) = datasets.mnist(SEED)
x, x_test = (part[..., None].astype("float32") / 255 for part in (x, x_test))
dense = digit_networks.dense_only(SEED)
convnet.compile("adam", "sparse_categorical_crossentropy", **quick)
begins = {model: model.get_weights() for model in (dense, convnet)}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Train a dense layer and the first listing; move the test digits.**

# %% slideshow={"slide_type": "-"}
moved = {pixels: np.roll(x_test, pixels, axis=2) for pixels in range(6)}
by_shift, right_when = {}, {}
for model, name in ((dense, "dense"), (convnet, "convolution")):
    digit_networks.train(model, begins[model], (x, y), (x_test, y_test), 3, SEED)
    said = {
        k: model.predict(part, verbose=0).argmax(axis=1) == y_test for k, part in moved.items()
    }
    right_when[name], by_shift[name] = said, [float(one.mean()) for one in said.values()]
templates = dense.get_weights()[0].reshape(28, 28, 10).transpose(2, 0, 1)
plots.lines(list(moved), by_shift, "digits moved to the right", "pixels", "test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# The convolution follows the digit, but the dense layers behind it still know places: both lose, and nearly as much. "Does not depend on absolute positions" is right for the maps, and a matter of degree for the answer.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
lost = [
    right_when[name][0].astype(int) - right_when[name][2] for name in ("dense", "convolution")
]
claims.slide_claim(
    "003",
    "convolutions do not depend on absolute positions (what a dense layer loses more when digits move by 2 pixels)",
    training.mean_interval(lost[0] - lost[1], (-2, 2)),
    "cannot tell",
    f"moved by 2: {', '.join(f'{name} {by_shift[name][2]:.3f}' for name in by_shift)}; by 5: {', '.join(f'{by_shift[name][5]:.3f}' for name in by_shift)}",
    above=0,
    over="1000 test digits, 1 seed",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Why: the dense layer's ten templates; blue speaks against the digit, red for it.**

# %% slideshow={"slide_type": "-"}
plots.heats(list(templates), [str(digit) for digit in range(10)], columns=5, signed=True)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Neighbours
#
# **Think!** Now all pictures get their pixels in one fixed, shuffled order. You could not read them any more. Could the dense layer? And the convolution?
#
# **Train both again, on shuffled pixels.**

# %% slideshow={"slide_type": "-"}
order = np.random.default_rng(SEED).permutation(784)
jumbled = [part.reshape(-1, 784)[:, order].reshape(part.shape) for part in (x, x_test)]
by_order = {}
for model, name in ((dense, "dense"), (convnet, "convolution")):
    test = (jumbled[1], y_test)
    runs = digit_networks.train(model, begins[model], (jumbled[0], y), test, 3, SEED)
    by_order[name] = [by_shift[name][0], runs["val_accuracy"][-1]]
plots.bars(["as they are", "shuffled pixels"], by_order, title="test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# To the dense layer the order of the pixels means nothing. The convolution lived on the neighbourhood.
#
# **Check it.**

# %% slideshow={"slide_type": "skip"}
less_dense, less_convolution = (first - second for first, second in by_order.values())
claims.check(abs(less_dense) < 0.03, "the dense layer does not mind", less_dense)
claims.check(less_convolution > less_dense + 0.02, "the convolution does", less_convolution)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Scaling the input
#
# The slides subtract each pixel's mean over the training pictures and divide by its standard deviation plus 0.0001, and say: only then the network could be trained properly.
#
# **Think!** A pixel in the corner is white on all 4000 training digits. As shipped, one test digit has a little ink there, 18 of 255. What does the slide's code make of it?
#
# **Try it.**

# %% slideshow={"slide_type": "-"}
grey, grey_test = 255 * x, 255 * x_test
mean, spread = grey.mean(axis=0), grey.std(axis=0)
slide_code = (grey_test - mean) / (spread + 0.0001)
standard, standard_test = ((part - mean) / (spread + 1) for part in (grey, grey_test))
print(f"largest number with the slide's 0.0001: {slide_code.max():,.0f}")
print(f"with 1 grey value instead: {standard_test.max():.0f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# A pixel that never varied is divided by nothing. So we add 1 grey value. And these four scalings are what one shared kernel gets:
#
# **One vertical edge kernel at every place: the spread of what its ReLU gets, over all digits.**

# %% slideshow={"slide_type": "-"}
scaled = {"raw": grey, "standardised": standard}
edge = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "float32")[..., None, None] / 8
seen = {name: keras.ops.conv(part[:1000], edge).numpy() for name, part in scaled.items()}
ranges = [part.std(axis=0)[..., 0] for part in seen.values()]
plots.heats(ranges, list(seen), title="spread of one kernel's answers", shared=False)

# %% [markdown] slideshow={"slide_type": "skip"}
# Raw, the kernel gets large numbers in the middle and none near the rim. Standardised, it gets similar ones wherever there is ink at all.
#
# Does cnn1 learn only then? It takes ten minutes for five seeds, so this is a stored result, which `python3 -m benchmarks.training` made.
#
# **Four scalings and two optimizers on cnn1, and the three networks of the next section.**

# %% slideshow={"slide_type": "-"}
stored_table("training")

# %% [markdown] slideshow={"slide_type": "skip"}
# "Trained properly" means here, fixed beforehand: 0.85 of the test digits.
#
# **The slide's claim, measured with both optimizers.**

# %% slideshow={"slide_type": "skip"}
for optimizer in ("Adam", "SGD"):
    claim = f"only after standardising the input could cnn1 be trained properly ({optimizer})"
    raw = stored_effect("training", f"raw, {optimizer}")
    always.slide_claim("003", claim, verdict="does not hold here", below=0.85, **raw)

# %% [markdown] slideshow={"slide_type": "skip"}
# The raw digits train well with either optimizer. With SGD they even do better than standardised ones, by 0.06: raw grey values are large, so each step at the same rate is large, and two epochs take it further. At a rate of its own each scaling may do as well; that was not tried.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three networks
#
# * **fc**: one dense layer, no hidden one.
# * **cnn1**: 32 kernels of 3 x 3, then one dense layer.
# * **cnn2**: four convolutions with batch normalisation, two poolings, a small dense part.
#
# **Think!** Which has most weights? Guess before you count.
#
# **Counted by hand and by Keras.**

# %% slideshow={"slide_type": "-"}
builders = (digit_networks.dense_only, digit_networks.cnn1, digit_networks.cnn2)
three = {model.name: model for model in (build(SEED) for build in builders)}
convolutions = 8 * (9 + 1) + 8 * (72 + 1) + 16 * (72 + 1) + 16 * (144 + 1)
batch_norms = 4 * (8 + 8 + 16 + 16 + 40)  # alpha, beta, and two moving statistics
count = {
    "fc": 784 * 10 + 10,
    "cnn1": 32 * (9 + 1) + 28 * 28 * 32 * 10 + 10,
    "cnn2": convolutions + batch_norms + 7 * 7 * 16 * 40 + 40 + 40 * 10 + 10,
}
for name, model in three.items():
    always.check(model.count_params() == count[name], f"{name}'s weights", count[name])

# %% [markdown] slideshow={"slide_type": "skip"}
# **Two epochs of each on standardised digits; the stored table above has ten epochs and five seeds.**

# %% slideshow={"slide_type": "-"}
curves, sets = {}, ((standard, y), (standard_test, y_test))
for build, (name, model) in zip(builders, three.items(), strict=True):
    curves[name] = digit_networks.train(model, build(SEED).get_weights(), *sets, 2, SEED)
plots.curves(curves, ["loss", "accuracy"], "standardised digits, Adam")

# %% [markdown] slideshow={"slide_type": "skip"}
# In the first epochs cnn2's validation lags far behind its training: at test time Keras's batch normalisation takes moving averages of mean and variance, which begin at 0 and 1 and need some hundred steps to arrive.
#
# **Two claims about them, measured over five seeds.**

# %% slideshow={"slide_type": "skip"}
always.slide_claim(
    "003",
    "cnn1 brings little improvement over a dense layer (0.1 or less)",
    verdict="holds",
    within=0.1,
    **stored_effect("training", "cnn1 minus fc"),
)
fewer = f"with {count['cnn2']:,} weights for {count['cnn1']:,}"
better = f"cnn2 gets better features than cnn1 {fewer}"
more = stored_effect("training", "cnn2 minus cnn1")
always.slide_claim("003", better, verdict="holds", above=0, **more)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The first weights
#
# *Small, random numbers are preferred*, say the slides. He et al. (2015) say how small: normal with variance 2 / inputs. A ReLU cuts half of the variance off, and the 2 gives it back.
#
# **Think!** Each layer makes the signal half as large. How much is left after 20 layers?
#
# **Three scales of the weights, 20 layers, nothing trained. Dashed: the closed form, scale to the power of the layer.**

# %% slideshow={"slide_type": "-"}
through = {f"{scale:g} x He": signals(scale, 20, seed=SEED) for scale in (0.5, 1, 2)}
signals_picture(through)

# %% [markdown] slideshow={"slide_type": "skip"}
# A scale of 0.5 leaves a millionth, in front and behind: the gradient is a product of the same factors. The share of dead units is the same for all three, because a factor changes no sign.
#
# **Turn the knobs: which activation bears a wrong scale, and what does batch norm do to it?**

# %% slideshow={"slide_type": "slide"}
signal_explorer()

# %% [markdown] slideshow={"slide_type": "skip"}
# The closed form is about the mean over many draws. Each layer's factor, averaged over 100 draws, should be the scale.
#
# **Check the factor of every layer.**

# %% slideshow={"slide_type": "skip"}
draws = [signals(1.0, 6, seed=100 * SEED + k).spread ** 2 for k in range(100)]
factor = np.sqrt(np.mean([one[1:] / one[:-1] for one in draws], axis=0))
always.check(
    np.abs(factor - 1).max() < 0.05, "He's scale keeps the spread; factors", np.ptp(factor)
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Does it matter for learning?
#
# Digits of 14 x 14 pixels, three hidden layers of 64 units, gradient descent with rate 0.1.
#
# **Think!** All weights begin at zero. What does each hidden unit learn?
#
# **The digits, and the network's plan.**

# %% slideshow={"slide_type": "-"}
small, small_test = (
    p.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196) for p in (x, x_test)
)
plan, seeds = Plan((196, 64, 64, 64, 10)), [SEED + k for k in range(5)]


# %% [markdown] slideshow={"slide_type": "skip"}
# **How a network learns, and how it is marked.**


# %% slideshow={"slide_type": "skip"}
def trained(plan, rate=0.1, epochs=4, seed=0, rule=sgd, rows=slice(None), **first):
    """A network that has learned: its weights, and batch norm's statistics."""
    begin = deep_network.start(plan, seed=seed, **first)
    data = (small[rows], y[rows])
    weights = deep_network.train(begin, plan, *data, rule, rate, epochs, seed=seed).weights
    return weights, deep_network.statistics(weights, plan, data[0])


def score(plan, **how):
    weights, known = trained(plan, **how)
    return deep_network.accuracy(weights, plan, small_test, y_test, known)


# %% [markdown] slideshow={"slide_type": "skip"}
# **Four ways to begin, five seeds each.**

# %% slideshow={"slide_type": "-"}
ways = {"zero": {"same": 0}, "small, 0.01": {"same": 0.01}, "He": {}, "large, 1": {"same": 1}}
begun = {name: [score(plan, seed=k, **how) for k in seeds] for name, how in ways.items()}
plots.dots({name: np.mean(one) for name, one in begun.items()}, title="test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# Zero: every hidden unit is 0 and stays 0. Small as such is no better: 0.01 in four layers lets nothing through. Random and *of the right size* is what counts.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
gain = lambda a, b: training.mean_interval(np.subtract(a, b), (-1, 1))  # noqa: E731
for name, verdict in (("He", "holds"), ("small, 0.01", "does not hold here")):
    claims.slide_claim(
        "003",
        f"small random weights are preferred (three hidden layers: {name}, minus zeros)",
        gain(begun[name], begun["zero"]),
        verdict,
        above=0.05,
        over="5 seeds",
    )

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Dropout
#
# In training, each unit is dropped with probability $p$. At test time none is.
#
# **Think!** A neuron has $a = w_0 x + w_1 y$. With $p = 0.2$, what is the mean of $a$ over all masks, compared with $a$ itself? The slides multiply the weights by $p$.
#
# **All four masks, each with its probability.**

# %% slideshow={"slide_type": "-"}
import itertools

terms, whole, expected = np.array([3.0, 5.0]), 8.0, {}  # w0 x and w1 y
for p in (0.5, 0.2):
    masks = np.array(list(itertools.product((0, 1), repeat=2)))
    chances = np.prod(np.where(masks == 1, 1 - p, p), axis=1)
    expected[p] = float(chances @ (masks @ terms))
    print(
        f"p = {p}: mean over masks {expected[p]:.2f} of {whole}, a factor of {expected[p] / whole:.2f}"
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# The factor is the probability to be **kept**, $1 - p$. The slide's $p$ is right only because 0.5 is both.
#
# Keras does it the other way round: what stays is divided by $1 - p$ while training, and nothing needs to be done at test time.
#
# **The slide's claim, measured, and Keras's form with 1000 masks.**

# %% slideshow={"slide_type": "skip"}
layer, ones = keras.layers.Dropout(0.2, seed=SEED), np.ones((1000, 200), "float32")
dropped = layer(ones, training=True).numpy()
always.check(np.isclose(np.unique(dropped), [0, 1.25]).all(), "Keras divides what stays by 0.8")
always.check(abs(dropped.mean() - 1) < 0.01, "so the mean stays", dropped.mean())
always.slide_claim(
    "003",
    "at test time the weights are multiplied by the dropout probability p (p = 0.2)",
    bool(np.isclose(expected[0.2] / whole, 0.2)),
    "does not hold here",
    f"the factor is {expected[0.2] / whole:.2f}, the probability to be kept",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Few digits
#
# 300 digits to learn from, one hidden layer of 200 units, Adam, with and without dropout.
#
# **Train both, five seeds.**

# %% slideshow={"slide_type": "-"}
few, wide = slice(0, 300), (196, 200, 10)
kinds = {"without": Plan(wide), "dropout 0.5": Plan(wide, dropout=0.5)}
slow = {"rate": 0.003, "epochs": 60, "rule": adam, "rows": few}
learners = {(name, k): trained(kinds[name], seed=k, **slow)[0] for name in kinds for k in seeds}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Test them; then knock out half of the hidden units at random.**

# %% slideshow={"slide_type": "-"}
tested, halved = {}, {}
right = lambda scores: float((scores.argmax(axis=1) == y_test).mean())  # noqa: E731
for (name, k), weights in learners.items():
    hidden, scores = deep_network.forward(weights, kinds[name], small_test)
    stays = 2 * (np.random.default_rng(k).random(200) < 0.5)
    last = deep_network.layers(weights, wide)[-1]
    tested.setdefault(name, []).append(right(scores))
    knocked = (hidden[0].outputs * stays) @ last.kernel + last.bias
    halved.setdefault(name, []).append(right(knocked))
means = {name: [np.mean(tested[name]), np.mean(halved[name])] for name in kinds}
plots.bars(["all units", "half of them"], means, title="test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Two claims, measured over five seeds.**

# %% slideshow={"slide_type": "skip"}
five = {"verdict": "holds", "above": 0, "over": "5 seeds"}
fights = "dropout helps to fight overfitting (test accuracy, 300 digits)"
claims.slide_claim("003", fights, gain(tested["dropout 0.5"], tested["without"]), **five)
harm = {name: np.subtract(tested[name], halved[name]) for name in kinds}
redundant = (
    "dropout forces redundant features (loss when half is knocked out, without minus with)"
)
claims.slide_claim("003", redundant, gain(harm["without"], harm["dropout 0.5"]), **five)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### An ensemble in one network
#
# Each mask is a network of its own. Is one pass with all units really the mean of many masks?
#
# **One hundred masks, their mean, and one pass without a mask.**

# %% slideshow={"slide_type": "-"}
dropping, random = kinds["dropout 0.5"], np.random.default_rng(SEED)
one_of_them = learners["dropout 0.5", SEED]
single = lambda: deep_network.forward(one_of_them, dropping, small_test, random)[1]  # noqa: E731
singles = [single() for _ in range(100)]
mean_of_masks = np.mean([keras.ops.softmax(one).numpy() for one in singles], axis=0)
one_pass = deep_network.forward(one_of_them, dropping, small_test)[1]
passes = {"one mask": np.mean([right(one) for one in singles])}
passes |= {"mean of 100": right(mean_of_masks), "no mask": right(one_pass)}
plots.dots(passes, title="test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# "Kind of an average": alike means here that they name the same digit for 95 % or more.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
same = float((mean_of_masks.argmax(axis=1) == one_pass.argmax(axis=1)).mean())
claims.slide_claim(
    "003",
    "a network trained with dropout is kind of an average of an ensemble (same digit as 100 masks)",
    (same, *training.share_interval(same, len(y_test))),
    "holds",
    above=0.95,
    over="1000 test digits",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A dead ReLU
#
# The slide's exercise: $z = w_1 x_1 + w_2 x_2$, $y = \mathrm{ReLU}(z)$. By the chain rule $\partial y / \partial w_2$ is $0$ for $z \le 0$ and $x_2$ for $z > 0$.
#
# **Think!** $w_1 = 0.1$, $w_2 = -0.1$. What is it for $x = (1, 20)$? For $x = (20, 10)$?
#
# **By hand and by TensorFlow's tape.**

# %% slideshow={"slide_type": "-"}
slopes = {}
for state, (x1, x2) in {"state 1": (1.0, 20.0), "state 2": (20.0, 10.0)}.items():
    z = 0.1 * x1 - 0.1 * x2
    hand = x2 if z > 0 else 0.0
    w = tf.Variable([0.1, -0.1])
    with tf.GradientTape() as tape:
        out = tf.nn.relu(w[0] * x1 + w[1] * x2)
    slopes[state] = (hand, float(tape.gradient(out, w)[1]))
    print(f"{state}: z = {z:+.1f}, by hand {hand}, by tape {slopes[state][1]}")

# %% [markdown] slideshow={"slide_type": "skip"}
# When $z$ is below 0 for **all** data, the gradient is 0 for all of them, and $w_2$ never changes again.
#
# **Move the cloud over the line, then switch batch norm on.**

# %% slideshow={"slide_type": "slide"}
dead_relu_explorer()

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim: take 100 steps of descent where no point gets through.**

# %% slideshow={"slide_type": "skip"}
points, place = dead_relu.cloud(0, 5, seed=SEED), np.array([0.1, -0.3])
for _ in range(100):
    place = place - 0.1 * dead_relu.unit(points, tuple(place)).slope
always.check(slopes == {"state 1": (0.0, 0.0), "state 2": (10.0, 10.0)}, "hand and tape")
always.slide_claim(
    "003",
    "a ReLU whose input is below 0 for all data cannot be trained",
    place.tolist() == [0.1, -0.3],
    "holds",
    f"after 100 steps the weights are {place[0]:g} and {place[1]:g}, as they were",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Three rescues
#
# The risk is reduced, say the slides, by batch norm, by a good start and by small rates. A wild rate of 1 and a start of 2 x He shall kill units; then each rescue alone.
#
# **Without a rescue, and three with one.**

# %% slideshow={"slide_type": "-"}
wild = {"rate": 1.0, "scale": 2.0, "epochs": 3}
rescues = {
    "none": (plan, wild),
    "batch norm": (plan._replace(batch_norm=True), wild),
    "rate 0.03": (plan, wild | {"rate": 0.03}),
    "He's scale": (plan, wild | {"scale": 1.0}),
}

# %% [markdown] slideshow={"slide_type": "skip"}
# **Share of dead units after training, five seeds.**

# %% slideshow={"slide_type": "-"}
dead = {}
for name, (one, how) in rescues.items():
    for k in seeds:
        weights, known = trained(one, seed=k, **how)
        hidden, _ = deep_network.forward(weights, one, small, statistics=known)
        shares = [deep_network.dead_share(part.outputs) for part in hidden]
        dead.setdefault(name, []).append(np.mean(shares))
plots.bars({name: np.mean(one) for name, one in dead.items()}, title="share of dead units")

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim, rescue by rescue.**

# %% slideshow={"slide_type": "skip"}
for name in list(rescues)[1:]:
    claims.slide_claim(
        "003",
        f"the risk of dead ReLUs is reduced by: {name} (share of dead units, difference)",
        gain(dead["none"], dead[name]),
        "holds",
        f"{np.mean(dead['none']):.3f} to {np.mean(dead[name]):.3f}",
        above=0,
        over="5 seeds",
    )

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Batch normalisation
#
# **Step 1**: subtract the batch's mean, divide by its standard deviation. **Step 2**: times $\alpha$, plus $\beta$, both learned.
#
# **Think!** A unit gets 1, 3, 5, 7 in a batch. What comes out of step 1?
#
# **Both steps by hand, and by Keras.**

# %% slideshow={"slide_type": "-"}
batch = np.array([1.0, 3.0, 5.0, 7.0])
step_1 = (batch - batch.mean()) / np.sqrt(batch.var() + 1e-3)
step_2 = 2 * step_1 + 10
norm = keras.layers.BatchNormalization(epsilon=1e-3)
norm.build((None, 1))
norm.set_weights([np.array([2.0]), np.array([10.0]), np.zeros(1), np.ones(1)])
normed = norm(batch[:, None].astype("float32"), training=True).numpy()[:, 0]
print(step_1.round(3), step_2.round(3), normed.round(3), sep="\n")

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim on undoing it: alpha the batch's standard deviation, beta its mean.**

# %% slideshow={"slide_type": "skip"}
always.check(np.allclose(step_2, normed, atol=1e-4), "Keras takes the same two steps")
undone = batch.std() * (batch - batch.mean()) / batch.std() + batch.mean()
always.slide_claim(
    "003",
    "alpha = stdev and beta = avg undo the standardisation",
    bool(np.allclose(undone, batch)),
    "holds",
    f"largest difference {np.abs(undone - batch).max():.1g}, with epsilon 0",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Four pieces of advice
#
# With batch norm, say the slides: a **higher rate** might work better, **less dropout** is needed, **biases** can be dropped, and with ReLU **alpha** can be dropped, too.
#
# **Think!** Which would you believe without a trial?
#
# **First the rate: four rates with and without batch norm, five seeds.**

# %% slideshow={"slide_type": "-"}
normal, some = plan._replace(batch_norm=True), (0.1, 0.3, 1.0, 3.0)
grid = {
    name: [[score(one, rate=rate, seed=k, epochs=3) for k in seeds] for rate in some]
    for name, one in (("without", plan), ("batch norm", normal))
}
means_of = {name: np.mean(one, axis=1) for name, one in grid.items()}
moved_by = [np.subtract(grid[name][2], grid[name][1]) for name in ("batch norm", "without")]
plots.lines(list(map(str, some)), means_of, "gradient descent", "rate", "test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Then dropout, biases and alpha, five seeds each.**

# %% slideshow={"slide_type": "-"}
variants = {
    "plain": plan,
    "plain, dropout": plan._replace(dropout=0.3),
    "batch norm": normal,
    "batch norm, dropout": normal._replace(dropout=0.3),
    "no biases": normal._replace(bias=False),
    "no alpha": normal._replace(alpha=False),
}
advice = {
    n: [score(one, rate=0.3, seed=k, epochs=3) for k in seeds] for n, one in variants.items()
}
plots.dots({name: np.mean(one) for name, one in advice.items()}, title="test accuracy")

# %% [markdown] slideshow={"slide_type": "skip"}
# "Can be dropped" holds when the whole interval of the difference lies within 0.02.
#
# **The four claims, measured.**

# %% slideshow={"slide_type": "skip"}
of_dropout = [np.subtract(advice[f"{n}, dropout"], advice[n]) for n in ("plain", "batch norm")]
without = {n: [advice[f"no {n}"], advice["batch norm"]] for n in ("biases", "alpha")}
advised = {
    "a higher rate works better (gain of 1 over 0.3, minus that without)": (moved_by, "holds"),
    "less dropout is needed (gain of 0.3 without, minus with)": (of_dropout, "cannot tell"),
    "biases can be dropped (test accuracy)": (without["biases"], "holds"),
    "alpha can be dropped before a ReLU (test accuracy)": (without["alpha"], "holds"),
}
for claim, (pair, verdict) in advised.items():
    asked = {"within": 0.02} if "dropped" in claim else {"above": 0}
    asked |= {"verdict": verdict, "over": "5 seeds"}
    claims.slide_claim("003", f"with batch norm {claim}", gain(*pair), **asked)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. The slide's gap.**
#
# In cnn2's listing a gap says *here is your code*. Between the first 16 kernels and `Flatten` there must be another convolution of 16 kernels of 3 x 3 with padding "same", batch normalisation, ReLU, and a pooling of 2 x 2. Return these four layers in a list.


# %% slideshow={"slide_type": "skip"}
def your_gap():
    return None


def fills_the_gap(made):
    network = digit_networks.cnn2(gap=made.copy)
    return network.count_params() == count["cnn2"] and len(made) == 4


exercise(your_gap(), fills_the_gap, hint="The network should have 36,314 weights.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. A neuron of three.**
#
# A neuron adds 2, 3 and 5; each is dropped with probability 0.3 in training, and Keras's division is left out. What is the mean of its sum over all masks? (Expected: a number below 10.)

# %% slideshow={"slide_type": "skip"}
your_mean = None

eight = np.array(list(itertools.product((0, 1), repeat=3)))
each = np.prod(np.where(eight == 1, 0.7, 0.3), axis=1)
exercise(your_mean, float(each @ (eight @ [2, 3, 5])), hint="Each is kept with 1 - p.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. A fourth rescue.**
#
# The cloud around (0, 5) is dead for the weights 0.1 and -0.3. Find a bias with which 30 to 70 % of the points get through.

# %% slideshow={"slide_type": "skip"}
your_bias = None

alive = lambda bias: dead_relu.unit(points, (0.1, -0.3), bias).alive  # noqa: E731
exercise(your_bias, lambda b: 0.3 <= alive(b) <= 0.7, hint="In the middle z is -0.3 times 5.")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. convolved, pooled, counted ({count["fc"]:,}, {count["cnn1"]:,} and {count["cnn2"]:,} weights), standardised and differentiated by hand, and Keras found the same;
2. followed a signal through 20 layers: at half of He's scale {through["0.5 x He"].spread[-1]:.0e} of it is left, at twice {through["2 x He"].spread[-1]:.0e};
3. put the advice on trial: He's start is worth {gain(begun["He"], begun["zero"])[0]:+.2f} over zeros, dropout {gain(tested["dropout 0.5"], tested["without"])[0]:+.3f} with few digits, and batch norm leaves {np.mean(dead["batch norm"]):.2f} of the units dead where {np.mean(dead["none"]):.2f} were.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `Convolution2D(6, (5, 5), input_shape=(28, 28, 3))` | `Conv2D(6, (5, 5))` after `keras.Input((28, 28, 1))`: digits have one channel, and the slide's 3 stops with them |
# | `(X_train - X_mean) / (X_std + 0.0001)` | add about 1 grey value instead: a pixel that never varied is divided by nothing |
# | `keras.layers.normalization.BatchNormalization` | `keras.layers.BatchNormalization`; `use_bias=False` in the layer before, `scale=False` before a ReLU |
# | weights times p at test time | nothing: `Dropout` divides by 1 - p while training |
#
# ## Further reading
#
# * K. He, X. Zhang, S. Ren, J. Sun: Delving Deep into Rectifiers. ICCV 2015.
# * N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov: Dropout: A Simple Way to Prevent Neural Networks from Overfitting. JMLR 15, 2014.
# * S. Ioffe, C. Szegedy: Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift. ICML 2015.
