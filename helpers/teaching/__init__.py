"""What a lesson needs: claims that are checked in place, exercises, and what the slides call things."""

from helpers.teaching.checks import Claims, exercise, sealed

__all__ = ["Claims", "exercise", "sealed"]
