"""What is kept is bounded: the oldest go, threads make an answer once, TensorFlow's functions are really freed."""

import gc
import threading
import time
import weakref

import numpy as np
import psutil

from helpers.attribution import grad_cam
from helpers.backbones import as_network
from helpers.runtime import keras, memory


def test_the_least_recently_used_go_first():
    recent, made = memory.Recent(4), []

    def answer(key):
        return recent.answer(key, lambda: made.append(key) or key.upper())

    assert [answer(key) for key in "abcda"] == ["A", "B", "C", "D", "A"]
    assert made == ["a", "b", "c", "d"]
    answer("e")  # a fifth one: b and c, the oldest, go together
    assert list(recent) == ["d", "a", "e"]
    answer("b")
    assert made == ["a", "b", "c", "d", "e", "b"]


def test_the_weight_of_what_is_kept_is_bounded():
    freed = []
    recent = memory.Recent(100, len, lambda: freed.append(len(recent)))
    for number in range(50):
        recent.answer(number, lambda number=number: "x" * (number % 7))
        assert sum(map(len, recent.values())) <= 100
    assert freed
    assert recent.answer("long", lambda: "y" * 101) == "y" * 101 and "long" not in recent


def test_threads_that_ask_together_make_an_answer_once():
    recent, made, got = memory.Recent(8), [], []

    def make():
        time.sleep(0.05)
        made.append(1)
        return object()

    threads = [threading.Thread(target=lambda: got.append(recent.answer("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len({id(one) for one in got}) == 1


def test_what_is_known_is_given_while_something_else_is_made():
    recent, go_on = memory.Recent(8), threading.Event()
    recent.answer("known", lambda: 1)
    slow = threading.Thread(target=lambda: recent.answer("slow", lambda: go_on.wait(20)))
    slow.start()
    assert recent.answer("known", lambda: 2) == 1 and slow.is_alive()
    go_on.set()
    slow.join(20)


def test_to_make_an_answer_may_need_another_one():
    recent = memory.Recent(8)
    assert recent.answer("outer", lambda: recent.answer("inner", lambda: 2) + 1) == 3


def chain(depth: int):
    layers = keras().layers
    x = inputs = keras().Input((32, 32, 3))
    for number in range(depth):
        x = layers.Conv2D(2, 3, padding="same", activation="relu", name=f"layer{number}")(x)
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return as_network(keras().Model(inputs, outputs), ["a", "b"])


def test_all_layers_in_turn_keep_a_bounded_number_of_functions_and_the_same_answers():
    network, picture = chain(5), np.full((32, 32, 3), 100, np.float32)
    network._compiled.most = 3
    layers = [f"layer{number}" for number in range(5)]
    first = {layer: grad_cam(network, picture, 0, layer) for layer in layers}
    functions = [weakref.ref(function) for function in network._compiled.values()]
    assert len(functions) <= 3
    for layer in (layers[-1], layers[0]):  # one that is still known, and one that went
        np.testing.assert_allclose(grad_cam(network, picture, 0, layer), first[layer], rtol=1e-5, atol=1e-6)
    network._compiled.clear()
    gc.collect()
    assert not any(function() for function in functions), "TensorFlow keeps dropped functions"


def test_freed_memory_goes_back_to_the_system():
    """Small pieces, which glibc would keep: 200 MB in 100-byte pieces, half of them in circles."""
    before = psutil.Process().memory_info().rss
    pieces = [[bytes(60)] for _ in range(700_000)]
    for piece in pieces[::2]:
        piece.append(piece)
    grown = psutil.Process().memory_info().rss - before
    del pieces, piece
    memory.free()
    assert grown > 50e6 and psutil.Process().memory_info().rss - before < 0.3 * grown
