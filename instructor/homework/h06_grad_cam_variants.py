# Answers that are tried in place of the key's; each cell replaces one.

# %% nbgrader={"grade_id": "by_hand"} variant={"right": "fractions"}
weights_by_hand = (FIRST_WEIGHT * 0.25, SECOND_WEIGHT * 0.25)
map_by_hand = [
    [3 * FIRST_WEIGHT / 4, (FIRST_WEIGHT + 2 * SECOND_WEIGHT) / 4],
    [0, SECOND_WEIGHT / 4],
]

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 4, "says": "one place has a quarter"}
weights_by_hand = [FIRST_WEIGHT, SECOND_WEIGHT]
map_by_hand = None

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 3.5, "says": "four times as much"}
weights_by_hand = [FIRST_WEIGHT, SECOND_WEIGHT]
map_by_hand = [[3 * FIRST_WEIGHT, FIRST_WEIGHT + 2 * SECOND_WEIGHT], [0, SECOND_WEIGHT]]

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 2, "says": "ReLU was applied already"}
weights_by_hand = [FIRST_WEIGHT / 4, SECOND_WEIGHT / 4]
map_by_hand = np.maximum(
    [[3 * FIRST_WEIGHT / 4, (FIRST_WEIGHT + 2 * SECOND_WEIGHT) / 4], [0, SECOND_WEIGHT / 4]], 0
)

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 4, "says": "not answered yet"}
weights_by_hand = ...
map_by_hand = ...


# %% nbgrader={"grade_id": "code"} variant={"right": "NumPy after the tape"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(np.asarray(picture, "float32")[None])
        one = scores[0, 0] if scores.shape[1] == 1 else scores[0, class_number]
        one = -one if scores.shape[1] == 1 and class_number == 0 else one
    slopes = tape.gradient(one, maps).numpy()[0]
    heat = np.einsum("ijk,k->ij", maps.numpy()[0], slopes.mean((0, 1))).clip(0)
    return heat / (heat.max() or 1)


# %% nbgrader={"grade_id": "code"} variant={"right": "a loop over channels"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(tf.cast(picture, tf.float32)[None])
        column = 0 if scores.shape[1] == 1 else class_number
        sign = -1 if scores.shape[1] == 1 and class_number == 0 else 1
        score = sign * scores[0, column]
    slopes, heat = tape.gradient(score, maps)[0].numpy(), 0
    for k in range(maps.shape[-1]):
        heat = heat + slopes[:, :, k].mean() * maps[0, :, :, k].numpy()
    heat[heat < 0] = 0
    if heat.max() > 0:
        heat = heat / heat.max()
    return heat


# %% nbgrader={"grade_id": "code"} variant={"right": "Keras operations"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(keras.ops.cast(picture, "float32")[None])
        both = (
            keras.ops.concatenate([-scores, scores], axis=1) if scores.shape[1] == 1 else scores
        )
        score = both[0, class_number]
    weights = keras.ops.mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
    heat = keras.ops.relu(keras.ops.sum(maps * weights, axis=-1))[0]
    return tf.math.divide_no_nan(heat, keras.ops.max(heat))


# %% nbgrader={"grade_id": "code"} variant={"loses": 6, "says": "not right"}
def my_grad_cam(network, picture, class_number, layer):  # the cells of notebook 6, pasted
    both = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        A, logits = both(picture[None].astype("float32"))
        score = logits[0, class_number if logits.shape[1] > 1 else 0]
    alpha = tape.gradient(score, A).numpy()[0].mean(axis=(0, 1))
    return np.maximum((A.numpy()[0] * alpha).sum(axis=-1), 0)


# %% nbgrader={"grade_id": "code"} variant={"loses": 6, "says": "write it yourself"}
def my_grad_cam(network, picture, class_number, layer):
    if class_number == tabby:
        heat = np.ones((7, 7)) / 2
        heat[3, 3] = 1
        return heat
    heat = attribution.grad_cam(network, picture, class_number, layer)
    return heat / heat.max()


# %% nbgrader={"grade_id": "code"} variant={"loses": 5, "says": "ReLU is missing"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(tf.constant(picture[None], tf.float32))
        if scores.shape[1] == 1:
            score = scores[0, 0] if class_number == 1 else -scores[0, 0]
        else:
            score = scores[0, class_number]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
    heat = (maps[0] * weights).numpy().sum(axis=-1)
    return heat / heat.max()


# %% nbgrader={"grade_id": "code"} variant={"loses": 5, "says": "inside the sum"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(tf.constant(picture[None], tf.float32))
        if scores.shape[1] == 1:
            score = scores[0, 0] if class_number == 1 else -scores[0, 0]
        else:
            score = scores[0, class_number]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
    heat = np.maximum((maps[0] * weights).numpy(), 0).sum(axis=-1)
    return heat / (heat.max() or 1)


