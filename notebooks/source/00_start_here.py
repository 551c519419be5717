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
# # 0 Start here
#
# A real ImageNet network looks at a real photo, and you look inside the network: everything runs on this machine, with no graphics card and no network connection.
#
# *Goes with all five lectures; the map at the end says which slide is where. **About 1 minute** on two cores.*
#
# [1 Augmentation →](01_augmentation.ipynb)
#
# **You will**
# 1. ask a network of 4.7 million parameters what is in a photo,
# 2. see where it looks, what one of its filters waits for, and what it dreams into the photo,
# 3. find the notebook that belongs to the slide you have just seen.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What this course is
#
# Five lectures show on slides how networks are taught new classes, what happens inside them, and how tasks share one network. Here the same is done with today's Keras, and the claims that the notebooks cover are measured where they are made.
#
# **For whom:** students who know a little Python and have heard what a convolution and a loss are; and teachers, who show a notebook in the lecture hall. Each notebook stands on its own.
#
# | notebook | idea | it runs for |
# |---|---|---|
# | 0 Start here | one photo's way through a network | about 1 minute |
# | [1 Augmentation](01_augmentation.ipynb) | many photos out of few, and what they are worth | about 1.5 minutes |
# | [2 Feature extraction](02_feature_extraction.ipynb) | a trained network's features, your own classes | about 1 minute |
# | [3 Fine-tuning](03_fine_tuning.ipynb) | let the end of the network learn, too | about 1.5 minutes |
# | [4 Activations](04_activations.ipynb) | what every layer makes of a photo | about 1 minute |
# | [5 Filters](05_filters.ipynb) | what a filter waits for | about 1 minute |
# | [6 Grad-CAM](06_grad_cam.ipynb) | where the network looks | about 1 minute |
# | [7 Rivals](07_rivals.ipynb) | the same question by gradients, covers and samples | about 1 minute |
# | [8 Honest maps](08_honest_maps.ipynb) | which of these maps tell the truth | about 1.5 minutes |
# | [9 DeepDream](09_deepdream.ipynb) | the network exaggerates what it finds | about 1 minute |
# | [10 Multi-task](10_multi_task.ipynb) | 65 schools, and how much their models should share | about 1 minute |
# | [11 Training a network well](11_training.ipynb) | scaling, first weights, dropout, batch normalisation, on trial | about 1 minute |
# | [12 Optimizers](12_optimizers.ipynb) | eleven ways downhill, and where they arrive | about 1 minute |
# | [13 Famous architectures](13_architectures.ipynb) | what five famous networks cost, and what their tricks are worth | about 1 minute |
# | [14 Units](14_units.ipynb) | what single units answer to: stripes, textures, a cat's ears | about 1 minute |
# | [15 Good features](15_good_features.ipynb) | what a base must keep, and where it comes from | about 1 minute |
#
# Measured on two processor cores, all cells at once. Reading, guessing at each **Think!** and playing with the explorers take longer, and are the point.

# %% [markdown] slideshow={"slide_type": "skip"}
# **Setup: the course's own small package, and nothing else.**

# %% slideshow={"slide_type": "skip"}
from IPython.display import Markdown

from helpers import backbones, datasets, images, plots
from helpers.teaching import Claims, exercise

# %% [markdown] slideshow={"slide_type": "skip"}
# **Parameters: change them and run everything again.**
#
# `datasets.photos()` lists the photos that come with the installation; `PHOTO` may also be the path of a photo of your own. Sentences that begin with *As shipped* tell of `"efficientnet_lite0"`, `"coffee"` and seed 0; with another choice, go by your own pictures.

# %% tags=["parameters"] slideshow={"slide_type": "skip"}
NETWORK = "efficientnet_lite0"
PHOTO = "coffee"
SEED = 0

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is in the photo?
#
# The network was trained on about 1.3 million photos of 1000 classes (ImageNet; the slides' 1.4 million count validation and test photos too). Its answer is a probability for each class. The photo is resized so that its shorter side has 256 pixels, and the middle 224 x 224 pixels are shown to the network.
#
# **Think!** Which words would you use for this photo? Are they among 1000 words that somebody else chose?
#
# **Load the network and the photo, and show what the network sees.**

