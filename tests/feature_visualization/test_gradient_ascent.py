"""Gradient ascent against closed forms on linear networks, finite differences, and its behaviour on real networks."""

import numpy as np
import pytest

from helpers import backbones, feature_visualization
from helpers.backbones import Network
from helpers.feature_visualization import (
    Regularisers,
    ascend,
    channel,
    class_images,
    filter_patterns,
    logit,
    probability,
    unit,
    whole_layer,
)
from helpers.feature_visualization.gradient_ascent import _unit_size
from helpers.feature_visualization.objectives import gradient_of
from helpers.runtime import Stopped, keras


@pytest.fixture(scope="module")
def linear():
    """Two 1x1 filters on centred pixels: channel 0 = red - green, channel 1 = blue / 10."""
    k = keras()
    inputs = k.Input((None, None, 3), name="image")
    x = k.layers.Rescaling(1.0, -127.5, name="preprocess")(inputs)
    model = k.Model(inputs, k.layers.Conv2D(2, 1, use_bias=False, name="maps")(x))
    kernel = np.array([[1, 0], [-1, 0], [0, 0.1]], np.float32).reshape(1, 1, 3, 2)
    model.get_layer("maps").set_weights([kernel])
    return Network("linear", model)


def small_classifier(classes=3, size=(None, None), head="average", seed=0):
    """Convolution, ReLU, average (or flatten), dense: random weights, softmax (or sigmoid) out."""
    k = keras()
    k.utils.set_random_seed(seed)
    inputs = k.Input((*size, 3), name="image")
    x = k.layers.Rescaling(1 / 64, -2, name="preprocess")(inputs)
    x = k.layers.Conv2D(4, 3, padding="same", name="conv")(x)
    x = k.layers.ReLU(name="relu")(x)
    x = k.layers.GlobalAveragePooling2D(name="pool")(x) if head == "average" else k.layers.Flatten(name="flat")(x)
    z = k.layers.Dense(classes, name="logits")(x)
    end = k.layers.Activation("sigmoid" if classes == 1 else "softmax", name="probabilities", dtype="float32")(z)
    names = ["cat", "dog"] if classes == 1 else [f"class {i}" for i in range(classes)]
    return Network("small", k.Model(inputs, end), z, 24, names)


@pytest.fixture(scope="module")
def classifier():
    return small_classifier()


@pytest.fixture(scope="module")
def squeezenet():
    return backbones.load("squeezenet")


def value_and_gradient(network, objective, pictures):
    pictures = np.asarray(pictures, np.float32)
    return gradient_of(network, [objective] * len(pictures), pictures.shape[1:3])(pictures)


def random_pictures(count=2, size=20, seed=0):
    return np.random.default_rng(seed).uniform(30, 220, (count, size, size, 3)).astype(np.float32)


# --- Steps ------------------------------------------------------------------------------------------------------------


def test_a_direction_has_length_1_whatever_the_gradients_size():
    gradients = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    gradients[1] = 0
    found = _unit_size(gradients)
    assert np.sqrt(np.mean(found[0] ** 2)) == pytest.approx(1.0, rel=1e-5)
    np.testing.assert_allclose(found[0], gradients[0] / np.sqrt(np.mean(gradients[0] ** 2)), rtol=1e-5)
    np.testing.assert_array_equal(found[1], 0)  # a dead unit has no direction
    np.testing.assert_allclose(_unit_size(gradients * 1e-30), found, rtol=1e-5)  # squares would vanish


def test_a_gradient_that_is_no_number_is_one_sentence():
    with pytest.raises(ValueError, match="NaN or infinite values; give a smaller step_size"):
        _unit_size(np.full((1, 2, 2, 3), np.nan, np.float32))


