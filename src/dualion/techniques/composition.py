"""Elemental composition: mass shares of combustion analysis and ICP to amounts, atomic shares and ratios, with what was not detected.

    n_i = 10 w_i / M_i  [mmol/g],     x_i = n_i / sum n_j,     Zn : N = n_Zn / n_N,     n_oxidised = s n_N

w is in wt%, M in g/mol (IUPAC 2021), s the share of oxidised nitrogen from XPS. Of 1.15 wt% nitrogen, 0.821 mmol/g, a share of 0.348 is
0.286 mmol/g; XPS sees some 8 nm of the surface and combustion the bulk, so that this takes one for the other.

Below its detection limit an element has a bound and no value (``below_detection_limit``); it is not counted as zero in a ratio, which
becomes a bound as well. Oxygen by difference carries the errors of all others and everything that was not looked for
(``oxygen_by_difference``). Atomic shares need the whole: without a sum of 95 to 105 wt% there are none (``incomplete_composition``).
Rows in at% are from surfaces as a rule and are left out.

References: Prohaska et al. 2022; Tang et al. 2026.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dualion.errors import CoverageError, SpecError, UnitError
from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS, NAMES, symbol
from dualion.numerics.composition.shares import Content, amount, atomic_shares, propagated, share_of_amount, total, with_difference
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Axis, Figure, Panel, Series, SeriesKind
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance
from dualion.units import compatible, convert

#: [wt%] of the sum of a composition that is the whole.
_WHOLE = (95.0, 105.0)
_PERCENT = 100.0
_NAMES = {"Al": "aluminium", "S": "sulfur", **{one: name for name, one in NAMES.items() if name not in ("aluminum", "sulphur")}}
_DIFFERENCE = ("difference", "by difference", "balance", "calculated by difference")
#: Descriptor that gives the share of oxidised nitrogen where the options do not.
_OXIDISED = "oxidised_fraction"
#: How values and bounds are drawn.
_MARKS: tuple[tuple[SeriesKind, str, str], ...] = (("measured", "=", ""), ("printed", "<", ", bounds"))
_NONE_GIVEN = "no standard error: the table gives none"


@dataclass(frozen=True, slots=True)
class Options:
    """Which rows count, and what is by difference."""

    sample: str = ""  # of a table of several; all of them where empty
    method: str = ""  # part of the method of the rows that count, where an element was found by two
    balance: str = ""  # element that is what the others leave, such as "O" or "C"
    oxidised_share: float | None = None  # [1] of the nitrogen; the descriptor oxidised_fraction of the table where None
    oxidised_share_error: float = 0.0  # [1] its standard error

    def __post_init__(self) -> None:
        problems = []
        if self.balance and not symbol(self.balance):
            problems.append(f'balance: "{self.balance}" is not an element. Give one such as "O".')
        if self.oxidised_share is not None and not 0 <= self.oxidised_share <= 1:
            problems.append(f"oxidised_share: {self.oxidised_share} is not a share. Give a number from 0 to 1.")
        if not 0 <= self.oxidised_share_error < math.inf:
            problems.append(f"oxidised_share_error: {self.oxidised_share_error} is not an error. Give 0 or more.")
        if problems:
            raise SpecError(problems)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Contents of a sample by symbol, and the share [1] of its oxidised nitrogen with its error."""

    name: str
    contents: Mapping[str, Content]
    oxidised: tuple[float, float | None] | None


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Contents, amounts, atomic shares and ratios of each sample.

    Parameters
    ----------
    measurements : sequence of Measurement
        Tables of descriptors; their rows count together.
    options : Options

    Returns
    -------
    Result
        For each element ``nitrogen_content`` [wt%], ``nitrogen_amount`` [mmol/g], ``nitrogen_atomic_share`` [at%]; ``zinc_to_nitrogen`` and
        ``nitrogen_to_sodium`` [1], ``oxidised_nitrogen`` [mmol/g]; behind ``SAMPLE_`` where there are several. The table ``composition``.

    Raises
    ------
    CoverageError
        No row is the content of an element.
    SpecError
        There is no such sample, or an element was found by two methods.
    """
    check_input(TECHNIQUE, measurements)
    flags = list(carried_flags(measurements))
    samples = _samples(measurements, options, flags)
    values: dict[str, Quantity] = {}
    for one in samples:
        stem = f"{_slug(one.name)}_" if len(samples) > 1 else ""
        values |= {f"{stem}{name}": quantity for name, quantity in _values(one).items()}
        flags += _flags(one)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves={},
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"composition": _table(samples)},
    )


def _samples(measurements: Sequence[Measurement], options: Options, flags: list[Flag]) -> list[_Sample]:
    """Contents of each sample, in the order of the tables."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for measured in measurements:
        for row in measured.table.iter_rows(named=True):
            rows.setdefault(str(row["sample_name"] or ""), []).append(row)
    if options.sample:
        if options.sample not in rows:
            raise SpecError(
                f'sample: "{options.sample}" is not in the table. Give one of {", ".join(name or "(no name)" for name in rows)}.'
            )
        rows = {options.sample: rows[options.sample]}
    found = [_sample(name, some, options, flags) for name, some in rows.items()]
    kept = [one for one in found if one.contents]
    if not kept:
        raise CoverageError("A composition, in rows with the content of an element,", 1, 0)
    return kept


