# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "paper"} variant={"right": "step by step"}
width, step, first = KERNEL, 2, -3
width, step = width + 2 * step, step * 2
width, first = width + 2 * DILATION * step, first - DILATION * step
on_paper = {"size": width, "stride": step, "start": first}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 1, "says": "dilation spreads"}
on_paper = {"size": KERNEL + 12, "stride": 4, "start": -3 - 4 * DILATION}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 2, "says": "times the strides before it"}
on_paper = {"size": KERNEL + 2 + 2 * DILATION, "stride": 4, "start": -3 - DILATION}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 1.5, "says": "before pixel 0"}
on_paper = {"size": KERNEL + 4 + 8 * DILATION, "stride": 4, "start": 0}


# %% nbgrader={"grade_id": "field"} variant={"right": "from behind"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in reversed(layers):
        size = (size - 1) * stride + (kernel - 1) * dilation + 1
        start = start * stride - padding
        step *= stride
    return size, step, start


# %% nbgrader={"grade_id": "field"} variant={"right": "NumPy, cumulated"}
def field(layers):
    if not layers:
        return 1, 1, 0
    kernel, stride, padding, dilation = np.array(layers).T
    before = np.concatenate([[1], np.cumprod(stride)])
    return (
        1 + ((kernel - 1) * dilation * before[:-1]).sum(),
        before[-1],
        -(padding * before[:-1]).sum(),
    )


# %% nbgrader={"grade_id": "field"} variant={"right": "Keras ops"}
import keras


def field(layers):
    size, step, start = (keras.ops.convert_to_tensor(one) for one in (1, 1, 0))
    for kernel, stride, padding, dilation in layers:
        size, start = size + (kernel - 1) * dilation * step, start - padding * step
        step = step * stride
    return keras.ops.stack([size, step, start])


# %% nbgrader={"grade_id": "field"} variant={"loses": 4, "says": "shape"}
def field(layers):
    r, j = 1, 1
    for kernel, stride, _, _ in layers:
        r, j = r + (kernel - 1) * j, j * stride
    return r, j


# %% nbgrader={"grade_id": "field"} variant={"loses": 2, "says": "dilation is missing"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, _ in layers:
        size += (kernel - 1) * step
        start -= padding * step
        step *= stride
    return size, step, start


# %% nbgrader={"grade_id": "field"} variant={"loses": 3.5, "says": "own stride acts on the layers behind"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        start -= padding * step
        step *= stride
        size += (kernel - 1) * dilation * step
    return size, step, start


# %% nbgrader={"grade_id": "field"} variant={"loses": 3.5, "says": "minus"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        size += (kernel - 1) * dilation * step
        start += padding * step
        step *= stride
    return size, step, start


# %% nbgrader={"grade_id": "field"} variant={"loses": 3.5, "says": "k - 1"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        size += kernel * dilation * step
        start -= padding * step
        step *= stride
    return size, step, start


# %% nbgrader={"grade_id": "field"} variant={"loses": 3, "says": "Padding counts in pixels"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        size += (kernel - 1) * dilation * step
        start -= padding
        step *= stride
    return size, step, start


# %% nbgrader={"grade_id": "field"} variant={"loses": 3, "says": "reach counts in pixels"}
def field(layers):
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        size += (kernel - 1) * dilation
        start -= padding * step
        step *= stride
    return size, step, start


# %% nbgrader={"grade_id": "stripes"} variant={"right": "a loop"}
def stripes(side, period, angle):
    import math

    turn, made = math.radians(angle), []
    for y in range(side):
        row = []
        for x in range(side):
            along = x * math.cos(turn) + y * math.sin(turn)
            row.append([127.5 + 127.5 * math.sin(2 * math.pi * along / period)] * 3)
        made.append(row)
    return made


# %% nbgrader={"grade_id": "stripes"} variant={"right": "outer sums"}
def stripes(side, period, angle):
    line = np.arange(side) * 2 * np.pi / period
    turn = angle * np.pi / 180
    wave = np.sin(np.add.outer(line * np.sin(turn), line * np.cos(turn)))
    return np.stack([127.5 * (1 + wave)] * 3, axis=-1)


