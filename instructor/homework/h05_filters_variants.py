# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "step"} variant={"right": "a loop"}
def ascent_step(pictures, gradients, step_size):
    made = []
    for picture, gradient in zip(pictures, gradients, strict=True):
        size = (gradient**2).mean() ** 0.5
        moved = picture if size == 0 else picture + step_size * gradient / size
        made.append(moved.clip(0, 255))
    return np.array(made)


# %% nbgrader={"grade_id": "step"} variant={"right": "TensorFlow"}
import tensorflow as tf


def ascent_step(pictures, gradients, step_size):
    size = tf.sqrt(tf.reduce_mean(tf.square(gradients), axis=[1, 2, 3], keepdims=True))
    return tf.clip_by_value(
        pictures + step_size * tf.math.divide_no_nan(gradients, size), 0.0, 255.0
    )


# %% nbgrader={"grade_id": "step"} variant={"right": "std and mean"}
def ascent_step(pictures, gradients, step_size):
    flat = gradients.reshape(len(gradients), -1)
    size = np.hypot(flat.std(axis=1), flat.mean(axis=1))
    size[size == 0] = 1
    return np.minimum(
        np.maximum(pictures + step_size * gradients / size[:, None, None, None], 0), 255
    )


# %% nbgrader={"grade_id": "step"} variant={"loses": 2, "says": "one size"}
def ascent_step(pictures, gradients, step_size):
    size = np.sqrt((gradients**2).mean())
    return np.clip(pictures + step_size * gradients / (size or 1), 0, 255)


# %% nbgrader={"grade_id": "step"} variant={"loses": 3, "says": "goes down"}
def ascent_step(pictures, gradients, step_size):
    size = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(pictures - step_size * gradients / np.where(size > 0, size, 1), 0, 255)


# %% nbgrader={"grade_id": "step"} variant={"loses": 3, "says": "its length"}
def ascent_step(pictures, gradients, step_size):
    size = np.sqrt((gradients**2).sum(axis=(1, 2, 3), keepdims=True))
    return np.clip(pictures + step_size * gradients / np.where(size > 0, size, 1), 0, 255)


# %% nbgrader={"grade_id": "step"} variant={"loses": 3, "says": "largest value"}
def ascent_step(pictures, gradients, step_size):
    size = np.abs(gradients).max(axis=(1, 2, 3), keepdims=True)
    return np.clip(pictures + step_size * gradients / np.where(size > 0, size, 1), 0, 255)


# %% nbgrader={"grade_id": "step"} variant={"loses": 1, "says": "not clipped"}
def ascent_step(pictures, gradients, step_size):
    size = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return pictures + step_size * gradients / np.where(size > 0, size, 1)


# %% nbgrader={"grade_id": "step"} variant={"loses": 3, "says": "not divided"}
def ascent_step(pictures, gradients, step_size):
    return np.clip(pictures + step_size * gradients, 0, 255)


# %% nbgrader={"grade_id": "step"} variant={"loses": 1, "says": "without a gradient a picture stays"}
def ascent_step(pictures, gradients, step_size):
    return np.clip(
        pictures
        + step_size * gradients / np.sqrt((gradients**2).mean((1, 2, 3), keepdims=True)),
        0,
        255,
    )


# %% nbgrader={"grade_id": "by_hand"} variant={"right": "an array"}
gradient_by_hand = np.array(
    [[2 * TOP_LEFT, -TOP_LEFT - BOTTOM_RIGHT], [-TOP_LEFT - BOTTOM_RIGHT, 2 * BOTTOM_RIGHT]]
)

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1.5, "says": "half is missing"}
gradient_by_hand = 2 * np.array(
    [[2 * TOP_LEFT, -TOP_LEFT - BOTTOM_RIGHT], [-TOP_LEFT - BOTTOM_RIGHT, 2 * BOTTOM_RIGHT]]
)

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1.5, "says": "sign is turned"}
gradient_by_hand = [
    [-2 * TOP_LEFT, TOP_LEFT + BOTTOM_RIGHT],
    [TOP_LEFT + BOTTOM_RIGHT, -2 * BOTTOM_RIGHT],
]

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 2, "says": "is not right"}
gradient_by_hand = [[TOP_LEFT, 0], [0, BOTTOM_RIGHT]]

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 2, "says": "not answered yet"}
gradient_by_hand = ...


# %% nbgrader={"grade_id": "smooth"} variant={"right": "a loop"}
def roughness_gradient(image):
    rows, columns = len(image), len(image[0])
    found = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            if i + 1 < rows:
                d = image[i + 1][j] - image[i][j]
                found[i + 1][j] += d
                found[i][j] -= d
            if j + 1 < columns:
                d = image[i][j + 1] - image[i][j]
                found[i][j + 1] += d
                found[i][j] -= d
    return found


# %% nbgrader={"grade_id": "smooth"} variant={"right": "padded with its edge"}
def roughness_gradient(image):
    padded = np.pad(image, 1, mode="edge")
    around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
    return 4 * image - around


# %% nbgrader={"grade_id": "smooth"} variant={"right": "TensorFlow's tape"}
import tensorflow as tf


def roughness_gradient(image):
    image = tf.constant(image, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(image)
        down, across = image[1:] - image[:-1], image[:, 1:] - image[:, :-1]
        value = (tf.reduce_sum(down**2) + tf.reduce_sum(across**2)) / 2
    return tape.gradient(value, image)


# %% nbgrader={"grade_id": "smooth"} variant={"loses": 3, "says": "sign is turned"}
def roughness_gradient(image):
    padded = np.pad(image, 1, mode="edge")
    return (
        padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2] - 4 * image
    )


