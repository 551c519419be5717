# ---
# jupyter:
#   course: {assignment: h04, title: What a unit sees and likes, points: 20, minutes: 85}
# ---

# %% [markdown]
# # Homework 4: what a unit sees, and what it likes
#
# *Belongs to [notebook 4](../04_activations.ipynb). 20 points, about 85 minutes.*
#
# **You will**
# 1. compute a receptive field on paper and in code, dilation and padding included,
# 2. find a unit that likes stripes of one direction,
# 3. find a unit whose answers lie on cats' ears, by overlap with the ears' mask,
# 4. test by intervention whether it sees ears at all.
#
# Replace each `...  # your code here`. The cell below it checks your answer as often as you like. Some checks run only when your work is graded: they use other networks and pictures, so write your functions for any input of the shape that is named.

# %% nbgrader={"grade_id": "set_up", "locked": true}
import numpy as np

from helpers import activations, backbones, datasets, images, plots
from helpers.teaching import homework

network = backbones.load("squeezenet")

# %% [markdown] nbgrader={"grade_id": "numbers_text", "locked": true}
# **Numbers of this homework.** They may differ from those of your friends.

# %% nbgrader={"grade_id": "numbers", "locked": true} tags=["variant"]
KERNEL = 7  # one of 5, 7, 9
DILATION = 2  # one of 2, 3
ANGLE = 45  # one of 0, 45, 90, 135
SEED = 7  # from 0 to 999

# %% [markdown] nbgrader={"grade_id": "photo_text", "locked": true}
# **A photo to look at.** Take one of your own, if you like: write its path.

# %% nbgrader={"grade_id": "photo", "locked": true} tags=["own"]
PHOTO = "chelsea"

# %% nbgrader={"grade_id": "photo_read", "locked": true}
known = PHOTO in datasets.photos()
photo = network.prepare(datasets.photo(PHOTO).array if known else images.load(PHOTO))

# %% [markdown] nbgrader={"grade_id": "paper_text", "locked": true}
# ## 1. A field on paper (3 points, 15 minutes)
#
# In the lecture each layer widens the field by (kernel - 1) times the step between its inputs. Two things are new. A **dilation** $d$ spreads the kernel: it reaches as far as one of $(k - 1) d + 1$. And **padding** $p$ lets the first unit start $p$ inputs earlier. Three layers:
#
# | layer | kernel | stride | padding | dilation |
# |---|---|---|---|---|
# | convolution | `KERNEL` | 2 | 3 | 1 |
# | pooling | 3 | 2 | 0 | 1 |
# | convolution | 3 | 1 | `DILATION` | `DILATION` |
#
# **You do:** for a unit of the last layer, write down: the width of its field in pixels; how many pixels the next unit's field lies further on; the first pixel that unit 0 sees (pixels are counted from 0, so it is negative where the field begins in the padding).

# %% nbgrader={"grade_id": "paper", "solution": true}
on_paper = {"size": ..., "stride": ..., "start": ...}
### BEGIN SOLUTION
size = KERNEL + 2 * 2 + 2 * DILATION * 4
on_paper = {"size": size, "stride": 4, "start": -3 - DILATION * 4}
### END SOLUTION

# %% nbgrader={"grade_id": "paper_check", "grade": true, "locked": true, "points": 3}
paper = homework.Question("1. A field on paper", points=3)
paper.holds(
    0.5,
    "three whole numbers; the field is wider than KERNEL, and begins in the padding",
    lambda: ... if ... in on_paper.values() else dict(on_paper),
    lambda found: (
        all(one == int(one) for one in found.values())
        and found["size"] > KERNEL
        and found["start"] < 0
    ),
    {"With padding the first unit begins before pixel 0.": lambda found: found["start"] >= 0},
)
### BEGIN HIDDEN TESTS
for name, expected, mistakes in (
    (
        "size",
        KERNEL + 4 + 8 * DILATION,
        {
            "The dilation spreads the last kernel.": KERNEL + 12,
            "Each layer's reach counts in pixels: times the strides before it.": (
                KERNEL + 2 + 2 * DILATION
            ),
            "A kernel of k reaches k - 1 further, not k.": KERNEL + 6 + 12 * DILATION + 1,
            "A layer's own stride acts on the layers behind it only.": (
                2 * KERNEL - 1 + 8 + 8 * DILATION
            ),
        },
    ),
    (
        "stride",
        4,
        {"Strides multiply; the last layer's is 1.": 5, "Two layers have a stride.": 2},
    ),
    (
        "start",
        -3 - 4 * DILATION,
        {
            "The padding of the last layer counts in pixels: times the strides before it.": (
                -3 - DILATION
            ),
            "The padding of the last layer is missing.": -3,
            "The padding of the first layer is missing.": -4 * DILATION,
            "The strides multiply to 4.": -3 - 2 * DILATION,
        },
    ),
):
    points = 0.5 if name == "stride" else 1
    paper.equal(
        points, name, lambda name=name: on_paper[name], expected, within=0, mistakes=mistakes
    )
