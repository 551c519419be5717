# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "count"} variant={"right": "asked the model"}
model, numbers = fresh(0), []
for chosen in (["head"], ["conv3", "head"], ["conv3", "norm3", "head"]):
    for layer in model.layers:
        layer.trainable = layer.name in chosen
    numbers.append(sum(int(np.prod(one.shape)) for one in model.trainable_weights))
counted = dict(zip(("head", "conv3 and head", "norm3, too"), numbers, strict=True))


# %% nbgrader={"grade_id": "count"} variant={"loses": 2.5, "says": "biases are missing"}
counted = {"head": 20 * WIDTH, "conv3 and head": 72 * WIDTH**2 + 20 * WIDTH}
counted["norm3, too"] = counted["conv3 and head"] + 8 * WIDTH


# %% nbgrader={"grade_id": "count"} variant={"loses": 1, "says": "stored averages are not trained"}
counted = {"head": 20 * WIDTH + 5, "conv3 and head": 72 * WIDTH**2 + 24 * WIDTH + 5}
counted["norm3, too"] = counted["conv3 and head"] + 16 * WIDTH


# %% nbgrader={"grade_id": "count"} variant={"loses": 2, "says": "all channels of the layer"}
counted = {"head": 20 * WIDTH + 5, "conv3 and head": 60 * WIDTH + 5}
counted["norm3, too"] = counted["conv3 and head"] + 8 * WIDTH


# %% nbgrader={"grade_id": "thaw"} variant={"right": "a loop from behind"}
def thaw_last(network, count):
    left = count
    for layer in reversed(network.model.layers):
        usual = bool(layer.weights) and type(layer).__name__ != "BatchNormalization"
        layer.trainable = usual and left > 0
        left -= usual
    return sum(w.numpy().size for w in network.model.trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"right": "freeze all, then thaw some"}
def thaw_last(network, count):
    model = network.model
    for layer in model.layers:
        layer.trainable = False
    norm = keras.layers.BatchNormalization
    names = [
        layer.name
        for layer in model.layers
        if layer.get_weights() and not isinstance(layer, norm)
    ]
    chosen = names[-count:] if count else []
    for name in chosen:
        model.get_layer(name).trainable = True
    return sum(model.get_layer(name).count_params() for name in chosen)


# %% nbgrader={"grade_id": "thaw"} variant={"right": "Keras ops"}
def thaw_last(network, count):
    usual = [
        place
        for place, layer in enumerate(network.model.layers)
        if layer.weights and not isinstance(layer, keras.layers.BatchNormalization)
    ]
    chosen = set(usual[::-1][:count])
    for place, layer in enumerate(network.model.layers):
        layer.trainable = place in chosen
    return sum(keras.ops.size(one) for one in network.model.trainable_weights)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 3, "says": "between them was thawed"}
def thaw_last(network, count):
    layers, norm = network.model.layers, keras.layers.BatchNormalization
    usual = [
        k for k, layer in enumerate(layers) if layer.weights and not isinstance(layer, norm)
    ]
    start = usual[-count] if count else len(layers)
    for place, layer in enumerate(layers):
        layer.trainable = place >= start
    return sum(w.numpy().size for w in network.model.trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 3, "says": "counts as one of the layers"}
def thaw_last(network, count):
    usual = [layer for layer in network.model.layers if layer.weights]
    for layer in network.model.layers:
        layer.trainable = False
    for layer in usual[len(usual) - count :]:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    return sum(w.numpy().size for w in network.model.trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 3, "says": "Layers without weights do not count"}
def thaw_last(network, count):
    layers, norm = network.model.layers, keras.layers.BatchNormalization
    for place, layer in enumerate(layers):
        layer.trainable = place >= len(layers) - count and not isinstance(layer, norm)
    return sum(w.numpy().size for w in network.model.trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 3.5, "says": "first layers learn"}
def thaw_last(network, count):
    norm = keras.layers.BatchNormalization
    usual = [
        layer for layer in network.model.layers if layer.weights and not isinstance(layer, norm)
    ]
    for layer in network.model.layers:
        layer.trainable = False
    for layer in usual[:count]:
        layer.trainable = True
    return sum(w.numpy().size for w in network.model.trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 4, "says": "are not frozen"}
