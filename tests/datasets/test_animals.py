"""Eight animals: each stays itself, nothing else tells which it is, and parts share no photo."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import datasets
from helpers.datasets import ANIMALS, animals


@pytest.fixture(scope="module")
def drawn():
    return animals(80, seed=11, size=48)


def test_each_animal_comes_as_often_and_in_mixed_order(drawn):
    assert np.bincount(drawn.labels).tolist() == [10] * 8 and len(ANIMALS) == 8
    assert len({tuple(part) for part in drawn.labels.reshape(10, 8)}) == 10


def test_an_animal_keeps_its_looks_and_nothing_else(drawn):
    for animal in range(8):
        scenes = [drawn.drawn.scenes[place] for place in np.flatnonzero(drawn.labels == animal)]
        assert all(scene.ears == ("pointed", "hanging")[animal % 2] for scene in scenes)
        for part in ("head", "ear", "fur"):
            assert all(getattr(scene, part) == getattr(scenes[0], part) for scene in scenes)
        assert len({scene.face.iris for scene in scenes}) == 1
        for part in ("pose", "camera", "backdrop"):
            assert not any(getattr(scene, part) == getattr(scenes[0], part) for scene in scenes[1:])
    heads = {tuple(scene.head.numbers()) for scene in drawn.drawn.scenes}
    assert len(heads) == 8


def test_pose_light_and_background_do_not_tell_which_animal_it_is():
    from helpers.datasets.animals import _scene

    labels = np.tile(np.arange(8), 50)
    scenes = [_scene(int(label), 5, index) for index, label in enumerate(labels)]
    numbers = [scene.pose.numbers() + scene.backdrop.numbers() + scene.camera.numbers() for scene in scenes]
    score = cross_val_score(make_pipeline(StandardScaler(), LogisticRegression(C=0.01)), numbers, labels, cv=5).mean()
    assert abs(score - 1 / 8) < 0.07  # four standard errors of one in eight over 400 photos


def test_the_same_seed_is_the_same_and_fewer_are_the_first(drawn):
    again = animals(13, seed=11, size=48)
    assert np.array_equal(again.pixels, drawn.pixels[:13]) and np.array_equal(again.labels, drawn.labels[:13])
    assert not np.array_equal(animals(13, 12, 48).labels, again.labels)


def test_a_data_set_of_them_has_parts_of_their_own():
    data = datasets.images("animals", seed=2, size_hint=32, train=24, validation=8, test=16)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [24, 8, 16]
    assert (
        data.class_names == ANIMALS and data.test.name == "animals test" and data.train.pixels.shape[1:] == (32, 32, 3)
    )
    every = np.concatenate([part.pixels for part in (data.train, data.validation, data.test)])
    assert len({picture.tobytes() for picture in every}) == 48
    with pytest.raises(ValueError, match="'animals' has no option 'strength'"):
        datasets.images("animals", strength=1)


@pytest.mark.parametrize(
    ("change", "words"), [({"n": 0}, "n is 0"), ({"seed": -1}, "seed"), ({"size": 8}, "size is 8")]
)
def test_a_bad_argument_is_one_sentence(change, words):
    with pytest.raises(ValueError, match=words):
        animals(**{"n": 8, "seed": 0, "size": 32} | change)
