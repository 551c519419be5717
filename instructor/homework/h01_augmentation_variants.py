# Answers that are tried in place of the key's; each cell replaces one.


# %% nbgrader={"grade_id": "row"} variant={"right": "lists written down"}
row_of = list(ROW)
moved_row = {
    "nearest": row_of[STEPS:] + [row_of[-1]] * STEPS,
    "mirror": row_of[STEPS:] + row_of[-2 : -2 - STEPS : -1],
}


# %% nbgrader={"grade_id": "row"} variant={"loses": 2, "says": "went to the right"}
moved_row = {
    "nearest": [ROW[0]] * STEPS + list(ROW[:-STEPS]),
    "mirror": list(ROW[STEPS:0:-1]) + list(ROW[:-STEPS]),
}


# %% nbgrader={"grade_id": "row"} variant={"loses": 0.75, "says": "comes twice"}
moved_row = {
    "nearest": [*ROW[STEPS:]] + [ROW[-1]] * STEPS,
    "mirror": [*ROW[STEPS:]] + [*ROW[::-1]][:STEPS],
}


# %% nbgrader={"grade_id": "row"} variant={"loses": 1.5, "says": "came back on the other"}
moved_row = {name: [*ROW[STEPS:], *ROW[:STEPS]] for name in ("nearest", "mirror")}


# %% nbgrader={"grade_id": "row"} variant={"loses": 1.5, "says": "hole is empty"}
moved_row = {name: [*ROW[STEPS:], 0, 0, 0][:5] for name in ("nearest", "mirror")}


# %% nbgrader={"grade_id": "shift"} variant={"right": "a loop"}
def shift(pictures, down, right):
    _n, height, width, _channels = pictures.shape
    made = np.empty_like(pictures)

    def inside(place, length):
        if place < 0:
            place = -place
        return 2 * (length - 1) - place if place >= length else place

    for row in range(height):
        for column in range(width):
            made[:, row, column] = pictures[
                :, inside(row - down, height), inside(column - right, width)
            ]
    return made


# %% nbgrader={"grade_id": "shift"} variant={"right": "np.pad"}
def shift(pictures, down, right):
    rows = (max(down, 0), max(-down, 0))
    columns = (max(right, 0), max(-right, 0))
    padded = np.pad(pictures, ((0, 0), rows, columns, (0, 0)), mode="reflect")
    height, width = pictures.shape[1:3]
    return padded[:, rows[1] : rows[1] + height, columns[1] : columns[1] + width]


# %% nbgrader={"grade_id": "shift"} variant={"right": "Keras"}
import keras


def shift(pictures, down, right):
    height, width = pictures.shape[1:3]
    top, bottom, left, far = max(down, 0), max(-down, 0), max(right, 0), max(-right, 0)
    padded = keras.ops.pad(
        pictures, [[0, 0], [top, bottom], [left, far], [0, 0]], mode="reflect"
    )
    return padded[:, bottom : bottom + height, far : far + width]


# %% nbgrader={"grade_id": "shift"} variant={"right": "SciPy"}
def shift(pictures, down, right):
    from scipy.ndimage import shift as moved

    return moved(pictures, (0, down, right, 0), order=0, mode="mirror")


# %% nbgrader={"grade_id": "shift"} variant={"loses": 4, "says": "other way"}
def shift(pictures, down, right):
    rows = np.pad(np.arange(pictures.shape[1]), 5, mode="reflect")
    columns = np.pad(np.arange(pictures.shape[2]), 5, mode="reflect")
    height, width = pictures.shape[1:3]
    return pictures[:, rows[5 + down : 5 + down + height]][
        :, :, columns[5 + right : 5 + right + width]
    ]


# %% nbgrader={"grade_id": "shift"} variant={"loses": 4, "says": "mixed up"}
def shift(pictures, down, right):
    rows = np.pad(np.arange(pictures.shape[1]), 5, mode="reflect")
    columns = np.pad(np.arange(pictures.shape[2]), 5, mode="reflect")
    height, width = pictures.shape[1:3]
    return pictures[:, rows[5 - right : 5 - right + height]][
        :, :, columns[5 - down : 5 - down + width]
    ]


