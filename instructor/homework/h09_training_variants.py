# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "slopes"} variant={"right": "an array"}
slopes = (5 * W1 + W2 - TARGET) * np.array([5.0, 1, 1])

# %% nbgrader={"grade_id": "slopes"} variant={"right": "by the tape"}
import tensorflow as tf

w = tf.Variable([float(W1), float(W2), 0.0])
with tf.GradientTape() as tape:
    y = tf.nn.relu(tf.linalg.matvec(tf.constant([[5.0, 1, 1], [1, 4, 1], [0, 2, 1]]), w))
    cost = 0.5 * tf.reduce_sum((y - TARGET) ** 2)
slopes = tape.gradient(cost, w).numpy()

# %% nbgrader={"grade_id": "slopes"} variant={"right": "a loop"}
slopes = [0.0, 0.0, 0.0]
for x1, x2 in ((5, 1), (1, 4), (0, 2)):
    z = W1 * x1 + W2 * x2
    if z > 0:
        slopes = [s + (z - TARGET) * x for s, x in zip(slopes, (x1, x2, 1), strict=True)]

# %% nbgrader={"grade_id": "slopes"} variant={"loses": 2.5, "says": "ReLU's derivative"}
slopes = [
    5 * (5 * W1 + W2 - TARGET) - TARGET,
    5 * W1 + W2 - 7 * TARGET,
    5 * W1 + W2 - 3 * TARGET,
]

# %% nbgrader={"grade_id": "slopes"} variant={"loses": 2.5, "says": "sign is turned"}
slopes = [-5 * (5 * W1 + W2 - TARGET), -(5 * W1 + W2 - TARGET), -(5 * W1 + W2 - TARGET)]

# %% nbgrader={"grade_id": "slopes"} variant={"loses": 2.5, "says": "not their mean"}
slopes = (5 * W1 + W2 - TARGET) * np.array([5.0, 1, 1]) / 3

# %% nbgrader={"grade_id": "slopes"} variant={"loses": 2.5, "says": "brings a 2"}
slopes = (5 * W1 + W2 - TARGET) * np.array([10.0, 2, 2])

# %% nbgrader={"grade_id": "slopes"} variant={"loses": 2.5, "says": "slope of y"}
slopes = [5, 1, 1]

# %% nbgrader={"grade_id": "slopes"} variant={"loses": 3, "says": "0 of 0.5"}
slopes = [5 * (5 * W1 + W2 - TARGET), 5 * W1 + W2 - TARGET]

# %% nbgrader={"grade_id": "fatal"} variant={"right": "the largest sum"}
fatal_bias = float(-max(W1 * x1 + W2 * x2 for x1, x2 in ((5, 1), (1, 4), (0, 2))))

# %% nbgrader={"grade_id": "fatal"} variant={"loses": 0.75, "says": "sign is turned"}
fatal_bias = 5 * W1 + W2

# %% nbgrader={"grade_id": "fatal"} variant={"loses": 0.75, "says": "first point alive"}
fatal_bias = -min(W1 + 4 * W2, 2 * W2)


# %% nbgrader={"grade_id": "dead"} variant={"right": "a loop"}
def dead_units(rows, kernel, bias):
    found = []
    for unit in range(len(bias)):
        found.append(all(row @ kernel[:, unit] + bias[unit] <= 0 for row in rows))
    return found


# %% nbgrader={"grade_id": "dead"} variant={"right": "Keras"}
import keras


def dead_units(rows, kernel, bias):
    outputs = keras.ops.relu(keras.ops.convert_to_tensor(rows @ kernel + bias))
    return keras.ops.max(outputs, axis=0) == 0


# %% nbgrader={"grade_id": "dead"} variant={"right": "the largest"}
def dead_units(rows, kernel, bias):
    return np.max(rows @ kernel + bias, axis=0) <= 0


# %% nbgrader={"grade_id": "dead"} variant={"loses": 3, "says": "one such row"}
def dead_units(rows, kernel, bias):
    return (rows @ kernel + bias <= 0).any(axis=0)