# %% nbgrader={"grade_id": "smooth"} variant={"loses": 3, "says": "half is missing"}
def roughness_gradient(image):
    padded = np.pad(image, 1, mode="edge")
    return 2 * (
        4 * image - padded[2:, 1:-1] - padded[:-2, 1:-1] - padded[1:-1, 2:] - padded[1:-1, :-2]
    )


# %% nbgrader={"grade_id": "smooth"} variant={"loses": 2, "says": "wrapped round"}
def roughness_gradient(image):
    return 4 * image - sum(np.roll(image, k, axis) for axis in (0, 1) for k in (1, -1))


# %% nbgrader={"grade_id": "smooth"} variant={"loses": 3, "says": "across are missing"}
def roughness_gradient(image):
    padded = np.pad(image, 1, mode="edge")
    return 2 * image - padded[2:, 1:-1] - padded[:-2, 1:-1]


# %% nbgrader={"grade_id": "smooth"} variant={"loses": 2, "says": "downwards are missing"}
def roughness_gradient(image):
    padded = np.pad(image, 1, mode="edge")
    return 2 * image - padded[1:-1, 2:] - padded[1:-1, :-2]


# %% nbgrader={"grade_id": "smooth"} variant={"loses": 4, "says": "its shape is"}
def roughness_gradient(image):
    return np.diff(image, axis=0)[:, 1:] + np.diff(image, axis=1)[1:]


# %% nbgrader={"grade_id": "paint"} variant={"right": "twelve turns more"}
moved = feature_visualization.Regularisers(jitter=20, rotate=6, zoom=0.2)
options = {"fourier": True, "step_size": 0.02, "regularisers": moved, "seed": SEED}
your_picture = feature_visualization.class_images(
    squeezenet, CLASS, 192, 200, **options
).pictures[0]

# %% nbgrader={"grade_id": "paint"} variant={"loses": 1, "says": "ten first guesses"}
options = {"fourier": True, "step_size": 0.1, "seed": SEED}
your_picture = feature_visualization.class_images(
    squeezenet, CLASS, 192, 30, **options
).pictures[0]

# %% nbgrader={"grade_id": "paint"} variant={"loses": 3, "says": "the painter's first guess"}
your_picture = np.random.default_rng(0).uniform(0, 255, (64, 64, 3))

# %% nbgrader={"grade_id": "paint"} variant={"loses": 3, "says": "the painter's first guess"}
your_picture = np.full((96, 96, 3), 128, np.uint8)


# %% nbgrader={"grade_id": "fool"} variant={"right": "the band first"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    low, high = np.maximum(noise - reach, 0), np.minimum(noise + reach, 255)
    picture = noise.copy()
    for _ in range(steps):
        picture += step_size * np.sign(
            attribution.input_gradient(network, picture, class_number)
        )
        picture = np.minimum(np.maximum(picture, low), high)
    return picture


# %% nbgrader={"grade_id": "fool"} variant={"right": "the change is kept"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    change = np.zeros_like(noise)
    for _ in range(steps):
        slope = attribution.input_gradient(network, noise + change, class_number)
        change = np.clip(change + step_size * np.sign(slope), -reach, reach)
        change = np.clip(noise + change, 0, 255) - noise
    return noise + change


# %% nbgrader={"grade_id": "fool"} variant={"right": "a tape of one's own"}
import tensorflow as tf


def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    scores = tf.keras.Model(network.model.inputs[0], network.logits)
    start = tf.constant(noise[None], tf.float32)
    picture = start
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(picture)
            goal = scores(picture)[0, class_number]
        picture = picture + step_size * tf.sign(tape.gradient(goal, picture))
        picture = tf.clip_by_value(
            tf.clip_by_value(picture, start - reach, start + reach), 0, 255
        )
    return picture[0]


# %% nbgrader={"grade_id": "fool"} variant={"loses": 3, "says": "goes down"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    picture = noise
    for _ in range(steps):
        slope = attribution.input_gradient(network, picture, class_number)
        picture = np.clip(
            np.clip(picture - step_size * np.sign(slope), noise - reach, noise + reach), 0, 255
        )
    return picture


# %% nbgrader={"grade_id": "fool"} variant={"loses": 3, "says": "not kept within"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    picture = noise
    for _ in range(steps):
        slope = attribution.input_gradient(network, picture, class_number)
        picture = np.clip(picture + step_size * np.sign(slope), 0, 255)
    return picture


# %% nbgrader={"grade_id": "fool"} variant={"loses": 2, "says": "take its sign"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    picture = noise
    for _ in range(steps):
        slope = attribution.input_gradient(network, picture, class_number)
        slope = slope / np.sqrt((slope**2).mean())
        picture = np.clip(
            np.clip(picture + step_size * slope, noise - reach, noise + reach), 0, 255
        )
    return picture


# %% nbgrader={"grade_id": "fool"} variant={"loses": 2, "says": "no notice of `steps`"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    picture = noise
    for _ in range(30):
        slope = attribution.input_gradient(network, picture, class_number)
        picture = np.clip(
            np.clip(picture + step_size * np.sign(slope), noise - reach, noise + reach), 0, 255
        )
    return picture


# %% nbgrader={"grade_id": "fool"} variant={"loses": 4, "says": "not answered yet"}
def fool(network, class_number, noise, reach=8.0, step_size=1.0, steps=30):
    print("nothing yet")
