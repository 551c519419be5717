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
# # 12 Optimizers: eleven ways downhill
#
# You write out what an optimizer does in one step, let eleven of them race, and look at the places where they arrive.
#
# *Follows lecture 003 (ZHAW, CNNs part II: which optimizer, and "all minima are good"). **About 1 minute** on two cores.*
#
# [← 10 Multi-task](10_multi_task.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [14 Units →](14_units.ipynb)
#
# **You will**
# 1. take three steps by hand, and check eleven rules against Keras's,
# 2. find out what matters more, the optimizer or its rate,
# 3. compare minima: ten of them, a sharp twin, and one that has learned nonsense.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Markdown

from helpers import datasets, plots, training
from helpers.runtime import track
from helpers.teaching import Claims, exercise
from helpers.training import dense_network, surfaces
from helpers.training.optimizers import RULES, adam, amsgrad, descend, keras_optimizer, sgd
from helpers.widgets import optimizer_race

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Sentences that begin with *As shipped* tell of seed 0; with another seed, go by your own numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
SEED = 0

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One step
#
# A network learns by making its loss $L(w)$ smaller. The gradient $g = \partial L / \partial w$ points uphill, so the simplest rule goes the other way:
#
# $$w \leftarrow w - \eta \, g$$
#
# $\eta$ is the **learning rate**. Everything else in this notebook changes what stands in the place of $g$.
#
# **Think!** $L = w^2 / 2$ has the gradient $w$. You start at $w = 1$ with $\eta = 0.1$. Where are you after three steps?
#
# **Three steps of two rules.**

# %% slideshow={"slide_type": "-"}
w, rolling, speed = 1.0, 1.0, 0.0
for step in range(1, 4):
    w = w - 0.1 * w  # gradient descent
    speed = 0.9 * speed - 0.1 * rolling  # momentum: the old step is not forgotten
    rolling = rolling + speed
    print(f"step {step}: gradient descent {w:.3f}, momentum {rolling:.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# Both take the same first step. Then momentum adds nine tenths of its last step, and is faster.
#
# **Check it by hand: 0.9, 0.81, 0.729, and 0.9, 0.72, 0.486.**

# %% slideshow={"slide_type": "skip"}
always, claims = Claims(), Claims(SEED=[SEED, 0])
always.check(
    np.isclose([w, rolling], [0.729, 0.486]).all(), "three steps on w²/2", (w, rolling)
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two ideas
#
# Most rules are made of two ideas.
#
# * **Remember the direction.** A decaying average $m$ of the gradients: what changes sign at every step cancels out.
# * **Remember the size.** A decaying average $v$ of the squared gradients, for each weight. Dividing by $\sqrt v$ gives a weight with small gradients as long a step as one with large gradients.
#
# RMSprop has the second idea, momentum the first, **Adam** both.
#
# **The three as functions of weights, gradient, rate and memory.**


# %% slideshow={"slide_type": "-"}
def momentum(w, g, rate, speed):
    speed = 0.9 * speed - rate * g
    return w + speed, speed


def rmsprop(w, g, rate, v):
    v = 0.9 * v + 0.1 * g**2
    return w - rate * g / np.sqrt(v + 1e-7), v


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Adam corrects both averages for their start at zero.**


# %% slideshow={"slide_type": "-"}
def adam_step(w, g, rate, m, v, t):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + 1e-7), m, v


# %% [markdown] slideshow={"slide_type": "skip"}
# `helpers.training.optimizers` has eleven such rules, a few lines each, with their papers. Are they what Keras computes?
#
# **Three steps from the same weights with the same gradients, by our rules and by Keras.**

# %% slideshow={"slide_type": "skip"}
import keras

first = np.array([1.0, -2.0, 0.5])
gradients = np.array([[0.3, -1.0, 2.0], [-0.5, -1.0, 0.1], [0.2, 3.0, -1.0]])
differ = {}
for name, rule in RULES.items():
    ours, memory, theirs = first, {}, keras.Variable(first, dtype="float32")
    optimizer = keras_optimizer(name, 0.1)
    for g in gradients:
        ours, memory = rule(ours, g, 0.1, memory)
        optimizer.apply([keras.ops.convert_to_tensor(g, "float32")], [theirs])
    differ[name] = float(np.abs(ours - theirs.numpy()).max())

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check all eleven.**

# %% slideshow={"slide_type": "skip"}
always.check(max(differ.values()) < 2e-6, "eleven rules are Keras's", max(differ.values()))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is wrong with gradient descent?
#
# Two weights, and a valley that is 40 times steeper across than along. A rate that is safe across is slow along.
#
# **Think!** Which of the four will bounce from side to side, and which will crawl?
#
# **Forty steps, all with the same rate.**

# %% slideshow={"slide_type": "-"}
four = ("SGD", "momentum", "RMSprop", "Adam")
ways = surfaces.race("narrow valley", dict.fromkeys(four, 0.03), 200)
surfaces.race_picture("narrow valley", ways, 40)

# %% [markdown] slideshow={"slide_type": "skip"}
# The star is the lowest place, and a dot shows where each optimizer is after 40 steps. With a rate of 0.05 gradient descent would jump from wall to wall for ever: the step across is $0.05 \cdot 40 = 2$ times the distance to the middle.
#
# **Race them yourself: move the step slider with the arrow keys.**

# %% slideshow={"slide_type": "slide"}
optimizer_race()

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Who is slowest?
#
# The slides show a race and conclude that gradient descent is the slowest. A race at one rate is not fair: every optimizer has a rate that suits it.
#
# **Every optimizer on three surfaces, each at the best of eight rates.**

# %% slideshow={"slide_type": "-"}
rates, best = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0), {}
for surface in surfaces.SURFACES:
    for name in RULES:
        runs = [surfaces.race(surface, {name: rate}, 300)[name] for rate in rates]
        needed = [surfaces.steps_to(surface, run) or 300 for run in runs]
        best.setdefault(name, []).append(min(needed))
