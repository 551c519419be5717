"""Homework: sources with nbgrader's marks, their editions, and the commands of students, authors and graders."""
