"""Eleven optimizers, each written out as its step in NumPy; they are Keras's, number for number.

A rule takes the weights, the gradient, the rate and what it keeps from step to step (its memory, empty at first), and
returns the new weights and the new memory. Gradient descent, stochastic and mini-batch gradient descent are one rule:
they differ in the rows that the gradient comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import runtime

Memory = dict[str, Any]
Rule = Callable[[np.ndarray, np.ndarray, float, Memory], tuple[np.ndarray, Memory]]
_TINY = 1e-7  # Keras's epsilon: nothing is divided by zero


def sgd(weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory) -> tuple[np.ndarray, Memory]:
    """w <- w - rate g (Robbins and Monro 1951)."""
    return weights - rate * gradient, memory


def momentum(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, keep: float = 0.9
) -> tuple[np.ndarray, Memory]:
    """v <- keep v - rate g, w <- w + v: a ball that rolls (Polyak 1964)."""
    speed = keep * memory.get("speed", 0.0) - rate * gradient
    return weights + speed, {"speed": speed}


def nesterov(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, keep: float = 0.9
) -> tuple[np.ndarray, Memory]:
    """v <- keep v - rate g, w <- w + keep v - rate g: momentum that looks one step ahead (Nesterov 1983)."""
    speed = keep * memory.get("speed", 0.0) - rate * gradient
    return weights + keep * speed - rate * gradient, {"speed": speed}


def adagrad(weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory) -> tuple[np.ndarray, Memory]:
    """w <- w - rate g / sqrt(sum of all g^2 so far), which starts at 0.1 (Duchi, Hazan and Singer 2011)."""
    total = memory.get("total", 0.1) + gradient**2
    return weights - rate * gradient / np.sqrt(total + _TINY), {"total": total}


def adadelta(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, keep: float = 0.95
) -> tuple[np.ndarray, Memory]:
    """w <- w - rate g rms(steps) / rms(g), both decaying averages (Zeiler 2012); its rate is meant to be 1."""
    squares = keep * memory.get("squares", 0.0) + (1 - keep) * gradient**2
    moved = memory.get("moved", 0.0)
    step = -np.sqrt(moved + _TINY) / np.sqrt(squares + _TINY) * gradient
    return weights + rate * step, {"squares": squares, "moved": keep * moved + (1 - keep) * step**2}


def rmsprop(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, keep: float = 0.9
) -> tuple[np.ndarray, Memory]:
    """w <- w - rate g / sqrt(decaying average of g^2) (Tieleman and Hinton 2012)."""
    squares = keep * memory.get("squares", 0.0) + (1 - keep) * gradient**2
    return weights - rate * gradient / np.sqrt(squares + _TINY), {"squares": squares}


def adam(
    weights: np.ndarray,
    gradient: np.ndarray,
    rate: float,
    memory: Memory,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    amsgrad: bool = False,
) -> tuple[np.ndarray, Memory]:
    """w <- w - rate m / sqrt(v): decaying averages of g and of g^2, both corrected for their start at zero.

    Kingma and Ba 2015. amsgrad: v never falls (Reddi, Kale and Kumar 2018).
    """
    count = memory.get("count", 0) + 1
    mean = beta_1 * memory.get("mean", 0.0) + (1 - beta_1) * gradient
    squares = beta_2 * memory.get("squares", 0.0) + (1 - beta_2) * gradient**2
    kept = {"count": count, "mean": mean, "squares": squares}
    if amsgrad:
        squares = kept["largest"] = np.maximum(memory.get("largest", 0.0), squares)
    scale = np.sqrt(1 - beta_2**count) / (1 - beta_1**count)
    return weights - rate * scale * mean / (np.sqrt(squares) + _TINY), kept


def amsgrad(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, beta_1: float = 0.9, beta_2: float = 0.999
) -> tuple[np.ndarray, Memory]:
    """Adam whose average of g^2 never falls (Reddi, Kale and Kumar 2018)."""
    return adam(weights, gradient, rate, memory, beta_1, beta_2, amsgrad=True)


def adamw(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, decay: float = 0.004
) -> tuple[np.ndarray, Memory]:
    """Adam, and apart from it w <- w - rate decay w (Loshchilov and Hutter 2019)."""
    return adam(weights - rate * decay * weights, gradient, rate, memory)


def adamax(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, beta_1: float = 0.9, beta_2: float = 0.999
) -> tuple[np.ndarray, Memory]:
    """Adam with a slowly falling maximum of |g| in place of the root of g^2 (Kingma and Ba 2015, section 7)."""
    count = memory.get("count", 0) + 1
    mean = beta_1 * memory.get("mean", 0.0) + (1 - beta_1) * gradient
    largest = np.maximum(beta_2 * memory.get("largest", 0.0), np.abs(gradient))
    step = rate * mean / ((1 - beta_1**count) * (largest + _TINY))
    return weights - step, {"count": count, "mean": mean, "largest": largest}


def nadam(
    weights: np.ndarray, gradient: np.ndarray, rate: float, memory: Memory, beta_1: float = 0.9, beta_2: float = 0.999
) -> tuple[np.ndarray, Memory]:
    """Adam with Nesterov's look ahead, and a momentum that grows in the first hundreds of steps (Dozat 2016)."""
    count = memory.get("count", 0) + 1
    now, ahead = (beta_1 * (1 - 0.5 * 0.96**one) for one in (count, count + 1))
    product = memory.get("product", 1.0) * now
    mean = beta_1 * memory.get("mean", 0.0) + (1 - beta_1) * gradient
    squares = beta_2 * memory.get("squares", 0.0) + (1 - beta_2) * gradient**2
    direction = ahead * mean / (1 - product * ahead) + (1 - now) * gradient / (1 - product)
    step = rate * direction / (np.sqrt(squares / (1 - beta_2**count)) + _TINY)
    return weights - step, {"count": count, "product": product, "mean": mean, "squares": squares}


RULES: dict[str, Rule] = {
    "SGD": sgd,
    "momentum": momentum,
    "Nesterov": nesterov,
    "Adagrad": adagrad,
    "Adadelta": adadelta,
    "RMSprop": rmsprop,
    "Adam": adam,
    "AMSGrad": amsgrad,
    "AdamW": adamw,
    "Adamax": adamax,
    "Nadam": nadam,
}


def keras_optimizer(name: str, rate: float) -> Any:
    """Keras's own optimizer of a rule. Raises ValueError for a name that is not in RULES."""
    kept = {
        "momentum": {"momentum": 0.9},
        "Nesterov": {"momentum": 0.9, "nesterov": True},
        "AMSGrad": {"amsgrad": True},
    }
    kinds = {"momentum": "SGD", "Nesterov": "SGD", "AMSGrad": "Adam"}
    if name not in RULES:
        raise ValueError(f"{name!r} is no optimizer of this lesson; choose one of {', '.join(RULES)}")
    return getattr(runtime.keras().optimizers, kinds.get(name, name))(learning_rate=rate, **kept.get(name, {}))


def descend(
    rule: Rule, gradient_of: Callable[[np.ndarray], np.ndarray], start: np.ndarray, rate: float, steps: int
) -> np.ndarray:
    """The way of the weights, float64 (steps + 1, ...): the start and the weights after each step.

    Where numbers overflow, the way stays at the last finite weights.
    """
    way, memory = [np.asarray(start, dtype=float)], {}
    for _ in range(steps):
        with np.errstate(all="ignore"):
            weights, memory = rule(way[-1], gradient_of(way[-1]), rate, memory)
        way.append(weights if np.isfinite(weights).all() else way[-1])
    return np.array(way)