plots.bars(
    list(best),
    dict(zip(surfaces.SURFACES, np.transpose(list(best.values())).tolist(), strict=True)),
    title="steps until 99 % of the height is lost, at the best rate (300: not in 300)",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# With its best rate gradient descent is not the last on any of the three: Adadelta does not arrive in 300 steps, and on two surfaces RMSprop needs more. It keeps its step length near the goal and circles around it.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
slowest = [list(best)[row.argmax()] for row in np.transpose(list(best.values()))]
always.slide_claim(
    "003",
    "gradient descent is the slowest optimizer (each at its best of eight rates, three surfaces)",
    slowest.count("SGD") == len(slowest),
    "does not hold here",
    f"slowest: {', '.join(slowest)}; gradient descent needs {', '.join(map(str, best['SGD']))} steps",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## From all rows to a few
#
# Now real data: 4000 digits of 14 x 14 pixels to learn from, 1000 to test with. **Gradient descent** takes the gradient of all 4000 for one step. **Stochastic** gradient descent takes it of one row, **mini-batch** of, say, a hundred.
#
# **How well does a part point the same way as the whole?**

# %% slideshow={"slide_type": "-"}
(x, y), (x_test, y_test) = datasets.mnist(SEED)
halved = lambda digits: digits.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)  # noqa: E731
x, x_test = (halved(part).astype("float32") / 255 for part in (x, x_test))
sizes = (196, 64, 10)
begin, random = dense_network.start(sizes, SEED), np.random.default_rng(SEED)
slope = lambda rows: dense_network.loss_and_gradient(begin, sizes, x[rows], y[rows])[1]  # noqa: E731
whole, alike = slope(np.arange(4000)), {}
for size in (1, 10, 100, 1000):
    parts = [slope(random.choice(4000, size, replace=False)) for _ in range(20)]
    alike[f"{size} rows"] = np.mean([one @ whole / np.linalg.norm(one) for one in parts])
plots.bars({name: one / np.linalg.norm(whole) for name, one in alike.items()}, title="cosine")

# %% [markdown] slideshow={"slide_type": "skip"}
# A hundred rows already point nearly where all 4000 point, at a fortieth of the cost. That is why everybody uses mini-batches.
#
# ### Convex: one bottom
#
# Without a hidden layer the loss is **convex**: it has one bottom only. The slides say that gradient descent finds it if the rate is made smaller and smaller.
#
# **Five starts, far apart; 400 steps with all rows, the rate falling to a tenth.**

# %% slideshow={"slide_type": "skip"}
flat, bottoms = (196, 10), []
few, few_labels = x[:300], y[:300] // 5  # two groups: small digits and large ones
for seed in track(range(5), "starts"):
    weights = 3 * np.random.default_rng(seed).normal(size=196 * 10 + 10).astype("float32")
    for step in range(400):
        _, g = dense_network.loss_and_gradient(weights, flat, few, few_labels)
        weights = weights - (2 - 1.8 * step / 400) * (g + 0.01 * weights)  # a pull to 0
    found, _ = dense_network.loss_and_gradient(weights, flat, few, few_labels)
    bottoms.append(found + 0.005 * float(weights @ weights))

# %% [markdown] slideshow={"slide_type": "skip"}
# The small pull to zero makes the bottom a single point.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
always.slide_claim(
    "003",
    "gradient descent finds the optimum of a convex loss if the rate shrinks",
    training.mean_interval(np.array(bottoms) / min(bottoms) - 1),
    "holds",
    f"five starts end at losses from {min(bottoms):.5f} to {max(bottoms):.5f}",
    within=0.001,
    over="5 starts, share above the lowest",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The optimizer or its rate?
#
# One hidden layer of 64 units, two passes over the digits, eleven optimizers, five rates: 55 networks.
#
# **Think!** What changes the accuracy more: another optimizer, or ten times the rate?
#
# **Train all of them.**

# %% slideshow={"slide_type": "-"}
tried, grid = (0.0001, 0.001, 0.01, 0.1, 1.0), {}
for name, rule in track(RULES.items(), "optimizers", len(RULES)):
    for rate in tried:
        trained = dense_network.train(begin, sizes, x, y, rule, rate, epochs=2, seed=SEED)
        grid[name, rate] = dense_network.accuracy(trained.weights, sizes, x_test, y_test)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Test accuracy; a row is an optimizer, a column a rate.**

# %% slideshow={"slide_type": "-"}
rows = "\n".join(
    f"| {name} | " + " | ".join(f"{grid[name, rate]:.3f}" for rate in tried) + " |"
    for name in RULES
)
head = "| optimizer | " + " | ".join(f"rate {rate:g}" for rate in tried) + " |"
Markdown(f"{head}\n|---{'|---:' * len(tried)}|\n{rows}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Read it twice: down a column, then along a row. Guessing gives 0.1.
#
# **How far do the accuracies reach, when the rate changes and when the optimizer changes?**

# %% slideshow={"slide_type": "-"}
table = np.array([[grid[name, rate] for rate in tried] for name in RULES])
by_rate, by_optimizer = np.ptp(table, axis=1), np.ptp(table.max(axis=1))
at_best = {name: float(row.max()) for name, row in zip(RULES, table, strict=True)}
print(f"another rate: {by_rate.min():.2f} to {by_rate.max():.2f} of accuracy")
print(f"another optimizer, each at its best rate: {by_optimizer:.2f}")
plots.dots(at_best, title="test accuracy at the best of five rates")

# %% [markdown] slideshow={"slide_type": "skip"}
# Two accuracies on 1000 digits are called alike here when they differ by 0.05 or less. How sure is one of them? Its variance is 0.25 / 1000 at most, so a difference of two is known to 1.96 times the root of twice that, 0.044, and a difference of two differences to 0.062.
#
# **The first claim, measured.**

# %% slideshow={"slide_type": "skip"}
more, sure = by_rate.min() - by_optimizer, 1.96 * (2 * 0.25 / len(x_test)) ** 0.5
claims.slide_claim(
    "003",
    "getting the learning rate right matters most",
    (more, more - 1.42 * sure, more + 1.42 * sure),  # four accuracies: root 2 times as unsure
    "holds",
    f"another rate costs {by_rate.min():.2f} or more, another optimizer {by_optimizer:.2f} at most",
    above=0,
    over="1000 test digits, 1 seed",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The second claim, measured.**

# %% slideshow={"slide_type": "skip"}
alike_ones = ("RMSprop", "Adadelta", "Adam")
unlike = np.ptp([grid[name, 0.01] for name in alike_ones])
claims.slide_claim(
    "003",
    "RMSprop, AdaDelta and Adam do very similar things (at the same rate, 0.01)",
    (unlike, unlike - sure, unlike + sure),
    "does not hold here",
    ", ".join(f"{n} {grid[n, 0.01]:.3f} (best {at_best[n]:.3f})" for n in alike_ones),
    within=0.05,
    over="1000 test digits, 1 seed",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# RMSprop and Adam are alike; Adadelta multiplies its step by the size of its last steps, begins with tiny ones, and wants a rate near 1.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A trap for Adam
#
# One weight $x$ between -1 and 1. Two steps out of three the gradient is -1 (go right), every third step it is 3 (go left). On average it is $+1/3$, so the best place is $x = -1$.
#
# Adam divides by the root of its average of $g^2$. If that average forgets fast, the rare large gradient is divided by its own size, and the two small ones win (Reddi, Kale and Kumar 2018).
#
# **Adam and AMSGrad, which never lets the average fall, on that problem.**

# %% slideshow={"slide_type": "-"}
C, paths = 3.0, {}
for name, rule in {"Adam": adam, "AMSGrad": amsgrad}.items():
    place, memory, path = np.array(0.0), {}, []
    for t in range(1, 2001):
        g = C if t % 3 == 1 else -1.0
        place, memory = rule(place, g, 0.5 / t**0.5, memory, beta_1=0.0, beta_2=1 / (1 + C**2))
        place = np.clip(place, -1, 1)
        path.append(float(place))
    paths[name] = path[::20]
plots.lines(range(0, 2000, 20), paths, "the weight", "step", "x", {"best": -1.0})

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check where both end.**

# %% slideshow={"slide_type": "skip"}
ends = {name: path[-1] for name, path in paths.items()}
always.check(ends["Adam"] > 0.9, "Adam goes to the worst place", ends["Adam"])
always.check(ends["AMSGrad"] < -0.9, "AMSGrad to the best", ends["AMSGrad"])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Are all minima good?
#
# With a hidden layer the loss has very many minima. The slides say that they are all about as good.
#
# **Think!** Ten networks start at ten places and see the digits in ten orders. How far will their test accuracies lie apart?
#
# **Ten minima.**

# %% slideshow={"slide_type": "-"}
minima = []
for seed in track(range(10), "starts"):
    weights = dense_network.start(sizes, 100 * SEED + seed)
    trained = dense_network.train(weights, sizes, x, y, adam, 0.005, epochs=15, seed=seed)
    minima.append(trained.weights)
of_test = [dense_network.accuracy(one, sizes, x_test, y_test) for one in minima]
middle, low, high = training.mean_interval(of_test, (0, 1))
plots.dots([f"start {k}" for k in range(10)], of_test, title="test accuracy of ten minima")

# %% [markdown] slideshow={"slide_type": "skip"}
# Are they different minima at all, or one and the same? Two networks that are equal up to the order of their units would agree on every digit.
#
# "About as good" means here: the next start would lie within 0.015 of the ten's mean, with 95 %. That is wider than the interval of the mean: 2.26 standard deviations of the ten (Student), and a little for the mean itself.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
said = [dense_network.logits(one, sizes, x_test).argmax(axis=1) for one in minima]
disagree = np.mean([(a != b).mean() for i, a in enumerate(said) for b in said[:i]])
next_one = 2.26 * np.std(of_test, ddof=1) * (1 + 1 / 10) ** 0.5
claims.check(disagree > 0.01, "they are different: two of them disagree on", disagree)
shown = f"{min(of_test):.3f} to {max(of_test):.3f}, mean {middle:.3f} ({low:.3f} to {high:.3f})"
text, asked = "all minima are about as good", {"within": 0.015, "over": "the next of 10 seeds"}
claims.slide_claim("003", text, (0, -next_one, next_one), "holds", shown, **asked)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### A sharp twin
#
# A popular idea: flat minima are good, because a small error in the weights does no harm. But a ReLU lets every positive factor through. Multiply the first layer by 4 and divide the second by 4: all answers stay the same.
#
# **Think!** And the sharpness?
#
# **One network and its twin: answers, and the largest curvature of the loss.**

# %% slideshow={"slide_type": "-"}
network = minima[0]
twin = dense_network.rescaled(network, sizes, 4)
answers = [dense_network.logits(one, sizes, x_test) for one in (network, twin)]
apart = np.abs(answers[0] - answers[1]).max()
curved = [dense_network.sharpness(one, sizes, x[:1000], y[:1000]) for one in (network, twin)]
print(f"answers differ by {apart:.1g}")
plots.bars({"network": curved[0], "its twin": curved[1]}, title="largest curvature")

# %% [markdown] slideshow={"slide_type": "skip"}
# The twin is a sharp minimum with the same answers on every picture there is. Sharpness alone cannot say whether a minimum is good (Dinh et al. 2017).
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
always.slide_claim(
    "003",
    "sharp minima can be good, too, with ReLU",
    apart < 1e-3 and curved[1] > 5 * curved[0],
    "holds",
    f"a twin with the same answers is {curved[1] / curved[0]:.0f} times as sharp",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### An honest picture of a minimum
#
# Pictures of loss landscapes walk from the minimum in a random direction. How long is a step? If the direction is as long as *all* weights, the twin looks steeper. If each unit's part is as long as *that unit's* weights, both look the same, as they should (Li et al. 2018).
#
# **Loss along a random direction, measured both ways.**

# %% slideshow={"slide_type": "-"}
walks, reach = {}, np.linspace(-0.1, 0.1, 17)
for by_unit, how in ((False, "by all weights"), (True, "by unit")):
    for name, weights in {"network": network, "twin": twin}.items():
        way = dense_network.direction(weights, sizes, SEED, by_unit)
        walks[f"{name}, {how}"] = [
            dense_network.loss_and_gradient(weights + t * way, sizes, x[:1000], y[:1000])[0]
            for t in reach
        ]
plots.lines(reach.round(3), walks, "loss around two minima", "steps away", "loss")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check that filter normalisation undoes the trick.**

# %% slideshow={"slide_type": "skip"}
network_walk, twin_walk = walks["network, by unit"], walks["twin, by unit"]
always.check(
    np.allclose(network_walk, twin_walk, rtol=1e-2, atol=1e-3),
    "by unit, network and twin have the same curve; largest difference",
    float(np.abs(np.subtract(network_walk, twin_walk)).max()),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## More weights than examples
#
# A network of 256 hidden units has 53,000 weights here, and 4000 digits to learn from. It could learn all of them by heart. Does it?
#
# **Think!** We shuffle the labels: every picture gets the label of another one. What accuracy will the network reach on these, and on new digits?
#
# **The same network, right labels and shuffled ones.**

# %% slideshow={"slide_type": "-"}
large, shuffled = (196, 256, 10), np.random.default_rng(SEED).permutation(y)
reached = {}
for name, labels, epochs in (("right labels", y, 20), ("shuffled labels", shuffled, 100)):
    begin_large = dense_network.start(large, SEED)
    heart = dense_network.train(begin_large, large, x, labels, adam, 0.003, epochs, 200, SEED)
    reached[name] = [
        dense_network.accuracy(heart.weights, large, *part)
        for part in ((x, labels), (x_test, y_test))
    ]
plots.bars(["training", "test"], reached, title="accuracy", reference={"guessing": 0.1})

# %% [markdown] slideshow={"slide_type": "skip"}
# The network is large enough to learn nonsense by heart (Zhang et al. 2017). With right labels it learns something else, which holds for new digits. Nobody can read the difference off the number of weights.
#
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
nonsense, sense = reached["shuffled labels"], reached["right labels"]
claims.check(nonsense[0] > 0.95, "shuffled labels are learned by heart", nonsense[0])
claims.slide_claim(
    "003",
    "networks generalise although they have far more weights than examples",
    (sense[1], *training.share_interval(sense[1], len(x_test))),
    "holds",
    f"{len(heart.weights):,} weights, 4000 digits: test {sense[1]:.3f}; shuffled {nonsense[1]:.3f}",
    above=0.9,
    over=f"{len(x_test)} test digits, 1 seed",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# **1. Two steps of RMSprop.**
#
# $v \leftarrow 0.9 v + 0.1 g^2$, then $w \leftarrow w - 0.1 \, g / \sqrt v$. Start with $w = 1$, $v = 0$; both gradients are 2. Where is $w$ after the first step? (Expected: a number between 0 and 1, three digits.)

# %% slideshow={"slide_type": "skip"}
your_place = None

after_one = descend(RULES["RMSprop"], lambda w: np.array(2.0), np.array(1.0), 0.1, 1)[-1]
exercise(your_place, float(after_one), hint="v is 0.4; the gradient's size cancels out.")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. The largest safe rate.**
#
# On $L = a w^2 / 2$ gradient descent multiplies $w$ by $1 - \eta a$ in each step. In the narrow valley $a$ is 1 along and 40 across. Above which rate does it run away? (Expected: a number below 0.1.)

# %% slideshow={"slide_type": "skip"}
your_rate = None


def is_the_edge(rate):
    """Whether just below the rate a weight comes nearer, and just above it does not."""
    ends = [
        descend(sgd, lambda w: 40 * w, np.array(1.0), rate * k, 500)[-1] for k in (0.99, 1.01)
    ]
    return abs(ends[0]) < 0.1 and abs(ends[1]) > 10


exercise(your_rate, is_the_edge, hint="When is 1 - 40 times the rate smaller than -1?")

# %% [markdown] slideshow={"slide_type": "skip"}
# **3. A sharper twin.**
#
# The twin above was made with the factor 4. Write a function of `network` that returns a twin with the same answers whose curvature is at least a hundred times that of `network`. (`dense_network.rescaled` and `sizes` are at hand.)


# %% slideshow={"slide_type": "skip"}
def your_twin(network):
    return None


def is_sharp(made):
    equal = np.abs(dense_network.logits(made, sizes, x_test) - answers[0]).max() < 1e-2
    return equal and dense_network.sharpness(made, sizes, x[:500], y[:500]) > 100 * curved[0]


exercise(your_twin(network), is_sharp, hint="It grows with the square of the factor.")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. taken three steps by hand, and checked eleven rules against Keras's: the largest difference is {max(differ.values()):.0e};
2. trained {len(grid)} networks: another rate changed the accuracy by {by_rate.min():.2f} or more, another optimizer at its best rate by {by_optimizer:.2f};
3. compared ten minima ({min(of_test):.3f} to {max(of_test):.3f}), a twin {curved[1] / curved[0]:.0f} times as sharp with the same answers, and a network that learned shuffled labels by heart ({nonsense[0]:.3f}) for a test accuracy of {nonsense[1]:.3f}.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | `optimizer="adam"` | the same; `keras.optimizers.Adam(learning_rate=1e-3)` says the rate |
# | `lr=0.01` | `learning_rate=0.01` |
# | `decay=...` | `keras.optimizers.schedules`, or AdamW's `weight_decay` |
#
# ## Further reading
#
# * D. P. Kingma, J. Ba: Adam: A Method for Stochastic Optimization. ICLR 2015.
# * S. J. Reddi, S. Kale, S. Kumar: On the Convergence of Adam and Beyond. ICLR 2018.
# * L. Dinh, R. Pascanu, S. Bengio, Y. Bengio: Sharp Minima Can Generalize For Deep Nets. ICML 2017.
# * H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein: Visualizing the Loss Landscape of Neural Nets. NeurIPS 2018.
# * C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals: Understanding deep learning requires rethinking generalization. ICLR 2017.
# * S. Ruder: An overview of gradient descent optimization algorithms. arXiv 1609.04747, 2016.