# %% nbgrader={"grade_id": "dead"} variant={"loses": 3, "says": "mean over the rows"}
def dead_units(rows, kernel, bias):
    return (rows @ kernel + bias).mean(axis=0) <= 0


# %% nbgrader={"grade_id": "dead"} variant={"loses": 3, "says": "bias is missing"}
def dead_units(rows, kernel, bias):
    return (rows @ kernel <= 0).all(axis=0)


# %% nbgrader={"grade_id": "dead"} variant={"loses": 3, "says": "Exactly 0"}
def dead_units(rows, kernel, bias):
    return (rows @ kernel + bias < 0).all(axis=0)


# %% nbgrader={"grade_id": "dead"} variant={"loses": 4, "says": "units that live"}
def dead_units(rows, kernel, bias):
    return (rows @ kernel + bias > 0).any(axis=0)


# %% nbgrader={"grade_id": "normalise"} variant={"right": "by channel"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    made = np.empty_like(maps)
    for c in range(maps.shape[-1]):
        one = maps[..., c]
        made[..., c] = alpha[c] * (one - one.mean()) / (one.var() + epsilon) ** 0.5 + beta[c]
    return made


# %% nbgrader={"grade_id": "normalise"} variant={"right": "Keras's operations"}
import keras


def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    mean, variance = keras.ops.moments(keras.ops.convert_to_tensor(maps), axes=[0, 1, 2])
    return alpha * (maps - mean) * keras.ops.rsqrt(variance + epsilon) + beta


# %% nbgrader={"grade_id": "normalise"} variant={"right": "flat rows"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    rows = maps.reshape(-1, maps.shape[-1])
    rows = (rows - rows.mean(0)) / np.sqrt((rows**2).mean(0) - rows.mean(0) ** 2 + epsilon)
    return (alpha * rows + beta).reshape(maps.shape)


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 3, "says": "Each place"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    return alpha * (maps - maps.mean(0)) / np.sqrt(maps.var(0) + epsilon) + beta


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 3, "says": "Each picture"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    mean, variance = maps.mean((1, 2), keepdims=True), maps.var((1, 2), keepdims=True)
    return alpha * (maps - mean) / np.sqrt(variance + epsilon) + beta


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 4, "says": "All channels share"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    return alpha * (maps - maps.mean()) / np.sqrt(maps.var() + epsilon) + beta


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 3, "says": "inside the root"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    places = (0, 1, 2)
    return alpha * (maps - maps.mean(places)) / (maps.std(places) + epsilon) + beta


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 4, "says": "second step"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    places = (0, 1, 2)
    return (maps - maps.mean(places)) / np.sqrt(maps.var(places) + epsilon)


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 4, "says": "for one another"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    places = (0, 1, 2)
    return beta * (maps - maps.mean(places)) / np.sqrt(maps.var(places) + epsilon) + alpha


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 3.5, "says": "as it was given"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):
    places = (0, 1, 2)
    return alpha * (maps - maps.mean(places)) / np.sqrt(maps.var(places) + 1e-3) + beta


# %% nbgrader={"grade_id": "normalise"} variant={"loses": 3, "says": "Each place"}
def normalise_maps(maps, alpha, beta, epsilon=1e-3):  # the lecture notebook's cell
    step_1 = (maps - maps.mean(axis=0)) / np.sqrt(maps.var(axis=0) + epsilon)
    return alpha * step_1 + beta


# %% nbgrader={"grade_id": "undo"} variant={"right": "an array of two rows"}
def undoing(maps, epsilon):
    rows = maps.reshape(-1, maps.shape[-1])
    return np.array([np.sqrt(rows.std(axis=0) ** 2 + epsilon), rows.mean(axis=0)])


# %% nbgrader={"grade_id": "undo"} variant={"right": "lists"}
def undoing(maps, epsilon):
    channels = [maps[..., c] for c in range(maps.shape[-1])]
    return [(c.var() + epsilon) ** 0.5 for c in channels], [c.mean() for c in channels]


# %% nbgrader={"grade_id": "undo"} variant={"right": "TensorFlow"}
import tensorflow as tf