def thaw_last(network, count):
    norm = keras.layers.BatchNormalization
    usual = [
        layer for layer in network.model.layers if layer.weights and not isinstance(layer, norm)
    ]
    for layer in network.model.layers:
        layer.trainable = True
    for layer in usual[len(usual) - count :]:
        layer.trainable = True
    return sum(w.numpy().size for w in network.model.trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 4, "says": "what is frozen"}
def thaw_last(network, count):
    norm = keras.layers.BatchNormalization
    usual = [
        layer for layer in network.model.layers if layer.weights and not isinstance(layer, norm)
    ]
    for layer in network.model.layers:
        layer.trainable = any(layer is one for one in usual[len(usual) - count :])
    return sum(w.numpy().size for w in network.model.non_trainable_variables)


# %% nbgrader={"grade_id": "thaw"} variant={"loses": 4, "says": "is the answer to this question"}
def thaw_last(network, count):
    from helpers import transfer

    names = [layer.name for layer in network.model.layers if layer.weights]
    return transfer.unfreeze_from(network, names[-max(count, 1)]).trainable


# %% nbgrader={"grade_id": "detective"} variant={"right": "loops"}
def diagnose(layers):
    changed, far = False, False
    for kind, part, before, after in layers:
        if part != "base":
            continue
        length = sum(float((old**2).sum()) for old in before) ** 0.5
        move = (
            sum(float(((new - old) ** 2).sum()) for old, new in zip(before, after, strict=True))
            ** 0.5
        )
        if move and kind == "BatchNormalization":
            return "batch norm moved"
        changed = changed or move > 0
        far = far or move > length / 2
    if not changed:
        return "never unfrozen"
    return "destroyed" if far else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"right": "array_equal"}
def diagnose(layers):
    base = [(kind, before, after) for kind, part, before, after in layers if part == "base"]
    same = [
        all(np.array_equal(a, b) for a, b in zip(old, new, strict=True)) for _, old, new in base
    ]
    if any(
        kind == "BatchNormalization" and not alike
        for (kind, _, _), alike in zip(base, same, strict=True)
    ):
        return "batch norm moved"
    if all(same):
        return "never unfrozen"
    for _, old, new in base:
        if not old:
            continue
        a, b = (np.hstack([one.ravel() for one in many]) for many in (old, new))
        if np.sqrt(((a - b) ** 2).sum()) > 0.5 * np.sqrt((a**2).sum()):
            return "destroyed"
    return "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"right": "Keras ops"}
def diagnose(layers):
    ops = keras.ops
    moves = {"BatchNormalization": [0.0], "other": [0.0]}
    for kind, part, before, after in layers:
        if part == "base" and before:
            a, b = (
                ops.concatenate([ops.reshape(ops.cast(x, "float64"), (-1,)) for x in many])
                for many in (before, after)
            )
            share = float(ops.norm(b - a)) / float(ops.norm(a))
            moves["BatchNormalization" if kind == "BatchNormalization" else "other"].append(
                share
            )
    if max(moves["BatchNormalization"]) > 0:
        return "batch norm moved"
    if max(moves["other"]) == 0:
        return "never unfrozen"
    return "destroyed" if max(moves["other"]) > 0.5 else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"loses": 1, "says": "stored averages"}
def diagnose(layers):
    changed, far = False, False
    for kind, part, before, after in layers:
        if part != "base":
            continue
        norm = kind == "BatchNormalization"
        pairs = list(zip(before, after, strict=True))[: 2 if norm else None]
        move = sum(float(((new - old) ** 2).sum()) for old, new in pairs) ** 0.5
        if move and norm:
            return "batch norm moved"
        changed = changed or move > 0
        far = far or move > sum(float((old**2).sum()) for old in before) ** 0.5 / 2
    if not changed:
        return "never unfrozen"
    return "destroyed" if far else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"loses": 0.5, "says": "head may move"}
def diagnose(layers):
    changed, far = False, False
    for kind, part, before, after in layers:
        move = (
            sum(float(((new - old) ** 2).sum()) for old, new in zip(before, after, strict=True))
            ** 0.5
        )
        if move and kind == "BatchNormalization":
            return "batch norm moved"
        if part == "base":
            changed = changed or move > 0
            far = far or move > sum(float((old**2).sum()) for old in before) ** 0.5 / 2
    if not changed:
        return "never unfrozen"
    return "destroyed" if far else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"loses": 1.5, "says": "Not only layers called Conv2D"}
