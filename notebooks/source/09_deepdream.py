# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # 9 DeepDream: let the network exaggerate
#
# A layer is told to amplify whatever it finds in a photo; you take the recipe apart, one ingredient at a time.
#
# *Follows lecture 001 (HKUST: DeepDream, amplifying features) and lecture 000 (Harvard BST 261, lecture 7: Inceptionism). **About 1 minute** on two cores.*
#
# [← 8 Honest maps](08_honest_maps.ipynb) · [contents](00_start_here.ipynb) · [glossary](../docs/glossary.md) · [10 Multi-task →](10_multi_task.ipynb)
#
# **You will**
# 1. show that the slides' rule, "set the gradient equal to the activation", is ascent on a sum of squares,
# 2. switch off each ingredient of DeepDream once and see what it did,
# 3. make a sky dream, guide a dream by a second photo, and save a film.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup.**

# %% slideshow={"slide_type": "skip"}
import numpy as np
from IPython.display import Image, Markdown

from helpers import backbones, datasets, feature_visualization, files, images, plots, training
from helpers.teaching import Claims, exercise, slides
from helpers.feature_visualization import dream

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters.**
#
# Any network of `backbones.NAMES` and any photo of `datasets.photos()`, or the path of your own. Sentences that begin with *As shipped* tell of `"squeezenet"`, `"coffee"` and seed 0; with another choice, go by your own pictures and numbers.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "squeezenet"
PHOTO = "coffee"
SEED = 0

# %% [markdown] slideshow={"slide_type": "skip"}
# **What the slides use, and what runs here.**

# %% slideshow={"slide_type": "skip"}
network = backbones.load(NETWORK)
claims = Claims(NETWORK=[NETWORK, "squeezenet"], PHOTO=[PHOTO, "coffee"], SEED=[SEED, 0])
always = Claims()  # what holds with every choice
Markdown(slides.box("09_deepdream", network))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The rule on the slide
#
# Slide 001: choose a photo $I$ and a layer with activations $A$; repeat:
#
# 1. forward: compute $A$,
# 2. set the gradient of the layer **equal to its activation**,
# 3. backward: from there to the pixels,
# 4. change the photo a little in that direction.
#
# It then says that this is the same as
#
# $$I^* = \mathrm{arg\,max}_I \; \sum_i A_i(I)^2.$$
#
# **Think!** What is the derivative of $A^2$? Is anything missing?
#
# **Both gradients, by the slide's rule and from the sum of squares.**

# %% slideshow={"slide_type": "-"}
import tensorflow as tf

layer = network.vgg_equivalent("block4_conv1")
photo = datasets.photo(PHOTO).array if PHOTO in datasets.photos() else images.load(PHOTO)
picture = tf.constant(images.prepare(photo, 160)[None].astype("float32"))
with tf.GradientTape(persistent=True) as tape:
    tape.watch(picture)
    A = network.features(layer)(picture)
    squares = tf.reduce_sum(A**2)
by_rule = tape.gradient(A, picture, output_gradients=A)  # the layer's gradient is A itself
by_squares = tape.gradient(squares, picture)

# %% [markdown] slideshow={"slide_type": "skip"}
# **The slide's claim, measured.**

