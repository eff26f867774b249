"""Jobs in worker processes: one that fails or dies costs its own line."""

from __future__ import annotations

import math
import signal
import sys

import pytest

from dualion.errors import SpecError
from dualion.project.pool import described, perform


def test_in_this_process_a_job_that_fails_says_why() -> None:
    told: list[int] = []
    ends = dict(perform(math.sqrt, [4.0, -1.0, 9.0], workers=1, on_done=told.append))
    assert (ends[4.0].made, ends[9.0].made) == (2.0, 3.0)
    assert ends[-1.0].made is None
    assert ends[-1.0].problem.startswith("unexpected ValueError: ")
    assert told == [0, 1, 2]


def test_an_error_on_purpose_is_no_defect() -> None:
    assert described(SpecError("key: missing.\nAnother.")) == "key: missing. Another."
    assert "defect" in described(ZeroDivisionError("x"))


@pytest.mark.slow
def test_in_other_processes_the_outcome_is_the_same() -> None:
    ends = dict(perform(math.sqrt, [float(n) for n in range(-1, 12)], workers=2))
    assert len(ends) == 13
    assert ends[-1.0].problem.startswith("unexpected ValueError: ")
    assert all(ends[float(n)].made == math.sqrt(n) for n in range(12))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_worker_that_is_killed_takes_only_its_own_job_with_it() -> None:
    jobs = [0, 0, signal.SIGKILL.value, 0, 0]
    ended = [(job, end.problem) for job, end in perform(signal.raise_signal, jobs, workers=2)]
    assert len(ended) == 5
    assert [problem for job, problem in ended if job == 0] == [""] * 4
    assert ["ended from outside" in problem for job, problem in ended if job] == [True]