def undoing(maps, epsilon):
    mean, variance = tf.nn.moments(maps, axes=[0, 1, 2])
    return tf.sqrt(variance + epsilon), mean


# %% nbgrader={"grade_id": "undo"} variant={"loses": 1.5, "says": "standard deviation alone"}
def undoing(maps, epsilon):
    return maps.std(axis=(0, 1, 2)), maps.mean(axis=(0, 1, 2))


# %% nbgrader={"grade_id": "undo"} variant={"loses": 2, "says": "one over"}
def undoing(maps, epsilon):
    return 1 / np.sqrt(maps.var(axis=(0, 1, 2)) + epsilon), maps.mean(axis=(0, 1, 2))


# %% nbgrader={"grade_id": "undo"} variant={"loses": 2, "says": "lacks the root"}
def undoing(maps, epsilon):
    return maps.var(axis=(0, 1, 2)) + epsilon, maps.mean(axis=(0, 1, 2))


# %% nbgrader={"grade_id": "undo"} variant={"loses": 2, "says": "wrong order"}
def undoing(maps, epsilon):
    return maps.mean(axis=(0, 1, 2)), np.sqrt(maps.var(axis=(0, 1, 2)) + epsilon)


# %% nbgrader={"grade_id": "undo"} variant={"loses": 2, "says": "sign of beta"}
def undoing(maps, epsilon):
    return np.sqrt(maps.var(axis=(0, 1, 2)) + epsilon), -maps.mean(axis=(0, 1, 2))


# %% nbgrader={"grade_id": "lion"} variant={"right": "lerp"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    mixed = gradient + beta_1 * (average - gradient)
    return weights - rate * np.sign(mixed), gradient + beta_2 * (average - gradient)


# %% nbgrader={"grade_id": "lion"} variant={"right": "a loop"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    moved, kept = [], []
    for w, g, m in zip(weights, gradient, average, strict=True):
        mixed = beta_1 * m + (1 - beta_1) * g
        moved.append(w - rate * (1 if mixed > 0 else -1 if mixed < 0 else 0))
        kept.append(beta_2 * m + (1 - beta_2) * g)
    return np.array(moved), np.array(kept)


# %% nbgrader={"grade_id": "lion"} variant={"right": "Keras's operations"}
from keras import ops


def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    mixed = ops.convert_to_tensor(beta_1 * average + (1 - beta_1) * gradient)
    return weights - rate * ops.sign(mixed), beta_2 * average + (1 - beta_2) * gradient


# %% nbgrader={"grade_id": "lion"} variant={"loses": 4, "says": "no sign"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    mixed = beta_1 * average + (1 - beta_1) * gradient
    return weights - rate * mixed, beta_2 * average + (1 - beta_2) * gradient


# %% nbgrader={"grade_id": "lion"} variant={"loses": 4, "says": "goes up"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    mixed = beta_1 * average + (1 - beta_1) * gradient
    return weights + rate * np.sign(mixed), beta_2 * average + (1 - beta_2) * gradient


# %% nbgrader={"grade_id": "lion"} variant={"loses": 3, "says": "takes no part"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    return weights - rate * np.sign(gradient), beta_2 * average + (1 - beta_2) * gradient


# %% nbgrader={"grade_id": "lion"} variant={"loses": 3, "says": "moved before"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    average = beta_2 * average + (1 - beta_2) * gradient
    return weights - rate * np.sign(beta_1 * average + (1 - beta_1) * gradient), average


# %% nbgrader={"grade_id": "lion"} variant={"loses": 3, "says": "same beta"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    average_now = beta_1 * average + (1 - beta_1) * gradient
    return weights - rate * np.sign(average_now), average_now


# %% nbgrader={"grade_id": "lion"} variant={"loses": 4, "says": "sum of two signs"}
def lion_step(weights, gradient, average, rate, beta_1=0.9, beta_2=0.99):
    mixed = beta_1 * np.sign(average) + (1 - beta_1) * np.sign(gradient)
    return weights - rate * mixed, beta_2 * average + (1 - beta_2) * gradient
