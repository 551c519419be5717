# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "paper"} variant={"right": "with math.ceil"}
import math

on_paper = {"guess": 0.125, "updates": EPOCHS * math.ceil(200 / BATCH), "passes": 200 * EPOCHS}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 0.5, "says": "smaller batch of each epoch"}
on_paper = {"guess": 0.125, "updates": EPOCHS * (200 // BATCH), "passes": 200 * EPOCHS}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 1, "says": "not two"}
on_paper = {
    "guess": 0.5,
    "updates": EPOCHS * -(-200 // BATCH),
    "passes": EPOCHS * BATCH * -(-200 // BATCH),
}


# %% nbgrader={"grade_id": "classify"} variant={"right": "logistic regression on larger photos"}
start_again()
small = backbones.load("efficientnet_lite0")
first_half = features(small, np.concatenate([x, x_validation]), size=160)
logistic = transfer.logistic_regression()
logistic.fit(first_half, np.concatenate([y, y_validation]))
used = spent["passes"]


def classify(pictures):
    return logistic.predict(features(small, pictures, size=160, free=True)).tolist()


# %% nbgrader={"grade_id": "classify"} variant={"right": "a support vector machine, photo by photo"}
start_again()
small = backbones.load("efficientnet_lite0")
vectors = transfer.classifiers()["linear SVM"]
vectors.fit(
    features(small, np.concatenate([x, x_validation]), size=160),
    np.concatenate([y, y_validation]),
)
used = spent["passes"]


def classify(pictures):
    return [
        int(vectors.predict(features(small, part, size=160, free=True))[0])
        for part in np.split(pictures, len(pictures))
    ]


# %% nbgrader={"grade_id": "classify"} variant={"right": "its own probabilities"}
start_again()
small = backbones.load("efficientnet_lite0")
logistic = transfer.logistic_regression()
logistic.fit(
    features(small, np.concatenate([x, x_validation]), size=160),
    np.concatenate([y, y_validation]),
)
used = float(spent["passes"])


def classify(pictures):
    return logistic.predict_proba(features(small, pictures, size=160, free=True)).argmax(axis=1)


# %% nbgrader={"grade_id": "classify"} variant={"loses": 7, "says": "better than guessing"}
start_again()
small = backbones.load("efficientnet_lite0")
logistic = transfer.logistic_regression().fit(features(small, x), y)
used = spent["passes"]


def classify(pictures):  # counted from 1
    return (logistic.predict(features(small, pictures, free=True)) + 1) % 8


# %% nbgrader={"grade_id": "classify"} variant={"loses": 4, "says": "as good as colours alone"}
start_again()
logistic = transfer.logistic_regression().fit(transfer.colour_histogram(x), y)
used = spent["passes"]


def classify(pictures):
    return logistic.predict(transfer.colour_histogram(pictures))


# %% nbgrader={"grade_id": "classify"} variant={"loses": 7, "says": "better than guessing"}
start_again()
small = backbones.load("efficientnet_lite0")
logistic = transfer.logistic_regression().fit(features(small, x), np.roll(y, 1))
used = spent["passes"]


def classify(pictures):
    return logistic.predict(features(small, pictures, free=True))


# %% nbgrader={"grade_id": "classify"} variant={"loses": 8, "says": "one class for each photo"}
start_again()
logistic = transfer.logistic_regression().fit(transfer.colour_histogram(x), y)
used = spent["passes"]


def classify(pictures):
    return logistic.predict_proba(transfer.colour_histogram(pictures))


# %% nbgrader={"grade_id": "classify"} variant={"loses": 8, "says": "Say what it cost"}
used = ...


def classify(pictures):
    return np.zeros(len(pictures), int)


# %% nbgrader={"grade_id": "confused"} variant={"right": "a loop"}
def most_confused(truth, called, classes):
    best, most = None, -1
    for a in range(classes):
        for b in range(a + 1, classes):
            count = sum((t, c) in ((a, b), (b, a)) for t, c in zip(truth, called, strict=True))
            if count > most:
                best, most = (a, b), count
    return best


# %% nbgrader={"grade_id": "confused"} variant={"right": "a counter"}
def most_confused(truth, called, classes):
    from collections import Counter

    pairs = Counter(
        tuple(sorted(map(int, one)))
        for one in zip(truth, called, strict=True)
        if one[0] != one[1]
    )
    return min(pairs, key=lambda pair: (-pairs[pair], pair))


# %% nbgrader={"grade_id": "confused"} variant={"right": "Keras ops"}
import keras


def most_confused(truth, called, classes):
    ops = keras.ops
    table = ops.matmul(ops.transpose(ops.one_hot(truth, classes)), ops.one_hot(called, classes))
    both = ops.triu(table + ops.transpose(table), k=1)
    place = int(ops.argmax(ops.reshape(both, (-1,))))
    return [place // classes, place % classes]


# %% nbgrader={"grade_id": "confused"} variant={"loses": 1, "says": "Count both ways together"}
def most_confused(truth, called, classes):
    table = np.zeros((classes, classes), int)
    np.add.at(table, (truth, called), 1)
    np.fill_diagonal(table, 0)
    return tuple(sorted(np.unravel_index(table.argmax(), table.shape)))


# %% nbgrader={"grade_id": "confused"} variant={"loses": 3, "says": "no mistake"}
def most_confused(truth, called, classes):
    table = np.zeros((classes, classes), int)
    np.add.at(table, (truth, called), 1)
    return tuple(sorted(np.unravel_index(table.argmax(), table.shape)))


# %% nbgrader={"grade_id": "confused"} variant={"loses": 1, "says": "do not divide"}
def most_confused(truth, called, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, called), 1)
    table /= table.sum(axis=1, keepdims=True)
    both = np.triu(table + table.T, 1)
    return np.unravel_index(both.argmax(), both.shape)


# %% nbgrader={"grade_id": "confused"} variant={"loses": 1, "says": "take the first"}
def most_confused(truth, called, classes):
    table = np.zeros((classes, classes), int)
    np.add.at(table, (truth, called), 1)
    both = np.triu(table + table.T, 1)
    return tuple(np.argwhere(both == both.max())[-1])


# %% nbgrader={"grade_id": "confused"} variant={"loses": 3, "says": "smaller number first"}
def most_confused(truth, called, classes):
    table = np.zeros((classes, classes), int)
    np.add.at(table, (truth, called), 1)
    both = np.triu(table + table.T, 1)
    return tuple(np.unravel_index(both.argmax(), both.shape))[::-1]


# %% nbgrader={"grade_id": "tie"} variant={"right": "SciPy"}
def p_value(first, second):
    from scipy.stats import binomtest

    only = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    return binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0


# %% nbgrader={"grade_id": "tie"} variant={"right": "all splits, one by one"}
def p_value(first, second):
    from math import comb

    f, s = np.sum(first > second), np.sum(second > first)
    throws = int(f + s)
    uneven = [k for k in range(throws + 1) if abs(throws - 2 * k) >= abs(f - s)]
    return sum(comb(throws, k) for k in uneven) / 2**throws


# %% nbgrader={"grade_id": "tie"} variant={"right": "NumPy, logarithms"}
def p_value(first, second):
    from scipy.special import gammaln

    f, s = int((first & ~second).sum()), int((second & ~first).sum())
    k = np.arange(min(f, s) + 1)
    logs = gammaln(f + s + 1) - gammaln(k + 1) - gammaln(f + s - k + 1) - (f + s) * np.log(2)
    return np.minimum(1, 2 * np.exp(logs).sum())


# %% nbgrader={"grade_id": "tie"} variant={"right": "Keras ops"}
import keras


def p_value(first, second):
    from math import comb

    ops = keras.ops
    f = int(ops.sum(ops.cast(ops.logical_and(first, ops.logical_not(second)), "int32")))
    s = int(ops.sum(ops.cast(ops.logical_and(second, ops.logical_not(first)), "int32")))
    return min(1.0, sum(comb(f + s, k) for k in range(min(f, s) + 1)) / 2 ** (f + s - 1))


# %% nbgrader={"grade_id": "tie"} variant={"loses": 3.5, "says": "either"}
def p_value(first, second):
    from scipy.stats import binom

    f, s = (first & ~second).sum(), (second & ~first).sum()
    return 1.0 if f == s == 0 else binom.cdf(min(f, s), f + s, 0.5)


# %% nbgrader={"grade_id": "tie"} variant={"loses": 3, "says": "up to the smaller one"}
def p_value(first, second):
    from scipy.stats import binom

    f, s = (first & ~second).sum(), (second & ~first).sum()
    return min(1, 2 * binom.pmf(min(f, s), f + s, 0.5))


# %% nbgrader={"grade_id": "tie"} variant={"loses": 3, "says": "both agree say nothing"}
def p_value(first, second):
    from scipy.stats import binom

    f, s = (first & ~second).sum(), (second & ~first).sum()
    return 1.0 if f == s == 0 else min(1, 2 * binom.cdf(min(f, s), len(first), 0.5))


# %% nbgrader={"grade_id": "tie"} variant={"loses": 1.5, "says": "1 at most"}
def p_value(first, second):
    from scipy.stats import binom

    f, s = (first & ~second).sum(), (second & ~first).sum()
    return 2 * binom.cdf(min(f, s), f + s, 0.5)


# %% nbgrader={"grade_id": "tie"} variant={"loses": 2.5, "says": "chi squared"}
def p_value(first, second):
    from scipy.stats import chi2

    f, s = (first & ~second).sum(), (second & ~first).sum()
    return 1.0 if f == s else chi2.sf((f - s) ** 2 / (f + s), 1)


# %% nbgrader={"grade_id": "tie"} variant={"loses": 2.5, "says": "photos of its own"}
def p_value(first, second):
    from scipy.stats import norm

    a, b, n = first.mean(), second.mean(), len(first)
    spread = np.sqrt(a * (1 - a) / n + b * (1 - b) / n)
    return 1.0 if spread == 0 and a == b else 2 * norm.sf(abs(a - b) / max(spread, 1e-9))