### END HIDDEN TESTS
paper.score()

# %% [markdown] nbgrader={"grade_id": "field_text", "locked": true}
# ## 2. A field in code (4 points, 15 minutes)
#
# **You do:** write `field`. `layers` is a list of tuples `(kernel, stride, padding, dilation)`, from the picture on. Return `(size, stride, start)`, the three numbers of question 1, for a unit of the last layer. Without layers a unit is a pixel: `(1, 1, 0)`.


# %% nbgrader={"grade_id": "field", "solution": true}
def field(layers):
    """(size, stride, start) in pixels."""
    ### BEGIN SOLUTION
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        size += (kernel - 1) * dilation * step
        start -= padding * step
        step *= stride
    return size, step, start
    ### END SOLUTION


# %% nbgrader={"grade_id": "field_check", "grade": true, "locked": true, "points": 4}
barred = ["activations.receptive_field", "activations.receptive_fields"]
seen = homework.Question("2. A field in code", points=4, without=barred)
seen.equal(0.5, "without layers: a pixel", lambda: field([]), (1, 1, 0))
seen.equal(
    0.5,
    "one convolution, 5 wide, stride 3, padding 2",
    lambda: field([(5, 3, 2, 1)]),
    (5, 3, -2),
    within=0,
    mistakes={"The first unit begins before pixel 0: minus.": (5, 3, 2)},
)
### BEGIN HIDDEN TESTS


def walked(layers, dilate=True, own=False, far=True, sign=-1, less=1, pad=True):
    """Layer by layer; the switches are the usual mistakes."""
    size, step, start = 1, 1, 0
    for kernel, stride, padding, dilation in layers:
        reach = (kernel - less) * (dilation if dilate else 1)
        size += reach * (step * stride if own else step) if far else reach
        start += sign * padding * (step if pad else 1)
        step *= stride
    return size, step, start


cases = {}
for seed in (SEED + 1, SEED + 2):
    random = np.random.default_rng(seed)
    draws = [random.choice(some, 5) for some in ((2, 3, 5), (1, 2, 3), (1, 2, 3), (2, 3, 4))]
    chosen = list(zip(*(list(map(int, one)) for one in draws), strict=True))
    cases[f"five layers, drawn with seed {seed}"] = (chosen, walked(chosen))
stranger = homework.given("backbones.load", "mobilenet", None, include_top=False, alpha=0.25)
depthwise = ((3, 2, 0, 1), (3, 1, 1, 1), (1, 1, 0, 1), (3, 2, 0, 1), (1, 1, 0, 1), (3, 1, 1, 1))
truth = activations.receptive_field(stranger, "conv_dw_3", 224)
cases["conv_dw_3 of MobileNet, a network that you did not see"] = (
    list(depthwise),
    (truth.size[0], truth.stride[0], truth.start[0]),
)
for what, (layers, expected) in cases.items():
    seen.equal(
        1,
        what,
        lambda layers=layers: field(layers),
        expected,
        within=0,
        mistakes={
            "The dilation is missing.": walked(layers, dilate=False),
            "A layer's own stride acts on the layers behind it only.": walked(layers, own=True),
            "The reach counts in pixels: times the strides before it.": walked(
                layers, far=False
            ),
            "The first unit begins before pixel 0: minus.": walked(layers, sign=1),
            "A kernel of k reaches k - 1 further, not k.": walked(layers, less=0),
            "Padding counts in pixels: times the strides before it.": walked(layers, pad=False),
            "The padding is missing.": walked(layers, sign=0),
        },
    )
### END HIDDEN TESTS
seen.score()

