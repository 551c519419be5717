"""DeepDream: its gradient in closed form, octaves, tiles, guide, film, and what it does to a real network."""

import numpy as np
import pytest
from PIL import Image

from helpers import backbones, datasets, images
from helpers.backbones import Network
from helpers.feature_visualization import dream, gradient_of, near_seams, octave_shapes, save_gif, synthetic_sky, zoom
from helpers.feature_visualization.deepdream import _dream_step, _tiled, center_zoom
from helpers.runtime import Stopped, keras
from tests import small_networks


@pytest.fixture(scope="module")
def linear():
    """Two 1x1 filters on centred pixels: channel 0 = red - green, channel 1 = blue / 10."""
    k = keras()
    inputs = k.Input((None, None, 3), name="image")
    x = k.layers.Rescaling(1.0, -127.5, name="preprocess")(inputs)
    maps = k.layers.Conv2D(2, 1, use_bias=False, name="maps")(x)
    model = k.Model(inputs, k.layers.Rescaling(3.0, name="triple")(maps))
    kernel = np.array([[1, 0], [-1, 0], [0, 0.1]], np.float32).reshape(1, 1, 3, 2)
    model.get_layer("maps").set_weights([kernel])
    return Network("linear", model)


@pytest.fixture(scope="module")
def squeezenet():
    return backbones.load("squeezenet")


def picture(height=40, width=40, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)


def closed_form(shown):
    """d sum(A^2) / d I of the linear network: 2 A * dA/dI."""
    centred = shown - 127.5
    first = centred[..., 0] - centred[..., 1]
    return np.stack([first, -first, centred[..., 2] * 0.01], axis=-1) * 2


def test_gradient_is_activation_times_derivative(linear):
    shown = picture()
    slope = gradient_of(linear, "maps")(shown)
    np.testing.assert_allclose(slope, closed_form(shown) / (40 * 40 * 2), rtol=1e-4, atol=1e-6)


