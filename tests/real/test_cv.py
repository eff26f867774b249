"""Voltammograms of a soluble couple limited by diffusion (AQDS, 1 cm2, five rates): b near 0.5, and a split that must be refused.

Files: kirkpsmith/voltammetry.py (MIT), see the list of provenance beside them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dualion.numerics.voltammetry.rate_split import net_shares, split
from dualion.numerics.voltammetry.scan_rates import chosen_scans
from dualion.numerics.voltammetry.separability import Limits, judged_branch
from dualion.readers.format import Given
from dualion.readers.gamry import FORMATS
from dualion.records.measurement import Measurement, Result
from dualion.techniques import cv_peaks, cv_separation

RATES = (25, 50, 100, 250, 500)  # [mV/s]
#: Least squares without a question, at the slowest and at the fastest rate [%], and potentials where a part runs against the branch [%].
UNCHECKED = {"anodic": (24, 54, 65), "cathodic": (-9, -58, 96)}


@cache
def voltammograms(folder: Path) -> tuple[Measurement, ...]:
    (row,) = FORMATS
    found = []
    for rate in RATES:
        path = folder / f"kirkpsmith_AQDS_20mM_1M_H2SO4_{rate}mVs.DTA.txt"
        data = path.read_bytes()
        found.append(row.read(Given(path.name, data, hashlib.sha256(data).hexdigest())))
    return tuple(found)


@pytest.fixture(scope="module")
def measured(shared: Path) -> tuple[Measurement, ...]:
    return voltammograms(shared / "data" / "cv")


@pytest.fixture(scope="module")
def peaks(measured: Sequence[Measurement]) -> Result:
    return cv_peaks.analyse(measured, cv_peaks.Options())


@pytest.fixture(scope="module")
def separation(measured: Sequence[Measurement]) -> Result:
    return cv_separation.analyse(measured, cv_separation.Options())


def test_rates_are_as_stated(peaks: Result) -> None:
    """Within 0.1 %, although the median of neighbouring rows is off by 2 %: no flag."""
    scans = peaks.tables["scans"]
    assert scans["rate [mV/s]"].to_list() == pytest.approx(list(RATES), rel=1e-3)
    assert scans["stated_rate [mV/s]"].to_list() == pytest.approx(list(RATES), rel=1e-4)
    assert scans["complete_cycles"].to_list() == [2, 2, 1, 2, 2]
    assert scans["cycle"].to_list() == [2, 2, 1, 2, 2]
    assert peaks.flags == ()


@pytest.mark.parametrize(("branch", "expected"), [("anodic", 0.506), ("cathodic", 0.420)])
def test_exponent(peaks: Result, branch: str, expected: float) -> None:
    b = peaks.values[f"b_{branch}_1"]
    assert b.value == pytest.approx(expected, abs=0.02)
    assert b.interval is not None
    assert b.interval[0] < expected < b.interval[1]
    assert b.n == 5


def test_anodic_exponent_is_that_of_diffusion(peaks: Result) -> None:
    low, high = peaks.values["b_anodic_1"].interval or (0.0, 0.0)
    assert low < 0.5 < high
    assert high - low < 0.1


def test_both_branches_are_not_separable(separation: Result) -> None:
    refusals = [flag for flag in separation.flags if flag.code == "not_separable"]
    assert [flag.severity for flag in refusals] == ["refusal", "refusal"]
    for branch, flag in zip(("anodic", "cathodic"), refusals, strict=True):
        assert branch in flag.message
        for place in range(1, 6):
            assert separation.values[f"surface_share_{branch}_{place}"].value is None
        assert (separation.values[f"misfit_{branch}"].value or 0) > 0.05
        assert (separation.values[f"peak_range_{branch}"].value or 0) > 59
    table = separation.tables["shares"]
    assert table["surface_share [%]"].null_count() == table.height == 10


@pytest.mark.parametrize("options", [{"nnls": True}, {"ir_ohm": 33.2}, {"window": (-0.3, 0.2)}])
def test_no_option_makes_them_separable(measured: Sequence[Measurement], options: dict[str, object]) -> None:
    """Neither parts of one sign, nor the resistance that the instrument states (PFCOR 33.2 ohm), nor a window around the peaks."""
    result = cv_separation.analyse(measured, cv_separation.Options(**options))  # type: ignore[arg-type]
    assert [flag.code for flag in result.flags].count("not_separable") == 2


@pytest.mark.parametrize("branch", ["anodic", "cathodic"])
def test_what_unchecked_least_squares_would_print(measured: Sequence[Measurement], branch: str) -> None:
    chosen, _ = chosen_scans(measured)
    judged = judged_branch(chosen, branch, Limits(4, 0.05, 0.20, 0.059))  # type: ignore[arg-type]
    rates = np.array([one.scan.sweep(branch).rate for one in chosen])  # type: ignore[arg-type]
    found = split(judged.currents, rates, sign=1 if branch == "anodic" else -1)
    net = 100 * net_shares(found.surface, judged.currents, rates)
    slowest, fastest, against = UNCHECKED[branch]
    assert net[0] == pytest.approx(slowest, abs=1.0)
    assert net[-1] == pytest.approx(fastest, abs=1.0)
    assert 100 * found.against.mean() == pytest.approx(against, abs=1.0)
    assert 100 * judged.wrong_sign == pytest.approx(against, abs=1.0)
