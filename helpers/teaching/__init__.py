"""What a lesson needs: claims that are checked in place, exercises, stored studies, and what the slides call things."""

from helpers.teaching import homework
from helpers.teaching.checks import Claims, exercise
from helpers.teaching.studies import stored_effect, stored_picture, stored_rows, stored_table

__all__ = ["Claims", "exercise", "homework", "stored_effect", "stored_picture", "stored_rows", "stored_table"]