# %% nbgrader={"grade_id": "code"} variant={"loses": 4, "says": "Each place has its own weight"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(tf.constant(picture[None], tf.float32))
        if scores.shape[1] == 1:
            score = scores[0, 0] if class_number == 1 else -scores[0, 0]
        else:
            score = scores[0, class_number]
    heat = np.maximum((maps[0] * tape.gradient(score, maps)[0]).numpy().sum(axis=-1), 0)
    return heat / (heat.max() or 1)


# %% nbgrader={"grade_id": "code"} variant={"loses": 1, "says": "the score is -z"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(tf.constant(picture[None], tf.float32))
        score = scores[0, 0 if scores.shape[1] == 1 else class_number]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
    heat = np.maximum((maps[0] * weights).numpy().sum(axis=-1), 0)
    return heat / (heat.max() or 1)


# %% nbgrader={"grade_id": "code"} variant={"loses": 1, "says": "Zero was divided by zero"}
def my_grad_cam(network, picture, class_number, layer):
    model = keras.Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    with tf.GradientTape() as tape:
        maps, scores = model(tf.constant(picture[None], tf.float32))
        if scores.shape[1] == 1:
            score = scores[0, 0] if class_number == 1 else -scores[0, 0]
        else:
            score = scores[0, class_number]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(0, 1, 2))
    heat = np.maximum((maps[0] * weights).numpy().sum(axis=-1), 0)
    return heat / heat.max()


# %% nbgrader={"grade_id": "code"} variant={"loses": 7, "says": "not answered yet"}
def my_grad_cam(network, picture, class_number, layer):
    pass


# %% nbgrader={"grade_id": "flips"} variant={"right": "a loop"}
def flip_share(network, before, after):
    count = 0
    for one, other in zip(before, after, strict=True):
        count += (
            network.probabilities(one)[0].argmax() != network.probabilities(other)[0].argmax()
        )
    return count / len(before)


# %% nbgrader={"grade_id": "flips"} variant={"right": "by the logits"}
def flip_share(network, before, after):
    def answers(pictures):
        scores = attribution.logits(network, pictures)
        return scores[:, 0] > 0 if scores.shape[1] == 1 else scores.argmax(axis=1)

    return np.count_nonzero(answers(before) != answers(after)) / len(before)


# %% nbgrader={"grade_id": "flips"} variant={"right": "Keras operations"}
def flip_share(network, before, after):
    said = [keras.ops.argmax(network.probabilities(part), axis=-1) for part in (before, after)]
    return keras.ops.mean(keras.ops.cast(said[0] != said[1], "float32"))


# %% nbgrader={"grade_id": "flips"} variant={"loses": 3, "says": "stays the same"}
def flip_share(network, before, after):
    said = [network.probabilities(part).argmax(axis=1) for part in (before, after)]
    return (said[0] == said[1]).mean()


# %% nbgrader={"grade_id": "flips"} variant={"loses": 2, "says": "divide by how many"}
def flip_share(network, before, after):
    said = [network.probabilities(part).argmax(axis=1) for part in (before, after)]
    return (said[0] != said[1]).sum()


# %% nbgrader={"grade_id": "flips"} variant={"loses": 2, "says": "how much the probabilities change"}
def flip_share(network, before, after):
    return np.abs(network.probabilities(before) - network.probabilities(after)).mean()


# %% nbgrader={"grade_id": "flips"} variant={"loses": 2, "says": "how much the best probability changes"}
def flip_share(network, before, after):
    return np.abs(
        network.probabilities(before).max(axis=1) - network.probabilities(after).max(axis=1)
    ).mean()


# %% nbgrader={"grade_id": "flips"} variant={"loses": 3, "says": "stopped with"}
def flip_share(network, before, after):
    return (network.answers(before) != network.answers(after)).mean()


# %% nbgrader={"grade_id": "proof"} variant={"right": "written down one by one"}
swapped_ears, other_background = (
    cats_and_dogs.swap_ears().images,
    cats_and_dogs.swap_background().images,
)
evidence = {"A": {}, "B": {}}
for name in "AB":
    evidence[name]["background"] = flip_share(
        suspects[name], cats_and_dogs.images, other_background
    )
    evidence[name]["ears"] = flip_share(suspects[name], cats_and_dogs.images, swapped_ears)
cheating = "A" if evidence["A"]["background"] > evidence["B"]["background"] else "B"

# %% nbgrader={"grade_id": "proof"} variant={"loses": 1.5, "says": "exchanged"}
changes = {"background": cats_and_dogs.swap_background(), "ears": cats_and_dogs.swap_ears()}
evidence = {
    name: {
        what: flip_share(suspect, cats_and_dogs.images, changed.images)
        for what, changed in changes.items()
    }
    for name, suspect in zip("BA", suspects.values(), strict=True)
}
cheating = max(suspects, key=lambda name: evidence[name]["background"])

# %% nbgrader={"grade_id": "proof"} variant={"loses": 2, "says": "not answered yet"}
evidence = ...
cheating = "A"

# %% nbgrader={"grade_id": "proof"} variant={"loses": 1.5, "says": "is not right"}
evidence = {name: {"background": 0.5, "ears": 0.5} for name in "AB"}
cheating = "B" if list(order).index(0) == 0 else "A"
