"""Learning curves of one or several training runs. `helpers.plots` offers them; use them from there."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from helpers.images.style import COLOURS, WIDTH
from helpers.plots.figure import Figure, describe, drawing, heading, wrapped

_LESS_IS_BETTER = ("loss", "error", "mae", "mse", "rmse")
_ENOUGH_TO_SMOOTH = 6  # epochs


def curves(
    histories,
    metrics: Sequence[str] | None = None,
    title: str | None = None,
    smoothing: float = 0.6,
    first: str | None = None,
    mark: str = "next stage",
    reference: Mapping[str, float] | None = None,
) -> Figure:
    """Show learning curves: for each metric a panel, training dashed, validation solid.

    `histories` is one history (dict metric -> one number an epoch, validation under `val_` + metric, as Keras gives
    it, or the Keras `History` itself) or a dict name -> history, which compares several runs. From six epochs on, the
    raw curve is pale and a centred smoothed one is drawn over it (see `smooth`); `smoothing=0` leaves that out.
    `metrics` chooses and orders the panels. A panel's title gives the best raw validation value (training, where there
    is no validation). `first` names the run that came first: the others went on from its end, so their epochs count on
    from there, behind a vertical line with the words `mark`. `reference` gives the first panel a dotted line for each
    name and value, such as guessing, and an axis from 0 to 1. Raises `ValueError` for what is no history, for a metric
    it does not have, and for a `first` that is none of the runs.
    """
    histories = _histories(histories)
    if first is not None and first not in histories:
        raise ValueError(f"There is no run {first!r} to begin with; choose from {', '.join(map(repr, histories))}.")
    metrics = _metrics(histories, metrics)
    shift = max(map(len, histories[first].values())) if first is not None else 0
    starts = {name: 0 if name == first else shift for name in histories}
    columns = min(2, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    with drawing():
        figure = Figure(WIDTH, 3.6 * rows + (0.9 if title else 0.5))
        places = figure.subplots(rows, columns, squeeze=False).ravel()
        for place in places[len(metrics) :]:
            place.remove()
        places = places[: len(metrics)]
        best = [_panel(*pair, histories, starts, smoothing) for pair in zip(places, metrics, strict=True)]
        for place in places if shift else ():
            place.axvline(shift + 0.5, color="black", linestyle=":", linewidth=1.5)
            place.text(shift + 0.5, 1.0, mark, transform=place.get_xaxis_transform(), ha="center", va="bottom")
            place.set_title(place.get_title(), pad=24)  # the mark stands between the title and the curves
        for words, value in (reference or {}).items():
            places[0].axhline(value, color="black", linestyle=":", linewidth=1.5, label=f"{words} {value:g}")
            places[0].set_ylim(0, 1.03)
        pairs = [pair for place in places for pair in zip(*place.get_legend_handles_labels(), strict=True)]
        handles = {text: line for line, text in pairs}
        across = 2 if len(histories) > 1 else 4
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=across, frameon=False)
        heading(figure, title)
    figure.alt = describe("Learning curves", best, title)
    return figure


def smooth(values, factor: float = 0.8, centred: bool = False) -> np.ndarray:
    """Return the exponential moving average: each value is `factor` times the last plus `1 - factor` times the raw one.

    It begins with the first raw value and comes late: a falling curve appears higher than it is. With `centred=True` it
    is the mean of this average taken forwards and backwards, which does not come late. Values that are no numbers
    (NaN) are passed by.
    """
    import pandas as pd

    if not 0 <= factor < 1:
        raise ValueError(f"The smoothing is {factor}; give a number from 0 (none) to below 1.")
    values = np.asarray(values, dtype=float)
    if centred:
        return (smooth(values, factor) + smooth(values[::-1], factor)[::-1]) / 2
    return pd.Series(values).ewm(alpha=1 - factor, adjust=False, ignore_na=True).mean().to_numpy()


def _histories(histories) -> dict[str, dict[str, list[float]]]:
    histories = getattr(histories, "history", histories)
    if not isinstance(histories, Mapping) or not histories:
        raise ValueError(
            f"{type(histories).__name__} is no history; give fit(...).history, or a dict of names and histories."
        )
    several = {name: getattr(one, "history", one) for name, one in histories.items()}
    if not all(isinstance(one, Mapping) for one in several.values()):
        several = {"": several}
    return {str(name): {key: [float(v) for v in one[key]] for key in one} for name, one in several.items()}


def _metrics(histories: dict, asked: Sequence[str] | None) -> list[str]:
    """The metrics that are asked for, or all that there are, in their order."""
    found = list(dict.fromkeys(key.removeprefix("val_") for history in histories.values() for key in history))
    missing = [metric for metric in asked or () if metric not in found]
    if missing or not found:
        have = ", ".join(sorted(found)) or "nothing"
        raise ValueError(f"The histories have no {', '.join(missing) or 'values'}; choose from what they have: {have}.")
    return list(asked or found)


def _panel(place, metric: str, histories: dict, starts: dict[str, int], smoothing: float) -> str:
    """Draw one metric of all runs, each after its number of epochs in `starts`; return the panel's title."""
    from matplotlib.ticker import MaxNLocator

    best = []
    for number, (name, history) in enumerate(histories.items()):
        for key, kind, style in ((metric, "training", "--"), (f"val_{metric}", "validation", "-")):
            if not history.get(key):
                continue
            values, text = np.array(history[key]), f"{name}, {kind}" if name else kind
            epochs = starts[name] + np.arange(1, len(values) + 1)
            look = {"color": COLOURS[number % 8], "linestyle": style}
            if smoothing and len(values) >= _ENOUGH_TO_SMOOTH:
                place.plot(epochs, values, alpha=0.35, linewidth=1.2, **look)
                values, text = smooth(values, smoothing, centred=True), f"{text} (smoothed)"
            place.plot(epochs, values, label=text, linewidth=2, marker="o" if len(values) == 1 else None, **look)
        best += _best(name, history, metric, starts[name])
    place.set_xlabel("epoch")
    place.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    place.grid(alpha=0.3)
    text = metric.replace("_", " ") + (f": best {min(best)[1]}" if best else "")
    place.set_title(wrapped(text, 4.2))
    return text


def _best(name: str, history: dict, metric: str, start: int) -> list[tuple[float, str]]:
    """One run's best value, as a number that is less for a better one, and in words; nothing where there is none."""
    kind = "validation" if history.get(f"val_{metric}") else "training"
    values = np.array(history.get(f"val_{metric}") or history.get(metric) or [math.nan])
    if np.isnan(values).all():
        return []
    ranks = values if any(word in metric.lower() for word in _LESS_IS_BETTER) else -values
    at = int(np.nanargmin(ranks))
    run = f" ({name})" if name else ""
    return [(ranks[at], f"{kind} {values[at]:.3f}, epoch {start + at + 1}{run}")]