# %% nbgrader={"grade_id": "stripes"} variant={"right": "Keras ops"}
import keras


def stripes(side, period, angle):
    ops, turn = keras.ops, np.pi * angle / 180
    line = ops.arange(side, dtype="float32")
    along = line[None, :] * float(np.cos(turn)) + line[:, None] * float(np.sin(turn))
    wave = 127.5 + 127.5 * ops.sin(along * (2 * np.pi / period))
    return ops.convert_to_numpy(ops.repeat(wave[..., None], 3, axis=-1))


# %% nbgrader={"grade_id": "stripes"} variant={"loses": 3, "says": "x are columns, y rows"}
def stripes(side, period, angle):
    x, y = np.mgrid[:side, :side]
    turn = np.deg2rad(angle)
    wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
    return np.repeat(127.5 + 127.5 * wave[..., None], 3, axis=2)


# %% nbgrader={"grade_id": "stripes"} variant={"loses": 2.5, "says": "radians"}
def stripes(side, period, angle):
    y, x = np.mgrid[:side, :side]
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    return np.repeat(127.5 + 127.5 * wave[..., None], 3, axis=2)


# %% nbgrader={"grade_id": "stripes"} variant={"loses": 3, "says": "Divide by the period"}
def stripes(side, period, angle):
    y, x = np.mgrid[:side, :side]
    turn = np.deg2rad(angle)
    wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) * period)
    return np.repeat(127.5 + 127.5 * wave[..., None], 3, axis=2)


# %% nbgrader={"grade_id": "stripes"} variant={"loses": 3, "says": "grey in the middle"}
def stripes(side, period, angle):
    y, x = np.mgrid[:side, :side]
    turn = np.deg2rad(angle)
    wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
    return np.repeat(127.5 * wave[..., None], 3, axis=2)


# %% nbgrader={"grade_id": "stripes"} variant={"loses": 3, "says": "not 0..255"}
def stripes(side, period, angle):
    y, x = np.mgrid[:side, :side]
    turn = np.deg2rad(angle)
    wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
    return np.repeat(0.5 + 0.5 * wave[..., None], 3, axis=2)


# %% nbgrader={"grade_id": "stripes"} variant={"loses": 2.5, "says": "other side"}
def stripes(side, period, angle):
    y, x = np.mgrid[:side, :side]
    turn = np.deg2rad(angle)
    wave = np.sin(2 * np.pi * (x * np.cos(turn) - y * np.sin(turn)) / period)
    return np.repeat(127.5 + 127.5 * wave[..., None], 3, axis=2)


# %% nbgrader={"grade_id": "unit"} variant={"right": "the sum of three ratios"}
score = 0
for period in (6, 8, 12):
    a, b = (
        network.features_of(stripes(96, period, angle), LAYER)[0, 3:-3, 3:-3].mean((0, 1))
        for angle in (ANGLE, ANGLE + 90)
    )
    score = score + np.where((a > 3 * b) & (a > np.median(a)), 1, 0)
stripe_unit = int(np.flatnonzero(score == 3)[0])


# %% nbgrader={"grade_id": "unit"} variant={"loses": 1.5, "says": "stripes across"}
a, b = (
    network.features_of(stripes(96, 8, angle), LAYER)[0, 3:-3, 3:-3].mean((0, 1))
    for angle in (ANGLE + 90, ANGLE)
)
stripe_unit = int(np.argmax(a - b))


# %% nbgrader={"grade_id": "unit"} variant={"loses": 1.5, "says": "alike"}

a, b = (
    network.features_of(stripes(96, 8, angle), LAYER)[0, 3:-3, 3:-3].mean((0, 1))
    for angle in (ANGLE, ANGLE + 90)
)
stripe_unit = int(np.argmin(np.abs(a - b) / (a + b + 1e-3) - 10 * (a > np.median(a))))


# %% nbgrader={"grade_id": "overlap"} variant={"right": "a loop"}
def overlap(maps, masks, share):
    found = []
    for channel in range(maps.shape[-1]):
        one = maps[:, :, :, channel]
        on = one > np.quantile(one, 1 - share)
        found.append(np.logical_and(on, masks).sum() / np.logical_or(on, masks).sum())
    return found


