"""Numbers, tables and curves of the components of a region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from dualion.numerics.arrays import curve_from
from dualion.numerics.photoemission.amounts import FACTOR_ERROR
from dualion.numerics.photoemission.composition import Share, Zinc
from dualion.numerics.photoemission.findings import Analysis, Charge
from dualion.records.figure import Axis
from dualion.records.measurement import Curve
from dualion.records.quantity import Quantity

ENERGY = Axis("Binding energy", "eV", falling=True)
_ELEMENTS = {
    "C": "carbon", "N": "nitrogen", "O": "oxygen", "F": "fluorine", "Na": "sodium", "Si": "silicon", "P": "phosphorus", "S": "sulfur",
    "Cl": "chlorine", "Fe": "iron", "Cu": "copper", "Zn": "zinc",
}  # fmt: skip
_PROPERTY = "no standard error: a property of the fit"


def intensity_axis(unit: str) -> Axis:
    """Axis of intensities in a unit: rates, or an arbitrary scale."""
    return Axis("Intensity", unit) if unit == "Hz" else Axis("Intensity (arbitrary)", "1")


def quantities(found: Analysis, charge: Charge, *, unit: str, rule: str, withheld: str) -> dict[str, Quantity]:
    """Fractions, positions, widths and areas.

    Parameters
    ----------
    found : Analysis
    charge : Charge
    unit : str
        Of the intensity.
    rule : str
        Model, background and window.
    withheld : str
        Why no number is given; empty where they are.

    Returns
    -------
    dict of str to Quantity
    """
    fit, count = found.fit, found.fit.count
    spread, rows = found.draws.std(axis=0, ddof=1), int(fit.intensity.size)
    area_unit = "Hz eV" if unit == "Hz" else "eV"
    values: dict[str, Quantity] = {}
    for i, one in enumerate(fit.recipe.components):
        if withheld:
            values[f"{one.name}_fraction"] = Quantity(None, "1", rule=withheld)
            continue
        bounded = "; consistent with zero: 95 % upper bound" if found.bounded(i) else ""
        words = f"{rule}; bootstrap and choice of background{bounded}"
        values[f"{one.name}_fraction"] = Quantity(float(fit.fractions[i]), "1", float(found.stderr[i]), rows, words, found.interval(i))
        values[f"{one.name}_area"] = Quantity(float(fit.areas[i]), area_unit, float(spread[i]), rows, f"{rule}; bootstrap")
        if not found.bounded(i):
            error = float(np.hypot(spread[count + i], charge.stderr))
            values[f"{one.name}_position"] = Quantity(float(fit.positions[i]), "eV", error, rows, f"{rule}; bootstrap and reference")
    if not withheld:
        values |= _widths(found, spread, rows, rule)
    values["signal_to_noise"] = Quantity(fit.snr, "1", n=rows, rule=f"height of the lines over the noise of a row; {_PROPERTY}")
    if charge.found is not None:
        moved = f"maximum of C 1s found at {charge.found:.2f} eV in the file"
        values["charge_shift"] = Quantity(charge.shift, "eV", charge.stderr, rule=f"{moved}; fit of a parabola")
    return values


def _widths(found: Analysis, spread: np.ndarray, rows: int, rule: str) -> dict[str, Quantity]:
    """Widths: one name where all components share it."""
    fit = found.fit
    groups = fit.model.groups
    values = {}
    for group in dict.fromkeys(groups):
        first = fit.recipe.components[groups.index(group)]
        name = "fwhm" if len(set(groups)) == 1 else f"{first.group or first.name}_fwhm"
        at = 2 * fit.count + group
        values[name] = Quantity(float(fit.theta[at]), "eV", float(spread[at]), rows, f"{rule}; parameter w of the line; bootstrap")
    return values


def shares_of(shares: Sequence[Share], zinc: Zinc | None, *, unit: str) -> dict[str, Quantity]:
    """Atomic shares of the surface, and the bound of zinc.

    Parameters
    ----------
    shares : sequence of Share
    zinc : Zinc or None
    unit : str
        Of the intensity.

    Returns
    -------
    dict of str to Quantity
    """
    equal = all(one.transmission == 1.0 for one in shares)
    words = "Scofield factors, transmission " + ("taken as equal" if equal else "of the file")
    rule = f"areas over {words}; with {FACTOR_ERROR:.0%} for each factor; of the surface, some 8 nm"
    values = {f"surface_{_ELEMENTS[one.shell.split()[0]]}_content": Quantity(one.percent, "at%", one.stderr, rule=rule) for one in shares}
    if zinc is not None and not zinc.limit.seen:
        bound = "3 standard errors of the background of Zn 2p3/2; no standard error: an upper bound"
        if zinc.percent is not None:
            values["zinc_limit"] = Quantity(zinc.percent, "at%", rule=f"{bound}; {words}", interval=(0.0, zinc.percent))
        else:
            area = zinc.limit.area_limit
            values["zinc_area_limit"] = Quantity(area, "Hz eV" if unit == "Hz" else "eV", rule=bound, interval=(0.0, area))
    return values


def curves_of(found: Analysis, *, unit: str) -> dict[str, Curve]:
    """Measured and fitted intensities, background and components.

    Parameters
    ----------
    found : Analysis
    unit : str
        Of the intensity.

    Returns
    -------
    dict of str to Curve
    """
    fit, axis = found.fit, intensity_axis(unit)
    made = {"measured": fit.intensity, "fitted": fit.fitted, "background": fit.background}
    made |= {f"component_{one.name}": fit.background + line for one, line in zip(fit.recipe.components, fit.lines, strict=True)}
    return {name: curve_from(ENERGY, axis, fit.model.energy, y) for name, y in made.items()}


def tables_of(found: Analysis, shares: Sequence[Share], vendor: Sequence[Mapping[str, object]], *, unit: str) -> dict[str, pl.DataFrame]:
    """Components, intervals, backgrounds and correlations; shares of the surface and values of the vendor where there are some.

    Parameters
    ----------
    found : Analysis
    shares : sequence of Share
    vendor : sequence of mapping
        Rows of the vendor's components.
    unit : str
        Of the intensity.

    Returns
    -------
    dict of str to polars.DataFrame
    """
    fit, names = found.fit, [one.name for one in found.fit.recipe.components]
    area = f"area [{'Hz eV' if unit == 'Hz' else 'eV'}]"
    tables = {
        "components": pl.DataFrame(
            {"component": names, "position [eV]": fit.positions, "fwhm [eV]": fit.widths, area: fit.areas, "fraction": fit.fractions}
        ),
        "fractions": _intervals(found, names),
        "backgrounds": pl.DataFrame(
            {"background": list(found.by_background)}
            | {f"{name}_fraction": [float(one[i]) for one in found.by_background.values()] for i, name in enumerate(names)}
        ),
        "correlation": _correlation(found, names),
    }
    if shares:
        columns = {"sensitivity_factor": "factor", "transmission": "transmission", "share [at%]": "percent", "stderr [at%]": "stderr"}
        rows = {"shell": [one.shell for one in shares], area: [one.area for one in shares]}
        tables["surface"] = pl.DataFrame(rows | {name: [getattr(one, of) for one in shares] for name, of in columns.items()})
    if vendor:
        tables["vendor"] = pl.DataFrame([dict(row) for row in vendor])
    return tables


def _intervals(found: Analysis, names: Sequence[str]) -> pl.DataFrame:
    """Fractions with the limits of the bootstrap and of the profile likelihood."""
    low, high = np.quantile(found.drawn_fractions, [0.025, 0.975], axis=0)
    return pl.DataFrame(
        {
            "component": names,
            "fraction": found.fit.fractions,
            "bootstrap_stderr": found.statistical,
            "bootstrap_low": low,
            "bootstrap_high": high,
            "profile_low": [one.low for one in found.profiles],
            "profile_high": [one.high for one in found.profiles],
            "profile_upper_bound": [one.upper for one in found.profiles],
            "background_range": found.moved,
        }
    )


def _correlation(found: Analysis, names: Sequence[str]) -> pl.DataFrame:
    """Correlation of the fractions over the draws; a fraction that never moves correlates with nothing."""
    drawn, correlation = found.drawn_fractions, np.eye(len(names))
    varied = np.flatnonzero(drawn.std(axis=0) > 0)
    if varied.size > 1:
        correlation[np.ix_(varied, varied)] = np.corrcoef(drawn[:, varied], rowvar=False)
    return pl.DataFrame({"component": names} | {name: correlation[:, i] for i, name in enumerate(names)})


def vendor_rows(conditions: Mapping[str, Quantity | str]) -> list[dict[str, object]]:
    """Components that the vendor's program left in a file.

    Parameters
    ----------
    conditions : mapping of str to Quantity or str
        Of the measurement.

    Returns
    -------
    list of dict
    """
    rows: list[dict[str, object]] = []
    while f"vendor_name_{len(rows) + 1}" in conditions:
        number = len(rows) + 1
        row: dict[str, object] = {"component": str(conditions[f"vendor_name_{number}"])}
        for name, unit in (("position", "eV"), ("fwhm", "eV"), ("area", "Hz eV"), ("share", "at%")):
            one = conditions.get(f"vendor_{name}_{number}")
            row[f"{name} [{unit}]"] = one.value if isinstance(one, Quantity) else None
        rows.append(row)
    return rows
