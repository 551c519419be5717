"""Explorers on pages without a kernel: their strip's pictures, taken while the notebook runs, one at a time.

`install` runs in the kernel, before the notebook: every explorer then carries its frames beside its picture. `stepper`
turns them into HTML, a slider that the arrow keys move; printed, all frames stand below each other.
"""

import base64
import html
import io
from typing import Any

MIME = "application/vnd.course.frames+json"
QUALITY = 90  # of WebP: a tenth of the PNG's bytes, no visible loss


def startup(root: str) -> str:
    """The code that a kernel runs first so that its explorers carry their frames."""
    lines = ["import sys", f"sys.path.append({root!r})", "from tools import frames"]
    return "\n".join([*lines, "frames.install(get_ipython())", f"sys.path.remove({root!r})", "del frames, sys"])


def install(shell: Any) -> None:
    """Make explorers show their frames too; by name, so that notebooks without explorers import nothing for it."""
    shell.display_formatter.mimebundle_formatter.for_type_by_name("helpers.widgets.explorer", "Explorer", bundle)


def bundle(explorer: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an explorer shows, and beside it one frame for each setting of its strip."""
    stills = {} if explorer.closed else explorer.stills()
    shown, notes = explorer._repr_mimebundle_(stills)
    if len(stills) > 1:
        shown[MIME] = {"title": explorer.title, "frames": [_frame(*still) for still in stills.items()]}
    return shown, notes


def _frame(label: str, frame: Any) -> dict[str, Any]:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(frame.picture).save(stream, "WEBP", quality=QUALITY)
    height, width = frame.picture.shape[:2]
    source = f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"
    words = {"label": label, "caption": frame.caption, "code": frame.code}
    return {**words, "source": source, "width": width, "height": height}


def stepper(explorer: dict[str, Any], alive: str = "") -> str:
    """The HTML of an explorer's frames: the first is shown; stepper.js lets a slider and two buttons choose.

    alive: the address of a page that a third button puts in their place, an explorer that works there.
    """
    frames, title = explorer["frames"], html.escape(explorer["title"] or "Explorer", quote=True)
    shown = []
    for at, frame in enumerate(frames):
        words = {key: html.escape(str(frame[key]), quote=True) for key in ("label", "caption", "code")}
        code = f"<br><code>{words['code']}</code>" if words["code"] else ""
        size = f'width="{int(frame["width"])}" height="{int(frame["height"])}"'
        shown.append(
            f'<div class="frame"{" hidden" if at else ""} data-label="{words["label"]}">'
            f'<img src="{html.escape(str(frame["source"]), quote=True)}" alt="{words["caption"]}" {size}>'
            f"<p><b>{words['label']}.</b> {words['caption']}{code}</p></div>"
        )
    start = (
        f'<button type="button" data-alive="{html.escape(alive, quote=True)}">Make it alive</button>' if alive else ""
    )
    return (
        f'<figure class="stepper" aria-label="{title}"><div class="settings">'
        f'<button type="button" data-step="-1" aria-label="{title}: the setting before">←</button>'
        f'<input type="range" min="0" max="{len(frames) - 1}" value="0" step="1" aria-label="{title}: setting">'
        f'<button type="button" data-step="1" aria-label="{title}: the next setting">→</button>'
        f'<output aria-live="polite">{html.escape(frames[0]["label"])}</output>{start}</div>'
        + "".join(shown)
        + f'<figcaption class="note">{title}: {len(frames)} settings, drawn beforehand. In JupyterLab every control '
        "of this explorer moves.</figcaption></figure>"
    )
