"""Balance of the pores of one sample: scattering sees all of them, a gas the open ones, a fluid of pycnometry all but the closed ones.

    V_total  = phi / [rho_skel (1 - phi)]           small-angle scattering on an absolute scale
    V_open                                          nitrogen or carbon dioxide, at p/p0 0.95 or by DFT
    V_closed = 1 / rho_true - 1 / rho_skel          pycnometry, whose fluid is named
    delta    = V_total - V_open - V_closed          should be zero within its error
    S_inaccessible = S_SAXS - S_N2                  surface that the gas does not reach (Ruike et al. 1994)

A term that is missing is solved for and says so. The density of the walls is 2.26 g/cm3 (graphite) or 2.26 * 0.3354 nm / d002; both are
printed, the headline lies at the middle of the two specific volumes, and half their difference is its systematic error. H, N and O lower
the density further. phi (1 - phi) goes with the inverse square of the density that the contrast was computed with; it is carried over from
``contrast_density`` to the walls of the balance, so that contrast and skeleton agree.

Errors are propagated linearly and by seeded draws (JCGM 100:2008), side by side. Defaults where a table gives none: 0.02 g/cm3 of the
density, 10 % of the open volume and of the areas, 0.005 nm of d002 where it is to count.

Valid for two phases with sharp walls, and pores that are either open to the gas or closed to the fluid; helium may enter pores that
nitrogen at 77 K does not (``helium_in_pores``).

References: Ruike et al. 1994; JCGM 100:2008.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, SpecError
from dualion.numerics.correlation.descriptors import NEEDED, Descriptor, alternatives, choose, read_tables
from dualion.numerics.porosity.balance import TERMS, porosity_of
from dualion.numerics.porosity.budget import Budget, Error, Measured, budget
from dualion.numerics.porosity.findings import findings
from dualion.numerics.porosity.skeleton import GRAPHITE_DENSITY, SKELETONS, Skeleton, wall
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import check_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

_VOLUME, _AREA = "cm3/g", "m2/g"
_FEWEST_DRAWS = 100
#: Unit of each descriptor that is read.
_UNITS: Mapping[str, str] = {
    "porosity": "1", "pore_volume": _VOLUME, "total_pore_volume": _VOLUME, "dft_pore_volume": _VOLUME, "true_density": "g/cm3",
    "d002": "nm", "d002_corrected": "nm", "saxs_area": _AREA, "bet_area": _AREA,
}  # fmt: skip
#: What is known of scattering on an arbitrary scale.
_ARBITRARY = ("closed_pore_parameter", "pore_invariant")
#: Synthetic sample: relative errors of phi, of the open volume and of the areas, errors of density [g/cm3] and d002 [nm].
_U_PHI, _U_OPEN, _U_AREA, _U_DENSITY, _U_SPACING = 0.03, 0.10, 0.05, 0.01, 0.003
_NO_ERROR = "no standard error: a property of the choice of the walls"


@dataclass(frozen=True, slots=True)
class Options:
    """How the pores are balanced."""

    sample: str = ""  # name of the sample, where the tables hold several
    skeleton: Skeleton = "both"  # density of the walls: graphite, scaled by d002, or the middle of both
    spacing: Literal["d002", "d002_corrected"] = "d002"  # layer spacing that scales the density
    open_volume: Literal["total_pore_volume", "dft_pore_volume"] = "total_pore_volume"  # of sorption
    fluid: str = ""  # of pycnometry, where the method of the density does not name it
    contrast_density: float | None = GRAPHITE_DENSITY  # [g/cm3] of the walls in the contrast of the porosity; None takes it as it is
    density_stderr: float = 0.02  # [g/cm3] of the true density, where none is given
    open_relative_error: float = 0.10  # [1] of the open volume, where none is given
    area_relative_error: float = 0.10  # [1] of the areas, where none is given
    spacing_stderr: float = 0.005  # [nm] of the layer spacing, where none is given
    include_spacing_error: bool = False  # let the error of the layer spacing count
    propagation: Literal["linear", "monte_carlo"] = "linear"  # standard errors of the values; the other stands in the table
    choices: Mapping[str, str] = field(default_factory=dict)  # descriptor: text in the method or source of the value to take
    draws: int = 20_000  # [1] draws of the inputs
    seed: int = 0  # [1] of the draws

    def __post_init__(self) -> None:
        words = (
            ("skeleton", self.skeleton, SKELETONS),
            ("spacing", self.spacing, ("d002", "d002_corrected")),
            ("open_volume", self.open_volume, ("total_pore_volume", "dft_pore_volume")),
            ("propagation", self.propagation, ("linear", "monte_carlo")),
        )
        check_words(words)
        for name in ("density_stderr", "open_relative_error", "area_relative_error", "spacing_stderr"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SpecError(f"{name}: {getattr(self, name)} is not a standard error.")
        if self.contrast_density is not None and not (math.isfinite(self.contrast_density) and self.contrast_density > 0):
            raise SpecError(f"contrast_density: {self.contrast_density} g/cm3 is not a density. Write one such as 2.26.")
        if self.draws < _FEWEST_DRAWS:
            raise SpecError(f"draws: {self.draws} is fewer than {_FEWEST_DRAWS}, from which no interval follows.")
        unknown = [name for name in self.choices if name not in _UNITS]
        if unknown:
            raise SpecError(f"choices.{unknown[0]}: not a descriptor of the balance. Those are {', '.join(_UNITS)}.")


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Balance the pores of one sample.

    Parameters
    ----------
    measurements : sequence of Measurement
        Tables of descriptors: ``porosity`` or ``pore_volume``, ``total_pore_volume`` or ``dft_pore_volume``, ``true_density``, ``d002``,
        ``saxs_area``, ``bet_area``, as far as they are known.
    options : Options

    Returns
    -------
    Result

    Raises
    ------
    CoverageError
        Nothing of the balance is known.
    SpecError
        The sample, a choice between several values or the layer spacing is missing.
    """
    check_input(TECHNIQUE, measurements)
    descriptors, set_aside = read_tables(one.table for one in measurements)
    flags = [*carried_flags(measurements), *set_aside]
    sample, own = _of_sample(dict.fromkeys(descriptors), options)
    measured = _measured(own, options, flags)
    if not any((measured.porosity, measured.total_volume, measured.open_volume, measured.true_density, measured.scattering_area)):
        raise CoverageError(f"{sample}: the balance of pores, in terms (scattering, sorption, density),", 1, 0)
    terms = budget(
        measured, skeleton=options.skeleton, contrast_density=options.contrast_density, draws=options.draws, seed=options.seed
    )  # fmt: skip
    flags += findings(terms, measured, fluid=options.fluid, arbitrary=any(one.name in _ARBITRARY for one in own))
    return Result(
        technique=TECHNIQUE.name,
        values=_values(terms, options),
        curves={},
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed),
        tables={"terms": _table(terms)},
    )