def diagnose(layers):
    changed, far = False, False
    for kind, part, before, after in layers:
        if part != "base" or kind not in ("Conv2D", "BatchNormalization"):
            continue
        move = (
            sum(float(((new - old) ** 2).sum()) for old, new in zip(before, after, strict=True))
            ** 0.5
        )
        if move and kind == "BatchNormalization":
            return "batch norm moved"
        changed = changed or move > 0
        far = far or move > sum(float((old**2).sum()) for old in before) ** 0.5 / 2
    if not changed:
        return "never unfrozen"
    return "destroyed" if far else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"loses": 0.5, "says": "Biases are weights"}
def diagnose(layers):
    changed, far = False, False
    for kind, part, before, after in layers:
        if part != "base" or not before:
            continue
        some = slice(None) if kind == "BatchNormalization" else slice(1)
        pairs = list(zip(before[some], after[some], strict=True))
        move = sum(float(((new - old) ** 2).sum()) for old, new in pairs) ** 0.5
        if move and kind == "BatchNormalization":
            return "batch norm moved"
        changed = changed or move > 0
        far = far or move > sum(float((old**2).sum()) for old, _ in pairs) ** 0.5 / 2
    if not changed:
        return "never unfrozen"
    return "destroyed" if far else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"loses": 1, "says": "ask for batch normalisation first"}
def diagnose(layers):
    changed, far, norm = False, False, False
    for kind, part, before, after in layers:
        if part != "base":
            continue
        move = (
            sum(float(((new - old) ** 2).sum()) for old, new in zip(before, after, strict=True))
            ** 0.5
        )
        if kind == "BatchNormalization":
            norm = norm or move > 0
            continue
        changed = changed or move > 0
        far = far or move > sum(float((old**2).sum()) for old in before) ** 0.5 / 2
    if not changed:
        return "never unfrozen"
    return "destroyed" if far else "batch norm moved" if norm else "as it should be"


# %% nbgrader={"grade_id": "detective"} variant={"loses": 1, "says": "base that must not move too far"}
def diagnose(layers):
    changed, far = False, False
    for kind, part, before, after in layers:
        length = sum(float((old**2).sum()) for old in before) ** 0.5
        move = (
            sum(float(((new - old) ** 2).sum()) for old, new in zip(before, after, strict=True))
            ** 0.5
        )
        if move and kind == "BatchNormalization" and part == "base":
            return "batch norm moved"
        changed = changed or (move > 0 and part == "base")
        far = far or (move > length / 2 and kind != "BatchNormalization")
    if far:
        return "destroyed"
    return "as it should be" if changed else "never unfrozen"


# %% nbgrader={"grade_id": "verdicts"} variant={"loses": 0.75, "says": "is not it"}
verdicts = {letter: diagnose(runs[letter]) for letter in "ABCD"}
first, second = ORDER[1:3]
verdicts[first], verdicts[second] = verdicts[second], verdicts[first]


# %% nbgrader={"grade_id": "plan"} variant={"right": "fewer layers, other rates"}
plan = {
    "head epochs": 4,
    "head rate": 0.02,
    "learn": ["conv2", "conv3", "head"],
    "epochs": 16,
    "rate": 0.005,
}


# %% nbgrader={"grade_id": "plan"} variant={"loses": 2.5, "says": "Nothing but the head"}
plan = {"head epochs": 10, "head rate": 0.03, "learn": ["head"], "epochs": 10, "rate": 0.01}


# %% nbgrader={"grade_id": "plan"} variant={"loses": 3, "says": "costs too much"}
plan = {
    "head epochs": 30,
    "head rate": 0.03,
    "learn": ["conv3", "head"],
    "epochs": 40,
    "rate": 0.005,
}


# %% nbgrader={"grade_id": "plan"} variant={"loses": 2.5, "says": "too large or too small"}
plan = {
    "head epochs": 2,
    "head rate": 0.001,
    "learn": ["conv1", "conv2", "conv3", "head"],
    "epochs": 18,
    "rate": 1e-5,
}