def test_weights_over_layers_add_up(linear):
    shown = picture(seed=2)
    one, other = (gradient_of(linear, layer)(shown) for layer in ("maps", "triple"))
    both = gradient_of(linear, {"maps": 2.0, "triple": -0.5})(shown)
    np.testing.assert_allclose(both, 2 * one - 0.5 * other, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(other, 9 * one, rtol=1e-4, atol=1e-6)  # three times the activation, squared


def test_other_weights_and_sizes_trace_nothing_new(linear):
    dream(linear, picture(64, 64), {"maps": 1.0}, octaves=2, steps=1)
    kept = dict(linear._compiled)
    dream(linear, picture(50, 60), {"maps": 0.3}, octaves=1, steps=1)
    assert dict(linear._compiled) == kept


def test_step_moves_by_the_rate_on_average():
    shown, slope = np.full((4, 4, 3), 100, np.float32), np.random.default_rng(1).normal(size=(4, 4, 3))
    slope = slope.astype(np.float32)
    assert np.abs(_dream_step(shown, slope, 3.0) - shown).mean() == pytest.approx(3.0, rel=1e-5)
    np.testing.assert_array_equal(_dream_step(shown, np.zeros_like(slope), 3.0), shown)
    with pytest.raises(ValueError, match="NaN or infinite"):
        _dream_step(shown, slope * np.nan, 3.0)


def test_octaves_grow_to_the_photo():
    assert octave_shapes((140, 280), 3, 2.0) == [(35, 70), (70, 140), (140, 280)]


def test_no_steps_give_the_photo_back_because_lost_detail_returns(linear):
    photo = picture(90, 120, 2).astype(np.uint8)
    returned = dream(linear, photo, "maps", octaves=3, octave_scale=1.4, steps=0)
    assert returned.dtype == np.uint8 and np.abs(returned.astype(int) - photo).max() <= 1
    blurred = dream(linear, photo, "maps", octaves=3, octave_scale=1.4, steps=0, detail=False)
    assert np.abs(blurred.astype(int) - photo).mean() > 20


def test_one_step_by_hand_whatever_the_jitter(linear):
    """One pixel sees only itself here, so rolling the picture and back changes nothing."""
    photo = picture(40, 50, 3)
    slope = closed_form(photo)
    expected = np.clip(photo + 2.0 * slope / np.abs(slope).mean(), 0, 255).round()
    for jitter in (0, 7):
        dreamt = dream(linear, photo, "maps", octaves=1, steps=1, jitter=jitter, seed=5)
        assert np.abs(dreamt - expected).max() <= 1


def test_three_steps_do_not_depend_on_jitter_where_pixels_see_only_themselves(linear):
    photo = picture(40, 50, 4)
    still, moved = (dream(linear, photo, "maps", octaves=1, steps=3, jitter=jitter, seed=5) for jitter in (0, 9))
    assert np.abs(still.astype(int) - moved).max() <= 1


def test_without_the_divided_gradient_all_steps_have_the_first_ones_scale(linear):
    photo = picture(40, 50, 3).clip(100, 150)
    size = np.abs(closed_form(photo)).mean()
    by_hand = photo
    for _ in range(3):
        by_hand = np.clip(by_hand + 2.0 * closed_form(by_hand) / size, 0, 255)
    plain = dream(linear, photo, "maps", octaves=1, steps=3, jitter=0, normalise=False)
    assert np.abs(plain - by_hand).max() <= 1
    divided = dream(linear, photo, "maps", octaves=1, steps=3, jitter=0)
    assert np.abs(divided.astype(int) - plain).max() > 2


def test_the_layers_of_a_list_weigh_the_same(linear):
    shown = picture()
    expected = gradient_of(linear, {"maps": 1.0, "triple": 1.0})(shown)
    np.testing.assert_array_equal(gradient_of(linear, ["maps", "triple"])(shown), expected)
    np.testing.assert_allclose(gradient_of(linear, ("maps", "maps"))(shown), 2 * gradient_of(linear, "maps")(shown))


def test_a_photo_may_come_as_whatever_images_load_takes(linear, tmp_path):
    shown = picture().round()
    path = images.save(shown.astype(np.uint8), tmp_path / "photo.png")
    dreams = [dream(linear, one, "maps", octaves=1, steps=1) for one in (shown, path, shown[None], shown.astype(int))]
    for one in dreams[1:]:
        np.testing.assert_array_equal(one, dreams[0])
    resized = np.clip(shown, -20, 270) * 1.05 - 6  # what an enlarged picture of floats may look like
    assert dream(linear.model, resized, "maps", octaves=1, steps=1).shape == (40, 40, 3)


def test_a_dream_without_any_gradient_is_said_to_be_none(capsys):
    k = keras()
    inputs = k.Input((None, None, 3))
    network = Network("dead", k.Model(inputs, k.layers.ReLU(name="relu")(k.layers.Rescaling(-1.0)(inputs))))
    shown = picture().round().clip(1)
    np.testing.assert_array_equal(dream(network, shown, "relu", octaves=1, steps=1), shown)
    assert capsys.readouterr().out == "no gradient ever came from relu: the dream is the photo as it was\n"


def test_tiles_equal_the_whole_where_no_unit_sees_across_a_seam(linear):
    shown = picture(70, 100, 5)
    whole, parts = (gradient_of(linear, "maps", tile=tile)(shown) for tile in (None, 33))
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-7)
    one, other = (dream(linear, shown, "maps", octaves=2, steps=2, tile=tile, seed=1) for tile in (None, 40))
    assert np.abs(one.astype(int) - other).max() <= 1


def test_tiles_cover_everything_once():
    seen = _tiled(lambda part: np.ones_like(part), np.zeros((70, 101, 3), np.float32), 32)
    assert (seen > 0).all() and max(seen.shape) == 101
    parts = []
    _tiled(lambda part: parts.append(part.shape) or part, np.zeros((70, 101, 3), np.float32), 32)
    assert sum(h * w for h, w, _ in parts) == 70 * 101 and all(20 <= side <= 32 for p in parts for side in p[:2])


def test_near_seams_by_hand():
    """70 x 30 pixels in tiles of at most 35: one seam, before row 35; none across."""
    near = near_seams((70, 30), 35, 2)
    assert near.shape == (70, 30) and np.flatnonzero(near[:, 0]).tolist() == [33, 34, 35, 36]
    assert (near == near[:, :1]).all()
    both = near_seams((40, 40), 20, 1)
    assert both[19:21].all() and both[:, 19:21].all() and both.sum() == 4 * 40 - 4
    assert not near_seams((20, 20), 32, 4).any()