def test_ascent_on_a_linear_filter_goes_to_the_corner_of_the_colour_cube(linear):
    """Its gradient is (+, -, 0) at every pixel, so red must end at 255, green at 0, and blue stay as it began."""
    pictures = filter_patterns(linear, "maps", [0, 1], size=40, steps=40, step_size=10, contrast=3, seed=0)
    assert pictures.shape == (2, 8, 8, 3)
    assert (pictures[0, ..., 0] == 255).all() and (pictures[0, ..., 1] == 0).all()
    assert pictures[0, ..., 2].mean() == pytest.approx(127.5, abs=3)
    assert (pictures[1, ..., 2] == 255).all()


def test_one_step_from_grey_is_the_direction_of_the_weights(linear):
    """From the mean colour, g = (1, -1, 0) everywhere: rms 1 makes each of the two sqrt(3/2) of the step size."""
    climb = ascend(linear, channel("maps", 0), 16, steps=1, step_size=4, start="grey")
    expected = 127.5 + 4 * np.sqrt(1.5) * np.array([1, -1, 0])
    np.testing.assert_allclose(climb.pictures[0], np.broadcast_to(expected, (16, 16, 3)), rtol=1e-5)
    plain = ascend(linear, channel("maps", 0), 16, steps=1, step_size=256, start="grey", normalise=False)
    np.testing.assert_allclose(plain.pictures[0, 0, 0], [128.5, 126.5, 127.5], rtol=1e-5)  # 256 * 1 / (16 * 16) places