def _sample(name: str, rows: Sequence[Mapping[str, Any]], options: Options, flags: list[Flag]) -> _Sample:
    contents: dict[str, Content] = {}
    oxidised: tuple[float, float | None] | None = None
    bad, repeated, surface = [], [], []
    for row in rows:
        element, value, unit = symbol(str(row["descriptor"] or "")), row["descriptor_value"], str(row["descriptor_unit"] or "")
        share = row["descriptor"] == _OXIDISED and compatible(unit, "1")
        if not element and not share:
            continue
        if value is None or not math.isfinite(value) or value < 0:
            bad.append(str(row["descriptor"]))
        elif share:
            oxidised = (
                convert(value, unit, "1"),
                None if row.get("descriptor_stderr") is None else convert(row["descriptor_stderr"], unit, "1"),
            )
        elif unit == "at%":
            surface.append(element)
        elif options.method.casefold() in str(row.get("descriptor_method") or "").casefold():
            content = _content(element, row, unit)
            if element in contents and contents[element] != content:
                methods = " and ".join(f'"{one.method}"' for one in (contents[element], content))
                raise SpecError(f"method: {element} of {name or 'the sample'} stands there twice, by {methods}. Name the one that counts.")
            repeated += [element] if element in contents else []
            contents[element] = content
    _said(flags, name, bad=bad, repeated=repeated, surface=surface)
    if options.balance and contents:
        contents = with_difference(contents, symbol(options.balance))
    if options.oxidised_share is not None:
        oxidised = (options.oxidised_share, options.oxidised_share_error)
    return _Sample(name, contents, oxidised)


def _content(element: str, row: Mapping[str, Any], unit: str) -> Content:
    """The mass share of a row."""
    stderr = row.get("descriptor_stderr")
    numbers = [row["descriptor_value"], stderr if stderr is not None and math.isfinite(stderr) and stderr >= 0 else None]
    if compatible(unit, "mmol/g"):
        shares = [None if one is None else share_of_amount(element, convert(one, unit, "mmol/g")) for one in numbers]
    elif compatible(unit, "wt%"):
        shares = [None if one is None else convert(one, unit, "wt%") for one in numbers]
    else:
        raise UnitError(f'{element}: "{unit}" is no unit of a content. Give wt%, ppm or mmol/g.')
    method = str(row.get("descriptor_method") or "")
    bound = row.get("descriptor_qualifier") == "<"
    return Content(shares[0] or 0.0, shares[1], bound, method.casefold() in _DIFFERENCE, method)


def _said(flags: list[Flag], name: str, *, bad: Sequence[str], repeated: Sequence[str], surface: Sequence[str]) -> None:
    """Words on rows that do not count."""
    of = f" of {name}" if name else ""
    if bad:
        flags.append(Flag("missing_values", "warning", f"Not a content, and left out{of}: {', '.join(bad)}."))
    if repeated:
        flags.append(Flag("duplicate_rows", "warning", f"Stands there twice, and counts once{of}: {', '.join(dict.fromkeys(repeated))}."))
    if surface:
        flags.append(Flag("surface_left_out", "note", f"Rows in at%, of a surface as a rule, are left out{of}: {', '.join(surface)}."))


def _slug(name: str) -> str:
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.casefold()).strip("_")
    return plain if plain[:1].isalpha() else f"sample_{plain}".rstrip("_")


def _name(element: str) -> str:
    return _NAMES.get(element, element.casefold())


