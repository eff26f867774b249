"""The numbers of each sample from the results of all techniques, as one table of descriptors.

A descriptor is a number of a sample with its error, unit, method and source. Where several files of a sample give the same one by the same
method, their mean stands for them, with the larger of its scatter and the mean of the errors stated; where methods differ, all stay, and
what needs one of them says that a choice is needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import polars as pl

from dualion.project.analysis import Finished
from dualion.project.plan import Task
from dualion.project.samples.records import Described
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Quantity

#: What of the result of a technique describes the sample, by technique; the name in the table where it is another.
DESCRIBING: Mapping[str, tuple[str, ...]] = {
    "plateau": ("plateau_capacity", "slope_capacity", "total_capacity"),
    "cycling": ("reversible_capacity", "initial_coulombic_efficiency"),
    "sorption": ("bet_area", "total_pore_volume", "micropore_volume", "external_area"),
    "pore_sizes": ("dft_pore_volume", "dft_micropore_volume", "mode_width"),
    "saxs": (
        *("closed_pore_parameter", "pore_invariant", "correlation_length", "pore_radius", "porosity", "pore_volume", "saxs_area"),
        "domain_spacing",
    ),
    "sodiation_contrast": ("pore_ratio", "filling"),
    "xrd": ("d002", "d002_corrected", "l_c", "l_a", "fwhm_002", "fwhm_100", "stacked_layers"),
    "raman": ("d_position", "g_position", "id_ig_height", "id_ig_area", "l_a"),
    "ftir": ("band_position",),
    "xps": ("pyridinic_fraction", "pyrrolic_fraction", "graphitic_fraction", "oxidised_fraction", "surface_nitrogen_content"),
    "nexafs": ("pi_position", "pi_fraction_raw", "sp2_relative_to_reference"),
    "xafs": ("edge_energy", "edge_step", "first_shell_position"),
    "gdoes": ("sodium_ratio",),
    "composition": ("nitrogen_content", "zinc_content", "nitrogen_atomic_share", "oxidised_nitrogen"),
    "pore_balance": ("closed_pore_volume",),
}
_COLUMNS = {
    "sample_name": pl.String,
    "descriptor": pl.String,
    "descriptor_value": pl.Float64,
    "descriptor_stderr": pl.Float64,
    "descriptor_unit": pl.String,
    "descriptor_method": pl.String,
    "descriptor_source": pl.String,
    "descriptor_qualifier": pl.String,
}
READER = "dualion analyse"
_LONGEST = 120  # [1] characters of a rule that is kept as the method


def described(finished: Iterable[Finished]) -> tuple[Described, ...]:
    """Every number that describes a sample, from the results of an analysis.

    Parameters
    ----------
    finished : iterable of Finished

    Returns
    -------
    tuple of Described
        In the order of the results; withheld ones are left out.
    """
    found = []
    for one in finished:
        for name in DESCRIBING.get(one.task.technique, ()):
            quantity = one.result.values.get(name)
            if quantity is not None and quantity.value is not None:
                found.append(_of_result(one.task, name, quantity))
    return averaged(found)


def _of_result(task: Task, name: str, quantity: Quantity) -> Described:
    method = f"{task.technique}: {quantity.rule or ''}"[:_LONGEST].rstrip(": ")
    source = ", ".join(task.paths)
    return Described(task.sample, name, float(quantity.value or 0.0), quantity.stderr, quantity.unit, method, source, paths=task.paths)


def averaged(found: Sequence[Described]) -> tuple[Described, ...]:
    """Values of one descriptor of one sample by one method and in one unit, as their mean.

    Parameters
    ----------
    found : sequence of Described

    Returns
    -------
    tuple of Described
        The standard error of a mean is the larger of scatter over the root of their number, and the mean of the stated errors.
    """
    groups: dict[tuple[str, str, str, str, str], list[Described]] = {}
    for one in found:
        groups.setdefault((one.sample, one.name, one.unit, one.qualifier, one.method.partition(":")[0]), []).append(one)
    return tuple(members[0] if len(members) == 1 else _mean(members) for members in groups.values())


def _mean(members: Sequence[Described]) -> Described:
    count = len(members)
    value = math.fsum(one.value for one in members) / count
    scatter = math.sqrt(math.fsum((one.value - value) ** 2 for one in members) / (count - 1) / count)
    stated = [one.stderr for one in members if one.stderr is not None]
    stderr = max(scatter, math.fsum(stated) / len(stated)) if stated else scatter
    paths = tuple(dict.fromkeys(path for one in members for path in one.paths))
    method, source = f"{members[0].method} (mean of {count})", ", ".join(paths)
    return replace(members[0], value=value, stderr=stderr, method=method, source=source, paths=paths, files=count)


def descriptor_table(found: Sequence[Described], *, sample: str = "") -> Measurement:
    """A table of descriptors as a measurement, which the techniques that join others take.

    Parameters
    ----------
    found : sequence of Described
        At least one.
    sample : str
        Of all of them; empty for several samples.

    Returns
    -------
    Measurement
        Its digest is that of its content.
    """
    rows = [(one.sample, one.name, one.value, one.stderr, one.unit, one.method, one.source, one.qualifier) for one in found]
    table = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    digest = sha256(table.write_csv().encode()).hexdigest()
    return Measurement("descriptors", table, {}, sample, Source("results of this analysis", digest, READER, 1, origin="analysis"))
