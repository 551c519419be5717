"""Explorers without a front end: every control, odd values, errors in sight, uploads, the static strip."""

import io

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from helpers import backbones, datasets, images
from helpers.attribution import grad_cam
from helpers.widgets import (
    Explorer,
    Frame,
    PhotoChoice,
    augmentation_explorer,
    grad_cam_explorer,
    lime_explorer,
    methods_explorer,
    occlusion_explorer,
    rules_explorer,
    school_explorer,
    tour_explorer,
)
from helpers.widgets.photos import UPLOADED


@pytest.fixture(scope="module")
def network():
    return backbones.load("squeezenet")


def grey(value: float, name: str = "") -> Frame:
    if value > 200:
        raise ValueError("200 is the most; take less")
    return Frame(np.full((8, 12, 3), int(value), np.uint8), f"grey {value:.0f} {name}", f"grey({value:.0f})")


@pytest.fixture
def small():
    controls = {
        "value": ipywidgets.FloatSlider(value=10, min=0, max=255, description="Grey"),
        "name": ipywidgets.Dropdown(options=["a", "b"], description="Name"),
    }
    return Explorer(controls, grey, [{"value": 0.0}, {"value": 100.0}, {"name": "b"}], "Greys")


def shown(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.png)))


def test_the_picture_follows_the_control(small):
    small.controls["value"].value = 77
    assert (
        (shown(small) == 77).all() and "grey 77 a" in small.frame.caption and small.picture.frame["code"] == "grey(77)"
    )
    assert small.picture.frame["caption"] == "grey 77 a"


def test_an_error_is_one_sentence_in_sight_and_the_explorer_goes_on(small):
    small.controls["value"].value = 255
    assert "200 is the most; take less" in small.error.value and 'role="alert"' in small.error.value
    small.controls["value"].value = 20
    assert small.error.value == "" and (shown(small) == 20).all()


def test_an_error_is_shown_as_text_not_as_html():
    explorer = Explorer({}, lambda: grey(3), title="t")
    explorer.fail(ValueError("<script>x</script>"))
    assert "<script>" not in explorer.error.value and "&lt;script&gt;" in explorer.error.value


def test_events_of_one_moment_draw_once(small):
    import asyncio

    drawn = []
    small.draw = lambda value, name: drawn.append(value) or grey(value, name)

    async def drag():
        for value in range(30, 60):
            small.controls["value"].value = value
        await asyncio.sleep(0.1)

    asyncio.run(drag())
    assert drawn == [59]


def test_page_without_a_kernel_shows_a_strip_with_words(small):
    bundle, metadata = small._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle and bundle["image/png"]
    for words in ("grey 0 a", "grey 100 a", "grey 10 b"):
        assert words in metadata["image/png"]["alt"]


def test_grad_cam_explorer_shows_what_the_function_computes(network):
    explorer = grad_cam_explorer(network, "coffee")
    explorer.controls["class_"].value = explorer.controls["class_"].options[1][1]
    class_ = explorer.controls["class_"].value
    photo = datasets.photo("coffee").array
    heat = grad_cam(network, network.prepare(photo), class_)
    np.testing.assert_array_equal(shown(explorer)[:, :448], images.overlay(images.prepare(photo, 448), heat))
    assert network.class_names[class_] in explorer.frame.caption