# %% nbgrader={"grade_id": "shift"} variant={"loses": 3, "says": "came back on the other"}
def shift(pictures, down, right):
    return np.roll(pictures, (down, right), axis=(1, 2))


# %% nbgrader={"grade_id": "shift"} variant={"loses": 3, "says": "edge pixel comes twice"}
def shift(pictures, down, right):
    height, width = pictures.shape[1:3]
    rows, columns = np.arange(height) - down, np.arange(width) - right
    rows, columns = np.mod(rows, 2 * height), np.mod(columns, 2 * width)
    rows = np.minimum(rows, 2 * height - 1 - rows)
    columns = np.minimum(columns, 2 * width - 1 - columns)
    return pictures[:, rows][:, :, columns]


# %% nbgrader={"grade_id": "shift"} variant={"loses": 3, "says": "nearest, not mirror"}
def shift(pictures, down, right):
    height, width = pictures.shape[1:3]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return pictures[:, rows][:, :, columns]


# %% nbgrader={"grade_id": "shift"} variant={"loses": 3, "says": "hole is empty"}
def shift(pictures, down, right):
    from scipy.ndimage import shift as moved

    return moved(pictures, (0, down, right, 0), order=0)


# %% nbgrader={"grade_id": "shift"} variant={"loses": 5, "says": "is the answer to this question"}
def shift(pictures, down, right):
    height, width = pictures.shape[1:3]
    how = {"height_shift": down / height, "width_shift": right / width, "fill_mode": "reflect"}
    return np.array([training.apply_one(picture, **how) for picture in pictures])


# %% nbgrader={"grade_id": "shear"} variant={"right": "a loop"}
def shear(picture, lean):
    height, width, _ = picture.shape
    made = picture.copy()
    for row in range(height):
        step = round(lean * ((height - 1) / 2 - row))
        for column in range(width):
            made[row, column] = picture[row, min(max(column - step, 0), width - 1)]
    return made


# %% nbgrader={"grade_id": "shear"} variant={"right": "np.pad, row by row"}
def shear(picture, lean):
    height, width = picture.shape[:2]
    steps = np.rint(lean * ((height - 1) / 2 - np.arange(height))).astype(int)
    reach = np.abs(steps).max()
    wide = np.pad(picture, ((0, 0), (reach, reach), (0, 0)), "edge")
    return np.stack(
        [row[reach - s : reach - s + width] for row, s in zip(wide, steps, strict=True)]
    )


# %% nbgrader={"grade_id": "shear"} variant={"right": "Keras"}
import keras


def shear(picture, lean):
    ops = keras.ops
    height, width, _ = picture.shape
    steps = ops.round(lean * ((height - 1) / 2 - ops.arange(height, dtype="float32")))
    columns = ops.arange(width)[None] - ops.cast(steps, "int32")[:, None]
    columns = ops.clip(columns, 0, width - 1)
    return ops.take_along_axis(ops.convert_to_tensor(picture), columns[..., None], axis=1)


# %% nbgrader={"grade_id": "shear"} variant={"loses": 3.5, "says": "to the other side"}
def shear(picture, lean):
    height, width = picture.shape[:2]
    steps = np.round(lean * ((height - 1) / 2 - np.arange(height))).astype(int)
    columns = np.clip(np.arange(width) + steps[:, None], 0, width - 1)
    return picture[np.arange(height)[:, None], columns]


# %% nbgrader={"grade_id": "shear"} variant={"loses": 4, "says": "top row stays"}
def shear(picture, lean):
    height, width = picture.shape[:2]
    steps = np.round(-lean * np.arange(height)).astype(int)
    columns = np.clip(np.arange(width) - steps[:, None], 0, width - 1)
    return picture[np.arange(height)[:, None], columns]


# %% nbgrader={"grade_id": "shear"} variant={"loses": 2.5, "says": "came back on the other"}
def shear(picture, lean):
    height, _width = picture.shape[:2]
    steps = np.round(lean * ((height - 1) / 2 - np.arange(height))).astype(int)
    return np.stack(
        [np.roll(row, step, axis=0) for row, step in zip(picture, steps, strict=True)]
    )


