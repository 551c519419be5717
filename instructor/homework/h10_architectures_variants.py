# Answers that are tried in place of the key's; each cell replaces one.

# %% nbgrader={"grade_id": "by_hand"} variant={"right": "by convolution"}
places = {1: SIDE * SIDE, 2: (SIDE / 2) ** 2, 3: (SIDE / 2) ** 2}
products_by_hand = (
    places[1] * INNER * MAPS_IN
    + places[2] * INNER * KERNEL * KERNEL * INNER
    + places[3] * MAPS_OUT * 3 * 3 * INNER
)
sees_by_hand = float(1 + (KERNEL - 1) + 2 * 2)

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1.5, "says": "stride is forgotten"}
products_by_hand = SIDE**2 * INNER * (MAPS_IN + KERNEL**2 * INNER + 9 * MAPS_OUT)
sees_by_hand = KERNEL + 4

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1.5, "says": "not those that it reads"}
products_by_hand = SIDE**2 * INNER * (MAPS_IN + KERNEL**2 * INNER)
products_by_hand += (SIDE // 2) ** 2 * 9 * INNER * MAPS_OUT
sees_by_hand = KERNEL + 4

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 1.5, "says": "two places wide"}
products_by_hand = SIDE**2 * INNER * MAPS_IN
products_by_hand += (SIDE // 2) ** 2 * INNER * (KERNEL**2 * INNER + 9 * MAPS_OUT)
sees_by_hand = KERNEL + 2

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 3.5, "says": "places of the maps are missing"}
products_by_hand = INNER * (MAPS_IN + KERNEL**2 * INNER) + 9 * INNER
sees_by_hand = 2 * KERNEL + 3

# %% nbgrader={"grade_id": "by_hand"} variant={"loses": 4, "says": "not answered yet"}
products_by_hand = ...
sees_by_hand = ...


# %% nbgrader={"grade_id": "chain"} variant={"right": "math.ceil"}
def cost(chain, side, channels):
    import math

    found, jump = {"multiply-adds": 0, "sees": 1}, 1
    for kind, kernel, stride, wide in chain:
        side = math.ceil(side / stride)
        found["sees"] += (kernel - 1) * jump
        jump = jump * stride
        if kind == "pool":
            continue
        reads = channels if kind == "conv" else 1
        channels = wide if kind == "conv" else channels
        found["multiply-adds"] += side * side * channels * kernel * kernel * reads
    return found


# %% nbgrader={"grade_id": "chain"} variant={"right": "backwards"}
def cost(chain, side, channels):
    sees = 1
    for _, kernel, stride, _ in reversed(chain):
        sees = (sees - 1) * stride + kernel
    total = 0.0
    for kind, kernel, stride, wide in chain:
        side = (side + stride - 1) // stride
        if kind == "conv":
            total += np.prod([side, side, kernel, kernel, channels, wide], dtype=float)
            channels = wide
        if kind == "depthwise":
            total += np.prod([side, side, kernel, kernel, channels], dtype=float)
    return {"sees": sees, "multiply-adds": total}


# %% nbgrader={"grade_id": "chain"} variant={"right": "from Keras's layers"}
def cost(chain, side, channels):
    L = keras.layers
    makers = {
        "conv": lambda k, s, c: L.Conv2D(c, k, s, "same", use_bias=False),
        "depthwise": lambda k, s, c: L.DepthwiseConv2D(k, s, "same", use_bias=False),
        "pool": lambda k, s, c: L.MaxPooling2D(k, s, "same"),
    }
    x, products, sees, step = keras.Input((side, side, channels)), 0, 1, 1
    for kind, kernel, stride, wide in chain:
        layer = makers[kind](kernel, stride, wide)
        x = layer(x)
        products += layer.count_params() * x.shape[1] * x.shape[2]
        sees, step = sees + (kernel - 1) * step, step * stride
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 6, "says": "write it yourself"}
def cost(chain, side, channels):
    return by_card(chain, side, channels)


