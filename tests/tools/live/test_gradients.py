"""tools/live/gradients.py: written in plain operations, they are TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from tools.live import gradients


def plain_and_stock(make, x: np.ndarray, guided: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of a weighted sum of what `make` makes of x, by the plain operations and by TensorFlow."""
    x = tf.constant(x.astype(np.float32))
    weights = tf.random.stateless_normal(make(x).shape, (1, 2))

    @tf.function
    def plain():
        graph = tf.compat.v1.get_default_graph()
        graph.add_to_collection(gradients.GUIDED, tf.fill((1, 1, 1, 1), guided))
        with graph.gradient_override_map(gradients.overrides()):
            found = make(x)
        return tf.gradients(tf.reduce_sum(found * weights), x)[0]

    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(make(x) * weights)
    return plain().numpy(), tape.gradient(total, x).numpy()


def picture(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 4, (1, *shape))


@pytest.mark.parametrize("make", [tf.nn.relu, tf.nn.relu6])
def test_relus(make):
    found, stock = plain_and_stock(make, picture(9, 8, 3))
    np.testing.assert_array_equal(found, stock)
    assert 0 < (found == 0).mean() < 1


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (3, 1)])
@pytest.mark.parametrize("side", [9, 10])
def test_max_pooling_gives_a_tie_to_its_first_place(size: int, stride: int, side: int):
    x = np.round(picture(side, side + 1, 2))  # whole numbers: many ties
    found, stock = plain_and_stock(lambda x: tf.nn.max_pool2d(x, size, stride, "VALID"), x)
    np.testing.assert_allclose(found, stock, atol=1e-6)


@pytest.mark.parametrize(
    ("padding", "stride", "size"), [("SAME", 1, 3), ("SAME", 2, 3), ("SAME", 2, 5), ("VALID", 2, 3)]
)
@pytest.mark.parametrize("side", [9, 10])
def test_depthwise_convolution(padding: str, stride: int, size: int, side: int):
    kernel = tf.random.stateless_normal((size, size, 4, 1), (3, 4))
    found, stock = plain_and_stock(
        lambda x: tf.nn.depthwise_conv2d(x, kernel, [1, stride, stride, 1], padding), picture(side, side + 1, 4)
    )
    np.testing.assert_allclose(found, stock, atol=1e-5)


def test_guided_lets_only_what_speaks_for_it_pass_each_relu():
    x = np.array([3.0, -1.0, 2.0]).reshape(1, 1, 3, 1)
    signs = np.array([1.0, 1.0, -1.0]).reshape(1, 1, 3, 1)
    found, _ = plain_and_stock(lambda x: tf.nn.relu(x) * signs / tf.random.stateless_normal(x.shape, (1, 2)), x, 1.0)
    np.testing.assert_allclose(found.ravel(), [1, 0, 0], atol=1e-6)