# %% nbgrader={"grade_id": "shear"} variant={"loses": 3.5, "says": "hole is empty"}
def shear(picture, lean):
    height, width = picture.shape[:2]
    steps = np.round(lean * ((height - 1) / 2 - np.arange(height))).astype(int)
    columns = np.arange(width) - steps[:, None]
    inside = (columns >= 0) & (columns < width)
    return picture[np.arange(height)[:, None], columns % width] * inside[..., None]


# %% nbgrader={"grade_id": "shear"} variant={"loses": 2.5, "says": "not rounded"}
def shear(picture, lean):
    height, width = picture.shape[:2]
    steps = (lean * ((height - 1) / 2 - np.arange(height))).astype(int)
    columns = np.clip(np.arange(width) - steps[:, None], 0, width - 1)
    return picture[np.arange(height)[:, None], columns]


# %% nbgrader={"grade_id": "shear"} variant={"loses": 4, "says": "pushed down"}
def shear(picture, lean):
    height, width = picture.shape[:2]
    steps = np.round(lean * ((width - 1) / 2 - np.arange(width))).astype(int)
    rows = np.clip(np.arange(height)[:, None] - steps, 0, height - 1)
    return picture[rows, np.arange(width)]


# %% nbgrader={"grade_id": "ranges"} variant={"right": "other values, the flip left as it is"}
for_digits = dict(
    rotation=15, width_shift=0.1, height_shift=0.1, shear=0, zoom=0, horizontal_flip=False
)
for_photos = dict(rotation=30, width_shift=0.2, height_shift=0.1, shear=0.2)


# %% nbgrader={"grade_id": "ranges"} variant={"loses": 1, "says": "mirrored 2"}
for_digits = dict(rotation=10, width_shift=0.1, height_shift=0.1, zoom=0)
for_photos = dict(rotation=30)


# %% nbgrader={"grade_id": "ranges"} variant={"loses": 2, "says": "upside down"}
for_digits = dict(rotation=180, horizontal_flip=False)
for_photos = dict(rotation=20, vertical_flip=True)


# %% nbgrader={"grade_id": "ranges"} variant={"loses": 2, "says": "outside the picture"}
for_digits = dict(rotation=10, width_shift=0.4, horizontal_flip=False)
for_photos = dict(rotation=20, width_shift=0.6)


# %% nbgrader={"grade_id": "ranges"} variant={"loses": 3, "says": "hardly change"}
for_digits = dict(
    rotation=0, width_shift=0, height_shift=0, shear=0, zoom=0, horizontal_flip=False
)
for_photos = dict(rotation=0, width_shift=0, height_shift=0, shear=0, zoom=0)


# %% nbgrader={"grade_id": "ranges"} variant={"loses": 1, "says": "mirrored pet"}
for_digits = dict(rotation=10, width_shift=0.1, height_shift=0.1, horizontal_flip=False)
for_photos = dict(rotation=20, horizontal_flip=False)


# %% nbgrader={"grade_id": "enlarge"} variant={"right": "a loop over pictures"}
def enlarge(pictures, labels, copies, reach, seed):
    random = np.random.default_rng(seed)
    made, called = [], []
    for picture, label in zip(pictures, labels, strict=True):
        made.append(picture)
        called.append(label)
        for _ in range(copies):
            down, right = random.integers(-reach, reach + 1, 2)
            made.append(shift(picture[None, :, :, None], down, right)[0, :, :, 0])
            called.append(label)
    return np.array(made), np.array(called)


# %% nbgrader={"grade_id": "enlarge"} variant={"right": "np.repeat for both"}
def enlarge(pictures, labels, copies, reach, seed):
    random = np.random.default_rng(seed)
    made = np.repeat(pictures, 1 + copies, axis=0)
    for number in range(len(made)):
        if number % (1 + copies):
            steps = random.integers(-reach, reach, 2, endpoint=True)
            made[number] = shift(made[number][None, ..., None], *steps)[0, ..., 0]
    return made, np.repeat(labels, 1 + copies)


