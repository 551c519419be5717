# Answers that are tried in place of the key's; each cell replaces one.

# %% nbgrader={"grade_id": "sizes"} variant={"right": "lists"}
sizes_by_hand = [
    [round(HEIGHT / 2.25), round(WIDTH / 2.25)],
    [round(HEIGHT / 1.5), round(WIDTH / 1.5)],
    [HEIGHT, WIDTH],
]

# %% nbgrader={"grade_id": "sizes"} variant={"loses": 0.75, "says": "smallest comes first"}
sizes_by_hand = [
    (HEIGHT, WIDTH),
    (round(HEIGHT / 1.5), round(WIDTH / 1.5)),
    (round(HEIGHT / 2.25), round(WIDTH / 2.25)),
]

# %% nbgrader={"grade_id": "sizes"} variant={"loses": 0.75, "says": "second the width"}
sizes_by_hand = [(round(WIDTH / s), round(HEIGHT / s)) for s in (2.25, 1.5, 1)]

# %% nbgrader={"grade_id": "sizes"} variant={"loses": 0.75, "says": "the photo's own size"}
sizes_by_hand = [(round(HEIGHT / 1.5**k), round(WIDTH / 1.5**k)) for k in (3, 2, 1)]

# %% nbgrader={"grade_id": "sizes"} variant={"loses": 1, "says": "not answered yet"}
sizes_by_hand = ...


# %% nbgrader={"grade_id": "octaves"} variant={"right": "from large to small"}
def octave_sizes(height, width, count, scale, smallest):
    made = [(height, width)]
    for k in range(1, count):
        pair = (round(height / scale**k), round(width / scale**k))
        if pair[0] < smallest or pair[1] < smallest:
            break
        made.insert(0, pair)
    return made


# %% nbgrader={"grade_id": "octaves"} variant={"right": "NumPy"}
def octave_sizes(height, width, count, scale, smallest):
    factors = scale ** -np.arange(count - 1, -1, -1.0)
    pairs = np.rint(np.outer(factors, [height, width])).astype(int)
    return pairs[(pairs.min(axis=1) >= smallest) | (np.arange(count) == count - 1)]


# %% nbgrader={"grade_id": "octaves"} variant={"right": "a list of lists"}
def octave_sizes(height, width, count, scale, smallest):
    found = []
    for k in reversed(range(count)):
        pair = [int(height / scale**k + 0.5), int(width / scale**k + 0.5)]
        if k == 0 or min(pair) >= smallest:
            found.append(pair)
    return found


# %% nbgrader={"grade_id": "octaves"} variant={"loses": 1, "says": "not left out"}
def octave_sizes(height, width, count, scale, smallest):
    return [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(count))]


# %% nbgrader={"grade_id": "octaves"} variant={"loses": 2.5, "says": "largest comes first"}
def octave_sizes(height, width, count, scale, smallest):
    made = [(round(height / scale**k), round(width / scale**k)) for k in range(count)]
    return [pair for pair in made if min(pair) >= smallest or pair == (height, width)]


# %% nbgrader={"grade_id": "octaves"} variant={"loses": 1, "says": "shorter side that decides"}
def octave_sizes(height, width, count, scale, smallest):
    made = [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(count))]
    return [pair for pair in made if max(pair) >= smallest or pair == (height, width)]


# %% nbgrader={"grade_id": "octaves"} variant={"loses": 1, "says": "cut, not rounded"}
def octave_sizes(height, width, count, scale, smallest):
    made = [(int(height / scale**k), int(width / scale**k)) for k in reversed(range(count))]
    return [pair for pair in made if min(pair) >= smallest or pair == (height, width)]


# %% nbgrader={"grade_id": "octaves"} variant={"loses": 0.5, "says": "its shape is"}
def octave_sizes(height, width, count, scale, smallest):  # the photo's own size goes, too
    made = [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(count))]
    return [pair for pair in made if min(pair) >= smallest]


# %% nbgrader={"grade_id": "octaves"} variant={"loses": 3, "says": "write it yourself"}
def octave_sizes(height, width, count, scale, smallest):
    return feature_visualization.octave_shapes((height, width), count, scale)


