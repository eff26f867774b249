"""Units of the relations, by an independent calculation in SI: no factor such as 1000 or 60 is copied from the study's expressions."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, sqrt

import pytest

from dualion.study.load import load, locate
from dualion.study.relations import evaluate
from dualion.units import unit

STUDY = load(locate("tang2026"))
RESULTS = {result.id: result for result in evaluate(STUDY)}

# CODATA 2018, exact
F, R, kB, h = 96485.33212331, 8.31446261815324, 1.380649e-23, 6.62607015e-34


class Si:
    """Claims and assumptions in SI, by attribute; a percentage is a share."""

    def __getattr__(self, name: str) -> float:
        if name in STUDY.assume:
            value, written = STUDY.assume[name].value, STUDY.assume[name].unit
        else:
            number = STUDY.claims[name].value_num
            assert number is not None
            value, written = number, STUDY.claims[name].unit
        assert written != "degC"
        return value * unit(written).factor


KELVIN = 1.0

VALUES: dict[str, Callable[[Si], float]] = {
    "R01": lambda q: q.P079 / q.P080,
    "R02": lambda q: q.P077 / q.P073,
    "R03": lambda q: q.P076,
    "R04": lambda q: q.P074 / q.P076,
    "R05": lambda q: q.P124 / q.P125,
    "R06": lambda q: q.P126 / q.P127,
    "R07": lambda q: q.P113 * q.P121 / q.P124,
    "R08": lambda q: (q.P121 - q.P122) / (9 * q.P112 * q.P032),
    "R09": lambda q: 1 / (1 + (1 / q.P088 - 1) * sqrt(q.P085b / q.P085a)),
    "R10": lambda q: R * q.T * log(kB * q.T / h * q.P110),
    "R11a": lambda q: exp((q.P099 - q.P098) / (R * q.T)),
    "R11b": lambda q: exp((q.P101 - q.P100) / (R * q.T)),
    "R12": lambda q: q.d_ec * q.x_ec_full / q.M_ec / q.P004,
    "R13": lambda q: 7 - q.P042,
    "R14b": lambda q: q.P014,
    "R18": lambda q: q.P069,
    "R19": lambda q: (q.P070 / q.P062 - q.P070) / q.P047,
    "R20a": lambda q: q.P021d,
    "R21": lambda q: 2 * q.P082b * q.mean_half * q.P071 / (0.2 * q.P057),
    "R22": lambda q: 1 - q.P082a ** (1 / q.P082b),
    "R23": lambda q: q.P127 / q.P125,
    "R24": lambda q: 2 * q.P128b * q.mean_full * q.P117 / (10 * q.P112),
    "R25": lambda q: q.P128a ** (1 / q.P128b),
    "R26": lambda q: F / (q.M_c * q.P113),
    "R27a": lambda q: q.P070 * q.P031 / (q.P113 * q.P032),
    "R27b": lambda q: q.P073 * q.P031 / (q.P113 * q.P032),
    "R28": lambda q: F / (q.M_c * q.P070),
    "R29a": lambda q: q.P055 * q.M_na / F / q.rho_na,
    "R29b": lambda q: q.P076 * q.M_na / F / q.rho_na,
    "R30": lambda q: 20 * q.P112 * q.P032 / q.P031,
    "R31": lambda q: 1 - q.m_yield * q.P065 / (q.P006b * q.P013 * q.M_zn),
    "R32": lambda q: min(q.P060 - q.P059, q.P061 - q.P060, q.P062 - q.P061),
    "R33": lambda q: min(q.P070 - q.P071, q.P071 - q.P072, q.P072 - q.P073, q.P073 - q.P074),
    "R34": lambda q: min(q.P113 - q.P114, q.P114 - q.P115, q.P115 - q.P116, q.P116 - q.P117, q.P117 - q.P118, q.P118 - q.P119),
    "R35": lambda q: q.P119 / q.P113,
    "R36": lambda q: (q.P073 - q.P077) / (q.P070 - q.P076),
    "R37": lambda q: q.P086a,
    "R38": lambda q: q.P122,
    "R39": lambda q: 1 / q.P040,
    "R40": lambda q: q.P043b - q.P043a,
    "R41": lambda q: min(q.P095 / q.P092, q.P096 / q.P093, q.P094 / q.P091),
    "R42": lambda q: min(q.P099 - q.P098, q.P101 - q.P100),
    "R43": lambda q: q.P074 - q.P075,
    "R44": lambda q: q.P079,
    "R45": lambda q: q.P070 / (0.1 * q.P057),
    "R46": lambda q: q.P057 / q.P112,
    "R47": lambda q: 2 * q.P057 * q.P031 * q.disc * (q.P094 + q.P095 + q.P096),
    "R48": lambda q: q.P064 / q.M_n * q.P108,
    "R49": lambda q: q.P069 / q.P068 - 1,
    "R50": lambda q: q.P113 * q.P032,
    "R51a": lambda q: q.P113 * q.P032 / F,
    "R51b": lambda q: q.P113 * q.P032 / F / (q.P004 * q.gf260),
    "R52a": lambda q: q.P124 / q.P114,
    "R52b": lambda q: q.P124 * (1 + q.P031 / q.P032) / q.P114,
    "R52c": lambda q: q.P124 * (1 + q.P031 / q.P032 + q.P113 / F * q.M_salt) / q.P114,
    "R52d": lambda q: q.P124 * (1 + q.P031 / q.P032 + q.P113 / F * q.rho_e / q.P004) / q.P114,
    "R52e": lambda q: q.P124 * (1 + q.P031 / q.P032 + q.gf260 * q.rho_e / q.P032) / q.P114,
    "R53": lambda q: q.P124 * (1 / 0.8 + q.P031 / q.P032 / 0.8) / q.P114,
    "R54": lambda q: q.P126 * (1 + q.P031 / q.P032) / q.P119,
    "R55": lambda q: 1 - q.P004 * q.gf260 / (q.P117 * q.mean_full * q.P128b * q.P032 / F),
    "R56": lambda q: q.P006b * q.P013,
    "R57": lambda q: q.P006b * q.P013 / q.nh2_80,
    "R58": lambda q: q.P006b * q.P013 / q.c_hcl,
    "R59": lambda q: 675 * KELVIN / q.P018c + q.P018b + 600 * KELVIN / q.P019c + q.P019b + 600 * KELVIN / q.P020b + 675 * KELVIN / q.P020c,
    "R60": lambda q: 2 * pi / q.P050a,
}

EXPECTED: dict[str, Callable[[Si], float]] = {
    "R05": lambda q: q.P113 / q.P112,
    "R06": lambda q: q.P119 / (20 * q.P112),
    "R08": lambda q: (q.P124 * 1.5 / q.P114 - q.P127 * 1.5 / (20 * q.P112)) / (18 * q.P112 * q.P032),
    "R10": lambda q: max(q.P098, q.P099, q.P100, q.P101),
    "R30": lambda q: 2 * q.P057,
}


def test_every_expression_is_covered() -> None:
    assert set(VALUES) == {relation.id for relation in STUDY.relations if relation.expr}


@pytest.mark.parametrize("key", VALUES)
def test_declared_unit(key: str) -> None:
    found = RESULTS[key]
    assert found.value == pytest.approx(VALUES[key](Si()) / unit(found.unit).factor, rel=1e-7)


@pytest.mark.parametrize("key", EXPECTED)
def test_declared_unit_of_the_expected_side(key: str) -> None:
    found = RESULTS[key]
    assert found.expected_value == pytest.approx(EXPECTED[key](Si()) / unit(found.unit).factor, rel=1e-7)


def test_units_of_derived_numbers_are_in_the_table() -> None:
    assert all(unit(row.unit) for row in STUDY.derived)
    assert all(unit(claim.unit) for claim in STUDY.claims.values() if claim.value_num is not None)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("C132a", lambda q: q.P006b * q.P013 * q.M_zn),
        ("C132b", lambda q: q.m_yield * q.P065),
        ("C147a", lambda q: (1 / q.P087 - 1) / sqrt(q.P085a)),
        ("C151a", lambda q: q.P098 / (F / 1.602176634e-19)),
        ("C153a", lambda q: h / (kB * q.T) * exp(q.P100 / (R * q.T))),
        ("C157b", lambda q: F / (24 * q.M_c)),
        ("C167a", lambda q: q.P113 * q.P121 / (1 + q.P031 / q.P032 + q.gf260 * q.rho_e / q.P032)),
        ("C175a", lambda q: (q.P121 - q.P122) / (9 * q.P112 * q.P032)),
    ],
)
def test_units_of_derived_numbers_with_hidden_factors(row: str, value: Callable[[Si], float]) -> None:
    derived = next(entry for entry in STUDY.derived if entry.id == row)
    assert float(derived.value) == pytest.approx(value(Si()) / unit(derived.unit).factor, rel=0.6 * 10.0 ** (1 - derived.digits))
