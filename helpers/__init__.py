"""Small tools under the course's notebooks: data, networks, pictures, and the methods that look inside a network.

Importing this package loads nothing heavy. Import what you need: `from helpers import datasets, images, plots`.
"""

__version__ = "1.0.0"
