"""What explorers keep: `python -m benchmarks.explorers_memory [NAME ...]`; the table is in results/ under that name.

Each explorer runs in a process of its own, without a page. 600 changes go over all its layers, one after the other and
from the start again. Measured are RSS and private memory: after the first frame and the strip, after the changes, and
after `close()` while the network stays. Reruns: five times a new network and a new explorer of it under the same name.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time

import psutil

from benchmarks import tables

CHANGES, RERUNS = 600, 5
NETWORK = "efficientnet_lite0"
# name -> (its function, the control with the layers, what is set beforehand)
EXPLORERS = {
    "Grad-CAM": ("grad_cam_explorer", "layer", {}),
    "activations": ("activation_explorer", "layer", {}),
    "field": ("field_explorer", "layer", {"used": True}),
    "rules": ("rules_explorer", "start", {}),
}


def memory() -> tuple[int, int]:
    """RSS and private memory of this process in MB."""
    found = psutil.Process().memory_full_info()
    return round(found.rss / 1e6), round(found.uss / 1e6)


def changes(name: str) -> list[tuple[int, int]]:
    """Memory after the first frame, after the changes, and after closing; (RSS, private) in MB each."""
    from helpers import backbones, widgets

    function, control, settings = EXPLORERS[name]
    network = backbones.load(NETWORK)
    explorer = getattr(widgets, function)(network)
    explorer.stills()
    for other, value in settings.items():
        explorer.controls[other].value = value
    found, done = [memory()], 0
    while done < CHANGES:
        for group in _groups(explorer):
            if group is not None:
                explorer.controls["group"].value = group
            for layer in _values(explorer.controls[control]):
                explorer.controls[control].value = layer
                assert not explorer.error.value, explorer.error.value
                done += 1
                if done == CHANGES:
                    return [*found, memory(), _closed(explorer)]
    raise AssertionError("unreachable")


def reruns(_: str = "") -> list[tuple[int, int]]:
    """Memory after the first explorer and after so many more of the same name; (RSS, private) in MB each."""
    from helpers import backbones, widgets

    found = []
    for _ in range(RERUNS + 1):
        explorer = widgets.grad_cam_explorer(backbones.load(NETWORK))
        gc.collect()
        found.append(memory())
    return [found[0], found[-1], _closed(explorer)]


def _closed(explorer) -> tuple[int, int]:
    if hasattr(explorer, "close"):
        explorer.close()
    return memory()


def _groups(explorer) -> list:
    return list(explorer.controls["group"].options) if "group" in explorer.controls else [None]


def _values(control) -> list:
    return [option[1] if isinstance(option, tuple) else option for option in control.options]


def measured(name: str) -> list:
    """A row of the table, measured in a process of its own."""
    start = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.explorers_memory", "--one", name]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
    numbers = [pair.split(",") for pair in said.split()[-3:]]
    cells = [f"{rss} / {private}" for rss, private in numbers]
    more = int(numbers[1][1]) - int(numbers[0][1])
    print(name, cells, more, f"{time.monotonic() - start:.0f} s", flush=True)
    return [name, *cells, more]


def main() -> None:
    """Measure and write the table."""
    if sys.argv[1:2] == ["--one"]:
        made = changes if sys.argv[2] in EXPLORERS else reruns
        print(*(f"{rss},{private}" for rss, private in made(sys.argv[2])))
        return
    start = time.monotonic()
    rows = [measured(name) for name in sys.argv[1:] or [*EXPLORERS, f"{RERUNS} reruns"]]
    tables.write(
        "explorers_memory",
        "# What explorers keep",
        tables.made("python -m benchmarks.explorers_memory", (time.monotonic() - start) / 60),
        f"{CHANGES} changes over all layers of {NETWORK}. RSS / private memory in MB.",
        tables.table(["explorer", "first frame", "after the changes", "closed", "private memory more"], rows),
    )


if __name__ == "__main__":
    main()