# %% slideshow={"slide_type": "skip"}
ratio = float(tf.reduce_sum(by_squares * by_rule) / tf.reduce_sum(by_rule**2))
worst = float(
    tf.reduce_max(tf.abs(by_squares - 2 * by_rule)) / tf.reduce_max(tf.abs(by_squares))
)
always.slide_claim(
    "001",
    "Setting the gradient equal to the activation is ascent on the sum of squares",
    abs(ratio - 2) < 1e-3 and worst < 1e-3,
    "holds",
    f"the two differ by the factor {ratio:.4f} alone; largest other difference {worst:.1g}",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# $\partial A^2 / \partial A = 2 A$: the rule climbs *half* the sum of squares. As each step is divided by the gradient's size, the factor does not matter.
#
# ## The rule alone
#
# One size, no jitter, 24 steps. Each step moves a pixel by 2 of 255 on average.
#
# **The photo, and what two layers exaggerate in it.**

# %% slideshow={"slide_type": "-"}
awake = images.resize(images.prepare(photo, 256), (224, 224))
by_network = {
    "squeezenet": ["fire3_concat", "fire8_concat", "fire5_concat", "fire9_concat"],
    "efficientnet_lite0": ["block3_add", "block10_add", "block7_add", "block13_add"],
}
others = [network.vgg_equivalent(f"block{number}_conv1") for number in (2, 4, 3, 5)]
early, late, middle, deepest = by_network.get(NETWORK, others)
bare = {"octaves": 1, "jitter": 0, "steps": 24, "seed": SEED}
alone = {at: dream(network, awake, at, **bare) for at in (early, late)}
plots.photos([awake, *alone.values()], ["the photo", *alone])

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the early layer sees strokes, the late one parts of things. Both draw small and hard-edged.
#
# **Did the layers get what they asked for?**

# %% slideshow={"slide_type": "-"}
energy = {}
for at, dreamt in alone.items():
    energy[at] = [
        float((network.features_of(shown, at) ** 2).mean()) for shown in (awake, dreamt)
    ]
growth = [after / before for before, after in energy.values()]
plots.bars(
    {at: after / before for at, (before, after) in energy.items()},
    title="mean square of the layer, dream / photo",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* ten times as much for the early layer, sixty times for the late one.
#
# **The slide's claim, measured on five photos of other things.**

# %% slideshow={"slide_type": "skip"}
briefly, squares = {**bare, "steps": 8}, []
for name in ("chelsea", "china", "flower", "rocket", "camera"):
    two = [images.prepare(datasets.photo(name).array, 160)]
    two.append(dream(network, two[0], early, **briefly))
    squares.append([(network.features_of(one, early) ** 2).mean() for one in two])
times = training.ratio_interval(*np.transpose(squares))
claim = "A layer told to amplify what it detects does amplify it (times its mean square)"
how = {"above": 1, "over": f"{len(squares)} photos, {early}, 8 steps"}
claims.slide_claim("000", claim, times, "holds", **how)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The full recipe
#
# The slides' pictures need more than the rule:
#
# | ingredient | what it does |
# |---|---|
# | octaves | dream on a small copy first, then on larger ones: shapes of all sizes |
# | detail put back | what shrinking the photo had lost is added again at each octave |
# | jitter | the picture is rolled by some pixels before each step: no grid, no hard dots |
# | divided gradient | every step has the same size, at every depth |
# | several layers | weighted: textures from one, things from another |
#
# Between octaves the picture $P$ is enlarged, $\uparrow$, and gets its detail back from the photo $I$, which was shrunk, $\downarrow$:
#
# $$P \leftarrow \; \uparrow \! P + (I_{larger} - \uparrow \downarrow I_{larger})$$
#
# **All of it together.**

# %% slideshow={"slide_type": "-"}
layers = {late: 1.0, middle: 0.3}  # things from the one, some texture from the other
scene = images.resize(photo, (256, round(256 * photo.shape[1] / photo.shape[0])))
recipe = {"octaves": 3, "steps": 14, "seed": SEED}
full = dream(network, scene, layers, **recipe)
plots.photos([scene, full], ["the photo", " + ".join(layers)])

# %% [markdown] slideshow={"slide_type": "slide"}
# *As shipped:* fur and eyes grow on the saucer and in the coffee, and the spoon has become an eye.
#
# ## Each ingredient switched off
#
# **Think!** Which one will you miss most?
#
# **Four dreams, one ingredient missing in each.**

# %% slideshow={"slide_type": "-"}
one_layer = dict(list(layers.items())[:1])
without = {
    "everything": full,
    "no octaves": dream(network, scene, layers, octaves=1, steps=42, seed=SEED),
    "no detail put back": dream(network, scene, layers, detail=False, **recipe),
    "no jitter": dream(network, scene, layers, jitter=0, **recipe),
    "one layer": dream(network, scene, one_layer, **recipe),
}

# %% [markdown] slideshow={"slide_type": "skip"}
# The plain gradient keeps the scale of the first step at all sizes.
#
# **The fifth, and all six pictures side by side.**

# %% slideshow={"slide_type": "-"}
without["plain gradient"] = dream(network, scene, layers, normalise=False, **recipe)
plots.photos(list(without.values()), list(without), columns=3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# So small they look alike, but for the one without octaves.
#
# **The same six, a part enlarged.**

# %% slideshow={"slide_type": "-"}
height, width = scene.shape[:2]
corner = slice(height // 2, height), slice(width // 2, width // 2 + height // 2)
plots.photos([shown[corner] for shown in without.values()], list(without), columns=3)

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped*, look for: several small eyes in the spoon where there was one large one (no octaves); a softer photo under the dream (no detail put back); harder, more coloured dots (no jitter). One layer and the plain gradient hardly change this dream: most of it is the late layer's.
#
# **The fine waves in numbers.**


# %% slideshow={"slide_type": "-"}
def fine_share(shown):
    """The share of the variance that lies in waves shorter than four pixels."""
    grey = shown.mean(axis=-1) - shown.mean()
    power = np.abs(np.fft.rfft2(grey)) ** 2
    waves = np.hypot(np.fft.fftfreq(grey.shape[0])[:, None], np.fft.rfftfreq(grey.shape[1]))
    return float(power[waves > 0.25].sum() / power.sum())


fine = {words: fine_share(shown) for words, shown in without.items()}
plots.bars(fine, title="share of the variance in waves shorter than four pixels")

# %% [markdown] slideshow={"slide_type": "skip"}
# The longer a bar, the more fine grain is in the picture.
#
# **Check what the numbers say.**

# %% slideshow={"slide_type": "skip"}
claims.check(
    fine["no detail put back"] < fine["everything"],
    "without the detail the picture has less in fine waves",
    (fine["no detail put back"], fine["everything"]),
)
claims.check(
    fine["no octaves"] > fine["everything"],
    "without octaves it has more of them: small patterns only",
    (fine["no octaves"], fine["everything"]),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Inceptionism on a sky
#
# Slide 001 shows a sky (000 links to the same post) in which an Inception network finds the "Admiral Dog", the "Pig-Snail", the "Camel-Bird" and the "Dog-Fish". No photo of a sky comes with the installation, so we draw one: noise whose long waves are strong, in blue and white.
#
# **Think!** There is nothing in these clouds. What will the network see?
#
# **A sky, and what three depths see in it.**

# %% slideshow={"slide_type": "-"}
clouds = feature_visualization.synthetic_sky(288, 432, seed=SEED)
deep = {deepest: 1.0}
dreamt_sky = {
    words: dream(network, clouds, at, octaves=4, octave_scale=1.5, steps=12, seed=SEED)
    for words, at in (("early layer", early), ("middle layers", layers), ("deep layers", deep))
}
plots.photos([clouds, *dreamt_sky.values()], ["a drawn sky", *dreamt_sky], columns=2)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the early layer draws strokes, the middle ones eyes in fur, the deep one beaks, eyes and feathers where the clouds gave a hint. Which animals appear depends on what the network was trained on and how: a dog is no law.
#
# **What the network itself calls the four.**

# %% slideshow={"slide_type": "-"}
rows = ["| picture | its three best classes |", "|---|---|"]
for words, shown in {"a drawn sky": clouds, **dreamt_sky}.items():
    top = ", ".join(f"{name} {share:.2f}" for name, share in network.predict_top(shown, 3))
    rows.append(f"| {words} | {top} |")
Markdown("\n".join(rows))

# %% [markdown] slideshow={"slide_type": "slide"}
# *As shipped:* it calls the middle dream a ferret and the deep one a finch: it names what it has painted.
#
# ## From noise
#
# The photo is only a hint. From pure noise the dream shows the layer's own taste.
#
# **Noise, dreamt at three depths.**

# %% slideshow={"slide_type": "-"}
noise = np.random.default_rng(SEED).uniform(90, 165, (224, 224, 3))
tastes = [early, *list(layers)[:1], next(iter(deep))]
from_noise = [dream(network, noise, at, octaves=3, steps=16, seed=SEED) for at in tastes]
plots.photos([noise.round().astype("uint8"), *from_noise], ["noise", *tastes], columns=4)

# %% [markdown] slideshow={"slide_type": "slide"}
# *As shipped:* the early layer fills the whole square with stripes; the later ones grow a furry face and a bird's head, and leave the rest as it was.
#
# ## A guide
#
# Instead of what it finds strongest, the layer can amplify what is *most like a second photo*. At each place $i$ of the photo look for the place $j$ of the guide's maps $G$ with the largest dot product, and climb
#
# $$\frac{1}{n} \sum_i \max_j \; A_i \cdot G_j.$$
#
# **The same photo, guided by a flower and by a brick wall.**

# %% slideshow={"slide_type": "-"}
guides = {}
for name in ("flower", "brick"):
    array = datasets.photo(name).array  # cut to the photo's proportions
    array = array[: round(array.shape[1] * scene.shape[0] / scene.shape[1])]
    guides[name] = images.resize(array, (144, round(144 * array.shape[1] / array.shape[0])))
guided = [
    dream(network, scene, layers, guide=guide, octaves=3, steps=10, seed=SEED)
    for guide in guides.values()
]
shown = [guides["flower"], guided[0], guides["brick"], guided[1]]
plots.photos(shown, ["guide: flower", "dream", "guide: brick", "dream"], columns=2)

# %% [markdown] slideshow={"slide_type": "subslide"}
# *As shipped:* the bricks leave straight joints on saucer and table, the flower curls.
#
# ## A large photo, in tiles
#
# Memory grows with the picture: every map is kept for the way back. Tiles of a fixed size need the memory of one tile; as the picture is rolled before each step, the seams hardly ever lie at the same place twice.
#
# **The gradient of the whole photo and of its tiles.**

# %% slideshow={"slide_type": "-"}
tall = 400, round(400 * photo.shape[1] / photo.shape[0])
large = images.resize(photo, tall).astype("float32")
whole = feature_visualization.gradient_of(network, layers)(large)
parts = feature_visualization.gradient_of(network, layers, tile=224)(large)
difference = np.abs(whole - parts).mean(axis=-1) / np.abs(whole).mean()
plots.heat(
    difference, "where tiles and whole differ", limit=4, label="of the gradient's mean size"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* they differ most along the seams, where a tile cannot see its neighbour: there the two gradients are only loosely alike. That is why the seams move.
#
# **Check it: the correlation of the two gradients, close to a seam (16 pixels) and elsewhere.**

# %% slideshow={"slide_type": "skip"}
near = feature_visualization.near_seams(tall, 224, 16)
close, apart = (np.corrcoef(whole[at].ravel(), parts[at].ravel())[0, 1] for at in (near, ~near))
claims.check(
    apart > 0.7 > close,
    "the direction is like the whole's away from the seams, not at them; correlation",
    (apart, close),
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Think!** Will the finished dream show the seams?
#
# **The same dream of the whole photo, and in tiles whose seams move.**

# %% slideshow={"slide_type": "-"}
short = {"octaves": 1, "steps": 10, "seed": SEED}
in_tiles = {"whole": dream(network, large, layers, **short)}
in_tiles["in tiles"] = dream(network, large, layers, tile=224, **short)
plots.photos(list(in_tiles.values()), list(in_tiles), columns=2)

# %% [markdown] slideshow={"slide_type": "skip"}
# *As shipped:* the two differ in their details, for each step is a little different and the next one builds on it; neither shows a line where the seams lay at first.
#
# **Check it: how steep is the picture right at these seams, compared with the strips beside them? A seam would be a step (more than 1), or a strip where little was painted (less).**

# %% slideshow={"slide_type": "skip"}
at, beside = (feature_visualization.near_seams(tall, 224, reach) for reach in (1, 12))
steep = {}
for words, shown in in_tiles.items():
    slope = np.hypot(*np.gradient(shown.mean(axis=-1)))
    steep[words] = slope[at].mean() / slope[beside & ~at].mean()
claims.check(
    abs(steep["in tiles"] - steep["whole"]) < 0.1,
    "no seam is left; steepness at the seams, in tiles and of the whole",
    list(steep.values())[::-1],
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Save it: a picture and a film
#
# Dream, enlarge the middle a little, dream on: a fall into the picture without an end. Both files are written whole or not at all.
#
# **Ten frames, saved as a GIF, and the dream as a PNG, in the course's cache.**

# %% slideshow={"slide_type": "-"}
folder = files.cache_folder() / "pictures"
frames = feature_visualization.zoom(
    network, images.prepare(photo, 200), layers, frames=10, factor=1.1, octaves=2, steps=4
)
film = feature_visualization.save_gif(frames, folder / "dream.gif")
still = images.save(full, folder / "dream.png")
Image(film.read_bytes(), format="gif", alt="A fall into the dream, ten frames without an end")

# %% [markdown] slideshow={"slide_type": "skip"}
# **Check what was written.**

# %% slideshow={"slide_type": "skip"}
back = images.load(still)
always.check((back == full).all(), "the PNG holds the very same pixels", back.shape)
always.check(
    film.stat().st_size > 10_000, f"{film.name} is there, kB", film.stat().st_size // 1000
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Dream studio
#
# **Choose a photo (or open your own), two layers, and the ingredients; press Start, and Stop when you like it.**

# %% slideshow={"slide_type": "-"}
from helpers.widgets import dream_studio

dream_studio(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Exercises
#
# **1. The smallest octave.**
#
# A photo of 400 x 600 pixels is dreamt with 4 octaves and a scale of 1.4. How many pixels high is the smallest octave? (Expected: a whole number between 100 and 200.)

# %% slideshow={"slide_type": "skip"}
your_height = None

smallest = feature_visualization.octave_shapes((400, 600), 4, 1.4)[0]
exercise(your_height, smallest[0], hint="How many times does the photo shrink on the way down?")

# %% [markdown] slideshow={"slide_type": "skip"}
# **2. Climb downwards.**
#
# Let a dream *quieten* a layer: make a picture of `scene`, of the same size, to which `quiet_layer` says less than to the photo. (Expected: a picture whose mean square at that layer is at least a fifth lower.)

# %% slideshow={"slide_type": "skip"}
quiet_layer = next(iter(layers))
your_picture = None


def is_quieter(shown):
    """Whether the layer says less to this picture than to the scene."""
    mean = [(network.features_of(p, quiet_layer) ** 2).mean() for p in (scene, shown)]
    return np.shape(shown) == scene.shape and mean[1] < 0.8 * mean[0]


exercise(your_picture, is_quieter, hint="Which weights may a layer of a dream have?")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "-"}
Markdown(f"""
**You have**

1. shown that the slides' rule and the sum of squares differ by the factor {ratio:.3f} alone (largest other difference {worst:.1g});
2. switched off five ingredients: fine waves hold {fine["everything"]:.3f} of the variance with all of them, {fine["no octaves"]:.3f} without octaves;
3. made a sky dream, guided a dream, and saved {len(frames)} frames ({film.stat().st_size // 1000} kB) as `{film.name}`.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Slide code, today
#
# | on the slides | today |
# |---|---|
# | set `layer.diff` to `layer.data`, then `net.backward` | `tape.gradient(A, picture, output_gradients=A)` |
# | `K.gradients(loss, dream)[0]` | `tape.gradient(loss, picture)` |
# | `grads /= K.maximum(K.mean(K.abs(grads)), 1e-7)` | divide by the mean size if it is positive |
# | `scipy.misc.imresize`, `imsave` | `images.resize`, `images.save` |
# | a function rebuilt for each octave | one compiled function for every size |
#
# *Further reading.* A. Mordvintsev, C. Olah and M. Tyka, "Inceptionism: Going Deeper into Neural Networks", Google Research blog, 2015; the same, "DeepDream: a code example for visualizing Neural Networks", 2015 (octaves, jitter, guide).
