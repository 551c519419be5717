"""What all tests share: quiet TensorFlow, the optional real data, and widget errors that are not swallowed."""

import logging
import os
from pathlib import Path

import pytest

# Before anything imports TensorFlow. The same for the kernels that nbval starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def course_data() -> Path:
    """The first folder of COURSE_DATA, which holds real photos, tables and weights; without it the test is skipped."""
    named = os.environ.get("COURSE_DATA", "")
    if not named:
        pytest.skip("COURSE_DATA is not set: no folder with the lecture's own data and weights")
    folder = Path(named.split(os.pathsep)[0]).expanduser().resolve()
    if not folder.is_dir():
        pytest.fail(f"COURSE_DATA names {folder}, which is not a folder: correct it or unset it")
    return folder


@pytest.fixture(autouse=True)
def no_swallowed_widget_errors(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest):
    """Fail a test in which a widget callback raised: ipywidgets only logs such an exception."""
    caplog.set_level(logging.WARNING, logger="traitlets")
    yield
    _close_widgets()
    if request.node.get_closest_marker("widget_errors_ok"):
        return
    records = [record for record in caplog.get_records("call") if record.name == "traitlets"]
    swallowed = [record.getMessage() for record in records if "ipywidgets" in record.pathname]
    assert not swallowed, "a widget callback raised:\n" + "\n".join(swallowed)


def _close_widgets() -> None:
    """Close what the test opened; only where it imported ipywidgets at all, which takes time."""
    import sys

    if "ipywidgets" in sys.modules:
        sys.modules["ipywidgets"].Widget.close_all()