def test_grad_cam_explorer_takes_every_value(network):
    explorer = grad_cam_explorer(network, "chelsea", ["chelsea", "moon", "page"])
    before = set()
    for name, control in explorer.controls.items():
        values = [v[1] if isinstance(v, tuple) else v for v in getattr(control, "options", ())] or [0.0, 0.5, 1.0]
        for value in values if name != "layer" else (values[0], values[len(values) // 2], values[-1]):
            control.value = value
            assert explorer.error.value == "", explorer.error.value
            before.add((explorer.png, explorer.frame.caption))
    assert len(before) == 3 + 4 + 3 + 3  # photos, other classes, layers, opacities
    assert all(control.description and control.tooltip for control in explorer.controls.values())


def test_a_new_photo_brings_its_own_classes(network):
    explorer = grad_cam_explorer(network, "coffee", ["coffee", "rocket"])
    assert "espresso" in explorer.controls["class_"].label
    explorer.controls["photo"].value = "rocket"
    assert explorer.controls["class_"].label.startswith(network.predict_top(datasets.photo("rocket").array, 1)[0][0])


def test_explorers_need_a_classifier():
    network = backbones.load("squeezenet", None, include_top=False)
    for make in (
        augmentation_explorer,
        grad_cam_explorer,
        lime_explorer,
        methods_explorer,
        occlusion_explorer,
        rules_explorer,
        tour_explorer,
    ):
        with pytest.raises(ValueError, match="without its classifier"):
            make(network)


def upload(choice, data: bytes, size: int = 100):
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    for number, part in enumerate(parts):
        choice.upload.receive({"name": "own", "part": number, "parts": len(parts)}, [memoryview(part)])


def test_own_photo():
    choice = PhotoChoice(["moon", "coffee"], "coffee")
    red = np.zeros((30, 50, 3), np.uint8)
    red[..., 0] = 200
    upload(choice, images.encode_png(red))
    assert choice.menu.value == UPLOADED
    np.testing.assert_array_equal(choice.array(UPLOADED), red)
    seen = []
    choice.menu.observe(lambda change: seen.append(change["new"]), "value")
    upload(choice, images.encode_png(red[:, ::-1] // 2))  # a second photo is shown too
    assert seen[-1] == UPLOADED and choice.array(UPLOADED)[0, 0, 0] == 100


def test_a_photo_is_read_once_and_a_new_one_of_the_same_name_anew(monkeypatch):
    choice = PhotoChoice(["moon", "coffee"], "coffee")
    prepared = choice.prepared("coffee", 60)
    np.testing.assert_array_equal(prepared, images.prepare(datasets.photo("coffee").array, 60))
    with monkeypatch.context() as patched:
        patched.setattr(datasets, "photo", lambda _: pytest.fail("read again"))
        assert choice.prepared("coffee", 60) is prepared
        np.testing.assert_array_equal(choice.prepared("coffee", 30), images.prepare(choice.array("coffee"), 30))
    for grey in (30, 90):
        upload(choice, images.encode_png(np.full((70, 90, 3), grey, np.uint8)))
        assert (choice.prepared(UPLOADED, 60) == grey).all()


def test_a_file_begun_anew_forgets_its_first_half():
    choice = PhotoChoice(["moon"])
    choice.upload.receive({"name": "a", "part": 0, "parts": 2}, [b"abc"])
    upload(choice, images.encode_png(np.full((9, 7, 3), 30, np.uint8)))
    assert choice.array(UPLOADED).shape == (9, 7, 3)


def test_own_file_that_is_no_photo():
    choice = PhotoChoice(["moon"])
    upload(choice, b"%PDF-1.4 not a photo")
    assert 'role="alert"' in choice.message.value and choice.menu.value == "moon"


def begin(choice, **message):
    choice.upload.receive({"file": 1, "name": "<own>.png", "part": 0, "parts": 2} | message, [b"x" * 10])


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("empty", "&lt;own&gt;.png is empty"),
        ("large", "&lt;own&gt;.png is larger than 100 MB"),
        ("unreadable", "&lt;own&gt;.png cannot be read: it is a folder"),
        ("nothing", "That was no file"),
    ],
)
def test_a_file_that_the_page_refuses_is_one_sentence_in_sight(problem, words):
    choice = PhotoChoice(["moon", "page"])
    for _ in range(2):  # the same one again is said again
        begin(choice, parts=0, problem=problem)
        assert words in choice.message.value and choice.message.value.count("<p") == 1
        begin(choice)
        assert choice.message.value == "", "an older error stays while the next file comes"
    begin(choice, parts=0, problem=problem)
    choice.menu.value = "page"
    assert choice.message.value == "", "an older error stays beside another photo"


def test_an_older_error_goes_when_a_photo_comes():
    choice = PhotoChoice(["moon"])
    for bad in (b"%PDF-1.4 not a photo", b""):
        choice.upload.receive({"name": "bad", "part": 0, "parts": 1}, [bad])
        assert 'role="alert"' in choice.message.value
    upload(choice, images.encode_png(np.full((9, 7, 3), 30, np.uint8)))
    assert 'role="alert"' not in choice.message.value and choice.menu.value == UPLOADED


def test_an_upload_says_what_it_has():
    choice = PhotoChoice(["moon"])
    data = images.encode_png(np.full((9, 7, 3), 30, np.uint8))
    choice.upload.receive({"name": "<own>.png", "part": 0, "parts": 1, "before": "8000 x 6000"}, [data])
    assert choice.message.value == '<p role="status">&lt;own&gt;.png: 7 x 9 pixels; it had 8000 x 6000</p>'
    choice.menu.value = "moon"
    assert choice.message.value == ""


def test_an_explorer_opens_on_the_path_of_a_photo(tmp_path, network):
    picture = np.full((40, 50, 3), (200, 30, 30), np.uint8)
    path = images.save(picture, tmp_path / "own.png")
    explorer = grad_cam_explorer(network, str(path))
    assert explorer.controls["photo"].value == str(path) and not explorer.error.value
    assert explorer.frame.caption.startswith(f"{path}: Grad-CAM of")
    again = eval(explorer.state(), {"grad_cam_explorer": grad_cam_explorer, "network": network})
    np.testing.assert_array_equal(again.frame.picture, explorer.frame.picture)
    with pytest.raises(images.ImageError, match="no_such"):
        grad_cam_explorer(network, "no_such.png")


def test_a_file_is_bounded_and_nothing_of_it_is_kept():
    choice = PhotoChoice(["moon"])
    choice.upload.most = 1000
    for part in range(5):
        choice.upload.receive({"name": "film", "part": part, "parts": 5}, [b"x" * 400])
        assert len(choice.upload._whole) <= 1400
    assert "film is larger than" in choice.message.value
    choice.upload.most = 10_000
    upload(choice, images.encode_png(np.full((9, 7, 3), 30, np.uint8)), 30)
    assert choice.menu.value == UPLOADED and choice.upload.content == b"" and not choice.upload._whole


def test_a_second_file_begun_before_the_first_is_whole_is_the_one_that_counts():
    choice = PhotoChoice(["moon"])
    data = images.encode_png(np.full((9, 7, 3), 30, np.uint8))
    half = len(data) // 2
    film, own = {"file": 1, "name": "film", "parts": 3}, {"file": 2, "name": "own", "parts": 2}
    choice.upload.receive(film | {"part": 0}, [b"old" * 50])
    choice.upload.receive(own | {"part": 0}, [data[:half]])
    for part in (1, 2):  # they were on their way
        choice.upload.receive(film | {"part": part}, [b"old" * 50])
    choice.upload.receive(own | {"part": 1}, [data[half:]])
    assert choice.array(UPLOADED).shape == (9, 7, 3)


def test_school_explorer_trains_what_is_chosen():
    explorer = school_explorer(datasets.schools("exam"))
    assert "one line for all" in explorer.frame.caption
    seen = {explorer.png}
    for values in (
        {"schools": 2, "pupils": 2},
        {"weighting": "task", "model": "shared + heads"},
        {"schools": 65, "model": "ridge + indicator"},
        {"schools": 3, "model": "one per school"},
    ):
        for name, value in values.items():
            explorer.controls[name].value = value
            assert explorer.error.value == "", explorer.error.value
        seen.add(explorer.png)
        explorer.start.click()
        assert explorer.wait(120) and explorer.error.value == "", explorer.error.value
        seen.add(explorer.png)
    assert len(seen) >= 6
    assert "one per school, 3 schools, at most 2 training pupils each" in explorer.frame.caption


def test_school_explorer_stops():
    explorer = school_explorer(datasets.schools("exam"))
    explorer.controls["schools"].value = 65
    explorer.start.click()
    explorer.stop.click()
    assert explorer.wait(20) and "stopped" in explorer.time_left.value and explorer.error.value == ""


def test_chosen_schools_keep_their_rows():
    from helpers.widgets.multitask import _chosen

    exam = datasets.schools("exam")
    few = _chosen(exam, 5, seed=1)
    assert len(few.task_names) == 5 and set(few.task) == set(range(5))
    for number, name in enumerate(few.task_names):
        whole = exam.target[exam.task == exam.task_names.index(name)]
        np.testing.assert_array_equal(few.target[few.task == number], whole)


def test_tour_goes_from_the_photo_to_the_heat_map(network):
    tour = tour_explorer(network, "coffee", ["coffee", "page"])
    words = []
    for photo in ("coffee", "page"):
        tour.controls["photo"].value = photo
        for step in tour.controls["step"].options:
            tour.controls["step"].value = step
            assert tour.error.value == "", tour.error.value
            assert tour.frame.picture.dtype == np.uint8 and tour.frame.picture.shape[2] == 3
            words.append(tour.frame.caption)
    assert len(set(words)) == 10
    best = network.predict_top(datasets.photo("coffee").array, 1)[0][0]
    assert best in words[3] and f"Grad-CAM of {best}" in words[4]
