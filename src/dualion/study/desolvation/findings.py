"""What shipped results say of the claims on desolvation: a value where one can be held against a claim, and sentences.

A verdict is never taken from the source: it rests on the numbers here, with their intervals. Half the width of a search and method
interval stands in for a standard error, which the flag ``not_statistical`` says. A step of the study is the removal of ethylene
carbonate; its time on the pure shell is that of the ladder of the bare shell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dualion.atoms.desolvation.intervals import NOT_STATISTICAL
from dualion.atoms.electrons import signed
from dualion.records.quantity import Flag, Quantity
from dualion.study.desolvation.shipped import DESOLVATION, REACTIONS, Shipped
from dualion.study.types import Obtained, Study

SHARE, SHELL, FIRST_STEP, LOWEST = "species_share", "solvation_number", "desolvation_time", "desolvation_energy"
_BARE = "bare"
_STUDIED = 3  # [1] solvents before the step that the study singles out


@dataclass(frozen=True, slots=True)
class Desolvation:
    """What the results say.

    Parameters
    ----------
    obtained : tuple of Obtained
        Values held against claims, and those that stand for themselves.
    said : mapping of str to str
        By claim, what is added to its verdict.
    reasons : mapping of str to str
        By claim that stays open, the reason code that the computation gives it.
    """

    obtained: tuple[Obtained, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def desolvation(study: Study, results: Sequence[Shipped]) -> Desolvation:
    """Findings of shipped results.

    Parameters
    ----------
    study : Study
    results : sequence of Shipped

    Returns
    -------
    Desolvation
        Empty where there are no results.
    """
    ladders = [one for one in results if one.schema == DESOLVATION]
    obtained = [value for one in ladders for value in _steps(one)]
    said, reasons = dict[str, str](), dict[str, str]()
    for claim in study.claims.values():
        if claim.quantity == FIRST_STEP:
            time = _time(claim.id, ladders)
            obtained += [time] if time is not None else []
            said[claim.id] = _first_step(ladders)
        elif claim.quantity == SHELL and claim.value_num is None:
            said[claim.id] = _shell(ladders)
        elif claim.quantity == LOWEST and claim.value_num is None:
            said[claim.id] = _order(ladders)
            reasons[claim.id] = "no-power"
        elif claim.quantity == SHARE and "oxidised" in claim.condition and "with Zn" in claim.condition:
            said[claim.id] = _direction(results)
    return Desolvation(tuple(obtained), {claim: text for claim, text in said.items() if text}, reasons if ladders else {})


def _every(ladders: Sequence[Shipped]) -> list[tuple[Shipped, Mapping[str, Any]]]:
    return [(one, step) for one in ladders for step in one.document["steps"] if step["energy_eV"] is not None]


def _steps(one: Shipped) -> list[Obtained]:
    """Every step with an energy, as a quantity that stands for itself."""
    return [
        Obtained(
            claim=None,
            quantity="desolvation_energy",
            sample=step["motif"],
            condition={"charge": step["charge"], "step": f"{step['solvent']} {step['solvents_before']}->{step['solvents_before'] - 1}"},
            value=Quantity(
                step["energy_eV"], "eV", rule=f"Eq. (1), {step['short']}", interval=(step["interval_eV"][0], step["interval_eV"][1])
            ),
            origin="atomistic",
            method=f"dualion desolvate, {step['level']['method']}",
            method_version=1,
            options={"fmax": one.document["request"]["search"]["fmax"], "result": one.name},
            inputs=(),
            calibration=(),
            references=(),
            flags=tuple(Flag(flag["code"], flag["severity"], flag["message"]) for flag in step["remarks"]),
            label=step["title"],
        )
        for step in one.document["steps"]
        if step["energy_eV"] is not None
    ]


def _time(claim: str, ladders: Sequence[Shipped]) -> Obtained | None:
    """The time of the study's step on the bare shell, held against its claim."""
    for one, step in _every(ladders):
        if step["motif"] == _BARE and step["solvents_before"] == _STUDIED and step["time"]["tau_s"] is not None:
            low, high = step["time"]["tau_interval_s"]
            tau = step["time"]["tau_s"]
            return Obtained(
                claim=claim,
                quantity="desolvation_time",
                sample=_BARE,
                condition={"charge": step["charge"], "prefactor": str(step["time"]["prefactor"])},
                value=Quantity(
                    tau, "s", stderr=(high - low) / 2.0, rule=f"1/k, k = A exp(-E/kT), E of {step['title']}", interval=(low, high)
                ),
                origin="atomistic",
                method="dualion desolvate, reaction energy used as barrier",
                method_version=1,
                options={"result": one.name, "temperature_K": step["time"]["temperature_K"]},
                inputs=(),
                calibration=(),
                references=(),
                flags=(*(Flag(flag["code"], flag["severity"], flag["message"]) for flag in step["remarks"]), NOT_STATISTICAL),
                label=step["title"],
            )
    return None


def _first_step(ladders: Sequence[Shipped]) -> str:
    """Which steps take longer than a second, and which may."""
    said = []
    for one in ladders:
        for ladder in one.document["ladders"]:
            if ladder["from"] > _STUDIED:
                over = ladder["first_step_over_all_prefactors"]
                above = f" Above it at every prefactor: {', '.join(over['above'])}." if over["above"] else ""
                said.append(f"{ladder['motif']}, q={signed(ladder['charge'])}: {over['statement']}{above}")
    return f"Computed ({_levels(ladders)}), reaction energies in the place of barriers. {' '.join(said)}" if said else ""


def _shell(ladders: Sequence[Shipped]) -> str:
    """Three readings of the shell with the smallest solvation energy: all follow from the number of ligands alone."""
    for one in ladders:
        for ladder in one.document["ladders"]:
            total = ladder["solvation_eV"]
            if total is None:
                continue
            last = next(iter(ladder["steps_eV"].values()))
            per = total / ladder["from"]
            return (
                f"Computed ({_levels([one])}) for {ladder['from']} ligands: {total:.2f} eV in all, {per:.2f} eV for each ligand, and "
                f"{-last:.2f} eV for the last one. The total is the most negative for the largest shell as long as the last ligand binds, "
                "and each ligand binds more weakly the more there are: both follow from the number of ligands, so the statement is a test "
                "that could not fail (no-power)."
            )
    return ""


def _order(ladders: Sequence[Shipped]) -> str:
    """What may be said of oxidised nitrogen against the others."""
    said = []
    for one in ladders:
        for ranking in one.document["rankings"]:
            if ranking["step"].endswith(f"{_STUDIED}->{_STUDIED - 1}"):
                against = " ".join(ranking["oxidised_against_pristine"])
                said.append(f"{ranking['step']}, q={signed(ranking['charge'])}: {ranking['statement']} {against}")
    return f"Computed ({_levels(ladders)}). {' '.join(said)}" if said else ""


def _direction(results: Sequence[Shipped]) -> str:
    """Which way nitrogen goes, with and without zinc: a share is not computable."""
    said = [one.document["statement"] for one in results if one.schema == REACTIONS]
    return f"A share cannot be computed; the direction can. {' '.join(said)}" if said else ""


def _levels(results: Sequence[Shipped]) -> str:
    return ", ".join(dict.fromkeys(str(one.document["level"]["method"]) for one in results))