# %% nbgrader={"grade_id": "enlarge"} variant={"right": "Keras, shuffled together"}
import keras


def enlarge(pictures, labels, copies, reach, seed):
    random = np.random.default_rng(seed)
    made = [keras.ops.convert_to_tensor(pictures, "float32")]
    for _ in range(copies):
        steps = random.integers(-reach, reach + 1, (len(pictures), 2))
        wide = np.pad(pictures, ((0, 0), (reach, reach), (reach, reach)), "reflect")
        h, w = pictures.shape[1:]
        cut = [
            p[reach - d : reach - d + h, reach - r : reach - r + w]
            for p, (d, r) in zip(wide, steps, strict=False)
        ]
        made.append(keras.ops.convert_to_tensor(np.stack(cut), "float32"))
    order = random.permutation(len(pictures) * (1 + copies))
    return keras.ops.take(keras.ops.concatenate(made), order, axis=0), np.tile(
        labels, 1 + copies
    )[order]


# %% nbgrader={"grade_id": "enlarge"} variant={"loses": 2.5, "says": "another order"}
def enlarge(pictures, labels, copies, reach, seed):
    random, made = np.random.default_rng(seed), [pictures]
    for _ in range(copies):
        steps = random.integers(-reach, reach + 1, (len(pictures), 2))
        made.append(
            np.array(
                [
                    shift(p[None, ..., None], *s)[0, ..., 0]
                    for p, s in zip(pictures, steps, strict=False)
                ]
            )
        )
    return np.concatenate(made), np.repeat(labels, 1 + copies)


# %% nbgrader={"grade_id": "enlarge"} variant={"loses": 2.5, "says": "same steps"}
def enlarge(pictures, labels, copies, reach, seed):
    random, made = np.random.default_rng(seed), [pictures]
    for number in range(copies):
        down, right = (-reach, reach) if number == 0 else random.integers(-reach, reach + 1, 2)
        made.append(shift(pictures[..., None], down, right)[..., 0])
    return np.concatenate(made), np.tile(labels, 1 + copies)


# %% nbgrader={"grade_id": "enlarge"} variant={"loses": 2.5, "says": "do not reach"}
def enlarge(pictures, labels, copies, reach, seed):
    random, made = np.random.default_rng(seed), [pictures]
    for _ in range(copies):
        steps = random.integers(0, 2 * reach + 1, (len(pictures), 2))
        made.append(
            np.array(
                [
                    shift(p[None, ..., None], *s)[0, ..., 0]
                    for p, s in zip(pictures, steps, strict=False)
                ]
            )
        )
    return np.concatenate(made), np.tile(labels, 1 + copies)


# %% nbgrader={"grade_id": "enlarge"} variant={"loses": 2.5, "says": "do not reach"}
def enlarge(pictures, labels, copies, reach, seed):
    random, made = np.random.default_rng(seed), [pictures]
    for _ in range(copies):
        steps = random.integers(-reach, reach, (len(pictures), 2))
        made.append(
            np.array(
                [
                    shift(p[None, ..., None], *s)[0, ..., 0]
                    for p, s in zip(pictures, steps, strict=False)
                ]
            )
        )
    return np.concatenate(made), np.tile(labels, 1 + copies)


# %% nbgrader={"grade_id": "enlarge"} variant={"loses": 3, "says": "some copies, are missing"}
def enlarge(pictures, labels, copies, reach, seed):
    random, made = np.random.default_rng(seed), []
    for _ in range(copies):
        steps = random.integers(-reach, reach + 1, (len(pictures), 2))
        made.append(
            np.array(
                [
                    shift(p[None, ..., None], *s)[0, ..., 0]
                    for p, s in zip(pictures, steps, strict=False)
                ]
            )
        )
    return np.concatenate(made), np.tile(labels, copies)


# %% nbgrader={"grade_id": "worth"} variant={"loses": 0.75, "says": "not right"}
worth = {"100": 0.7, "10 x the same": 0.8, "10 x moved": 0.9, "1000": 0.95}