# %% nbgrader={"grade_id": "overlap"} variant={"right": "counts: on + mask - both"}
def overlap(maps, masks, share):
    flat, inside = maps.reshape(-1, maps.shape[-1]), masks.ravel()
    on = flat > np.percentile(flat, 100 * (1 - share), axis=0)
    both = on[inside].sum(axis=0)
    return both / (on.sum(axis=0) + inside.sum() - both)


# %% nbgrader={"grade_id": "overlap"} variant={"right": "Keras ops"}
import keras


def overlap(maps, masks, share):
    ops = keras.ops
    flat = ops.reshape(ops.cast(maps, "float64"), (-1, maps.shape[-1]))
    inside = ops.reshape(ops.convert_to_tensor(masks), (-1, 1))
    on = flat > ops.quantile(flat, 1 - share, axis=0)
    both = ops.sum(ops.cast(ops.logical_and(on, inside), "float64"), axis=0)
    return both / ops.sum(ops.cast(ops.logical_or(on, inside), "float64"), axis=0)


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 2, "says": "One threshold for all channels"}
def overlap(maps, masks, share):
    on, inside = maps > np.quantile(maps, 1 - share), masks[..., None]
    return (on & inside).sum((0, 1, 2)) / (on | inside).sum((0, 1, 2))


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 2, "says": "threshold for each photo"}
def overlap(maps, masks, share):
    on = maps > np.quantile(maps, 1 - share, axis=(1, 2), keepdims=True)
    inside = masks[..., None]
    return (on & inside).sum((0, 1, 2)) / (on | inside).sum((0, 1, 2))


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 2, "says": "mean over the photos"}
def overlap(maps, masks, share):
    on = maps > np.quantile(maps.reshape(-1, maps.shape[-1]), 1 - share, axis=0)
    inside = masks[..., None]
    return ((on & inside).sum((1, 2)) / np.maximum((on | inside).sum((1, 2)), 1)).mean(axis=0)


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 2, "says": "Divided by the mask alone"}
def overlap(maps, masks, share):
    on = maps > np.quantile(maps.reshape(-1, maps.shape[-1]), 1 - share, axis=0)
    return (on & masks[..., None]).sum((0, 1, 2)) / masks.sum()


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 2.5, "says": "Divided by the places that are on"}
def overlap(maps, masks, share):
    on = maps > np.quantile(maps.reshape(-1, maps.shape[-1]), 1 - share, axis=0)
    return (on & masks[..., None]).sum((0, 1, 2)) / on.sum((0, 1, 2))


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 3, "says": "counted twice"}
def overlap(maps, masks, share):
    on = maps > np.quantile(maps.reshape(-1, maps.shape[-1]), 1 - share, axis=0)
    return (on & masks[..., None]).sum((0, 1, 2)) / (on.sum((0, 1, 2)) + masks.sum())


# %% nbgrader={"grade_id": "overlap"} variant={"loses": 2.5, "says": "Dice"}
def overlap(maps, masks, share):
    on = maps > np.quantile(maps.reshape(-1, maps.shape[-1]), 1 - share, axis=0)
    return 2 * (on & masks[..., None]).sum((0, 1, 2)) / (on.sum((0, 1, 2)) + masks.sum())


# %% nbgrader={"grade_id": "ear_unit"} variant={"loses": 1, "says": "far behind the best"}
own_maps, other_maps = maps_of(cats), maps_of(with_dog_ears)
ear_unit = int(np.argmin(overlap(own_maps, ears, 0.05) + 10.0 * (own_maps.max((0, 1, 2)) == 0)))
largest = {"own ears": own_maps, "dog's ears": other_maps}
largest = {name: some[..., ear_unit].max((1, 2)).mean() + 0 for name, some in largest.items()}


# %% nbgrader={"grade_id": "ear_unit"} variant={"loses": 0.5, "says": "mean over the places"}
own_maps, other_maps = maps_of(cats), maps_of(with_dog_ears)
ear_unit = int(np.argmax(overlap(own_maps, ears, 0.05)))
largest = {
    "own ears": own_maps[..., ear_unit].mean(),
    "dog's ears": other_maps[..., ear_unit].mean(),
}
