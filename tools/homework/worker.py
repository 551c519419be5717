"""A process that grades one notebook after the other; it runs an assignment's key once and keeps it."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import connection, get_context
from typing import Any, NamedTuple

import nbformat

from tools.homework.sandbox import Limits
from tools.homework.session import Step, Times

MOST_SECONDS = 1500  # for one submission, the key's own run included; what takes longer has outwitted the limits


class Job(NamedTuple):
    """One submission to grade."""

    assignment: str
    student: str
    steps: list[Step]
    only: str = ""  # one cell of checks


class Settings(NamedTuple):
    """How submissions are run."""

    limits: Limits = Limits()
    times: Times = Times()
    trust: bool = False
    workers: int = 2


def grade(jobs: list[Job], books: dict[str, str], settings: Settings) -> Iterator[tuple[Job, Any]]:
    """Grade all, several at a time; yield each with a Graded, or with a sentence where the grader itself failed.

    books: the grader's editions as text, by assignment.
    """
    waiting = list(jobs)
    crew = [_Worker(number, books, settings) for number in range(min(settings.workers, len(waiting)))]
    busy: dict[_Worker, Job] = {}
    try:
        while waiting or busy:
            for worker in crew:
                if waiting and worker not in busy:
                    busy[worker] = waiting.pop(0)
                    worker.ask(busy[worker])
            for worker in _ready(busy):
                yield busy.pop(worker), worker.answer()
    finally:
        for worker in crew:
            worker.end()


def _ready(busy: dict[_Worker, Job]) -> list[_Worker]:
    """The workers that have answered, died, or run too long; waits for one."""
    while True:
        left = min(worker.until for worker in busy) - time.monotonic()
        told = connection.wait([worker.pipe for worker in busy], max(0, left))
        found = [worker for worker in busy if worker.pipe in told or worker.until <= time.monotonic()]
        if found:
            return found


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, number: int, books: dict[str, str], settings: Settings) -> None:
        self.number, self.books, self.settings, self.until = number, books, settings, 0.0
        self.process = None

    def _begin(self) -> None:
        context = get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=_serve, args=(there, self.number, self.books, self.settings), daemon=True)
        self.process.start()
        there.close()

    def ask(self, job: Job) -> None:
        """Hand a job over."""
        if self.process is None:
            self._begin()
        self.until = time.monotonic() + MOST_SECONDS
        self.pipe.send(job)

    def answer(self) -> Any:
        """What the process sent; a sentence, and another process, where it ended or ran too long."""
        try:
            if self.pipe.poll():
                return self.pipe.recv()
        except (EOFError, OSError):
            pass
        self.end()
        self.process = None  # another one begins with the next job
        return "the grader's own process ended, or took too long, with this submission"

    def end(self) -> None:
        """End the process, and with it the box that it has."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()


def _serve(pipe: Any, number: int, books: dict[str, str], settings: Settings) -> None:
    os.environ.setdefault("COURSE_THREADS", str(max(1, (os.cpu_count() or 1) // settings.workers)))
    from tools.homework import grader

    keys: dict[str, Any] = {}
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(_graded(job, keys, books, settings, grader.box_of(number, settings.limits, settings.trust)))


def _graded(job: Job, keys: dict[str, Any], books: dict[str, str], settings: Settings, start: Callable) -> Any:
    from tools.common import Stop
    from tools.homework import grader

    try:
        if job.assignment not in keys:
            keys.clear()  # one at a time is in memory
            keys[job.assignment] = grader.Key(nbformat.reads(books[job.assignment], as_version=4))
        if isinstance(keys[job.assignment], str):
            return keys[job.assignment]
        return keys[job.assignment].grade(job.steps, start, settings.times, job.only)
    except Stop as reason:
        keys[job.assignment] = str(reason)  # for all others, too
        return str(reason)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"the grader stopped with {type(error).__name__} in {where.name}: {error}"