# %% slideshow={"slide_type": "-"}
network = backbones.load(NETWORK)
claims = Claims(
    NETWORK=[NETWORK, "efficientnet_lite0"], PHOTO=[PHOTO, "coffee"], SEED=[SEED, 0]
)
always = Claims()  # what holds with every choice
photo = datasets.photo(PHOTO).array if PHOTO in datasets.photos() else images.load(PHOTO)
picture = network.prepare(photo)
plots.photos(
    [photo, picture],
    ["the photo", f"what the network sees, {picture.shape[0]} x {picture.shape[1]}"],
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The crop loses the edges of a photo that is not square: a network cannot name what it is not shown.
#
# **Ask for the five most probable classes.**

# %% slideshow={"slide_type": "-"}
top = network.predict_top(photo, 5)
names, shares = zip(*top, strict=True)
plots.top_k(names, shares, title=f"{network.name}: {names[0]}, {shares[0]:.2f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# The bars are probabilities, and those of all classes sum to one: a network without an "I do not know" must choose.
#
# **Check the claim in the text.**

# %% slideshow={"slide_type": "skip"}
total = float(network.probabilities(picture).sum())
always.check(abs(total - 1) < 1e-4, "all probabilities sum to one", total)
espresso = names[0] == "espresso" and shares[0] > 0.9
claims.check(espresso, "the network sees an espresso", [names[0], shares[0]])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where does it look?
#
# Grad-CAM weighs each map of the last layer by how much it raises the score of a class (notebook 6 builds it step by step).
#
# **Think!** Which part of the photo would have to vanish for the answer to change?
#
# **One heat map for the first class.**

# %% slideshow={"slide_type": "-"}
from helpers.attribution import grad_cam

heat = grad_cam(network, picture, names[0])
plots.overlays(
    picture, heat, f"Grad-CAM of {names[0]}, {heat.shape[0]} x {heat.shape[1]} places"
)

# %% [markdown] slideshow={"slide_type": "slide"}
# Bright places speak for the class. The map has only a few places in each direction, which is why it looks soft.
#
# ## What does one filter wait for?
#
# Start from noise and change every pixel a little in the direction that excites one filter (gradient ascent, notebook 5).
#
# The slides name layers of VGG16, an older network. `network.vgg_equivalent("block4_conv1")` gives the layer that plays the same part in the network at hand.
#
# **Four filters of one layer in the first half of the network.**

# %% slideshow={"slide_type": "-"}
from helpers.feature_visualization import filter_patterns

layer = network.vgg_equivalent("block4_conv1")
patterns = filter_patterns(network, layer, [9, 12, 17, 20], steps=40, seed=SEED)
plots.photos(
    patterns.round().astype("uint8"),
    [f"filter {i}" for i in (9, 12, 17, 20)],
    columns=4,
    title=f"{layer}, in place of the slides' block4_conv1",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# Nobody drew these textures: they are what training made of the filters.
#
# ## What does it dream?
#
# DeepDream lets a layer exaggerate whatever it finds in the photo (notebook 9).
#
# **One dream, at three sizes of the photo.**

# %% slideshow={"slide_type": "-"}
from helpers.feature_visualization import dream

dream_layer = "block10_add" if "lite0" in NETWORK else network.vgg_equivalent("block4_conv1")
awake = images.prepare(photo, 320)
dreamt = dream(network, awake, dream_layer, octaves=3, steps=12, seed=SEED)
plots.photos([awake, dreamt], ["the middle of the photo", f"dreamt by {dream_layer}"])

# %% [markdown] slideshow={"slide_type": "slide"}
# *As shipped:* eyes, feathers and arches appear where the photo gave the slightest reason for them.
#
# ## Your turn
#
# **An explorer: choose a photo or open your own; it stays on this machine.**
#
# Tab moves between the controls, the arrow keys change them: five steps lead through the network.

# %% slideshow={"slide_type": "-"}
from helpers.widgets import tour_explorer

tour_explorer(network, PHOTO)

# %% [markdown] slideshow={"slide_type": "skip"}
# Try `stereo_motorcycle`, `horse` and `retina`. *As shipped:* a motorcycle that is called a moped, the outline of a horse that is taken for a dog, and a picture of none of the 1000 classes, which gets a name all the same.
#
# ## Is everything here?
#
# **What this computer has, in a few lines.**

# %% slideshow={"slide_type": "skip"}
from helpers.runtime import report

print(report(brief=True))

# %% [markdown] slideshow={"slide_type": "skip"}
# What is not here is optional: all notebooks run without it. `python3 course.py download NAME` brings it; `python3 course.py doctor` lists the sizes.
#
# ## Exercise
#
# **How many classes have a probability above one in a thousand for this photo?**
#
# Replace `None` by your answer, computed from `network.probabilities(picture)`.

# %% slideshow={"slide_type": "skip"}
answer = None

above = [share for name, share in network.predict_top(photo, 1000) if share > 0.001]
exercise(answer, len(above), hint="Compare the array with 0.001; True counts as 1.")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Which slide is where?
#
# | lecture | slide topic | notebook |
# |---|---|---|
# | 000 Harvard BST 261, lecture 7 | fine-tuning in five steps | [3 Fine-tuning](03_fine_tuning.ipynb) |
# | | every channel of every layer | [4 Activations](04_activations.ipynb) |
# | | "diagonal edges filter?", "yellow edges filter?" | [14 Units](14_units.ipynb) |
# | | patterns that filters respond to | [5 Filters](05_filters.ipynb) |
# | | heat maps of class activation; an elephant, a dog of the wrong breed, a gate | [6 Grad-CAM](06_grad_cam.ipynb) |
# | | which parts were used; debugging | [8 Honest maps](08_honest_maps.ipynb) |
# | | DeepDream | [9 DeepDream](09_deepdream.ipynb) |
# | 001 HKUST, topics on CNN | amount of pictures, many classes, no labels, mathematics? | [15 Good features](15_good_features.ipynb) |
# | | features off the shelf, their map in the plane | [2 Feature extraction](02_feature_extraction.ipynb) |
# | | kernels of the first layer, gradient ascent, class images | [5 Filters](05_filters.ipynb) |
# | | saliency, guided backpropagation | [7 Rivals](07_rivals.ipynb) |
# | | DeepDream of a sky | [9 DeepDream](09_deepdream.ipynb) |
# | 002 Harvard BST 261, lecture 8 | data augmentation | [1 Augmentation](01_augmentation.ipynb) |
# | | pretrained networks, feature extraction without and with augmentation | [2 Feature extraction](02_feature_extraction.ipynb) |
# | | later layers: "cat ear" | [14 Units](14_units.ipynb) |
# | | any input size; features of variants, kept on the disk | [15 Good features](15_good_features.ipynb) |
# | | fine-tuning in Keras | [3 Fine-tuning](03_fine_tuning.ipynb) |
# | 003 ZHAW, CNNs part II | fighting overfitting: augmentation, dropout | [1 Augmentation](01_augmentation.ipynb) |
# | | convolution, scaling, first weights, dropout, dead ReLUs, batch normalisation | [11 Training a network well](11_training.ipynb) |
# | | optimizers, the rate, minima | [12 Optimizers](12_optimizers.ipynb) |
# | | features and classical classifiers, how much to fine-tune | [2 Feature extraction](02_feature_extraction.ipynb) |
# | | the receptive field, patches that excite a unit | [4 Activations](04_activations.ipynb) |
# | | learned kernels, optimised images | [5 Filters](05_filters.ipynb) |
# | | saliency, occlusion, LIME | [7 Rivals](07_rivals.ipynb) |
# | | the snow behind wolf and husky | [8 Honest maps](08_honest_maps.ipynb) |
# | | LeNet, AlexNet, VGG, GoogLeNet, ResNet; what kernels show | [13 Famous architectures](13_architectures.ipynb) |
# | 004 SMU, neural networks and machine learning | multi-task learning: schools and computer survey | [10 Multi-task](10_multi_task.ipynb) |
# | | activations, filters, class activation mapping | [4 Activations](04_activations.ipynb), [5 Filters](05_filters.ipynb), [6 Grad-CAM](06_grad_cam.ipynb) |
# | | each filter useful; textures; biological motivation | [14 Units](14_units.ipynb) |
# | | circuits | [5 Filters](05_filters.ipynb) |
#
# Every term of the course stands in the [glossary](../docs/glossary.md).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## You have
#
# **The three goals again, each with its number.**

# %% slideshow={"slide_type": "skip"}
Markdown(f"""
**You have**

1. asked a network of {network.model.count_params():,} parameters: **{names[0]}**, {shares[0]:.2f};
2. seen where it looks ({heat.shape[0]} x {heat.shape[1]} places), {len(patterns)} filters of `{layer}`, and a dream of `{dream_layer}`;
3. found your notebook: all others stand in the table at the top, and the map above says which slide is where.
""")

# %% [markdown] slideshow={"slide_type": "skip"}
# *Further reading.* M. Tan and Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019. O. Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", International Journal of Computer Vision 115, 2015.
