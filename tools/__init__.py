"""The commands of course.py, one file each. They run inside the environment, from the project's folder."""
