"""The ground: TensorFlow without its notices, progress, memory, what is installed, and checks of arguments."""

from helpers.runtime.doctor import report
from helpers.runtime.progress import Progress, Report, Stopped, track
from helpers.runtime.tensorflow import keras, tensorflow

__all__ = ["Progress", "Report", "Stopped", "keras", "report", "tensorflow", "track"]