# %% [markdown] nbgrader={"grade_id": "stripes_text", "locked": true}
# ## 3. The unit that likes stripes (5 points, 20 minutes)
#
# **3a. Stripes (3 points, 10 minutes). You do:** draw a grating. The grey value at row $y$ and column $x$ is
#
# $$127.5 + 127.5 \, \sin \Big( \frac{2 \pi}{\text{period}} \, (x \cos \alpha + y \sin \alpha) \Big)$$
#
# so at an angle $\alpha$ of 0 the stripes stand upright, and at 90 degrees they lie. Three equal colours: `(side, side, 3)`.


# %% nbgrader={"grade_id": "stripes", "solution": true}
def stripes(side, period, angle):
    """A grating, float (side, side, 3), 0..255; angle in degrees."""
    ### BEGIN SOLUTION
    y, x = np.mgrid[:side, :side]
    turn = np.deg2rad(angle)
    wave = np.sin(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
    return np.repeat(127.5 + 127.5 * wave[..., None], 3, axis=2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "stripes_check", "grade": true, "locked": true, "points": 3}
grating = homework.Question("3a. Stripes", points=3)
grating.holds(
    0.5,
    "stripes that stand upright are the same in every row, and fill 0..255",
    lambda: stripes(16, 8, 0),
    lambda found: (
        np.shape(found) == (16, 16, 3)
        and np.ptp(np.asarray(found), axis=0).max() < 1e-3
        and np.allclose([np.min(found), np.max(found)], [0, 255], atol=1e-3)
    ),
    {"These lie: x are columns, y rows.": lambda found: np.ptp(found, axis=1).max() < 1e-3},
)
grating.equal(
    0.5,
    "at 90 degrees, period 4, the rows are 127.5, 255, 127.5, 0",
    lambda: None if (picture := stripes(4, 4, 90)) is None else np.asarray(picture)[:, 0, 0],
    [127.5, 255, 127.5, 0],
    within=1e-5,
)
### BEGIN HIDDEN TESTS


def drawn_slowly(side, period, angle, turned=False, degrees=True, often=False, low=127.5):
    """Pixel by pixel."""
    made = np.zeros((side, side, 3))
    turn = angle * np.pi / 180 if degrees else angle
    for y in range(side):
        for x in range(side):
            a, b = (y, x) if turned else (x, y)
            along = a * np.cos(turn) + b * np.sin(turn)
            made[y, x] = low + 127.5 * np.sin(
                2 * np.pi * along * (period if often else 1 / period)
            )
    return made


for side, period, angle in ((21, 7.5, 30), (34, 11.0, 110)):
    grating.equal(
        1,
        f"{side} pixels, period {period}, {angle} degrees",
        lambda side=side, period=period, angle=angle: stripes(side, period, angle),
        drawn_slowly(side, period, angle),
        within=1e-4,
        mistakes={
            "x are columns, y rows.": drawn_slowly(side, period, angle, turned=True),
            "The angle is in degrees; sin and cos take radians.": drawn_slowly(
                side, period, angle, degrees=False
            ),
            "Divide by the period.": drawn_slowly(side, period, angle, often=True),
            "The grey in the middle, 127.5, is missing.": drawn_slowly(
                side, period, angle, low=0
            ),
            "Half of the wave is cut off.": np.clip(
                drawn_slowly(side, period, angle, low=0), 0, 255
            ),
            "The values are 0..1, not 0..255.": drawn_slowly(side, period, angle) / 255,
            "The stripes lean to the other side.": drawn_slowly(side, period, -angle),
        },
    )
### END HIDDEN TESTS
grating.score()

# %% [markdown] nbgrader={"grade_id": "unit_text", "locked": true}
# **3b. The unit (2 points, 10 minutes).** A unit likes stripes of `ANGLE` degrees if at *each* of the periods 6, 8 and 12 pixels its mean answer to them is three times, or more, its mean answer to stripes across (`ANGLE + 90`). It must be no weak unit: at each period its mean answer lies above the median of the layer's channels.
#
# **You do:** find such a channel of `LAYER`. `network.features_of(picture, LAYER)` gives its maps, `(1, rows, columns, channels)`; draw with `stripes(227, period, angle)`, and leave out three places at each edge.

# %% nbgrader={"grade_id": "unit_layer", "locked": true}
LAYER = "fire3_concat"

# %% nbgrader={"grade_id": "unit", "solution": true}
stripe_unit = ...
### BEGIN SOLUTION
answers = {
    (period, angle): network.features_of(stripes(96, period, angle), LAYER)[0, 3:-3, 3:-3].mean(
        (0, 1)
    )
    for period in (6, 8, 12)
    for angle in (ANGLE, ANGLE + 90)
}
along = np.array([answers[period, ANGLE] for period in (6, 8, 12)])
across = np.array([answers[period, ANGLE + 90] for period in (6, 8, 12)])
strong = (along > np.median(along, axis=1, keepdims=True)).all(axis=0)
liking = ((along + 1e-9) / (along + across + 1e-9)).min(axis=0)
stripe_unit = int(np.argmax(np.where(strong, liking, 0)))
### END SOLUTION

# %% nbgrader={"grade_id": "unit_check", "grade": true, "locked": true, "points": 2}
unit = homework.Question("3b. The unit", points=2)
unit.holds(
    0.5,
    "a channel's number",
    lambda: stripe_unit,
    lambda found: int(found) == found and 0 <= found < 128,
)
### BEGIN HIDDEN TESTS


def mean_answers(period, angle):
    """The mean answer of each channel to a grating of the check's own."""
    picture = drawn_slowly(96, period, angle)
    return np.maximum(network.features_of(picture, LAYER)[0, 3:-3, 3:-3], 0).mean(axis=(0, 1))


pairs = [
    (mean_answers(period, ANGLE), mean_answers(period, ANGLE + 90)) for period in (6, 8, 12)
]
unit.holds(
    1.5,
    f"it answers three times as strongly to stripes of {ANGLE} degrees, and it is no weak one",
    lambda: stripe_unit,
    lambda k: all(on[k] >= 3 * off[k] and on[k] > np.median(on) for on, off in pairs),
    {
        "It likes the stripes across.": lambda k: all(off[k] > on[k] for on, off in pairs),
        "It likes them, but hardly answers at all.": lambda k: all(
            on[k] > 3 * off[k] for on, off in pairs
        ),
        "It likes one period only.": lambda k: any(on[k] > 3 * off[k] for on, off in pairs),
        "It answers to both nearly alike.": lambda k: any(
            on[k] < 2 * off[k] for on, off in pairs
        ),
    },
)
### END HIDDEN TESTS
unit.score()

# %% [markdown] nbgrader={"grade_id": "unit_look_text", "locked": true}
# **Look at it: the stripes, your photo, and where the unit answers in it.**

# %% nbgrader={"grade_id": "unit_look", "locked": true}
ready = stripe_unit is not ...
answer = network.features_of(photo, LAYER)[0, ..., stripe_unit] if ready else None
shown = [stripes(227, 12, ANGLE), photo, images.colourise(answer)] if ready else []
titles = [f"{ANGLE} degrees", "the photo", f"channel {stripe_unit} of {LAYER}"]
tiles = [np.asarray(one).round().astype("uint8") for one in shown]
plots.photos(tiles, titles, columns=3) if ready else None

# %% [markdown] nbgrader={"grade_id": "overlap_text", "locked": true}
# ## 4. The unit on the cats' ears (5 points, 25 minutes)
#
# **4a. Overlap (3 points, 15 minutes).** Where is a unit *on*? Take the places with its strongest answers: the `share` of all places of **all** photos together, for each channel its own threshold (the quantile $1 - \text{share}$; on is *above* it). Then compare with the mask, over all photos together:
#
# $$\mathrm{IoU} = \frac{\text{places that are on and in the mask}}{\text{places that are on or in the mask}}$$
#
# (Bau et al., Network Dissection, CVPR 2017.) **You do:** write `overlap`. `maps` has the shape `(n, height, width, channels)` and `masks`, bool, `(n, height, width)`.


# %% nbgrader={"grade_id": "overlap", "solution": true}
def overlap(maps, masks, share):
    """The IoU of each channel with the masks, float (channels,), 0..1."""
    ### BEGIN SOLUTION
    limit = np.quantile(maps.reshape(-1, maps.shape[-1]), 1 - share, axis=0)
    on, inside = maps > limit, masks[..., None]
    both, either = (on & inside).sum(axis=(0, 1, 2)), (on | inside).sum(axis=(0, 1, 2))
    return both / np.maximum(either, 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "overlap_check", "grade": true, "locked": true, "points": 3}
iou = homework.Question("4a. Overlap", points=3)
toy = np.arange(16.0).reshape(1, 4, 4, 1)
iou.equal(
    0.5,
    "16 places, a quarter is on: the last row; the mask is that row",
    lambda: overlap(toy, toy[..., 0] > 11, 0.25),
    [1.0],
)
iou.equal(
    0.5,
    "the mask is the last two rows: 4 of 8 places",
    lambda: overlap(toy, toy[..., 0] > 7, 0.25),
    [0.5],
    mistakes={"Divide by the places that are on *or* in the mask.": [1.0]},
)
### BEGIN HIDDEN TESTS


def compared(maps, masks, share, limits="channel", of="either", together=True):
    """Channel by channel; the switches are the usual mistakes."""
    found = []
    for c in range(maps.shape[-1]):
        one = maps[..., c]
        limit = np.quantile(maps if limits == "all" else one, 1 - share)
        if limits == "photo":
            limit = np.quantile(one, 1 - share, axis=(1, 2), keepdims=True)
        on = one > limit
        both, either = on & masks, on | masks
        parts = {"either": either, "mask": masks, "on": on}
        if not together:
            found.append(
                np.mean([b.sum() / max(e.sum(), 1) for b, e in zip(both, either, strict=False)])
            )
        elif of == "sum":
            found.append(both.sum() / (on.sum() + masks.sum()))
        elif of == "dice":
            found.append(2 * both.sum() / (on.sum() + masks.sum()))
        else:
            found.append(both.sum() / max(parts[of].sum(), 1))
    return np.array(found)


for seed, share in ((SEED + 3, 0.1), (SEED + 4, 0.03)):
    random = np.random.default_rng(seed)
    size = np.array([0.3, 1, 3])[:, None, None, None] * np.array([1, 5, 0.5, 2])
    some = random.exponential(size, (3, 12, 14, 4))
    mask = random.random((3, 12, 14)) < 0.5 * (some[..., 1] > np.quantile(some[..., 1], 0.8))
    mask[1] |= random.random((12, 14)) < 0.1
    iou.equal(
        1,
        f"other maps and masks, share {share}",
        lambda a=some, b=mask, share=share: overlap(a, b, share),
        compared(some, mask, share),
        within=1e-5,
        mistakes={
            "One threshold for all channels; each has its own.": compared(
                some, mask, share, "all"
            ),
            "A threshold for each photo; take all photos together.": compared(
                some, mask, share, "photo"
            ),
            "This is the mean over the photos; count all together.": compared(
                some, mask, share, together=False
            ),
            "Divided by the mask alone: so a unit that is on everywhere is best.": compared(
                some, mask, share, of="mask"
            ),
            "Divided by the places that are on: so a unit on one place is best.": compared(
                some, mask, share, of="on"
            ),
            "Places in both are counted twice below the line.": compared(
                some, mask, share, of="sum"
            ),
            "This is Dice's measure, twice both over the sum.": compared(
                some, mask, share, of="dice"
            ),
        },
    )
### END HIDDEN TESTS
iou.score()

# %% [markdown] nbgrader={"grade_id": "ears_text", "locked": true}
# **4b. The unit (2 points, 10 minutes).** Twenty cats of the critters, each with the mask of its ears. `maps_of` gives the maps of `fire8_concat`, enlarged to the masks' size. In a second set the same animals have the ears of a dog, and nothing else is changed.
#
# **You do:** find the channel whose strongest 5 % overlap most with the ears. Then measure: the mean over the cats of the channel's largest answer, with their own ears and with a dog's.

# %% nbgrader={"grade_id": "ears", "locked": true}
SIDE = 48


def cats_of(seed):
    """Twenty cats, the masks of their ears, and the same animals with a dog's ears."""
    cats = datasets.critters(20, seed, 192).redraw(ears="pointed")
    return cats.images, cats.ears[:, 2::4, 2::4], cats.swap_ears().images


def maps_of(pictures):
    """The answers of fire8_concat, each place as often as it covers places of the mask."""
    maps = network.features_of(pictures, "fire8_concat")
    at = ((np.arange(SIDE) + 0.5) * maps.shape[1] / SIDE).astype(int)
    return maps[:, at][:, :, at]


cats, ears, with_dog_ears = cats_of(SEED)
plots.photos([*cats[:4], *with_dog_ears[:4]], ["a cat"] * 4 + ["dog's ears"] * 4, columns=4)

# %% nbgrader={"grade_id": "ear_unit", "solution": true}
ear_unit = ...
largest = {"own ears": ..., "dog's ears": ...}
### BEGIN SOLUTION
own_maps, other_maps = maps_of(cats), maps_of(with_dog_ears)
ear_unit = int(np.argmax(overlap(own_maps, ears, 0.05)))
pairs_of_maps = {"own ears": own_maps, "dog's ears": other_maps}
largest = {
    name: float(some[..., ear_unit].max(axis=(1, 2)).mean())
    for name, some in pairs_of_maps.items()
}
### END SOLUTION

# %% nbgrader={"grade_id": "ear_unit_check", "grade": true, "locked": true, "points": 2}
eared = homework.Question("4b. The unit", points=2)
eared.holds(
    0.5,
    "a channel's number, and two numbers above 0",
    lambda: (
        ... if ear_unit is ... or ... in largest.values() else [ear_unit, *largest.values()]
    ),
    lambda found: 0 <= found[0] < 512 and min(found[1:]) > 0,
)
### BEGIN HIDDEN TESTS
others, other_ears, _ = cats_of(SEED + 1000)
found_there = compared(maps_of(others), other_ears, 0.05)
eared.holds(
    1,
    "on other cats, too, it overlaps with the ears as hardly another channel does",
    lambda: ear_unit,
    lambda k: found_there[k] >= 0.7 * found_there.max(),
    {
        "On other cats it is far behind the best: look at the IoU.": lambda k: (
            found_there[k] < 0.1
        )
    },
)
both_maps = {"own ears": maps_of(cats), "dog's ears": maps_of(with_dog_ears)}
eared.holds(
    0.5,
    "its largest answers, measured once more",
    lambda: [ear_unit, *(largest[name] for name in both_maps)],
    lambda found: np.allclose(
        found[1:],
        [some[..., found[0]].max(axis=(1, 2)).mean() for some in both_maps.values()],
        rtol=0.01,
    ),
    {
        "This is the mean over the places; take each photo's largest answer.": lambda found: (
            np.allclose(
                found[1:],
                [some[..., found[0]].mean() for some in both_maps.values()],
                rtol=0.01,
            )
        ),
        "This is the largest of all photos; take the mean over the photos.": lambda found: (
            np.allclose(
                found[1:], [some[..., found[0]].max() for some in both_maps.values()], rtol=0.01
            )
        ),
    },
)
### END HIDDEN TESTS
eared.score()

# %% [markdown] nbgrader={"grade_id": "cause_text", "locked": true}
# ## 5. Does it see ears? (3 points, 10 minutes)
#
# **You do:** write six to ten sentences. How large is the IoU of your unit, and how large would chance be (5 % on, 5 % ear)? What did the swap of the ears do to its answers? A unit of `fire8_concat` sees 175 pixels of these pictures of 192: what else lies where the ears lie? Would you call it an ear unit? Name one more intervention that would tell.

# %% [markdown] nbgrader={"grade_id": "cause", "grade": true, "solution": true, "points": 3}
# ### BEGIN SOLUTION
# The best channel has an IoU of about 0.25; chance would give 0.05 * 0.05 / (0.05 + 0.05 - 0.0025), about 0.026, so it is ten times above chance, and it is so on other cats, too. But with a dog's ears the mean of its largest answer hardly changes (about 200 and 200 as shipped, for some other channels a fifth less). So it does not need cats' ears. Its field covers nearly the whole picture: it may answer to the top of a head, to the edge between fur and background above the face. Overlap says where a unit answers, not why. I would call it "upper edge of the head". To know more: paint the ears over with background and look whether the answer goes away; or move the ears alone; or show ears without a head.
#
# Rubric: 1 point for the IoU beside chance; 1 point for reading the swap rightly, whichever way it went (a unit that falls clearly needs pointed ears, one that does not does not); 1 point for "overlap is no cause", with another intervention that would tell.
# ### END SOLUTION

# %% [markdown] nbgrader={"grade_id": "declaration_text", "locked": true}
# ## Declaration (0 points)
#
# Say which generative AI you used in this homework, and for what; or that you used none.

# %% [markdown] nbgrader={"grade_id": "declaration", "solution": true}
# ### BEGIN SOLUTION
# I used no generative AI.
# ### END SOLUTION
