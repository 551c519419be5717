# Answers that are tried in place of the key's; each cell replaces one.

# %% nbgrader={"grade_id": "by_hand"} variant={"right": "fractions"}
gates_by_hand = (3 / 4, 1 / 4)
prediction_by_hand = 3 / 4 * FIRST + 1 / 2 * SECOND
other_school = FIRST / 2 + SECOND

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1, "says": "v is missing"}
gates_by_hand = [0.75, 0.25]
prediction_by_hand = 0.75 * FIRST + 0.25 * SECOND
other_school = FIRST / 2 + SECOND

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1.5, "says": "exchanged"}
gates_by_hand = [0.25, 0.75]
prediction_by_hand = 0.25 * FIRST + 1.5 * SECOND
other_school = FIRST / 2 + SECOND

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1, "says": "does not close a gate"}
gates_by_hand = [0.75, 0.25]
prediction_by_hand = 0.75 * FIRST + 0.5 * SECOND
other_school = 0

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1, "says": "does not open a gate"}
gates_by_hand = [0.75, 0.25]
prediction_by_hand = 0.75 * FIRST + 0.5 * SECOND
other_school = FIRST + 2 * SECOND

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 2, "says": "taken as the gate"}
gates_by_hand = [np.log(3), -np.log(3)]
prediction_by_hand = np.log(3) * (FIRST - 2 * SECOND)
other_school = FIRST / 2 + SECOND


# %% nbgrader={"grade_id": "gate"} variant={"right": "a loop"}
def gated(features, school, embeddings, weights, bias, output):
    found = []
    for x, s in zip(features, school, strict=True):
        total = 0.0
        for k in range(len(bias)):
            total += (
                output[k]
                / (1 + np.exp(-embeddings[s][k]))
                * (np.dot(x, weights[:, k]) + bias[k])
            )
        found.append(total)
    return found


# %% nbgrader={"grade_id": "gate"} variant={"right": "one sum"}
def gated(features, school, embeddings, weights, bias, output):
    gates = 0.5 * (1 + np.tanh(embeddings / 2))
    return np.einsum("ik,ik,k->i", gates[school], features @ weights + bias, output)


# %% nbgrader={"grade_id": "gate"} variant={"right": "Keras operations"}
import keras


def gated(features, school, embeddings, weights, bias, output):
    gates = keras.ops.sigmoid(keras.ops.take(embeddings, school, axis=0))
    return keras.ops.sum(gates * (keras.ops.matmul(features, weights) + bias) * output, axis=1)


# %% nbgrader={"grade_id": "gate"} variant={"loses": 2, "says": "first school's gates"}
def gated(features, school, embeddings, weights, bias, output):
    return (1 / (1 + np.exp(-embeddings[0])) * (features @ weights + bias)) @ output


# %% nbgrader={"grade_id": "gate"} variant={"loses": 3, "says": "bias stands outside"}
def gated(features, school, embeddings, weights, bias, output):
    return (1 / (1 + np.exp(-embeddings[school])) * (features @ weights) + bias) @ output


# %% nbgrader={"grade_id": "gate"} variant={"loses": 4, "says": "sigmoid is missing"}
def gated(features, school, embeddings, weights, bias, output):
    return (embeddings[school] * (features @ weights + bias)) @ output


# %% nbgrader={"grade_id": "gate"} variant={"loses": 3, "says": "hyperbolic tangent"}
def gated(features, school, embeddings, weights, bias, output):
    return (np.tanh(embeddings[school]) * (features @ weights + bias)) @ output


# %% nbgrader={"grade_id": "gate"} variant={"loses": 4, "says": "exponent is turned"}
def gated(features, school, embeddings, weights, bias, output):
    return (1 / (1 + np.exp(embeddings[school])) * (features @ weights + bias)) @ output


# %% nbgrader={"grade_id": "gate"} variant={"loses": 3, "says": "bias is missing"}
def gated(features, school, embeddings, weights, bias, output):
    return (1 / (1 + np.exp(-embeddings[school])) * (features @ weights)) @ output


# %% nbgrader={"grade_id": "weights"} variant={"right": "a loop"}
def pupil_weights(school, k):
    found = [1 / (sum(other == one for other in school) + k) for one in school]
    return [one * len(found) / sum(found) for one in found]