# %% nbgrader={"grade_id": "chain"} variant={"loses": 3, "says": "rounded up"}
def cost(chain, side, channels):
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        side = side // stride
        if kind != "pool":
            products += side**2 * kernel**2 * channels * (wide or 1)
        channels = wide or channels
        sees, step = sees + (kernel - 1) * step, step * stride
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 5, "says": "behind the stride"}
def cost(chain, side, channels):
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        if kind != "pool":
            products += side**2 * kernel**2 * channels * (wide or 1)
        side = -(-side // stride)
        channels = wide or channels
        sees, step = sees + (kernel - 1) * step, step * stride
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 5, "says": "not its own kernel"}
def cost(chain, side, channels):
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        side, step = -(-side // stride), step * stride
        if kind != "pool":
            products += side**2 * kernel**2 * channels * (wide or 1)
        channels = wide or channels
        sees += (kernel - 1) * step
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 3, "says": "reads one map only"}
def cost(chain, side, channels):
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        side = -(-side // stride)
        if kind != "pool":
            products += side**2 * kernel**2 * channels * (wide or channels)
        channels = wide or channels
        sees, step = sees + (kernel - 1) * step, step * stride
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 6, "says": "Each kernel reads all maps"}
def cost(chain, side, channels):
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        side = -(-side // stride)
        if kind == "conv":
            products += side**2 * kernel**2 * wide
        elif kind == "depthwise":
            products += side**2 * kernel**2 * channels
        channels = wide or channels
        sees, step = sees + (kernel - 1) * step, step * stride
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 3, "says": "A pooling widens"}
def cost(chain, side, channels):
    products, sees, step = 0, 1, 1
    for kind, kernel, stride, wide in chain:
        side = -(-side // stride)
        if kind != "pool":
            products += side**2 * kernel**2 * channels * (wide or 1)
            sees += (kernel - 1) * step
        channels = wide or channels
        step *= stride
    return {"multiply-adds": products, "sees": sees}


# %% nbgrader={"grade_id": "chain"} variant={"loses": 6, "says": "not answered yet"}
def cost(chain, side, channels):
    pass


# %% nbgrader={"grade_id": "verdict"} variant={"right": "SciPy's interval"}
def verdict(first, second):
    from scipy import stats

    gains = np.subtract(second, first)
    if np.ptp(gains) < 1e-12:
        return "better" if gains[0] > 0 else "worse" if gains[0] < 0 else "cannot tell"
    low, high = stats.t.interval(0.95, len(gains) - 1, gains.mean(), stats.sem(gains))
    return "better" if low > 0 else "worse" if high < 0 else "cannot tell"


# %% nbgrader={"grade_id": "verdict"} variant={"right": "the paired t test"}
def verdict(first, second):
    from scipy.stats import t

    gains = [b - a for a, b in zip(first, second, strict=True)]
    n, mean = len(gains), sum(gains) / len(gains)
    error = (sum((g - mean) ** 2 for g in gains) / (n - 1) / n) ** 0.5
    sure = abs(mean) > t.ppf(0.975, n - 1) * error
    return ("better" if mean > 0 else "worse") if sure else "cannot tell"


# %% nbgrader={"grade_id": "verdict"} variant={"right": "a loop"}
def verdict(first, second):
    from scipy.stats import t

    n, total, squares = len(first), 0.0, 0.0
    for a, b in zip(first, second, strict=True):
        total += b - a
    for a, b in zip(first, second, strict=True):
        squares += (b - a - total / n) ** 2
    half = t.ppf(0.975, n - 1) * (squares / (n - 1)) ** 0.5 / n**0.5
    answer = "Cannot tell"
    if total / n > half:
        answer = "Better"
    if total / n < -half:
        answer = "Worse"
    return answer


# %% nbgrader={"grade_id": "verdict"} variant={"loses": 1.5, "says": "not the two groups"}
def verdict(first, second):
    from scipy.stats import ttest_ind

    if np.ptp(first) == np.ptp(second) == 0:
        return "cannot tell"
    gain = np.mean(second) - np.mean(first)
    sure = ttest_ind(first, second).pvalue < 0.05
    return ("better" if gain > 0 else "worse") if sure else "cannot tell"


# %% nbgrader={"grade_id": "verdict"} variant={"loses": 0.5, "says": "the factor is 4.3"}
def verdict(first, second):
    gains = np.subtract(second, first)
    half = 1.96 * gains.std(ddof=1) / len(gains) ** 0.5
    return (
        "better" if gains.mean() > half else "worse" if gains.mean() < -half else "cannot tell"
    )


# %% nbgrader={"grade_id": "verdict"} variant={"loses": 1, "says": "by the root of n"}
def verdict(first, second):
    from scipy.stats import t

    gains = np.subtract(second, first)
    half = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1)
    return (
        "better" if gains.mean() > half else "worse" if gains.mean() < -half else "cannot tell"
    )


# %% nbgrader={"grade_id": "verdict"} variant={"loses": 2, "says": "The sign is turned"}
def verdict(first, second):
    from scipy.stats import t

    gains = np.subtract(first, second)
    half = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / len(gains) ** 0.5
    return (
        "better" if gains.mean() > half else "worse" if gains.mean() < -half else "cannot tell"
    )


# %% nbgrader={"grade_id": "verdict"} variant={"loses": 1.0, "says": "is not it"}
def verdict(first, second):
    return "better" if np.mean(second) > np.mean(first) else "worse"


# %% nbgrader={"grade_id": "verdict"} variant={"loses": 3, "says": "not answered yet"}
def verdict(first, second):
    pass


# %% nbgrader={"grade_id": "trial"} variant={"right": "loops"}
SEEDS = [SEED, SEED + 1, SEED + 2]
widths, accuracies = {}, {}
model = architectures.block_network("two 3x3", 8)
for block in ("two 3x3", TRICK):
    wide = architectures.widest(block, architectures.model_card(model).multiply_adds)
    widths[block], accuracies[block] = wide, []
    for seed in SEEDS:
        result = architectures.try_out(
            lambda block=block, wide=wide: architectures.block_network(block, wide),
            [seed],
            epochs=3,
            rate=0.01,
        )
        accuracies[block].append(result[0].accuracy)
says = verdict(accuracies["two 3x3"], accuracies[TRICK])

# %% nbgrader={"grade_id": "trial"} variant={"loses": 2, "says": "no equal budget"}
SEEDS = (SEED, SEED + 1, SEED + 2)
widths = {"two 3x3": 8, TRICK: 8}
accuracies = {"two 3x3": [0.05, 0.06, 0.07], TRICK: [0.95, 0.96, 0.98]}
says = verdict(accuracies["two 3x3"], accuracies[TRICK])

# %% nbgrader={"grade_id": "trial"} variant={"loses": 3, "says": "not answered yet"}
widths = ...
accuracies = ...
says = ...

# %% nbgrader={"grade_id": "trial"} variant={"loses": 1.5, "says": "is not right"}
budget = architectures.model_card(
    architectures.outline(lambda: architectures.block_network("two 3x3", 8))
).multiply_adds
widths = {block: architectures.widest(block, budget) for block in ("two 3x3", TRICK)}
accuracies = {"two 3x3": [0.07, 0.06, 0.08], TRICK: [0.99, 0.98, 0.99]}
says = "worse"