def _quantity(value: float, unit: str, stderr: float | None, rule: str) -> Quantity:
    return Quantity(value, unit, stderr, rule=rule if stderr is not None else f"{rule}; {_NONE_GIVEN}")


def _values(one: _Sample) -> dict[str, Quantity]:
    values: dict[str, Quantity] = {}
    whole = _WHOLE[0] <= total(one.contents) <= _WHOLE[1]
    for element, content in one.contents.items():
        name, rule = _name(element), content.method or "as given"
        scale = amount(element, 1.0)
        if content.bound or content.share < 0:
            ends = (0.0, content.share) if content.bound else None
            rule = f"below {content.share:g} wt%; {rule}" if content.bound else f"{content.share:.3g} wt%: more than the whole; {rule}"
            values[f"{name}_content"] = Quantity(None, "wt%", rule=rule, interval=ends)
            values[f"{name}_amount"] = Quantity(None, "mmol/g", rule=rule, interval=ends and (0.0, scale * content.share))
            continue
        values[f"{name}_content"] = _quantity(content.share, "wt%", content.stderr, rule)
        values[f"{name}_amount"] = _quantity(
            scale * content.share, "mmol/g", None if content.stderr is None else scale * content.stderr, rule
        )
        if whole:
            value, u = propagated(one.contents, lambda shares, element=element: atomic_shares(shares)[element])  # type: ignore[misc]
            values[f"{name}_atomic_share"] = _quantity(value, "at%", u, f"of {len(one.contents)} elements")
    for upper, lower in (("Zn", "N"), ("N", "Na")):
        values |= _ratio(one.contents, upper, lower)
    nitrogen = one.contents.get("N")
    if one.oxidised is not None and nitrogen is not None and not nitrogen.bound:
        share, error = one.oxidised
        value = share * amount("N", nitrogen.share)
        known = error is not None and nitrogen.stderr is not None
        u = amount("N", math.hypot(share * (nitrogen.stderr or 0.0), nitrogen.share * (error or 0.0))) if known else None
        values["oxidised_nitrogen"] = _quantity(value, "mmol/g", u, f"{share:.3g} of the nitrogen, a share of the surface")
    return values


def _ratio(contents: Mapping[str, Content], upper: str, lower: str) -> dict[str, Quantity]:
    """Ratio of two amounts; a bound where the upper one is not detected."""
    above, below = contents.get(upper), contents.get(lower)
    if above is None or below is None or below.bound or not below.share > 0:
        return {}
    name, value = f"{_name(upper)}_to_{_name(lower)}", amount(upper, above.share) / amount(lower, below.share)
    if above.bound:
        return {name: Quantity(None, "1", rule=f"below {value:.3g}: {upper} was not detected", interval=(0.0, value))}
    if above.stderr is None or below.stderr is None or not above.share > 0:
        return {name: _quantity(value, "1", None, "of the amounts")}
    return {name: _quantity(value, "1", value * math.hypot(above.stderr / above.share, below.stderr / below.share), "of the amounts")}


def _flags(one: _Sample) -> list[Flag]:
    flags, of = [], f" of {one.name}" if one.name else ""
    below = [f"{element} below {content.share:g} wt%" for element, content in one.contents.items() if content.bound]
    if below:
        flags.append(Flag("below_detection_limit", "refusal", f"Not detected{of}, so a bound and no value: {', '.join(below)}."))
    for element, content in one.contents.items():
        if content.by_difference:
            code = f"{_name(element)}_by_difference"
            message = (
                f"{_name(element).capitalize()}{of} is what the other elements leave: their errors, and what was not looked for, are in it."
            )
            flags.append(Flag(code, "warning", message))
            if content.share < 0:
                flags.append(
                    Flag("negative_content", "refusal", f"The other elements{of} are more than the whole, by {-content.share:.3g} wt%.")
                )
    whole = total(one.contents)
    if not _WHOLE[0] <= whole <= _WHOLE[1]:
        message = f"The contents{of} add up to {whole:.4g} wt%; without the whole there are no atomic shares."
        flags.append(Flag("incomplete_composition", "warning", message))
    return flags