# %% nbgrader={"grade_id": "weights"} variant={"right": "np.unique"}
def pupil_weights(school, k):
    _, place, count = np.unique(school, return_inverse=True, return_counts=True)
    found = (1.0 / (count + k))[place]
    return found * (len(found) / found.sum())


# %% nbgrader={"grade_id": "weights"} variant={"right": "Keras operations"}
import keras


def pupil_weights(school, k):
    same = keras.ops.cast(school[:, None] == school[None, :], "float32")
    found = 1 / (keras.ops.sum(same, axis=1) + k)
    return found / keras.ops.mean(found)


# %% nbgrader={"grade_id": "weights"} variant={"loses": 3, "says": "k is not used"}
def pupil_weights(school, k):
    found = 1 / np.bincount(school)[school]
    return found / found.mean()


# %% nbgrader={"grade_id": "weights"} variant={"loses": 3.5, "says": "turned over"}
def pupil_weights(school, k):
    found = np.bincount(school)[school] + k
    return found / found.mean()


# %% nbgrader={"grade_id": "weights"} variant={"loses": 4, "says": "sum to 1"}
def pupil_weights(school, k):
    found = 1 / (np.bincount(school)[school] + k)
    return found / found.sum()


# %% nbgrader={"grade_id": "weights"} variant={"loses": 4, "says": "not scaled"}
def pupil_weights(school, k):
    return 1 / (np.bincount(school)[school] + k)


# %% nbgrader={"grade_id": "weights"} variant={"loses": 3, "says": "added after dividing"}
def pupil_weights(school, k):
    found = 1 / np.bincount(school)[school] + k
    return found / found.mean()


# %% nbgrader={"grade_id": "weights"} variant={"loses": 4, "says": "number of schools"}
def pupil_weights(school, k):
    found = 1 / (np.bincount(school)[school] + k)
    return found / found.sum() * len(set(school))


# %% nbgrader={"grade_id": "weights"} variant={"loses": 4, "says": "write it yourself"}
def pupil_weights(school, k):
    found = multitask.row_weights(school, "task")
    return found / found.mean()


# %% nbgrader={"grade_id": "heads"} variant={"right": "school by school"}
def heads_gradient(hidden, school, heads, target):
    found = np.zeros(heads.shape)
    for s in np.unique(school):
        mine = school == s
        error = hidden[mine] @ heads[s] - target[mine]
        found[s] = 2 * error @ hidden[mine] / mine.sum()
    return found


# %% nbgrader={"grade_id": "heads"} variant={"right": "a table of who is where"}
def heads_gradient(hidden, school, heads, target):
    belongs = np.eye(len(heads))[school]
    error = np.einsum("iu,iu->i", hidden, heads[school]) - target
    share = belongs / np.maximum(belongs.sum(axis=0), 1)
    return 2 * share.T @ (hidden * error[:, None])


# %% nbgrader={"grade_id": "heads"} variant={"right": "TensorFlow's tape"}
import tensorflow as tf


def heads_gradient(hidden, school, heads, target):
    heads = tf.constant(heads)
    with tf.GradientTape() as tape:
        tape.watch(heads)
        squares = (tf.reduce_sum(hidden * tf.gather(heads, school), axis=1) - target) ** 2
        value = tf.reduce_sum(squares / tf.cast(np.bincount(school)[school], squares.dtype))
    return tf.convert_to_tensor(tape.gradient(value, heads))


# %% nbgrader={"grade_id": "heads"} variant={"loses": 3, "says": "derivative is missing"}
def heads_gradient(hidden, school, heads, target):
    belongs = np.eye(len(heads))[school]
    error = np.einsum("iu,iu->i", hidden, heads[school]) - target
    return (belongs / np.maximum(belongs.sum(axis=0), 1)).T @ (hidden * error[:, None])


# %% nbgrader={"grade_id": "heads"} variant={"loses": 3, "says": "each school takes its mean"}
def heads_gradient(hidden, school, heads, target):
    error = np.einsum("iu,iu->i", hidden, heads[school]) - target
    return 2 * np.eye(len(heads))[school].T @ (hidden * error[:, None])


