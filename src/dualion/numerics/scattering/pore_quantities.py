"""Pore parameters of a fitted curve as quantities, with errors from the full covariance and from the scale and the density of the walls.

The absolute quantities follow from four inputs: the product B a and the length a, which the fit gives with their covariance, a factor on
the absolute intensity (thickness, transmission, calibration), and the density of the walls, which enters as contrast squared and as mass.
Errors are propagated linearly through all four, so that the density counts once although it enters twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dualion.numerics.scattering import two_phases
from dualion.numerics.scattering.choice import LENGTHS
from dualion.numerics.scattering.contrast import contrast
from dualion.numerics.scattering.curve_fit import CurveFit
from dualion.numerics.scattering.laws import Array
from dualion.records.quantity import Quantity

_NORMAL = 1.959964  # half-width of a 95 % interval in standard errors
_STEP = 1e-6  # of ln of an input, in a derivative
_NO_ERROR = "no standard error: at its bound, or without influence on the curve"
#: What needs a contrast, and is withheld together.
ABSOLUTE = ("porosity", "pore_volume", "saxs_area", "total_area", "pore_chord", "wall_chord")
#: What a model says about pores beyond its parameters, and is withheld where the model does not describe the curve.
INTERPRETED = ("closed_pore_parameter", "pore_invariant", "pore_radius", "guinier_radius", *ABSOLUTE)
_UNITS = {"porosity": "1", "pore_volume": "cm3/g", "saxs_area": "m2/g", "total_area": "m2/g", "pore_chord": "nm", "wall_chord": "nm"}
_PARAMETERS = {
    "A": "power_law_amplitude",
    "n": "power_law_exponent",
    "b": "layer_amplitude",
    "B": "pore_amplitude",
    "a": "correlation_length",
    "xi": "correlation_length",
    "d": "domain_spacing",
    "G": "zero_angle_intensity",
    "R_g": "guinier_radius",
    "K": "unified_amplitude",
    "P": "unified_exponent",
    "scale": "sphere_scale",
    "R": "pore_radius",
    "width": "radius_width",
    "eta": "hard_sphere_fraction",
    "D": "background",
}


@dataclass(frozen=True, slots=True)
class Walls:
    """What turns an intensity into a volume.

    Parameters
    ----------
    density : float
        [g/cm3]
    density_error, scale_error : float
        Relative standard errors [1] of the density and of the absolute intensity.
    electrons : float
        [mol/g]
    """

    density: float
    density_error: float
    scale_error: float
    electrons: float

    @property
    def contrast(self) -> float:
        """[cm-2]"""
        return contrast(self.density, self.electrons)


def parameter_quantities(fit: CurveFit, unit: str, rule: str) -> dict[str, Quantity]:
    """Free parameters of the fit.

    Parameters
    ----------
    fit : CurveFit
    unit : str
        Of the intensity.
    rule : str
        Model and window.
    """
    found = {}
    for one in fit.model.parameters:
        if one.fixed or one.name not in _PARAMETERS:
            continue
        stderr = fit.stderr(one.name)
        said = rule if stderr is not None else f"{rule}; {_NO_ERROR}"
        found[_PARAMETERS[one.name]] = Quantity(fit.value(one.name), _unit(one.unit, unit), stderr, fit.q.size, said)
    return found


def pore_quantities(fit: CurveFit, unit: str, rule: str) -> dict[str, Quantity]:
    """Quantities of two phases that need no absolute scale: B a, Q*, I0, radii.

    Parameters
    ----------
    fit : CurveFit
    unit : str
        Of the intensity.
    rule : str
        Model and window.
    """
    name = LENGTHS.get(fit.model.name)
    if name is None:
        if fit.model.has("R_g"):
            return {"pore_radius": _times(fit, "R_g", math.sqrt(5 / 3), f"{rule}; R = sqrt(5/3) R_g")}
        return {}
    product, stderr = fit.of_product("B", name)
    cubic = _unit("I nm-3", unit)
    said = f"B {name} of {rule}; open and closed pores scatter alike" + ("" if stderr is not None else f"; {_NO_ERROR}")
    found = {"closed_pore_parameter": Quantity(product, cubic, stderr, fit.q.size, said)}
    quarter = math.pi / 4
    found["pore_invariant"] = Quantity(quarter * product, cubic, None if stderr is None else quarter * stderr, fit.q.size, f"pi/4 {said}")
    if name == "a":
        found["zero_angle_intensity"] = _zero_angle(fit, unit, rule)
        found["guinier_radius"] = _times(fit, "a", math.sqrt(6), f"sqrt(6) a of {rule}")
        found["pore_radius"] = _times(fit, "a", math.sqrt(10), f"sqrt(10) a of {rule}: sphere of the same radius of gyration")
    return found


def _zero_angle(fit: CurveFit, unit: str, rule: str) -> Quantity:
    """I0 = B a^4."""
    B, a = fit.value("B"), fit.value("a")
    gradient = np.zeros(fit.values.size)
    gradient[fit.model.place("B")], gradient[fit.model.place("a")] = a**4, 4 * B * a**3
    variance = float(gradient @ fit.covariance @ gradient)
    stderr = math.sqrt(variance) if variance > 0 else None
    return Quantity(B * a**4, unit, stderr, fit.q.size, f"B a^4 of {rule}" + ("" if stderr else f"; {_NO_ERROR}"))


def _times(fit: CurveFit, name: str, factor: float, rule: str) -> Quantity:
    stderr = fit.stderr(name)
    said = rule if stderr is not None else f"{rule}; {_NO_ERROR}"
    return Quantity(factor * fit.value(name), "nm", None if stderr is None else factor * stderr, fit.q.size, said)


def composition_quantity(fit: CurveFit, walls: Walls, rule: str) -> Quantity:
    """The composition phi (1 - phi), whether or not two phases can have it.

    Parameters
    ----------
    fit : CurveFit
    walls : Walls
    rule : str
        Model and window.
    """
    product, stderr = fit.of_product("B", LENGTHS[fit.model.name])
    x = two_phases.composition(product, walls.contrast)
    spread = math.hypot(0.0 if stderr is None else stderr / product, walls.scale_error, 2 * walls.density_error)
    return Quantity(x, "1", x * spread, fit.q.size, f"1e21 B a / (8 pi contrast^2) of {rule}, walls {walls.density:g} g/cm3")


def absolute_quantities(fit: CurveFit, walls: Walls, rule: str) -> dict[str, Quantity]:
    """Porosity, volumes and areas; every one withheld where phi (1 - phi) exceeds 1/4.

    Parameters
    ----------
    fit : CurveFit
    walls : Walls
    rule : str
        Model and window.
    """
    name = LENGTHS[fit.model.name]
    said = f"{rule}, walls {walls.density:g} g/cm3"
    product, _ = fit.of_product("B", name)
    at = np.array([product, fit.value(name), 1.0, walls.density])
    outer = fit.value("A") if fit.value("n") == 4 else None
    centre = _derived(at, walls, outer)
    if centre is None:
        return {one: Quantity(None, _UNITS[one], rule=said) for one in ABSOLUTE if one != "total_area" or outer is not None}
    covariance, slopes = _inputs(fit, name, walls), _gradients(at, walls, outer, centre)
    found = {}
    for one, value in centre.items():
        gradient = slopes[one]
        stderr = math.sqrt(max(float(gradient @ covariance @ gradient), 0.0))
        interval = _interval(at[0], covariance[0, 0] + covariance[2, 2] + 4 * covariance[3, 3], walls) if one == "porosity" else None
        found[one] = Quantity(value, _UNITS[one], stderr, fit.q.size, said, interval)
    return found


def _inputs(fit: CurveFit, name: str, walls: Walls) -> Array:
    """Covariance of ln(B a), ln a, ln of the scale, ln of the density."""
    i, j = fit.model.place("B"), fit.model.place(name)
    B, a = fit.value("B"), fit.value(name)
    relative = fit.covariance[np.ix_([i, j], [i, j])] / np.outer([B, a], [B, a])
    turn = np.array([[1.0, 1.0], [0.0, 1.0]])
    covariance = np.zeros((4, 4))
    covariance[:2, :2] = turn @ relative @ turn.T
    covariance[2, 2], covariance[3, 3] = walls.scale_error**2, walls.density_error**2
    return covariance


def _derived(at: Array, walls: Walls, outer: float | None) -> dict[str, float] | None:
    """Absolute quantities of B a, a, the scale and the density; None where no two phases have them."""
    product, length, scale, density = (float(one) for one in at)
    delta = contrast(density, walls.electrons)
    x = two_phases.composition(scale * product, delta)
    phi = two_phases.porosity(x)
    if phi is None or phi <= 0:
        return None
    surface = two_phases.surface_per_volume(phi, length)
    pores, solid = two_phases.chords(phi, length)
    found = {
        "porosity": phi,
        "pore_volume": two_phases.pore_volume(phi, density),
        "saxs_area": two_phases.specific_area(surface, phi, density),
        "pore_chord": pores,
        "wall_chord": solid,
    }
    if outer is not None:
        every = surface + two_phases.porod_surface(scale * outer, delta)
        found["total_area"] = two_phases.specific_area(every, phi, density)
    return found


def _gradients(at: Array, walls: Walls, outer: float | None, centre: Mapping[str, float]) -> dict[str, Array]:
    """Derivatives of each quantity with respect to the logarithms of the inputs; one-sided where a step leads out of two phases."""
    slopes: dict[str, list[float]] = {name: [] for name in centre}
    for place in range(at.size):
        ends = []
        for turn in (_STEP, -_STEP):
            moved = at.copy()
            moved[place] *= math.exp(turn)
            found = _derived(moved, walls, outer)
            ends.append((turn, found) if found is not None else (0.0, centre))
        (up, high), (down, low) = ends
        for name in centre:
            slopes[name].append((high[name] - low[name]) / ((up - down) or _STEP))
    return {name: np.array(found) for name, found in slopes.items()}


def _interval(product: float, relative_variance: float, walls: Walls) -> tuple[float, float]:
    """95 % interval of the porosity: that of phi (1 - phi), cut at 1/4."""
    x = two_phases.composition(product, walls.contrast)
    half = _NORMAL * x * math.sqrt(relative_variance)
    ends = (min(max(x - half, 0.0), two_phases.GREATEST), min(x + half, two_phases.GREATEST))
    low, high = (two_phases.porosity(end) or 0.0 for end in ends)
    return low, high


def _unit(written: str, intensity: str) -> str:
    """Unit of a parameter, where ``I`` stands for the intensity."""
    rest = written.removeprefix("I").strip()
    if not written.startswith("I"):
        return written
    return " ".join(part for part in ("" if intensity == "1" and rest else intensity, rest) if part)