def _table(samples: Sequence[_Sample]) -> pl.DataFrame:
    """One row for each sample and element."""
    rows = [(one, element, content) for one in samples for element, content in one.contents.items()]
    return pl.DataFrame(
        {
            "sample": [one.name for one, _, _ in rows],
            "element": [element for _, element, _ in rows],
            "qualifier": ["<" if content.bound else "=" for _, _, content in rows],
            "content [wt%]": [content.share for _, _, content in rows],
            "stderr [wt%]": [content.stderr for _, _, content in rows],
            "amount [mmol/g]": [amount(element, content.share) for _, element, content in rows],
            "method": [content.method for _, _, content in rows],
        },
        schema_overrides={"stderr [wt%]": pl.Float64},
    )


def draw(result: Result) -> Figure:
    """Amounts of the elements over their atomic weights; bounds are open marks.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table = result.tables["composition"]
    series = []
    for (sample,), rows in table.filter(pl.col("amount [mmol/g]") > 0).group_by("sample", maintain_order=True):
        for kind, sign, said in _MARKS:
            some = rows.filter(pl.col("qualifier") == sign)
            weights, labels = tuple(ATOMIC_WEIGHTS[one] for one in some["element"]), tuple(some["element"])
            name = f"{sample or 'sample'}{said}"
            if weights:
                amounts = tuple(some["amount [mmol/g]"])
                series.append(Series(name, kind, weights, amounts, "analysis", sample=str(sample) or None, labels=labels))
    elements = table["element"].n_unique()
    count = table.filter(pl.col("qualifier") == "<").height
    finding = f"Of {elements} elements, {table.height - count} contents are values and the number of bounds is {count}."
    return Figure(
        "composition",
        "Composition",
        finding,
        (Panel(Axis("Atomic weight", "g/mol"), Axis("Amount", "mmol/g", scale="log"), tuple(series)),),
    )


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.03,
    nitrogen_content: float = 1.15,
    zinc_content: float = 0.00155,
    hydrogen_content: float = 0.45,
    oxygen_content: float = 2.4,
    oxidised_fraction: float = 34.8,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A table of a carbon with nitrogen, zinc, hydrogen and oxygen, and the share of oxidised nitrogen.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Relative standard error [1] of a content; a tenth of it for carbon.
    nitrogen_content, zinc_content, hydrogen_content, oxygen_content : float
        [wt%]
    oxidised_fraction : float
        [%] of the nitrogen.

    Returns
    -------
    measurements : tuple of Measurement
        One.
    truth : mapping
        Contents, amounts and the ratio of zinc to nitrogen.
    """
    contents = {"Zn": zinc_content, "N": nitrogen_content, "H": hydrogen_content, "O": oxygen_content}
    contents["C"] = _PERCENT - sum(contents.values())
    errors = {name: (noise / 10 if name == "C" else noise) * value for name, value in contents.items()} | {
        _OXIDISED: noise * oxidised_fraction
    }
    true = {**contents, _OXIDISED: oxidised_fraction}
    rows = [(name, value + errors[name] * float(rng.standard_normal()), errors[name]) for name, value in true.items()]
    table = pl.DataFrame(
        {
            "sample_name": ["synthetic"] * len(rows),
            "descriptor": [name for name, _, _ in rows],
            "descriptor_value": [value for _, value, _ in rows],
            "descriptor_stderr": [u for _, _, u in rows],
            "descriptor_unit": ["%" if name == _OXIDISED else "wt%" for name, _, _ in rows],
            "descriptor_method": ["ICP-MS" if name == "Zn" else "XPS" if name == _OXIDISED else "combustion" for name, _, _ in rows],
            "descriptor_qualifier": ["="] * len(rows),
        }
    )
    source = simulated_source("composition", "composition.csv", table["descriptor_value"].to_numpy())
    truth = {
        "nitrogen_content": nitrogen_content,
        "nitrogen_amount": amount("N", nitrogen_content),
        "nitrogen_atomic_share": atomic_shares(contents)["N"],
        "zinc_content": zinc_content,
        "zinc_to_nitrogen": zinc_content / nitrogen_content * ATOMIC_WEIGHTS["N"] / ATOMIC_WEIGHTS["Zn"],
        "oxidised_nitrogen": oxidised_fraction / _PERCENT * amount("N", nitrogen_content),
    }
    return (Measurement("descriptors", table, {}, "synthetic", source),), truth


TECHNIQUE = Technique(
    name="composition",
    title="Elemental composition",
    measurement="descriptors",
    needs=("sample_name", "descriptor", "descriptor_value", "descriptor_unit"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("prohaska2022", "tang2026"),
)
