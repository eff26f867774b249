"""``dualion simulate eis``: impedance spectra, always on PyBaMM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from dualion.cli import progress
from dualion.cli.simulate_input import Asked, celsius, divided, quantity
from dualion.cli.simulate_output import Findings, Table, finish
from dualion.errors import MissingDependency, SpecError
from dualion.models.runs import drawings
from dualion.models.runs.impedance_states import filling_at
from dualion.models.runs.measured import spectrum_measurement
from dualion.models.runs.summaries import Row, beyond_the_temperatures
from dualion.records.measurement import Measurement

if TYPE_CHECKING:
    from dualion.models.reference.engine import Hierarchy
    from dualion.models.reference.impedance import Spectrum

SPECTRUM_UNITS = {
    "temperature": "degC", "anode_filling": "1", "cathode_filling": "1", "voltage": "V", "salt": "mol/m3",
    "high_frequency_resistance": "ohm", "low_frequency_resistance": "ohm",
    "frequency": "Hz", "real_impedance": "ohm", "imaginary_impedance": "ohm",
}  # fmt: skip


def frequencies(highest: str, lowest: str, points: int) -> list[float]:
    """Frequencies [Hz] from the highest to the lowest, ``points`` in a decade.

    Raises
    ------
    SpecError
        A text is no frequency, or the lowest is not below the highest.
    """
    import numpy as np

    top, bottom = quantity("highest", highest, "Hz"), quantity("lowest", lowest, "Hz")
    if not bottom < top:
        raise SpecError(f"lowest: {bottom:g} Hz is not below {top:g} Hz. Write the lowest frequency there.")
    count = round(points * float(np.log10(top / bottom))) + 1
    return [float(value) for value in np.geomspace(top, bottom, max(count, 2))]


def spectra_of(asked: Asked, states: Sequence[str], temperatures: Sequence[str], grid: Sequence[float], *, as_json: bool) -> int:
    """Compute a spectrum at every state and temperature.

    Parameters
    ----------
    asked : Asked
    states : sequence of str
        As ``impedance_states.filling_at`` reads them.
    temperatures : sequence of str
        Such as ``"40 degC"``; that of the cell where empty.
    grid : sequence of float
        [Hz]
    as_json : bool
        Whether a program reads the output.

    Returns
    -------
    int
        Exit code [1].
    """
    cell = asked.cell
    if not asked.engine.startswith("pybamm"):
        raise SpecError(f'engine: "{asked.engine}" gives no spectra. Write pybamm-SPM, pybamm-SPMe or pybamm-DFN.')
    wanted = [(text.strip(), filling_at(cell, text)) for text in divided(states)]
    degrees = [celsius(text) for text in divided(temperatures)] or [cell.temperature.value]
    try:
        from dualion.models.reference.impedance import ImpedanceModel
    except ImportError as error:
        raise MissingDependency("pybamm", "cells") from error
    model = ImpedanceModel(cell, cast("Hierarchy", asked.engine.removeprefix("pybamm-")))
    found: list[tuple[str, float, Spectrum]] = []
    with progress.shown() as on_progress:
        parts = len(wanted) * len(degrees) + 1
        for text, filling in wanted:
            named = text if any(mark in text for mark in "=V%") else f"state {text}"
            for value in degrees:
                name = f"{named}, {value:g} °C" if len(degrees) > 1 else named
                on_progress(len(found), parts, name)
                found.append((name, value, model.spectrum(filling=filling, frequencies=grid, temperature=value)))
        on_progress(parts - 1, parts, "figures and tables")
    return finish(asked, _findings(asked, found, grid), as_json=as_json)


def _findings(asked: Asked, found: Sequence[tuple[str, float, Spectrum]], grid: Sequence[float]) -> Findings:
    rows: list[Row] = []
    points: list[Row] = []
    measurements: dict[str, Measurement] = {}
    for place, (name, value, one) in enumerate(found):
        rows.append(
            {
                "spectrum": place + 1,
                "state": name,
                "temperature": value,
                "anode_filling": one.filling,
                "cathode_filling": one.cathode_filling,
                "voltage": one.voltage,
                "salt": one.salt,
                "high_frequency_resistance": float(one.impedance.real[0]),
                "low_frequency_resistance": float(one.impedance.real[-1]),
            }
        )
        points += [
            {"spectrum": place + 1, "frequency": float(f), "real_impedance": float(z.real), "imaginary_impedance": float(z.imag)}
            for f, z in zip(one.frequency, one.impedance, strict=True)
        ]
        measurements[f"measurement-{place + 1}"] = spectrum_measurement(asked.cell, one)
    return Findings(
        given={
            "states": [name for name, _, _ in found],
            "temperatures": sorted({value for _, value, _ in found}),
            "frequencies": list(grid),
        },
        tables=(Table("spectra", rows, SPECTRUM_UNITS), Table("points", points, SPECTRUM_UNITS)),
        shown=("state", "temperature", "voltage", "anode_filling", "salt", "high_frequency_resistance", "low_frequency_resistance"),
        figures=(drawings.nyquist_figure(asked.cell, [(name, one) for name, _, one in found]),),
        measurements=measurements,
        flags=beyond_the_temperatures(asked.cell, sorted({value for _, value, _ in found})),
    )