# %% nbgrader={"grade_id": "detail"} variant={"right": "one line after the other"}
def enlarged(picture, photo, size, detail=1.0):
    shrunk = images.resize(photo, (picture.shape[0], picture.shape[1]))
    missing = images.resize(photo, size) - images.resize(shrunk, size)
    result = images.resize(picture, size)
    result = result + missing * detail
    return result


# %% nbgrader={"grade_id": "detail"} variant={"right": "what was dreamt, enlarged"}
def enlarged(picture, photo, size, detail=1.0):
    small, large = images.resize(photo, picture.shape[:2]), images.resize(photo, size)
    back = images.resize(small, size)
    return (1 - detail) * images.resize(picture, size) + detail * (
        images.resize(picture, size) + large - back
    )


# %% nbgrader={"grade_id": "detail"} variant={"right": "Keras operations"}
import keras


def enlarged(picture, photo, size, detail=1.0):
    up = keras.ops.convert_to_tensor(images.resize(picture, size))
    lost = images.resize(photo, size) - images.resize(
        images.resize(photo, picture.shape[:2]), size
    )
    return keras.ops.add(up, keras.ops.multiply(float(detail), lost))


# %% nbgrader={"grade_id": "detail"} variant={"loses": 4, "says": "sign is turned"}
def enlarged(picture, photo, size, detail=1.0):
    small = images.resize(photo, picture.shape[:2])
    return images.resize(picture, size) - detail * (
        images.resize(photo, size) - images.resize(small, size)
    )


# %% nbgrader={"grade_id": "detail"} variant={"loses": 3, "says": "against the dream"}
def enlarged(picture, photo, size, detail=1.0):
    up = images.resize(picture, size)
    return up + detail * (images.resize(photo, size) - up)


# %% nbgrader={"grade_id": "detail"} variant={"loses": 4, "says": "No detail comes back"}
def enlarged(picture, photo, size, detail=1.0):
    return images.resize(picture, size)


# %% nbgrader={"grade_id": "detail"} variant={"loses": 2.5, "says": "whatever"}
def enlarged(picture, photo, size, detail=1.0):
    small = images.resize(photo, picture.shape[:2])
    return (
        images.resize(picture, size) + images.resize(photo, size) - images.resize(small, size)
    )


# %% nbgrader={"grade_id": "detail"} variant={"loses": 2.5, "says": "clipped or rounded"}
def enlarged(picture, photo, size, detail=1.0):
    small = images.resize(photo, picture.shape[:2])
    made = images.resize(picture, size) + detail * (
        images.resize(photo, size) - images.resize(small, size)
    )
    return np.clip(made, 0, 255)


# %% nbgrader={"grade_id": "detail"} variant={"loses": 5, "says": "not answered yet"}
def enlarged(picture, photo, size, detail=1.0):
    images.resize(picture, size)


# %% nbgrader={"grade_id": "dream"} variant={"right": "two lists"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    photo = np.float32(photo)
    first, *rest = octave_sizes(photo.shape[0], photo.shape[1], count, scale, 32)
    picture = bare_loop(network, images.resize(photo, first), layer, steps, step_size)
    for size in rest:
        picture = bare_loop(
            network, enlarged(picture, photo, size, detail), layer, steps, step_size
        )
    return picture


# %% nbgrader={"grade_id": "dream"} variant={"right": "by recursion"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    photo = photo.astype("float32")
    every = octave_sizes(*photo.shape[:2], count, scale, 32)

    def up_to(place):
        if place == 0:
            picture = images.resize(photo, every[0])
        else:
            picture = enlarged(up_to(place - 1), photo, every[place], detail)
        return bare_loop(network, picture, layer, steps, step_size)

    return up_to(len(every) - 1)


# %% nbgrader={"grade_id": "dream"} variant={"right": "the steps written out"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    photo, picture = np.asarray(photo, np.float32), None
    slope_of = feature_visualization.gradient_of(network, layer)
    for size in octave_sizes(*photo.shape[:2], count, scale, 32):
        picture = (
            images.resize(photo, size)
            if picture is None
            else enlarged(picture, photo, size, detail)
        )
        for _ in range(steps):
            slope = slope_of(picture)
            picture = (picture + step_size * slope / np.abs(slope).mean()).clip(0, 255)
    return picture


