# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "paper"} variant={"right": "rounded to three places"}
on_paper = {
    "average": round(VALUE / 12, 3),
    "row": round((2 * ROW + 1) / 6, 3),
    "column": round((2 * COLUMN + 1) / 8, 3),
}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 1, "says": "half a row further on"}
on_paper = {"average": VALUE / 12, "row": ROW / 3, "column": COLUMN / 4}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 1, "says": "mixed up"}
on_paper = {"average": VALUE / 12, "row": (COLUMN + 0.5) / 4, "column": (ROW + 0.5) / 3}


# %% nbgrader={"grade_id": "paper"} variant={"loses": 2, "says": "fraction of the side"}
on_paper = {"average": VALUE, "row": ROW + 0.5, "column": COLUMN + 0.5}


# %% nbgrader={"grade_id": "place"} variant={"right": "a loop"}
def with_place(maps):
    made = []
    for photo in maps:
        averages, rows, columns = [], [], []
        for channel in range(photo.shape[-1]):
            one = photo[..., channel]
            height, width = one.shape
            averages.append(one.mean())
            if one.sum() == 0:
                rows.append(0.5)
                columns.append(0.5)
                continue
            rows.append(
                sum(one[i].sum() * (i + 0.5) / height for i in range(height)) / one.sum()
            )
            columns.append(
                sum(one[:, j].sum() * (j + 0.5) / width for j in range(width)) / one.sum()
            )
        made.append(averages + rows + columns)
    return np.array(made)


# %% nbgrader={"grade_id": "place"} variant={"right": "NumPy's average"}
def with_place(maps):
    _n, height, width, _channels = maps.shape
    i, j = np.indices((height, width))
    weights = maps + (maps.sum(axis=(1, 2), keepdims=True) == 0)
    rows = (weights * ((i + 0.5) / height)[None, ..., None]).sum((1, 2)) / weights.sum((1, 2))
    columns = (weights * ((j + 0.5) / width)[None, ..., None]).sum((1, 2)) / weights.sum((1, 2))
    return np.concatenate([maps.mean((1, 2)), rows, columns], axis=1)


# %% nbgrader={"grade_id": "place"} variant={"right": "Keras"}
import keras


def with_place(maps):
    ops = keras.ops
    maps = ops.convert_to_tensor(maps, "float32")
    height, width = maps.shape[1:3]
    total = ops.sum(maps, axis=(1, 2))
    rows = (ops.arange(height, dtype="float32") + 0.5) / height
    columns = (ops.arange(width, dtype="float32") + 0.5) / width
    safe = ops.where(total > 0, total, 1.0)
    down = ops.sum(maps * rows[None, :, None, None], axis=(1, 2)) / safe
    across = ops.sum(maps * columns[None, None, :, None], axis=(1, 2)) / safe
    down, across = (ops.where(total > 0, one, 0.5) for one in (down, across))
    return ops.concatenate([ops.mean(maps, axis=(1, 2)), down, across], axis=1)


# %% nbgrader={"grade_id": "place"} variant={"loses": 3, "says": "mixed up"}
def with_place(maps):
    _n, height, width, _channels = maps.shape
    i, j = np.indices((height, width))
    weights = maps + (maps.sum(axis=(1, 2), keepdims=True) == 0)
    rows = (weights * ((i + 0.5) / height)[None, ..., None]).sum((1, 2)) / weights.sum((1, 2))
    columns = (weights * ((j + 0.5) / width)[None, ..., None]).sum((1, 2)) / weights.sum((1, 2))
    return np.concatenate([maps.mean((1, 2)), columns, rows], axis=1)


# %% nbgrader={"grade_id": "place"} variant={"loses": 3.5, "says": "half a row further on"}
def with_place(maps):
    height, width = maps.shape[1:3]
    total = maps.sum(axis=(1, 2))
    share = maps / np.where(total > 0, total, 1)[:, None, None]
    rows = np.einsum("nhwc,h->nc", share, np.arange(height) / height)
    columns = np.einsum("nhwc,w->nc", share, np.arange(width) / width)
    rows[total == 0] = columns[total == 0] = 0.5
    return np.hstack([maps.mean(axis=(1, 2)), rows, columns])


