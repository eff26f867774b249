"""Nothing simulated is called measured, from the file to the figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dualion.figures.render import render
from dualion.project.drawing import SIMULATED, drawn_figure
from dualion.project.reading import with_role
from dualion.project.roles import CellEntry, Role
from dualion.techniques import NAMES, technique

ROLE = Role("a.parquet", CellEntry("a", "a"), from_name=True)


FAST = ("xrd", "sorption", "eis")


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in NAMES])
def test_figures_of_simulated_files_say_so(name: str) -> None:
    row = technique(name)
    made, _ = row.synthesise(np.random.default_rng(0))
    told = drawn_figure(row.analyse([with_role(one, ROLE) for one in made], row.example_options()), "a")
    real = [with_role(replace(one, source=replace(one.source, origin="raw-file")), ROLE) for one in made]
    measured = drawn_figure(row.analyse(real, row.example_options()), "a")
    assert told.title == f"{measured.title}, simulated"
    for series in (series for panel in told.panels for series in panel.series):
        assert "measured" not in series.name.lower()
        assert series.origin != "raw-file"
    assert measured.title.count("simulated") == 0
    assert render(told, formats=("svg",))["svg"].startswith(b"<")


def test_a_result_of_a_simulated_file_carries_the_flag() -> None:
    row = technique("xrd")
    (made,), _ = row.synthesise(np.random.default_rng(0))
    assert SIMULATED in row.analyse([with_role(made, ROLE)], row.example_options()).flags