def test_guide_pulls_each_place_towards_the_best_of_its_places(linear):
    """A guide of two colours has two kinds of places; the gradient is the kind with the larger dot product."""
    guide = np.zeros((32, 32, 3), np.float32)
    guide[:16], guide[16:] = (227.5, 127.5, 127.5), (127.5, 127.5, 227.5)  # activations (100, 0) and (0, 10)
    shown = np.full((32, 40, 3), 127.5, np.float32)
    shown[:, :20, 0], shown[:, 20:, 2] = 137.5, 137.5  # activations (10, 0) and (0, 1)
    slope = gradient_of(linear, "maps", guide)(shown) * (32 * 40 * 2)  # mean over places, per channel
    np.testing.assert_allclose(slope[:, :20], np.broadcast_to([100, -100, 0], (32, 20, 3)), atol=1e-2)
    np.testing.assert_allclose(slope[:, 20:], np.broadcast_to([0, 0, 1], (32, 20, 3)), atol=1e-2)
    dreamt = dream(linear, shown, "maps", octaves=1, steps=2, guide=guide)
    assert dreamt[0, 5, 0] > 137 and dreamt[0, 35, 2] > 137


def test_it_raises_what_it_is_asked_to_raise(squeezenet):
    network = squeezenet
    photo = images.prepare(datasets.photo("coffee").array, 96)
    dreamt = dream(network, photo, "fire5_concat", octaves=2, steps=5)
    before, after = ((network.features_of(p, "fire5_concat") ** 2).mean() for p in (photo, dreamt))
    assert after > 1.5 * before


def test_any_photo_and_a_network_with_a_fixed_size():
    network, k = small_networks.convnet(), keras()
    photo = np.random.default_rng(0).integers(0, 256, (45, 70, 3), dtype=np.uint8)
    dreamt = dream(network, photo, "relu2", octaves=1, steps=1)
    inputs = k.Input((None, None, 3))
    free = network.model.get_layer("conv1")(network.model.layers[1](inputs))
    free = k.Model(inputs, network.model.get_layer("relu2")(network.model.get_layer("conv2")(free)))
    before, after = (np.mean(free(one[None].astype(np.float32)) ** 2) for one in (photo, dreamt))
    assert dreamt.shape == (45, 70, 3) and after > before


def test_a_score_can_be_dreamt_of_too(squeezenet):
    network = squeezenet
    photo = images.prepare(datasets.photo("coffee").array, 96)
    dreamt = dream(network, photo, "logits", octaves=1, steps=4)
    before, after = (np.mean(network.scores(one)[0] ** 2) for one in (photo, dreamt))
    assert after > 1.2 * before


def test_report_sees_every_step_upright_and_can_end_the_work(linear):
    seen = []
    dreamt = dream(linear, picture(64, 80), "maps", octaves=2, steps=3, report=lambda *news: seen.append(news))
    assert [(done, total) for done, total, _ in seen] == [(n, 6) for n in range(1, 7)]
    assert {news[2].shape for news in seen} == {(64, 80, 3)}
    assert np.abs(seen[-1][2].astype(int) - dreamt).max() <= 1

    def stop(done, total, shown):
        raise Stopped

    with pytest.raises(Stopped):
        dream(linear, picture(), "maps", octaves=1, report=stop)


def test_zoom_enlarges_the_middle_of_each_frame(linear):
    photo, seen = picture(64, 80), []
    options = {"octaves": 1, "steps": 0}
    frames = zoom(linear, photo, "maps", frames=3, factor=2.0, **options)
    assert len(frames) == 3 and {frame.shape for frame in frames} == {(64, 80, 3)}
    np.testing.assert_array_equal(frames[1], images.resize(frames[0][16:48, 20:60], (64, 80)))
    zoom(linear, photo, "maps", frames=2, octaves=1, steps=2, report=lambda *news: seen.append(news[:2]))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    np.testing.assert_array_equal(center_zoom(frames[0], 1.0), frames[0])
    with pytest.raises(ValueError, match=r"factor is 0\.5, expected a number, at least 1"):
        zoom(linear, photo, "maps", factor=0.5)


def test_gif_holds_the_frames_and_is_whole_or_absent(tmp_path, monkeypatch):
    frames = [np.full((20, 30, 3), value, np.uint8) for value in (0, 120, 240)]
    path = save_gif(frames, tmp_path / "deep" / "film.gif", seconds=0.2)
    with Image.open(path) as film:
        assert film.n_frames == 3 and film.size == (30, 20) and film.info["duration"] == 200
        film.seek(2)
        assert film.convert("RGB").getpixel((5, 5)) == (240, 240, 240)
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(images.ImageError, match="cannot be written"):
        save_gif(frames[:1], path)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["film.gif"]


