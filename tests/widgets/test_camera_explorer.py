"""The camera's explorer without a page: views show what the functions give, and the newest picture is seen."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers import activations, attribution, datasets, images
from helpers.runtime import keras
from helpers.widgets import camera_explorer
from helpers.widgets.camera import CAM, CHANNEL, MAPS, SAYS, SIDE
from tests.small_networks import convnet, smooth


@pytest.fixture(scope="module")
def network():
    return convnet(size=48)


def jpeg(photo: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def frame_of(name: str) -> bytes:
    """What a page sends of a camera that sees this photo."""
    return jpeg(images.prepare(datasets.photo(name).array, SIDE))


def send(explorer, content: bytes, number: str = "page 1") -> None:
    explorer.camera.receive({"event": "frame", "number": number}, [memoryview(content)])


def seen(network, content: bytes) -> np.ndarray:
    return images.resize(images.load(content), network.sides)


def test_each_view_shows_what_the_functions_give(network):
    explorer, content = camera_explorer(network), frame_of("coffee")
    send(explorer, content)
    picture, layer = seen(network, content), explorer.controls["layer"].value
    best = int(network.probabilities(picture)[0].argmax())
    heat = attribution.grad_cam(network, picture, best, layer)
    part = explorer.frame.scene.parts[0]
    np.testing.assert_allclose(part.heat, heat, rtol=1e-5)
    assert part.label == f"{network.class_label(best)} {network.probabilities(picture)[0, best]:.2f}"

    explorer.controls["view"].value = CHANNEL
    explorer.controls["channel"].value = 2
    maps = activations.layer_maps(network, picture, explorer.controls["layer"].value)
    np.testing.assert_allclose(explorer.frame.scene.parts[1].heat, maps[..., 2], rtol=1e-5)
    explorer.controls["view"].value = MAPS
    parts = explorer.frame.scene.parts[1:]
    assert len(parts) == maps.shape[-1]
    for channel, part in enumerate(parts):
        np.testing.assert_allclose(part.heat, maps[..., channel], rtol=1e-5)

    explorer.controls["view"].value = SAYS
    labels = [part.label for part in explorer.frame.scene.parts[1:]]
    assert labels == [f"{name} {share:.2f}" for name, share in sorted_classes(network, picture)]
    for part, (_, share) in zip(explorer.frame.scene.parts[1:], sorted_classes(network, picture), strict=True):
        lit = (part.photo[0] == part.photo[0, 0]).all(axis=1).mean()
        assert abs(lit - share) <= 1 / SIDE
    assert explorer.error.value == ""


def sorted_classes(network, picture) -> list[tuple[str, float]]:
    pairs = zip(network.class_names, network.probabilities(picture)[0], strict=True)
    return sorted(pairs, key=lambda pair: -pair[1])


def test_the_newest_picture_is_seen_each_is_answered_and_the_page_gets_its_own_bytes_back(network):
    explorer = camera_explorer(network)
    for at, name in enumerate(("coffee", "rocket")):
        content = frame_of(name)
        send(explorer, content, f"page {at}")
        assert explorer.camera.answered == f"page {at}"
        assert list(explorer.picture.photos.values()) == [content]
        np.testing.assert_array_equal(explorer.sight.picture, seen(network, content))
    assert explorer.camera.news == ()


def test_a_broken_picture_is_one_sentence_and_answered_and_the_next_one_is_seen(network):
    explorer = camera_explorer(network)
    send(explorer, b"no picture", "page 7")
    assert "That did not work" in explorer.error.value and explorer.camera.answered == "page 7"
    send(explorer, frame_of("rocket"), "page 8")
    assert explorer.error.value == "" and explorer.camera.answered == "page 8"


def test_keys_go_through_the_layers_and_stop_at_the_ends(network):
    explorer = camera_explorer(network)
    layer = explorer.controls["layer"]
    last = len(layer.options) - 1
    for key, expected in (("w", last - 1), ("e", last), ("e", last), *(("w", max(last - n, 0)) for n in range(1, 5))):
        explorer.camera.receive({"event": "key", "key": key})
        assert layer.index == expected
    explorer.camera.receive({"event": "key", "key": "x"})
    assert layer.index == max(last - 4, 0)


def test_each_view_remembers_its_layer(network):
    explorer = camera_explorer(network)
    view, layer = explorer.controls["view"], explorer.controls["layer"]
    last = layer.value
    view.value = MAPS
    layer.index = 0
    view.value = CAM
    assert layer.value == last != layer.options[0]
    view.value = MAPS
    assert layer.index == 0


def test_still_pictures_show_the_sample_and_never_the_camera(network):
    explorer = camera_explorer(network)
    sample = {words: frame.picture for words, frame in explorer.stills().items()}
    send(explorer, frame_of("rocket"))
    again = {words: frame.picture for words, frame in explorer.stills().items()}
    for words, picture in sample.items():
        np.testing.assert_array_equal(again[words], picture)
    assert explorer.frame.scene.parts[0].jpeg == frame_of("rocket")


def test_it_ends_for_every_window_and_a_closed_one_holds_nothing(network):
    explorer = camera_explorer(network)
    send(explorer, frame_of("rocket"))
    assert explorer.picture.working
    explorer.end()
    assert explorer.camera.ended == 1 and not explorer.picture.working
    camera = explorer.camera
    explorer.close()
    assert explorer.sight is None and camera.comm is None and explorer.picture.photos == {}
    camera.receive({"event": "frame", "number": "late"}, [frame_of("rocket")])
    assert camera.answered != "late"


def test_networks_without_a_classifier_or_without_maps_have_fewer_views():
    k = keras()
    inputs = k.Input((16, 16, 3))
    base = k.Model(inputs, k.layers.Conv2D(3, 3, activation="relu", name="maps")(inputs))
    assert camera_explorer(base, MAPS).controls["view"].options == (MAPS, CHANNEL)
    with pytest.raises(ValueError, match=r"the view is 'Grad-CAM'; .* has activations, one channel"):
        camera_explorer(base)
    flat = k.layers.Softmax()(k.layers.Dense(3)(k.layers.Flatten()(inputs)))
    explorer = camera_explorer(k.Model(inputs, flat), SAYS)
    assert list(explorer.controls) == ["view"] and explorer.controls["view"].options == (SAYS,)
    send(explorer, frame_of("rocket"))
    assert explorer.error.value == "" and len(explorer.frame.scene.parts) == 4


def test_a_network_that_is_not_square_gets_pictures_of_its_shape():
    k = keras()
    inputs = k.Input((20, 40, 3))
    model = k.Model(inputs, k.layers.Softmax()(k.layers.Dense(2)(k.layers.Flatten()(inputs))))
    explorer = camera_explorer(model, SAYS)
    assert explorer.camera.sides == [SIDE // 2, SIDE]
    send(explorer, jpeg(np.full((SIDE // 2, SIDE, 3), 90, np.uint8)))
    assert explorer.sight.picture.shape == (20, 40, 3) and explorer.error.value == ""


def test_one_sigmoid_has_two_classes_and_a_map_for_the_better_one():
    network, content = smooth(1), frame_of("coffee")
    explorer = camera_explorer(network)
    send(explorer, content)
    picture = seen(network, content)
    name, share = sorted_classes(network, picture)[0]
    (part,) = explorer.frame.scene.parts
    assert part.label == f"{name} {share:.2f}" and share >= 0.5
    heat = attribution.grad_cam(network, picture, name, explorer.controls["layer"].value)
    np.testing.assert_allclose(part.heat, heat, rtol=1e-5)