# %% nbgrader={"grade_id": "dream"} variant={"loses": 4, "says": "smaller octaves"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    return bare_loop(network, np.float32(photo), layer, steps, step_size)


# %% nbgrader={"grade_id": "dream"} variant={"loses": 5, "says": "not put back"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    every = octave_sizes(*photo.shape[:2], count, scale, 32)
    picture = np.float32(photo)
    for place, size in enumerate(every):
        picture = images.resize(np.float32(photo) if place == 0 else picture, size)
        picture = bare_loop(network, picture, layer, steps, step_size)
    return picture


# %% nbgrader={"grade_id": "dream"} variant={"loses": 4, "says": "smaller octaves"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    for size in octave_sizes(*photo.shape[:2], count, scale, 32):
        picture = bare_loop(
            network, images.resize(np.float32(photo), size), layer, steps, step_size
        )
    return picture


# %% nbgrader={"grade_id": "dream"} variant={"loses": 4, "says": "Only the last octave dreams"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    photo = np.float32(photo)
    every = octave_sizes(*photo.shape[:2], count, scale, 32)
    picture = images.resize(photo, every[0])
    for size in every[1:]:
        picture = enlarged(picture, photo, size, detail)
    return bare_loop(network, picture, layer, steps, step_size)


# %% nbgrader={"grade_id": "dream"} variant={"loses": 6, "says": "write it yourself"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    return feature_visualization.dream(
        network, photo, layer, count, scale, steps, step_size, jitter=0
    )


# %% nbgrader={"grade_id": "dream"} variant={"loses": 6, "says": "not answered yet"}
def my_dream(network, photo, layer, count=3, scale=1.5, steps=10, step_size=2.0, detail=1.0):
    pass


# %% nbgrader={"grade_id": "growth"} variant={"right": "sums"}
def growth(network, photo, dreamt, layer):
    return (
        np.square(network.features_of(dreamt, layer)).sum()
        / np.square(network.features_of(photo, layer)).sum()
    )


# %% nbgrader={"grade_id": "growth"} variant={"right": "a loop over channels"}
def growth(network, photo, dreamt, layer):
    energies = []
    for picture in (photo, dreamt):
        maps, energy = network.features_of(picture, layer)[0], 0.0
        for k in range(maps.shape[-1]):
            energy += float((maps[:, :, k].astype(float) ** 2).mean())
        energies.append(energy / maps.shape[-1])
    return energies[1] / energies[0]


# %% nbgrader={"grade_id": "growth"} variant={"right": "Keras operations"}
import keras


def growth(network, photo, dreamt, layer):
    energy = [
        keras.ops.mean(keras.ops.square(network.features_of(one, layer)))
        for one in (dreamt, photo)
    ]
    return energy[0] / energy[1]


# %% nbgrader={"grade_id": "growth"} variant={"loses": 2, "says": "exchanged"}
def growth(network, photo, dreamt, layer):
    return (network.features_of(photo, layer) ** 2).mean() / (
        network.features_of(dreamt, layer) ** 2
    ).mean()


# %% nbgrader={"grade_id": "growth"} variant={"loses": 2, "says": "square is missing"}
def growth(network, photo, dreamt, layer):
    return network.features_of(dreamt, layer).mean() / network.features_of(photo, layer).mean()


# %% nbgrader={"grade_id": "growth"} variant={"loses": 2, "says": "square of the mean"}
def growth(network, photo, dreamt, layer):
    return (
        network.features_of(dreamt, layer).mean() ** 2
        / network.features_of(photo, layer).mean() ** 2
    )


# %% nbgrader={"grade_id": "growth"} variant={"loses": 3, "says": "how many *times* larger"}
def growth(network, photo, dreamt, layer):
    return (network.features_of(dreamt, layer) ** 2).mean() - (
        network.features_of(photo, layer) ** 2
    ).mean()


# %% nbgrader={"grade_id": "growth"} variant={"loses": 2, "says": "growth of the pixels"}
def growth(network, photo, dreamt, layer):
    return (dreamt**2).mean() / (photo**2).mean()