def _of_sample(descriptors: Mapping[Descriptor, None], options: Options) -> tuple[str, list[Descriptor]]:
    """Descriptors of the one sample, in an order that does not hang on that of the files."""
    names = sorted({one.sample for one in descriptors})
    if not names:
        raise CoverageError("The balance of pores, in usable descriptors,", 1, 0)
    if options.sample and options.sample not in names:
        raise SpecError(f'sample: there is no "{options.sample}". Write one of {", ".join(names)}.')
    if not options.sample and len(names) > 1:
        raise SpecError(f"sample: the tables hold {', '.join(names)}. Write the name of the one to balance.")
    sample = options.sample or names[0]
    return sample, sorted((one for one in descriptors if one.sample == sample), key=lambda d: (d.name, d.method, d.source, d.value))


def _measured(own: Sequence[Descriptor], options: Options, flags: list[Flag]) -> Measured:
    """The terms that are known, with their errors or the defaults of the options."""
    bounds = [f"{one.name} {one.qualifier} {one.label}" for one in own if one.name in _UNITS and one.qualifier != "="]
    if bounds:
        flags.append(Flag("bound_not_used", "warning", f"A bound is no term of a balance: {', '.join(bounds)}."))
    assumed: list[str] = []

    def term(name: str, relative: float = 0.0, absolute: float = 0.0) -> Error | None:
        equal = [one for one in own if one.qualifier == "="]
        taken = choose(equal, name, unit=_UNITS[name], choice=options.choices.get(name, ""), option=f"choices.{name}")
        if not taken:
            return None
        beside = alternatives(equal, taken, name, _UNITS[name])
        if beside:
            flags.append(Flag("choice_made", "note", f"{name}: not taken, by choice: {'; '.join(beside)}."))
        one = next(iter(taken.values()))
        if one.stderr is None:
            assumed.append(f"{name} {max(relative * abs(one.value), absolute):.2g} {one.unit}")
        return Error(one.value, max(relative * abs(one.value), absolute) if one.stderr is None else one.stderr, one.method)

    found = Measured(
        porosity=term("porosity"),
        total_volume=term("pore_volume"),
        open_volume=term(options.open_volume, options.open_relative_error),
        true_density=term("true_density", absolute=options.density_stderr),
        spacing=None if options.skeleton == "graphite" else term(options.spacing, absolute=options.spacing_stderr),
        scattering_area=term("saxs_area", options.area_relative_error),
        sorption_area=term("bet_area", options.area_relative_error),
        spacing_counts=options.include_spacing_error,
    )
    if assumed:
        flags.append(Flag("stderr_assumed", "warning", f"No standard error in the table; taken by the options: {', '.join(assumed)}."))
    return found