def test_same_seed_same_picture(linear):
    one, same, other = (filter_patterns(linear, "maps", [0], size=40, steps=1, seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_pictures_of_a_batch_do_not_touch_each_other(classifier):
    together = ascend(classifier, [channel("relu", 0), channel("relu", 3)], 24, steps=3, start="grey").pictures
    alone = ascend(classifier, channel("relu", 3), 24, steps=3, start="grey").pictures
    np.testing.assert_allclose(together[1], alone[0], atol=1e-3)


# --- Objectives -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "objective",
    [
        channel("relu", 1),
        unit("relu", 2, 3, 4),
        unit("conv", 2),
        whole_layer("relu"),
        logit("class 2"),
        probability(1),
        channel("pool", 3),
        2 * channel("conv", 1) + 3 * logit(0) - whole_layer("conv"),
    ],
)
def test_gradients_are_the_finite_differences(classifier, objective):
    pictures = random_pictures()
    _, slope = value_and_gradient(classifier, objective, pictures)
    direction = np.random.default_rng(1).normal(size=pictures.shape).astype(np.float32)
    step = 0.05
    ahead, _ = value_and_gradient(classifier, objective, pictures + step * direction)
    behind, _ = value_and_gradient(classifier, objective, pictures - step * direction)
    expected = (ahead - behind) / (2 * step)
    np.testing.assert_allclose((slope * direction).sum(axis=(1, 2, 3)), expected, rtol=0.02, atol=2e-4)


def test_values_are_the_layers_own(classifier):
    pictures = random_pictures()
    maps = classifier.features_of(pictures, "relu")
    scores = classifier.features_of(pictures, "logits")
    expected = {
        channel("relu", 2): maps[..., 2].mean(axis=(1, 2)),
        unit("relu", 2, 3, 4): maps[:, 3, 4, 2],
        unit("relu", 1): maps[:, 10, 10, 1],  # the middle of 20 x 20
        whole_layer("relu"): (maps**2).mean(axis=(1, 2, 3)),
        logit("class 1"): scores[:, 1],
        probability("class 1"): classifier.probabilities(pictures)[:, 1],
        channel("pool", 0): maps[..., 0].mean(axis=(1, 2)),
    }
    for objective, values in expected.items():
        np.testing.assert_allclose(value_and_gradient(classifier, objective, pictures)[0], values, rtol=1e-4)


def test_weighted_sums_are_what_they_say(classifier):
    """2A + 3B is not (2A + B) * 3."""
    pictures = random_pictures()
    a, b = channel("relu", 0), logit(1)
    values, slopes = zip(*(value_and_gradient(classifier, one, pictures) for one in (a, b)), strict=True)
    value, slope = value_and_gradient(classifier, 2 * a + b * 3, pictures)
    np.testing.assert_allclose(value, 2 * values[0] + 3 * values[1], rtol=1e-4)
    np.testing.assert_allclose(slope, 2 * slopes[0] + 3 * slopes[1], rtol=1e-3, atol=1e-7)
    value, _ = value_and_gradient(classifier, 0.5 * (a - b), pictures)
    np.testing.assert_allclose(value, (values[0] - values[1]) / 2, rtol=1e-4)


def test_after_the_softmax_the_gradient_is_p_times_one_minus_p_of_its_own_logit():
    """With two classes z and 0: dp/dz = p (1 - p), so the two gradients differ by that factor alone."""
    network = small_classifier(classes=2)
    kernel, bias = network.layer("logits").get_weights()
    kernel[:, 0], bias[0] = 0, 0
    network.layer("logits").set_weights([kernel, bias])
    pictures = random_pictures()
    p = network.probabilities(pictures)[:, 1]
    _, before = value_and_gradient(network, logit(1), pictures)
    _, after = value_and_gradient(network, probability(1), pictures)
    np.testing.assert_allclose(after, (p * (1 - p))[:, None, None, None] * before, rtol=1e-3, atol=1e-9)


def test_one_sigmoid_output_has_a_class_0():
    network = small_classifier(classes=1)
    pictures = random_pictures()
    z = network.features_of(pictures, "logits")[:, 0]
    np.testing.assert_allclose(value_and_gradient(network, logit("cat"), pictures)[0], -z, rtol=1e-5)
    np.testing.assert_allclose(value_and_gradient(network, logit("dog"), pictures)[0], z, rtol=1e-5)
    chance = value_and_gradient(network, probability("cat"), pictures)[0]
    np.testing.assert_allclose(chance, 1 / (1 + np.exp(z)), rtol=1e-5)


def test_other_channels_and_sizes_trace_nothing_new(linear):
    ascend(linear, channel("maps", 0), 16, steps=1)
    kept = dict(linear._compiled)
    ascend(linear, [channel("maps", 1) * 3, channel("maps", 0)], (40, 24), steps=1)
    assert dict(linear._compiled) == kept


# --- Every kind of network --------------------------------------------------------------------------------------------


def test_a_filter_likes_its_own_pattern_best(squeezenet):
    network = squeezenet
    channels = [3, 10, 40]
    pictures = filter_patterns(network, "fire4_expand3x3", channels, size=96, steps=25, seed=0)
    answers = network.features_of(pictures, "fire4_expand3x3").mean(axis=(1, 2))[:, channels]
    assert answers.argmax(axis=0).tolist() == [0, 1, 2]


def test_a_unit_that_grey_leaves_dead_is_told_and_its_pre_activation_is_not(squeezenet):
    network = squeezenet
    grey = network.features_of(np.broadcast_to(network.mean_colour, (64, 64, 3)), "fire2_squeeze")[0, 4:-4, 4:-4]
    dead = int(grey.max(axis=(0, 1)).argmin())
    assert grey[..., dead].max() < 0  # so the ReLU behind it gives zero, and no gradient
    behind = ascend(network, unit("fire2_squeeze_relu", dead), 64, steps=2, start="grey")
    assert behind.dead.all() and (behind.pictures == network.mean_colour).all()
    assert not ascend(network, unit("fire2_squeeze", dead), 64, steps=2, start="grey").dead.any()


def test_class_image_convinces_the_network_that_made_it(squeezenet):
    network = squeezenet
    climb = class_images(network, ["flamingo"], size=128, steps=40, seed=0)
    assert climb.values.shape == (40, 1) and climb.values[-1, 0] > climb.values[0, 0] + 5
    assert network.probabilities(climb.pictures)[0].argmax() == network.class_index("flamingo")


def test_a_fixed_head_takes_its_own_size_and_its_maps_take_any():
    network = small_classifier(size=(24, 24), head="flat")
    assert ascend(network, channel("relu", 0), 40, steps=1).pictures.shape == (1, 40, 40, 3)
    assert class_images(network, [0, 1], steps=1).pictures.shape == (2, 24, 24, 3)
    with pytest.raises(ValueError, match=r"takes 24 x 24 pixels only, not 40 x 40; give size=24"):
        class_images(network, [0], size=40, steps=1)


def test_maps_that_insist_on_a_size_say_so():
    """Patches in a row, mixed, and laid out as maps again, as vision transformers do it."""
    k = keras()
    inputs = k.Input((32, 32, 3))
    x = k.layers.Reshape((16, 4))(k.layers.Conv2D(4, 8, strides=8, name="patches")(inputs))
    network = Network("rows", k.Model(inputs, k.layers.Reshape((4, 4, 4), name="maps")(x)), None, 32)
    assert ascend(network, channel("maps", 1), 32, steps=1).pictures.shape == (1, 32, 32, 3)
    assert ascend(network, channel("patches", 1), 40, steps=1).pictures.shape == (1, 40, 40, 3)
    for objective in (channel("maps", 1), unit("maps", 1, 0, 0)):
        with pytest.raises(
            ValueError, match=r"rows cannot take pictures of 40 x 40 .* its own size is 32 x 32"
        ) as caught:
            ascend(network, objective, 40, steps=1)
        assert "\n" not in str(caught.value)


def test_vgg16_with_its_top_and_no_weights():
    network = backbones.load("vgg16", weights=None)
    maps = ascend(network, channel("block2_conv1", 5), (48, 64), steps=2)
    assert maps.pictures.shape == (1, 48, 64, 3) and not maps.dead.any()


def test_half_precision():
    k = keras()
    k.mixed_precision.set_global_policy("mixed_float16")
    try:
        network = small_classifier(classes=2)
    finally:
        k.mixed_precision.set_global_policy("float32")
    assert network.layer("conv").compute_dtype == "float16"
    climb = ascend(network, logit(1) * 1e-4, 24, steps=5)  # gradients far below the smallest half
    assert not climb.dead.any() and climb.values[-1] > climb.values[0]


def test_a_model_of_ones_own_is_taken_as_it_is(linear):
    made = [filter_patterns(one, "maps", 0, size=40, steps=2) for one in (linear, linear.model)]
    np.testing.assert_allclose(made[0], made[1], atol=1e-3)


def test_objectives_can_be_summed(classifier):
    pictures, parts = random_pictures(), [channel("relu", 0), logit(1), unit("conv", 2)]
    values = [value_and_gradient(classifier, one, pictures)[0] for one in parts]
    np.testing.assert_allclose(value_and_gradient(classifier, sum(parts), pictures)[0], np.sum(values, 0), rtol=1e-4)


def with_a_dead_channel():
    """Three channels of the picture's red, green and blue less 50, 300 and 50: the second one is never above zero."""
    k = keras()
    inputs = k.Input((None, None, 3))
    conv = k.layers.Conv2D(3, 1, activation="relu", name="conv")
    network = Network("a dead channel", k.Model(inputs, conv(inputs)))
    conv.set_weights([np.eye(3, dtype=np.float32)[None, None], np.array([-50, -300, -50], np.float32)])
    return network


def test_a_dead_channel_is_said_to_be_dead(capsys):
    network = with_a_dead_channel()
    patterns = filter_patterns(network, "conv", [0, 1, 2], size=40, steps=2, start="grey")
    said = capsys.readouterr().out
    assert said.startswith("channel 1 of conv: no gradient ever came") and said.count("\n") == 1
    assert "start from noise" in said and (patterns[1] == 127.5).all() and (patterns[0, ..., 0] > 127.5).all()
    filter_patterns(network, "conv", [0, 2], size=40, steps=1)
    assert capsys.readouterr().out == ""
    filter_patterns(network, "conv", 1, size=40, steps=1)
    said = capsys.readouterr().out
    assert "no gradient ever came" in said and "start from noise" not in said  # it did


def test_a_start_for_each_objective_or_one_for_all(classifier):
    begin, goals = random_pictures(2, 24), [logit(0), logit(1)]
    still = ascend(classifier, goals, start=begin, steps=0)
    np.testing.assert_array_equal(still.pictures, begin)
    assert still.values.shape == (0, 2) and not still.dead.any()
    np.testing.assert_array_equal(ascend(classifier, goals, start=begin[0], steps=0).pictures, begin[[0, 0]])
    with pytest.raises(ValueError, match="start holds 2 pictures for 1 objectives"):
        ascend(classifier, logit(0), start=begin)


def test_one_class_is_no_list_of_letters(classifier):
    one, same = (class_images(classifier, which, 24, steps=1) for which in ("class 1", [1]))
    np.testing.assert_array_equal(one.pictures, same.pictures)


def test_a_border_is_cut_off():
    pictures = random_pictures(1, 10)
    np.testing.assert_array_equal(feature_visualization.without_border(pictures, 0), pictures)
    np.testing.assert_array_equal(feature_visualization.without_border(pictures, 4), pictures[:, 4:6, 4:6])


# --- Switches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switch", [{"total_variation": 0.5}, {"jitter": 3}, {"rotate": 10.0}, {"zoom": 0.1}, {"jitter": 2, "rotate": 5.0}]
)
@pytest.mark.parametrize("fourier", [False, True])
def test_every_switch_changes_the_picture_and_still_climbs(classifier, switch, fourier):
    plain = ascend(classifier, logit(1), 24, steps=12, fourier=fourier)
    changed = ascend(classifier, logit(1), 24, steps=12, fourier=fourier, regularisers=Regularisers(**switch))
    assert np.abs(plain.pictures - changed.pictures).max() > 1
    assert changed.values[-1] > changed.values[0]


