"""Where the site speaks of the page that sees, and the page's building beside the others."""

from __future__ import annotations

from pathlib import Path

from tools.common import Stop

FIRST = (
    "**[Look inside a network now](live.html)**: your photo or your camera in eight explorers that are alive in the "
    "page. Nothing is installed and nothing leaves your device."
)
EXPLORERS = {  # notebook -> the page's explorers that belong to it
    "00_start_here": {"what it says": "says", "Grad-CAM": "grad-cam"},
    "04_activations": {"activations": "activations", "receptive field": "receptive-field"},
    "05_filters": {"what a filter likes": "filters"},
    "06_grad_cam": {"Grad-CAM": "grad-cam"},
    "07_rivals": {"saliency": "saliency", "occlusion": "occlusion"},
    "09_deepdream": {"DeepDream": "deepdream"},
}

VIEWS = {  # explorer in a notebook -> the page's explorer that takes its place, alive
    "A tour of the network": "activations",
    "Activation explorer": "activations",
    "Receptive field explorer": "receptive-field",
    "Ascent explorer": "filters",
    "Grad-CAM explorer": "grad-cam",
    "Methods side by side": "saliency",
    "The ReLU's way back": "saliency",
    "Occlusion by hand": "occlusion",
    "Dream studio": "deepdream",
}


def address(explorer: str) -> str:
    """Where the page's explorer stands that can take the place of a notebook's one, by its title; '' for none."""
    return f"live.html?alone#{VIEWS[explorer]}" if explorer in VIEWS else ""


def built(folder: Path) -> bool:
    """Build the page beside the others; where it cannot be, say why and leave it out."""
    from tools.live import build  # which loads the networks

    print("The page that sees ... ", end="", flush=True)
    try:
        sizes = build.build(folder)
    except (Stop, OSError) as error:
        print(f"left out: {error}")
        return False
    print(f"{sum(sizes.values()) / 1e6:.0f} MB")
    return True


def note(notebook: str) -> str:
    """What a notebook's page says below its title: its explorers that work in the page that sees; '' for none."""
    links = [f"[{words}](live.html#{place})" for words, place in EXPLORERS.get(notebook, {}).items()]
    return f"\n\n**Alive in a page, with your own photo or camera:** {', '.join(links)}." if links else ""