# %% nbgrader={"grade_id": "place"} variant={"loses": 3.5, "says": "not fractions of the sides"}
def with_place(maps):
    height, width = maps.shape[1:3]
    total = maps.sum(axis=(1, 2))
    share = maps / np.where(total > 0, total, 1)[:, None, None]
    rows = np.einsum("nhwc,h->nc", share, np.arange(height) + 0.5)
    columns = np.einsum("nhwc,w->nc", share, np.arange(width) + 0.5)
    rows[total == 0] = columns[total == 0] = 0.5
    return np.hstack([maps.mean(axis=(1, 2)), rows, columns])


# %% nbgrader={"grade_id": "place"} variant={"loses": 2.5, "says": "divide by a sum of zero"}
def with_place(maps):
    height, width = maps.shape[1:3]
    with np.errstate(all="ignore"):
        share = maps / maps.sum(axis=(1, 2))[:, None, None]
    rows = np.einsum("nhwc,h->nc", share, (np.arange(height) + 0.5) / height)
    columns = np.einsum("nhwc,w->nc", share, (np.arange(width) + 0.5) / width)
    return np.hstack([maps.mean(axis=(1, 2)), rows, columns])


# %% nbgrader={"grade_id": "place"} variant={"loses": 2.5, "says": "got the place 0"}
def with_place(maps):
    height, width = maps.shape[1:3]
    total = maps.sum(axis=(1, 2))
    share = maps / np.where(total > 0, total, 1)[:, None, None]
    rows = np.einsum("nhwc,h->nc", share, (np.arange(height) + 0.5) / height)
    columns = np.einsum("nhwc,w->nc", share, (np.arange(width) + 0.5) / width)
    return np.hstack([maps.mean(axis=(1, 2)), rows, columns])


# %% nbgrader={"grade_id": "place"} variant={"loses": 3.5, "says": "sums, not averages"}
def with_place(maps):
    height, width = maps.shape[1:3]
    total = maps.sum(axis=(1, 2))
    share = maps / np.where(total > 0, total, 1)[:, None, None]
    rows = np.einsum("nhwc,h->nc", share, (np.arange(height) + 0.5) / height)
    columns = np.einsum("nhwc,w->nc", share, (np.arange(width) + 0.5) / width)
    rows[total == 0] = columns[total == 0] = 0.5
    return np.hstack([total, rows, columns])


# %% nbgrader={"grade_id": "place"} variant={"loses": 3.5, "says": "largest answer"}
def with_place(maps):
    n, height, width, channels = maps.shape
    flat = maps.reshape(n, height * width, channels)
    i, j = np.divmod(flat.argmax(axis=1), width)
    silent = flat.sum(axis=1) == 0
    rows, columns = (i + 0.5) / height, (j + 0.5) / width
    rows[silent] = columns[silent] = 0.5
    return np.hstack([maps.mean(axis=(1, 2)), rows, columns])


# %% nbgrader={"grade_id": "confusion"} variant={"right": "a loop"}
def confusions(truth, called, classes):
    table = [[0.0] * classes for _ in range(classes)]
    for true, said in zip(truth, called, strict=True):
        table[true][said] += 1
    return [[one / (sum(row) or 1) for one in row] for row in table]


# %% nbgrader={"grade_id": "confusion"} variant={"right": "scikit-learn"}
def confusions(truth, called, classes):
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(truth, called, labels=range(classes), normalize="true")


# %% nbgrader={"grade_id": "confusion"} variant={"right": "Keras"}
import keras


def confusions(truth, called, classes):
    true, said = (keras.ops.one_hot(one, classes) for one in (truth, called))
    table = keras.ops.matmul(keras.ops.transpose(true), said)
    return table / keras.ops.maximum(keras.ops.sum(table, axis=1, keepdims=True), 1)


# %% nbgrader={"grade_id": "confusion"} variant={"loses": 2.5, "says": "Rows are the true"}
def confusions(truth, called, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (called, truth), 1)
    return table / np.maximum(table.sum(axis=0), 1)


