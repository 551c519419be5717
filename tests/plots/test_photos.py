"""What is drawn, read back from the figures and from their PNG files; arithmetic by hand."""

import gc
import io
import subprocess
import sys
import weakref

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.text import Text
from PIL import Image

from helpers import images, plots
from helpers.images import ImageError
from helpers.plots import learning_curves

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (30, 40, 3), dtype=np.uint8)
HEAT = np.exp(-((np.arange(7)[:, None] - 2.0) ** 2 + (np.arange(7) - 4.0) ** 2) / 4)
EPOCHS = 12
HISTORY = {
    "loss": [1 / (1 + epoch) for epoch in range(EPOCHS)],
    "val_loss": [0.9 - 0.05 * epoch if epoch < 6 else 0.4 + 0.1 * epoch for epoch in range(EPOCHS)],
    "accuracy": [0.5 + 0.04 * epoch for epoch in range(EPOCHS)],
    "val_accuracy": [0.5, 0.6, 0.7, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6],
}

EVERY_PLOT = {
    "one photo": lambda **more: plots.photos(PHOTO, "cat", **more),
    "photos": lambda **more: plots.photos([PHOTO, PHOTO[:, :9], PHOTO[:, :, 0]], ["a", "b", "c"], **more),
    "digits": lambda **more: plots.photos(RNG.integers(0, 255, (70, 8, 8), dtype=np.uint8), **more),
    "heat": lambda **more: plots.heat(HEAT, **more),
    "signed heat": lambda **more: plots.heat(HEAT - 0.5, signed=True, label="d logit", **more),
    "heats": lambda **more: plots.heats([HEAT, HEAT.T], ["a", "b"], **more),
    "own scales": lambda **more: plots.heats(RNG.random((64, 7, 7)), shared=False, **more),
    "overlays": lambda **more: plots.overlays(PHOTO, [HEAT, HEAT.T], ["tabby 0.62", "tiger cat 0.09"], **more),
    "signed overlay": lambda **more: plots.overlays(PHOTO, HEAT - HEAT.T, signed=True, **more),
    "top k": lambda **more: plots.top_k([("African elephant", 0.88), ("tusker", 0.05), ("ram", 1e-5)], **more),
    "bars": lambda **more: plots.bars({"scratch": 0.71, "probe": 0.93}, errors=[0.03, 0.01], **more),
    "groups": lambda **more: plots.bars(
        ["cat", "dog"], {"train": [0.9, -0.2], "test": [0.7, 0.6]}, reference={"guess": 0.5}, **more
    ),
    "curves": lambda **more: plots.curves(HISTORY, **more),
    "two runs": lambda **more: plots.curves({"scratch": HISTORY, "augmented": HISTORY}, **more),
    "lines": lambda **more: plots.lines([10, 100], {"pooled": [0.6, 0.9], "pixels": [0.5, 0.6]}, **more),
    "histogram": lambda **more: plots.histogram({"cat": RNG.normal(size=50), "dog": RNG.normal(size=50)}, **more),
    "points": lambda **more: plots.scatter_2d(RNG.normal(size=(30, 2)), [0, 1, 2] * 10, ["cat", "dog", "ant"], **more),
    "points with numbers": lambda **more: plots.scatter_2d(RNG.normal(size=(30, 2)), RNG.random(30), **more),
    "confusion": lambda **more: plots.confusion([[230, 20], [15, 235]], ["cat", "dog"], **more),
}


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def pixels(picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"))


# --- Every plot -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_PLOT)
def test_every_plot(name):
    picture = EVERY_PLOT[name](title="Measured $5_a 50% <0.88>")
    assert isinstance(picture, plots.Figure) and isinstance(picture, matplotlib.figure.Figure)
    content, notes = picture._repr_png_()
    assert content.startswith(b"\x89PNG") and len(content) < 600_000
    opened = Image.open(io.BytesIO(content))
    assert 600 <= opened.width <= 1400 and 200 <= opened.height <= 2000
    assert 400 <= notes["width"] <= 920  # pixels of the page
    assert "Measured $5_a 50% <0.88>" in notes["alt"] and notes["alt"] == picture.alt and "\n" not in picture.alt
    sizes = [text.get_fontsize() for text in picture.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(sizes) >= 12, "every text can be read on a projector"
    for place in picture.axes:
        for drawn in [*place.images, *place.collections]:
            assert drawn.get_cmap().name.removesuffix(" over grey") in ("inferno", "viridis", "RdBu_r")
    shown = np.asarray(opened.convert("RGB"))
    border = np.concatenate([shown[:8].ravel(), shown[-8:].ravel(), shown[:, :8].ravel(), shown[:, -8:].ravel()])
    assert (border == 255).all(), "a white frame, for dark themes, and nothing cut off"
    assert shown.min() < 100


def test_never_jet():
    with pytest.raises(ValueError, match="magma"):
        plots.heat(HEAT, colours="jet")


def test_works_without_pyplot_and_without_a_screen():
    code = (
        "import os, sys; os.environ.pop('DISPLAY', None); os.environ.pop('MPLBACKEND', None)\n"
        "import numpy as np; from helpers import plots\n"
        "plots.heat(np.eye(3)).png(); plots.curves({'loss': [1, 2]}).png()\n"
        "print([name for name in ('matplotlib.pyplot', 'tensorflow', 'pandas', 'tkinter') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_a_students_style_does_not_show():
    plain = pixels(plots.bars({"a": 1, "b": 2}, title="t"))
    settings = {"font.size": 30, "axes.facecolor": "black", "text.color": "white", "figure.facecolor": "black"}
    with matplotlib.rc_context(settings):
        before = dict(matplotlib.rcParams)
        styled = pixels(plots.bars({"a": 1, "b": 2}, title="t"))
        assert dict(matplotlib.rcParams) == before
    assert np.array_equal(plain, styled)


def test_figures_are_freed():
    picture = plots.overlays(PHOTO, HEAT)
    picture.png()
    gone = weakref.ref(picture)
    del picture
    gc.collect()
    assert gone() is None


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc (Linux)")
def test_many_figures_leave_memory_flat():
    # Few figures, because drawing takes time; from 100 to 300 figures, measured by hand, nothing is added.
    code = (
        "import gc, numpy as np; from helpers import plots\n"
        "memory = lambda: int(open('/proc/self/statm').read().split()[1]) * 4\n"
        "def draw(n):\n"
        "    for number in range(n): plots.heat(np.eye(8) * (number + 1), title='t')._repr_mimebundle_()\n"
        "    gc.collect()\n"
        "draw(15); before = memory(); draw(25); print(memory() - before)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(out) < 10_000  # kilobytes; 25 kept figures have some 30,000


def test_notebook_shows_one_picture_with_its_alternative_text():
    """In a real kernel, also after pyplot and a dark style; and on the page that nbconvert makes."""
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    cells = [
        "import numpy as np; from helpers import plots\n"
        "def shown(alt):\n    picture = plots.heat(np.eye(3))\n    picture.alt = alt\n    return picture",
        "shown('Map \"one\" <b>')",
        "import matplotlib.pyplot as plt; plt.style.use('dark_background'); shown('Map two')",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    for cell, alt in zip(book.cells[1:], ('Map "one" <b>', "Map two"), strict=True):
        (output,) = cell.outputs
        assert output.output_type == "execute_result"
        assert output.metadata["image/png"]["alt"] == alt
        assert output.data["image/png"] in output.data["text/html"]
        assert alt in output.data["text/plain"]
    body, _ = HTMLExporter(template_name="lab").from_notebook_node(book)
    assert body.count("<img") == 2
    assert 'alt="Map two"' in body and ('alt="Map &quot;one&quot; &lt;b&gt;"' in body or 'alt=\'Map "one"' in body)
    first, second = (cell.outputs[0].data["image/png"] for cell in book.cells[1:])
    assert first == second or len(first) == pytest.approx(len(second), rel=0.02)


def test_save(tmp_path):
    picture = plots.bars({"a": 1.0}, title="t")
    for ending in ("png", "jpg", "svg", "pdf", "webp"):
        path = picture.save(tmp_path / "new" / f"bars.{ending}")
        assert path.stat().st_size > 1000
    saved = Image.open(tmp_path / "new" / "bars.png")
    assert saved.width > 1500 and saved.text["Description"] == "Bar chart: t. a 1.000"
    with pytest.raises(ValueError, match=r"bars\.xyz"):
        picture.save(tmp_path / "bars.xyz")
    assert sorted(path.suffix for path in (tmp_path / "new").iterdir()) == [".jpg", ".pdf", ".png", ".svg", ".webp"]


# --- Photos and maps ------------------------------------------------------------------------------------------------


def test_photos_are_untouched():
    picture = plots.photos([PHOTO, PHOTO[:, :, 0]], ["left", "right"], title="Two")
    left, right = (np.asarray(place.images[0].get_array()) for place in picture.axes)
    assert np.array_equal(left, PHOTO)
    assert np.array_equal(right, np.stack([PHOTO[:, :, 0]] * 3, axis=-1))
    assert [place.get_title() for place in picture.axes] == ["left", "right"]
    assert "Two" in texts(picture)


def test_a_photo_keeps_its_shape_on_the_page():
    wide = np.zeros((40, 80, 3), np.uint8)
    inked = (pixels(plots.photos(wide)) < 128).all(axis=2)
    height, width = inked.any(axis=1).sum(), inked.any(axis=0).sum()
    assert width / height == pytest.approx(2, rel=0.03)


def test_what_counts_as_one_photo():
    assert len(plots.photos(PHOTO).axes) == 1
    assert len(plots.photos(PHOTO[:, :, 0]).axes) == 1
    assert len(plots.photos(np.stack([PHOTO] * 3)).axes) == 3
    assert len(plots.photos(np.zeros((5, 8, 9), np.uint8)).axes) == 5
    assert len(plots.photos((PHOTO, PHOTO)).axes) == 2
    assert len(plots.photos(Image.fromarray(PHOTO)).axes) == 1


def test_no_more_than_64_thumbnails():
    picture = plots.photos(np.zeros((100, 4, 5), np.uint8), title="Digits")
    assert len(picture.axes) == 64 and "Digits (64 of 100 shown)" in texts(picture)
    assert "64 of 100 shown" in picture.alt
    maps = plots.heats(np.ones((65, 4, 4)))
    assert len(maps.axes) == 64 + 1 and "64 of 65 shown" in maps.alt


def test_columns():
    def rows(picture):
        return len({round(place.get_position().y0, 3) for place in picture.axes})

    assert rows(plots.photos([PHOTO] * 6, columns=6)) == 1
    assert rows(plots.photos([PHOTO] * 6, columns=1)) == 6
    assert rows(plots.photos([PHOTO] * 2, columns=9)) == 1


def test_long_titles_are_wrapped_not_cut():
    name = "a black-footed ferret, also known as the American polecat, of the genus Mustela"
    picture = plots.photos([PHOTO] * 4, [name] * 4, title=name * 3)
    assert " ".join(picture.axes[0].get_title().split()) == name
    inked = (pixels(picture) < 128).any(axis=(0, 2))
    assert inked.sum() > 100


def test_heat_has_a_colour_bar_in_its_own_numbers():
    picture = plots.heat(np.array([[0.0, 1.5], [3.0, 6.0]]), label="logit")
    shown, bar = picture.axes
    assert np.array_equal(shown.images[0].get_array(), images.colourise([[0.0, 1.5], [3.0, 6.0]]))
    assert bar.get_ylim() == (0, 6) and bar.get_ylabel() == "logit"
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "1.5", "3", "4.5", "6"]
    assert "from 0 to 6" in picture.alt


def test_signed_heat_is_symmetric_around_zero():
    bar = plots.heat(np.array([[-1.0, 4.0]]), signed=True).axes[-1]
    assert bar.get_ylim() == (-4, 4)
    assert [label.get_text() for label in bar.get_yticklabels()] == ["-4", "-2", "0", "2", "4"]


def test_shared_and_own_scales():
    small, large = np.array([[0.0, 1.0]]), np.array([[0.0, 4.0]])
    shared = plots.heats([small, large])
    assert shared.axes[-1].get_ylim() == (0, 4)
    assert np.array_equal(shared.axes[0].images[0].get_array(), images.colourise(small, limit=4))
    own = plots.heats([small, large], shared=False)
    assert own.axes[-1].get_ylim() == (0, 1) and "maximum" in own.axes[-1].get_ylabel()
    assert np.array_equal(own.axes[0].images[0].get_array(), own.axes[1].images[0].get_array())
    given = plots.heats([small, large], limit=10)
    assert given.axes[-1].get_ylim() == (0, 10)


def test_empty_maps_are_dark_and_have_a_scale():
    picture = plots.heats([np.zeros((3, 3))] * 2)
    assert picture.axes[-1].get_ylim() == (0, 1)
    assert np.asarray(picture.axes[0].images[0].get_array()).max() < 10


def test_overlays_show_the_photo_first():
    picture = plots.overlays(PHOTO, [HEAT, HEAT.T], ["tabby 0.62", "tiger cat 0.09"], opacity=0.3)
    photo, first, second, bar = picture.axes
    assert np.array_equal(photo.images[0].get_array(), PHOTO) and photo.get_title() == "photo"
    assert np.array_equal(first.images[0].get_array(), images.overlay(PHOTO, HEAT, 0.3))
    assert second.get_title() == "tiger cat 0.09" and "maximum" in " ".join(bar.get_ylabel().split())
    assert len(plots.overlays(PHOTO, HEAT, original=False).axes) == 2
    assert "tabby 0.62" in picture.alt


def test_each_photo_has_its_own_map_below_it():
    other = PHOTO[::-1]
    picture = plots.overlays([PHOTO, other], [HEAT, HEAT.T], ["first", "second"], limit=2.0)
    places = picture.axes
    for place, wanted in zip(places, [PHOTO, other], strict=False):
        assert np.array_equal(place.images[0].get_array(), wanted)
    assert np.array_equal(places[3].images[0].get_array(), images.overlay(other, HEAT.T, limit=2.0))
    assert [place.get_title() for place in places[:4]] == ["", "", "first", "second"]
    assert places[0].get_position().y0 > places[2].get_position().y0
    assert places[0].get_position().x0 == pytest.approx(places[2].get_position().x0)


def test_an_outline_is_drawn_round_its_mask():
    mask = np.zeros(PHOTO.shape[:2], bool)
    mask[2:5, 3:7] = True
    _, first, second, _ = plots.overlays(PHOTO, [HEAT, HEAT], outlines=[None, mask]).axes
    assert not first.collections
    (edge,) = second.collections[0].get_paths()
    box = edge.get_extents()
    assert (box.x0, box.y0, box.x1, box.y1) == (2.5, 1.5, 6.5, 4.5)


def test_the_bar_of_overlays_has_the_colours_over_grey():
    *_, bar = plots.overlays(PHOTO, HEAT, original=False).axes
    mesh = next(one for one in bar.collections if isinstance(one, QuadMesh))
    drawn = mesh.get_cmap()(1.0, bytes=True)[:3]
    grey = np.full((1, 1, 3), 128, np.uint8)
    assert np.abs(np.array(drawn, int) - images.overlay(grey, [[1.0]])[0, 0]).max() <= 1


def test_small_maps_have_their_numbers():
    first, large, _ = plots.heats([np.array([[0.0, -2.5], [7.0, 1e-4]]), np.eye(6)]).axes
    assert [text.get_text() for text in first.texts] == ["0", "-2.5", "7", "0.0001"] and not large.texts
    assert first.texts[0].get_color() == "white" and first.texts[2].get_color() == "black"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: plots.overlays([PHOTO, PHOTO], [HEAT] * 3), "2 photos for 3 maps"),
        (lambda: plots.photos([]), "nothing to show"),
        (lambda: plots.photos([PHOTO, PHOTO], ["a"]), "1 titles for 2"),
        (lambda: plots.photos([PHOTO, PHOTO], "a"), "1 titles for 2"),
        (lambda: plots.photos([np.full((3, 3, 3), 0.5)]), "multiply it by 255"),
        (lambda: plots.photos(PHOTO, columns=0), "columns is 0"),
        (lambda: plots.photos("nowhere.jpg"), "nowhere.jpg"),
        (lambda: plots.heat(np.zeros((3, 3, 3))), "(3, 3, 3)"),
        (lambda: plots.heat(np.full((3, 3), np.nan)), "9 values"),
        (lambda: plots.heats([]), "nothing to show"),
        (lambda: plots.overlays(PHOTO, []), "nothing to show"),
        (lambda: plots.overlays(PHOTO, HEAT, ["a", "b"]), "2 titles for 1"),
        (lambda: plots.overlays(PHOTO, HEAT, opacity=2), "opacity is 2"),
    ],
)
def test_bad_pictures_and_maps(call, expected):
    with pytest.raises((ImageError, ValueError)) as error:
        call()
    assert expected in str(error.value) and "\n" not in str(error.value) and str(error.value).endswith(".")


# --- Charts ---------------------------------------------------------------------------------------------------------


def test_top_k_draws_the_values():
    place = plots.top_k(["elephant", "tusker", "ram"], [0.88, 0.05, 0.00001]).axes[0]
    assert [round(bar.get_width(), 5) for bar in place.patches] == [0.88, 0.05, 0.00001]
    assert [label.get_text() for label in place.get_yticklabels()] == ["elephant", "tusker", "ram"]
    assert {"0.880", "0.050", "< 0.001"} <= {text.get_text() for text in place.texts}
    assert place.yaxis_inverted(), "the first one on top"
    assert place.get_xlim()[1] == pytest.approx(1.12), "probabilities have one scale in all charts"


def test_top_k_takes_pairs():
    first = plots.top_k([("a", 0.7), ("b", 0.3)])
    second = plots.top_k(["a", "b"], np.array([0.7, 0.3], np.float32))
    assert first.alt == second.alt == "Bar chart: a 0.700; b 0.300"


def test_bars_in_groups_with_reference():
    picture = plots.bars(["cat", "dog"], {"train": [0.9, 0.8], "test": [0.7, 0.6]}, reference={"guess": 0.5})
    place = picture.axes[0]
    assert [round(bar.get_width(), 5) for bar in place.patches] == [0.9, 0.8, 0.7, 0.6]
    assert {"train", "test", "guess 0.5"} <= set(texts(picture))
    assert any(list(line.get_xdata()) == [0.5, 0.5] for line in place.lines)
    assert "cat train 0.900" in picture.alt and "dog test 0.600" in picture.alt


def test_smooth_by_hand():
    assert learning_curves.smooth([1, 3, 5], 0.5).tolist() == [1, 2, 3.5]
    # Backwards: 5, then (5 + 3) / 2 = 4, then (4 + 1) / 2 = 2.5. The mean of both ways:
    assert learning_curves.smooth([1, 3, 5], 0.5, centred=True).tolist() == [1.75, 3, 4.25]
    assert learning_curves.smooth([2, 7], 0).tolist() == [2, 7]
    assert learning_curves.smooth([1, np.nan, 3], 0.5).tolist() == [1, 1, 2]
    with pytest.raises(ValueError, match="smoothing is 1"):
        learning_curves.smooth([1], 1)


def test_smooth_equals_scipys_filter():
    from scipy.signal import lfilter

    values = RNG.random(50)
    filtered, _ = lfilter([0.2], [1, -0.8], values, zi=[0.8 * values[0]])
    assert np.allclose(learning_curves.smooth(values, 0.8), filtered)


def test_curves_draw_raw_and_smoothed_values():
    picture = plots.curves(HISTORY, smoothing=0.6)
    loss, accuracy = picture.axes
    drawn = [np.asarray(line.get_ydata()) for line in loss.lines]
    assert len(drawn) == 4
    for raw in (HISTORY["loss"], HISTORY["val_loss"]):
        assert any(np.allclose(values, raw) for values in drawn)
        assert any(np.allclose(values, learning_curves.smooth(raw, 0.6, centred=True)) for values in drawn)
    assert list(loss.lines[0].get_xdata()) == list(range(1, EPOCHS + 1))
    assert loss.get_xlabel() == "epoch"
    # The lowest validation loss is 0.9 - 0.05 * 5 in epoch 6; the highest accuracy 0.8 in epoch 4.
    assert "best validation 0.650, epoch 6" in " ".join(loss.get_title().split())
    assert "best validation 0.800, epoch 4" in " ".join(accuracy.get_title().split())
    assert {"training (smoothed)", "validation (smoothed)"} <= set(texts(picture))


def test_short_curves_are_not_smoothed():
    picture = plots.curves({"loss": [3, 2, 1]})
    (line,) = picture.axes[0].lines
    assert list(line.get_ydata()) == [3, 2, 1] and line.get_label() == "training"
    assert "best training 1.000, epoch 3" in picture.alt


def test_curves_of_several_runs_and_of_a_keras_history():
    class History:  # what fit() returns
        history = HISTORY

    assert plots.curves(History()).alt == plots.curves(HISTORY).alt
    longer = {key: values + values for key, values in HISTORY.items()}
    picture = plots.curves({"scratch": History(), "longer": longer}, metrics=["accuracy"])
    assert len(picture.axes) == 1 and len(picture.axes[0].lines) == 8
    assert {"scratch, validation (smoothed)", "longer, training (smoothed)"} <= set(texts(picture))


def test_curves_stand_beside_guessing_on_the_whole_axis():
    place, loss = plots.curves({"accuracy": [0.47, 0.5], "loss": [2, 1]}, reference={"guessing": 0.5}).axes
    (line,) = [line for line in place.lines if line.get_label() == "guessing 0.5"]
    assert list(line.get_ydata()) == [0.5, 0.5] and place.get_ylim() == (0, 1.03)
    assert all("guessing" not in line.get_label() for line in loss.lines)


def test_curves_go_on_where_the_first_run_ended():
    runs = {"head": {"loss": [3, 2], "val_loss": [3, 2]}, "tuned": {"loss": [2, 1, 2], "val_loss": [2, 1, 2]}}
    picture = plots.curves(runs, first="head", mark="unfrozen")
    place = picture.axes[0]
    drawn = {line.get_label(): list(line.get_xdata()) for line in place.lines}
    assert drawn["head, training"] == [1, 2] and drawn["tuned, validation"] == [3, 4, 5]
    assert [2.5, 2.5] in drawn.values() and "unfrozen" in texts(picture)
    assert "epoch 4 (tuned)" in picture.alt
    with pytest.raises(ValueError, match=r"'scratch'.*'head', 'tuned'"):
        plots.curves(runs, first="scratch")


@pytest.mark.parametrize("loss", [[np.nan, 0.5, 0.4], [np.nan] * 3])
def test_curves_with_gaps(loss):
    picture = plots.curves({"loss": loss})
    picture.png()
    assert ("epoch 3" in picture.alt) == np.isfinite(loss).any()


def test_scatter_has_a_mark_for_each_class():
    points = np.array([[0, 0], [1, 1], [2, 2], [3, 3]])
    picture = plots.scatter_2d(points, [0, 1, 1, 0], ["cat", "dog"])
    cats, dogs = picture.axes[0].collections
    assert cats.get_offsets().tolist() == [[0, 0], [3, 3]] and dogs.get_offsets().tolist() == [[1, 1], [2, 2]]
    assert {"cat", "dog"} <= set(texts(picture)) and "cat 2; dog 2" in picture.alt
    assert cats.get_paths()[0].vertices.shape != dogs.get_paths()[0].vertices.shape
    assert len(plots.scatter_2d(points).axes[0].collections) == 1
    assert {"x", "y"} <= set(texts(plots.scatter_2d(points, np.array(["x", "y", "y", "x"]))))


def test_scatter_of_numbers_has_a_colour_bar():
    picture = plots.scatter_2d(np.eye(2), [0.25, 0.75], label="probability")
    assert len(picture.axes) == 2 and picture.axes[1].get_ylabel() == "probability"
    assert picture.axes[1].get_ylim() == (0.25, 0.75)


def test_confusion_by_hand():
    picture = plots.confusion([[8, 2], [1, 4]], ["cat", "dog"], title="Critters")
    place = picture.axes[0]
    assert np.allclose(place.images[0].get_array(), [[0.8, 0.2], [0.2, 0.8]])
    assert [text.get_text() for text in place.texts] == ["8", "2", "1", "4"]
    assert "Critters, accuracy 0.800" in texts(picture) and picture.axes[1].get_ylim() == (0, 1)
    assert (place.get_xlabel(), place.get_ylabel()) == ("predicted", "true")
    empty_row = plots.confusion([[3, 0], [0, 0]], ["cat", "dog"])
    assert np.isfinite(np.asarray(empty_row.axes[0].images[0].get_array())).all()


def test_confusion_counts_like_scikit_learn():
    from sklearn.metrics import accuracy_score, confusion_matrix

    true, predicted = RNG.integers(0, 3, 60), RNG.integers(0, 3, 60)
    picture = plots.confusion(confusion_matrix(true, predicted), ["a", "b", "c"])
    assert f"accuracy {accuracy_score(true, predicted):.3f}" in picture.alt


def test_lines_and_histogram_draw_their_numbers():
    place = plots.lines([1, 2, 3], {"a": [4, 5, 6]}, reference={"guess": 5.5}).axes[0]
    assert list(place.lines[0].get_ydata()) == [4, 5, 6] and list(place.lines[1].get_ydata()) == [5.5, 5.5]
    bars = plots.histogram([0, 0, 0, 1], bins=2).axes[0].patches
    assert [bar.get_height() for bar in bars] == [3, 1]


def test_axes_of_whole_numbers_have_whole_ticks():
    def ticks(axis):
        return [float(tick) for tick in axis.get_major_locator().tick_values(1, 3)]

    whole = plots.lines([1, 2, 3], {"a": [4, 5, 6]}).axes[0].xaxis
    assert all(tick.is_integer() for tick in ticks(whole))
    parts = plots.lines([1, 1.5, 3], {"a": [4, 5, 6]}).axes[0].xaxis
    assert not all(tick.is_integer() for tick in ticks(parts))
    counts = plots.histogram([0.5, 0.7, 0.7], bins=2).axes[0]
    assert all(tick.is_integer() for tick in ticks(counts.yaxis)) and not all(
        tick.is_integer() for tick in ticks(counts.xaxis)
    )
    plots.lines(["a", "b"], {"s": [1, 2]}).png()


def test_a_reference_line_does_not_cross_a_number():
    picture = plots.bars(["a", "b"], [0.47, 0.9], reference={"guessing": 0.5})
    place = picture.axes[0]
    line = next(line for line in place.lines if list(line.get_xdata()) == [0.5, 0.5])
    for text in place.texts:
        assert text.get_bbox_patch().get_facecolor() == (1, 1, 1, 1) and text.get_zorder() > line.get_zorder()


def test_dots_need_no_zero():
    picture = plots.dots({"a": 0.61, "b": 0.62}, reference={"c": 0.615}, errors=[0.001, 0.002])
    place = picture.axes[0]
    assert place.get_xlim()[0] > 0.6 and [text.get_text() for text in place.texts] == ["0.610", "0.620"]
    assert any(list(line.get_xdata()) == [0.61, 0.62] for line in place.lines)
    assert "c 0.615" in texts(picture) and "a 0.610; b 0.620" in picture.alt
    picture.png()


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: plots.top_k(["a", "b"], [1]), "2 names"),
        (lambda: plots.dots(["a", "b"], [1]), "2 names"),
        (lambda: plots.top_k(["a"], [np.nan]), "NaN"),
        (lambda: plots.top_k(["a"], ["x"]), "no numbers"),
        (lambda: plots.top_k([]), "no pairs"),
        (lambda: plots.bars({}), "empty"),
        (lambda: plots.bars(["a"], {"s": [1, 2]}), "1 names"),
        (lambda: plots.bars(["a"], {}), "empty"),
        (lambda: plots.curves({}), "no history"),
        (lambda: plots.curves([1, 2]), "list"),
        (lambda: plots.curves({"loss": [1]}, metrics=["acc"]), "acc"),
        (lambda: plots.scatter_2d(np.zeros((3, 3))), "(3, 3)"),
        (lambda: plots.scatter_2d([[np.nan, 1]]), "NaN"),
        (lambda: plots.scatter_2d(np.zeros((3, 2)), [0, 1]), "3"),
        (lambda: plots.confusion(np.eye(3), ["a", "b"]), "(3, 3)"),
        (lambda: plots.confusion(np.zeros((2, 2)), ["a", "b"]), "counts"),
        (lambda: plots.lines([1, 2], {"a": [1]}), "1 values"),
        (lambda: plots.histogram([np.inf]), "NaN"),
    ],
)
def test_bad_numbers(call, expected):
    with pytest.raises(ValueError) as error:
        call()
    assert expected in str(error.value) and "\n" not in str(error.value) and str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1.0, 0.95], ["1.000", "0.950"]),
        ([1.9, 2.384], ["1.90", "2.38"]),
        ([12, 0], ["12", "0"]),
        ([62.44, 3.1], ["62.4", "3.1"]),
        ([0.5, 0.0001], ["0.500", "< 0.001"]),
    ],
)
def test_values_of_one_chart_have_equal_decimals(values: list[float], shown: list[str]):
    picture = plots.bars(["first", "second"], values)
    assert [text.get_text() for text in picture.axes[0].texts] == shown