def _values(terms: Budget, options: Options) -> dict[str, Quantity]:
    """Headline values, those of each density of the walls, and what the choice between them does."""
    values = {}
    walls = {"both": "walls halfway between graphite and d-scaled", "graphite": "walls of graphite", "scaled": "walls scaled by d002"}
    how = walls[terms.skeleton]
    for name, one in terms.headline.items():
        unit = _AREA if name.endswith("area") else _VOLUME
        error = one.drawn if options.propagation == "monte_carlo" else one.linear
        solved = "solved for from the balance, " if name in terms.solved else ""
        interval = one.interval if options.propagation == "monte_carlo" else None
        rule = f"{solved}{how}, {options.propagation.replace('_', ' ')} propagation"
        values[name] = Quantity(one.value, unit, stderr=error, rule=rule, interval=interval)
    for name in terms.withheld:
        values[name] = Quantity(None, _VOLUME, rule="not possible with the walls of the balance")
    for which, spreads in terms.by_wall.items():
        own = spreads.get("closed_pore_volume")
        if own is not None and len(terms.by_wall) > 1:
            rule = f"{walls[which]}, statistical error"
            values[f"closed_pore_volume_{which}"] = Quantity(own.value, _VOLUME, stderr=own.linear, rule=rule)
    for which, density in terms.densities.items():
        values[f"skeletal_density_{which}"] = Quantity(density, "g/cm3", rule=f"{walls[which]}; {_NO_ERROR}")
    if "closed_pore_volume" in terms.systematic:
        spread = terms.systematic["closed_pore_volume"]
        values["skeleton_spread"] = Quantity(spread, _VOLUME, rule=f"half difference of the two closed volumes; {_NO_ERROR}")
    if "volume_residual" in terms.headline:
        rest = terms.headline["volume_residual"]
        if rest.linear > 0:
            rule = "residual over its error; no standard error: a z score"
            values["volume_residual_z"] = Quantity(rest.value / rest.linear, "1", rule=rule)
    return values


def _table(terms: Budget) -> pl.DataFrame:
    """Every term with its errors by both ways, and with each density of the walls."""
    rows = []
    for name, one in terms.headline.items():
        graphite, scaled = (terms.by_wall.get(which, {}).get(name) for which in ("graphite", "scaled"))
        rows.append(
            {
                "quantity": name,
                "unit": _AREA if name.endswith("area") else _VOLUME,
                "origin": "solved for" if name in terms.solved else "measured",
                "value": one.value,
                "stderr_linear": one.linear,
                "stderr_monte_carlo": one.drawn,
                "statistical_stderr": terms.statistical[name].linear,
                "systematic_stderr": terms.systematic.get(name, 0.0),
                "with_graphite": None if graphite is None else graphite.value,
                "with_scaled": None if scaled is None else scaled.value,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"with_graphite": pl.Float64, "with_scaled": pl.Float64})