@pytest.mark.parametrize(
    ("frames", "name", "sentence"),
    [
        ([], "a.gif", r"\[\] is no film, which is one picture or more, all of one size"),
        ([np.zeros((2, 2, 3)), np.zeros((3, 2, 3))], "a.gif", "all of one size"),
        ([np.zeros((2, 2, 3))], "a.png", "a.png does not end in .gif"),
        ([np.full((2, 2, 3), 0.5)], "a.gif", "multiply it by 255 first"),
        (None, "a.gif", "None is no film"),
    ],
)
def test_films_that_are_none(tmp_path, frames, name, sentence):
    with pytest.raises(images.ImageError, match=sentence):
        save_gif(frames, tmp_path / name)


def test_sky_is_blue_above_with_white_clouds():
    drawn = synthetic_sky(120, 200, seed=3)
    assert drawn.shape == (120, 200, 3) and drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, synthetic_sky(120, 200, seed=3))
    assert drawn[..., 2].mean() > drawn[..., 0].mean() + 20 and drawn.max() > 235


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda n, p: dream(n, p, "map"), "no layer 'map'; the nearest are maps"),
        (lambda n, p: dream(n, p, {}), "no layer was given"),
        (lambda n, p: dream(n, p, "maps", octaves=9), "smallest octave would be .* take fewer octaves"),
        (lambda n, p: dream(n, p, "maps", octaves=0), "octaves is 0"),
        (lambda n, p: dream(n, p, "maps", tile=8), "tile is 8, expected at least 32"),
        (lambda n, p: dream(n, p * np.nan, "maps"), "NaN or infinite"),
        (lambda n, p: dream(n, p, "maps", guide=p * np.nan), "NaN or infinite"),
        (lambda n, p: dream(n, p, {"maps", "triple"}), "give one name, a list of names of equal weight, or name ->"),
        (lambda n, p: dream(n, p, 5), "layers is 5; give one name, a list"),
        (lambda n, p: dream(n, p, None), "layers is None; give one name, a list"),
        (lambda n, p: dream(n, p, ["maps", 5]), "layers is .'maps', 5.; give one name, a list"),
        (lambda n, p: dream(n, p, []), "no layer was given"),
        (lambda n, p: dream(n, p, {"maps": np.nan}), "the weight of maps is nan, expected a number"),
        (lambda n, p: dream(n, p, {"maps": "much"}), "the weight of maps is 'much', expected a number"),
        (lambda n, p: dream(n, p, "maps", jitter=-1), "jitter is -1, expected at least 0, a whole number"),
        (lambda n, p: dream(n, p, "maps", tile=40.5), "tile is 40.5, expected at least 32, a whole number"),
        (lambda n, p: dream(n, p, "maps", octaves=2.0), "octaves is 2.0, expected at least 1, a whole number"),
        (lambda n, p: dream(n, p, "maps", octaves=True), "octaves is True, expected at least 1, a whole number"),
        (lambda n, p: dream(n, p, "maps", octave_scale=1), "octave_scale is 1, expected a number, more than 1"),
        (lambda n, p: dream(n, p, "maps", steps=-1), "steps is -1, expected at least 0, a whole number"),
        (lambda n, p: dream(n, p, "maps", step_size=np.nan), "step_size is nan, expected a number"),
        (lambda n, p: dream(n, p, "maps", seed=-1), "seed is -1, expected at least 0, a whole number"),
        (lambda n, p: dream(n, p + 0.5, "maps"), "values are 0.5..0.5, so 0..1 it seems; multiply it by 255 first"),
        (lambda n, p: dream(n, p, "maps", guide=p + 1), "so 0..1 it seems; multiply it by 255 first"),
        (lambda n, p: dream(n, p - 1, "maps"), "values are -1..-1, but a picture has 0..255"),
        (lambda n, p: dream(n, np.stack([p, p]), "maps"), "is a batch of pictures; take one of them"),
        (lambda n, p: dream(n, None, "maps"), "photo is None, expected a picture"),
        (lambda n, p: zoom(n, p, "maps", frames=1.5), "frames is 1.5, expected at least 1, a whole number"),
    ],
)
def test_bad_input_gives_one_sentence(linear, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(linear, np.zeros((64, 64, 3), np.float32))
    assert "\n" not in str(caught.value)
