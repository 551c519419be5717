"""Files on this machine: downloads that resume and are checked, a cache of arrays, and what is left of a run."""

from helpers.files.downloads import DownloadError, MissingError, cache_folder, fetch, find

__all__ = ["DownloadError", "MissingError", "cache_folder", "fetch", "find"]