# %% nbgrader={"grade_id": "heads"} variant={"loses": 3, "says": "one mean over all"}
def heads_gradient(hidden, school, heads, target):
    error = np.einsum("iu,iu->i", hidden, heads[school]) - target
    return 2 * np.eye(len(heads))[school].T @ (hidden * error[:, None]) / len(hidden)


# %% nbgrader={"grade_id": "heads"} variant={"loses": 3, "says": "sign is turned"}
def heads_gradient(hidden, school, heads, target):
    belongs = np.eye(len(heads))[school]
    error = target - np.einsum("iu,iu->i", hidden, heads[school])
    return 2 * (belongs / np.maximum(belongs.sum(axis=0), 1)).T @ (hidden * error[:, None])


# %% nbgrader={"grade_id": "heads"} variant={"loses": 3, "says": "only the last pupil"}
def heads_gradient(hidden, school, heads, target):
    error = np.einsum("iu,iu->i", hidden, heads[school]) - target
    found = np.zeros(heads.shape)
    found[school] += 2 * hidden * (error / np.bincount(school)[school])[:, None]
    return found


# %% nbgrader={"grade_id": "heads"} variant={"loses": 1, "says": "without a pupil"}
def heads_gradient(hidden, school, heads, target):
    belongs = np.eye(len(heads))[school]
    error = np.einsum("iu,iu->i", hidden, heads[school]) - target
    found = 2 * (belongs / np.maximum(belongs.sum(axis=0), 1)).T @ (hidden * error[:, None])
    return (
        np.where(belongs.sum(axis=0)[:, None] > 0, found, heads) if len(hidden) == 12 else found
    )


# %% nbgrader={"grade_id": "interval"} variant={"right": "a loop"}
def beside(target, first, second):
    differences = [
        (a - y) ** 2 - (b - y) ** 2 for y, a, b in zip(target, first, second, strict=True)
    ]
    mean = sum(differences) / len(differences)
    variance = sum((d - mean) ** 2 for d in differences) / (len(differences) - 1)
    reach = 1.96 * (variance / len(differences)) ** 0.5
    return [mean, mean - reach, mean + reach]


# %% nbgrader={"grade_id": "interval"} variant={"right": "SciPy's standard error"}
from scipy.stats import sem


def beside(target, first, second):
    more = np.square(first - target) - np.square(second - target)
    return np.mean(more) + 1.96 * sem(more) * np.array([0, -1, 1])


# %% nbgrader={"grade_id": "interval"} variant={"right": "Keras operations"}
import keras


def beside(target, first, second):
    more = keras.ops.convert_to_tensor((first - target) ** 2 - (second - target) ** 2)
    mean, count = keras.ops.mean(more), len(target)
    reach = 1.96 * (keras.ops.sum((more - mean) ** 2) / (count - 1) / count) ** 0.5
    return mean, mean - reach, mean + reach


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2, "says": "sign is turned"}
def beside(target, first, second):
    more = (second - target) ** 2 - (first - target) ** 2
    reach = 1.96 * more.std(ddof=1) / len(more) ** 0.5
    return more.mean(), more.mean() - reach, more.mean() + reach


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2, "says": "root of n"}
def beside(target, first, second):
    more = (first - target) ** 2 - (second - target) ** 2
    reach = 1.96 * more.std(ddof=1)
    return more.mean(), more.mean() - reach, more.mean() + reach


# %% nbgrader={"grade_id": "interval"} variant={"loses": 3, "says": "take differences first"}
def beside(target, first, second):
    a, b = (first - target) ** 2, (second - target) ** 2
    reach = 1.96 * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
    reach = reach if reach else 1.0
    return a.mean() - b.mean(), a.mean() - b.mean() - reach, a.mean() - b.mean() + reach


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2, "says": "1.96 is missing"}
def beside(target, first, second):
    more = (first - target) ** 2 - (second - target) ** 2
    reach = more.std(ddof=1) / len(more) ** 0.5
    return more.mean(), more.mean() - reach, more.mean() + reach


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2, "says": "not squared"}
def beside(target, first, second):
    more = np.abs(first - target) - np.abs(second - target)
    reach = 1.96 * more.std(ddof=1) / len(more) ** 0.5
    return more.mean(), more.mean() - reach, more.mean() + reach


# %% nbgrader={"grade_id": "interval"} variant={"loses": 3, "says": "not answered yet"}
def beside(target, first, second):
    print(target.shape)
