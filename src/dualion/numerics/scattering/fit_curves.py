"""What a fit of scattering gives beside its parameters: curves to draw, and the invariant of the data."""

from __future__ import annotations

import math

from dualion.numerics.arrays import curve_from
from dualion.numerics.scattering.curve_fit import CurveFit
from dualion.numerics.scattering.curves import ScatteringCurve
from dualion.numerics.scattering.invariant import invariant
from dualion.records.figure import Axis
from dualion.records.measurement import Curve
from dualion.records.quantity import Flag, Quantity

#: Abscissa of every curve.
Q_AXIS = Axis("Scattering vector q", "nm-1", scale="log")
_TAIL_ERROR = 0.1  # [1] of an extrapolated part: the tails are laws, not data
_OF_THE_CURVE = "no standard error: a property of the curve"


def intensity_axis(curve: ScatteringCurve) -> Axis:
    """Ordinate of a curve."""
    return Axis("Intensity" if curve.absolute else "Intensity (arbitrary)", curve.unit, scale="log")


def measured_curve(curve: ScatteringCurve) -> Curve:
    """Its positive points with their errors, for a logarithmic axis."""
    good = curve.intensity > 0
    return curve_from(Q_AXIS, intensity_axis(curve), curve.q[good], curve.intensity[good], curve.error[good])


def fit_curves(curve: ScatteringCurve, fit: CurveFit) -> dict[str, Curve]:
    """The fit, its pore term alone, and the residuals in units of the error.

    Parameters
    ----------
    curve : ScatteringCurve
    fit : CurveFit
    """
    alone = fit.values.copy()
    for name in ("A", "b", "D"):
        if fit.model.has(name):
            alone[fit.model.place(name)] = 0.0
    axis = intensity_axis(curve)
    rest = (fit.intensity - fit.fitted) / fit.error
    return {
        "fitted": curve_from(Q_AXIS, axis, fit.q, fit.fitted),
        "pores": curve_from(Q_AXIS, axis, fit.q, fit.model.intensity(fit.q, alone)),
        "residuals": curve_from(Q_AXIS, Axis("Residual over its error", "1"), fit.q, rest),
    }


def invariant_quantities(whole: ScatteringCurve, fit: CurveFit) -> tuple[dict[str, Quantity], list[Flag]]:
    """The invariant of the measured range, and the total where its tails can be trusted.

    Parameters
    ----------
    whole : ScatteringCurve
        All points of the file.
    fit : CurveFit
        Whose background is taken off.
    """
    background = max(fit.value("D"), 0.0)
    found = invariant(whole.q, whole.intensity, whole.error, background=background)
    unit = f"{whole.unit} nm-3".removeprefix("1 ")
    rule = f"data from {whole.q[0]:.3g} to {whole.q[-1]:.3g} nm-1, background {background:.3g} taken off"
    share, n = min(found.extrapolated, 1.0), whole.q.size
    values = {
        "invariant_data": Quantity(found.data, unit, found.data_stderr, n, rule),
        "invariant_extrapolated_fraction": Quantity(share, "1", n=n, rule=f"both tails; {rule}; {_OF_THE_CURVE}"),
    }
    if math.isfinite(found.slope):
        values["last_slope"] = Quantity(found.slope, "1", n=n, rule=f"ln I against ln Q of the last points; {rule}; {_OF_THE_CURVE}")
    if found.refused:
        values["invariant_total"] = Quantity(None, unit, rule=rule)
        message = f"The invariant with its tails is withheld: {found.refused}. Measure to higher q."
        return values, [Flag("tail_extrapolation", "refusal", message)]
    stderr = math.hypot(found.data_stderr, _TAIL_ERROR * (found.low + found.high))
    values["invariant_total"] = Quantity(found.total, unit, stderr, n, f"{rule}; with tails, known to {_TAIL_ERROR:.0%}")
    return values, []