@pytest.mark.parametrize(
    "switch", [{"decay": 0.1}, {"blur": 1.0}, {"clip_norm": 0.3}, {"clip_contribution": 0.3}, {"clip_gradient": 0.3}]
)
def test_switches_on_pixels(classifier, switch):
    plain = ascend(classifier, logit(1), 24, steps=12)
    changed = ascend(classifier, logit(1), 24, steps=12, regularisers=Regularisers(every=2, **switch))
    assert np.abs(plain.pictures - changed.pictures).max() > 1
    with pytest.raises(ValueError, match=f"{next(iter(switch))} works on pixels"):
        ascend(classifier, logit(1), 24, steps=1, fourier=True, regularisers=Regularisers(**switch))


def test_a_report_sees_every_step_and_can_end_the_work(classifier):
    seen = []
    ascend(classifier, [logit(0), logit(1)], 24, steps=4, report=lambda *news: seen.append(news))
    assert [(done, total) for done, total, _ in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(picture.dtype == np.uint8 and picture.shape == (24, 50, 3) for _, _, picture in seen)

    def stop(done, total, picture):
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        ascend(classifier, logit(0), 24, steps=99, report=stop)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda n: filter_patterns(n, "conv", [4]), "channel 4 does not exist; layer 'conv' has channels 0 to 3"),
        (lambda n: filter_patterns(n, "conv", []), "no objective was given"),
        (lambda n: filter_patterns(n, "con", [0]), "no layer 'con'; the nearest are conv"),
        (lambda n: filter_patterns(n, "conv", [0], size=32), "size is 32 x 32, expected at least 33 x 33 pixels"),
        (lambda n: ascend(n, channel("conv", 9)), "channel 9 does not exist; layer 'conv' has channels 0 to 3"),
        (lambda n: ascend(n, channel("conv", -1)), "the channel is -1, expected at least 0"),
        (lambda n: ascend(n, unit("conv", 0, 50, 0), 24), r"place \(50, 0\) does not exist; .* has 24 x 24 places"),
        (lambda n: ascend(n, unit("pool", 0)), "'pool' has no maps, so no place in them; use channel"),
        (lambda n: ascend(n, logit("clas 1")), "no class 'clas 1'; the nearest are class 1"),
        (lambda n: ascend(n, [channel("conv", 0), logit(0)]), "do not have the same kinds and layers"),
        (lambda n: ascend(n, []), "no objective was given"),
        (lambda n: ascend(n, logit(0), start="white"), "start is 'white', expected 'noise', 'grey' or a picture"),
        (lambda n: ascend(n, logit(0), start=np.full((24, 24, 3), np.nan)), "NaN or infinite"),
        (lambda n: ascend(n, logit(0), 4), "size is 4 x 4, expected at least 16 x 16"),
        (lambda n: Regularisers(decay=1.5), "decay is 1.5, expected a share from 0 to less than 1"),
        (lambda n: Regularisers(blur=-1), "blur is -1, expected a number, at least 0"),
        (lambda n: Regularisers(every=0), "every is 0"),
        (lambda n: Regularisers(jitter=2.5), "jitter is 2.5, expected at least 0, a whole number"),
        (lambda n: Regularisers(rotate=np.nan), "rotate is nan, expected a number"),
        (lambda n: ascend(n, logit(0), regularisers="blur"), "regularisers is 'blur', expected Regularisers"),
        (lambda n: ascend(n, None), "None is no objective"),
        (lambda n: ascend(n, logit(0), (24, 24, 3)), "size is .24, 24, 3., expected at least 16 x 16 pixels"),
        (lambda n: ascend(n, logit(0), 24.5), "size is 24.5 x 24.5, expected at least 16 x 16 pixels, as one whole"),
        (lambda n: ascend(n, logit(0), steps=-1), "steps is -1, expected at least 0, a whole number"),
        (lambda n: ascend(n, logit(0), steps=2.5), "steps is 2.5, expected at least 0, a whole number"),
        (lambda n: ascend(n, logit(0), step_size=np.nan), "step_size is nan, expected a number"),
        (lambda n: ascend(n, logit(0), contrast=-1), "contrast is -1, expected a number, at least 0"),
        (lambda n: ascend(n, logit(0), seed="a"), "seed is 'a', expected at least 0, a whole number"),
        (lambda n: ascend(n, logit(0), fourier="yes"), "fourier is 'yes', expected True or False"),
        (lambda n: ascend(n, logit(0), report=5), "report is 5, expected a function or None"),
        (lambda n: ascend(n, logit(0), start=None), "start is None, expected 'noise', 'grey' or a picture"),
        (lambda n: ascend(n, logit(0), start=np.ones((24, 24, 3)) / 2), "so 0..1 it seems; multiply it by 255 first"),
        (lambda n: channel("conv", 1.7), "the channel is 1.7, expected at least 0, a whole number"),
        (lambda n: channel(5, 1), "the layer is 5, expected its name"),
        (lambda n: unit("conv", 1, row=-5), "row is -5, expected at least -1"),
        (lambda n: logit(2.5), "the class is 2.5, expected at least 0"),
        (lambda n: np.nan * logit(1), "the factor of an objective is nan, expected a number"),
        (lambda n: class_images(n, []), "no objective was given"),
        (lambda n: filter_patterns(n, "conv", [1.5]), "the channel is 1.5, expected at least 0, a whole number"),
        (lambda n: filter_patterns(n, "conv", None), "the channel is None, expected at least 0, a whole number"),
    ],
)
def test_bad_input_gives_one_sentence(classifier, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(classifier)
    assert "\n" not in str(caught.value)


def test_no_classifier_no_class():
    network = backbones.load("squeezenet", None, include_top=False)
    with pytest.raises(ValueError, match="without its classifier, so no class has a score to climb"):
        class_images(network, [0])


def test_everything_promised_is_there():
    assert all(hasattr(feature_visualization, name) for name in feature_visualization.__all__)