# %% nbgrader={"grade_id": "confusion"} variant={"loses": 2.5, "says": "columns sum to 1"}
def confusions(truth, called, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, called), 1)
    return table / np.maximum(table.sum(axis=0), 1)


# %% nbgrader={"grade_id": "confusion"} variant={"loses": 3, "says": "divided by the number of photos"}
def confusions(truth, called, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, called), 1)
    return table / len(truth)


# %% nbgrader={"grade_id": "confusion"} variant={"loses": 3, "says": "give shares"}
def confusions(truth, called, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, called), 1)
    return table


# %% nbgrader={"grade_id": "confusion"} variant={"loses": 2, "says": "do not divide by zero"}
def confusions(truth, called, classes):
    table = np.zeros((classes, classes))
    np.add.at(table, (truth, called), 1)
    with np.errstate(all="ignore"):
        return table / table.sum(axis=1, keepdims=True)


# %% nbgrader={"grade_id": "interval"} variant={"right": "SciPy"}
def interval(right, count, z=1.96):
    from scipy.stats import binomtest, norm

    found = binomtest(right, count).proportion_ci(2 * norm.cdf(z) - 1, method="wilson")
    return found.low, found.high


# %% nbgrader={"grade_id": "interval"} variant={"right": "plain Python with shares"}
def interval(right, count, z=1.96):
    share = right / count
    below = 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / below
    half = z / below * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    return [middle - half, middle + half]


# %% nbgrader={"grade_id": "interval"} variant={"right": "roots of a quadratic"}
def interval(right, count, z=1.96):
    share = right / count
    return tuple(sorted(np.roots([1 + z**2 / count, -2 * share - z**2 / count, share**2])))


# %% nbgrader={"grade_id": "interval"} variant={"right": "Keras"}
import keras


def interval(right, count, z=1.96):
    total = count + z**2
    half = (
        z
        / total
        * keras.ops.sqrt(keras.ops.cast(right * (count - right) / count + z**2 / 4, "float64"))
    )
    middle = (right + z**2 / 2) / total
    return middle - half, middle + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2.5, "says": "simple interval"}
def interval(right, count, z=1.96):
    share = right / count
    half = z * np.sqrt(share * (1 - share) / count)
    return share - half, share + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 1, "says": "no notice of z"}
def interval(right, count, z=1.96):
    z = 1.96
    total = count + z**2
    half = z / total * np.sqrt(right * (count - right) / count + z**2 / 4)
    return (right + z**2 / 2) / total - half, (right + z**2 / 2) / total + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2.5, "says": "root is missing"}
def interval(right, count, z=1.96):
    total = count + z**2
    half = z / total * (right * (count - right) / count + z**2 / 4)
    return (right + z**2 / 2) / total - half, (right + z**2 / 2) / total + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 3, "says": "lacks z^2 / 2"}
def interval(right, count, z=1.96):
    total = count + z**2
    half = z / total * np.sqrt(right * (count - right) / count + z**2 / 4)
    return right / total - half, right / total + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 2.5, "says": "below the root is missing"}
def interval(right, count, z=1.96):
    total = count + z**2
    half = z / total * np.sqrt(right * (count - right) / count)
    return (right + z**2 / 2) / total - half, (right + z**2 / 2) / total + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 3, "says": "divided by n"}
def interval(right, count, z=1.96):
    half = z / count * np.sqrt(right * (count - right) / count + z**2 / 4)
    return (right + z**2 / 2) / count - half, (right + z**2 / 2) / count + half


# %% nbgrader={"grade_id": "interval"} variant={"loses": 3, "says": "is the answer to this question"}
def interval(right, count, z=1.96):
    from helpers import training

    return training.share_interval(right / count, count)


# %% nbgrader={"grade_id": "two"} variant={"loses": 1, "says": "not right"}
called = {name: np.zeros(len(data.test), int) for name in ("logistic regression", "linear SVM")}


# %% nbgrader={"grade_id": "lost"} variant={"loses": 1.5, "says": "does not hold"}
told = {"average": 0.8, "with place": 0.1}