def draw(result: Result) -> Figure:
    """Volumes of the balance as bars with their intervals, and the closed volume with each density of the walls.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    shown = [name for name in (*TERMS, "inaccessible_volume", "volume_residual") if name in result.values]
    shown = [name for name in shown if result.values[name].value is not None]
    labels = tuple(_LABELS[name] for name in shown) or ("Withheld",)
    values = [result.values[name] for name in shown]
    height = tuple(float(one.value or 0.0) for one in values)
    error = tuple(_NORMAL * (one.stderr or 0.0) for one in values)
    place = tuple(float(number) for number in range(len(shown)))
    series = [Series("Walls of the balance", "bar", place, height, "analysis", y_error=error)] if shown else []
    if "closed_pore_volume" in shown:
        at = float(shown.index("closed_pore_volume"))
        for which, label, beside in (("graphite", "Walls of graphite", -_BESIDE), ("scaled", "Walls scaled by d002", _BESIDE)):
            one = result.values.get(f"closed_pore_volume_{which}")
            if one is not None and one.value is not None:
                half = (_NORMAL * (one.stderr or 0.0),)
                series.append(Series(label, "measured", (at + beside,), (one.value,), "analysis", y_error=half))
    said = [f"{_LABELS[name].lower()} {one.value:.3f} ± {one.stderr or 0.0:.3f}" for name, one in zip(shown, values, strict=True)]
    text = f"Volumes in cm3/g: {', '.join(said)}." if said else "Volumes are withheld."
    panel = Panel(Axis("Term", "", categories=labels), Axis("Volume", _VOLUME), tuple(series))
    return Figure("pore-balance", "Balance of the pores", text, (panel,))


_NORMAL = 1.959964  # [1] half-width of a 95 % interval in standard errors
_BESIDE = 0.2  # [1] of the place of a bar, by which points stand beside its middle
_LABELS = {
    "total_volume": "Total", "open_volume": "Open", "closed_pore_volume": "Closed", "inaccessible_volume": "Not open",
    "volume_residual": "Residual",
}  # fmt: skip


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    closed_pore_volume: float = 0.12,
    open_volume: float = 0.03,
    d002: float = 0.375,
    bet_area: float = 39.13,
    saxs_area: float = 700.0,
    sample: str = "MEC3",
) -> tuple[tuple[Measurement, ...], Truth]:
    """Descriptors of a sample whose pores are known; its walls lie about the middle between graphite and d-scaled.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the errors: 3 % of the porosity, 10 % of the open volume, 0.01 g/cm3 of the density, 0.003 nm of d002, 5 % of the
        areas, and the half difference of the two specific volumes of walls.
    closed_pore_volume, open_volume : float
        [cm3/g]
    d002 : float
        [nm]
    bet_area, saxs_area : float
        [m2/g]
    sample : str
    """
    middle = wall(d002, 0.0, "both")
    walls = middle.volume + noise * middle.spread * rng.standard_normal()
    total = closed_pore_volume + open_volume
    share = total / (total + walls)
    seen = porosity_of(np.array(share), np.array(1 / (GRAPHITE_DENSITY**2 * walls)), GRAPHITE_DENSITY)  # in the contrast of graphite
    values = {
        "porosity": (float(seen), _U_PHI * float(seen)),
        "total_pore_volume": (open_volume, _U_OPEN * open_volume),
        "true_density": (1 / (closed_pore_volume + walls), _U_DENSITY),
        "d002": (d002, _U_SPACING),
        "saxs_area": (saxs_area, _U_AREA * saxs_area),
        "bet_area": (bet_area, _U_AREA * bet_area),
    }
    found = [value + noise * error * rng.standard_normal() for value, error in values.values()]
    table = pl.DataFrame(
        {
            "sample_name": [sample] * len(values),
            "descriptor": list(values),
            "descriptor_value": found,
            "descriptor_stderr": [noise * error for _, error in values.values()],
            "descriptor_unit": [_UNITS[name] for name in values],
            "descriptor_method": ["xylene" if name == "true_density" else "synthetic" for name in values],
        }
    )
    source = simulated_source("pore_balance", "synthetic-pore-balance.csv", np.array(found))
    truth = {"closed_pore_volume": closed_pore_volume, "open_volume": open_volume, "total_volume": total}
    return (Measurement("descriptors", table, {}, sample, source),), truth | {"inaccessible_area": saxs_area - bet_area}


TECHNIQUE = Technique(
    name="pore_balance",
    title="Balance of open and closed pores",
    measurement="descriptors",
    needs=NEEDED,
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("ruike1994", "jcgm2008"),
    several=True,
    example=Options(include_spacing_error=True),
)
