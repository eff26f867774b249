from __future__ import annotations

import itertools

import numpy as np
import pytest

from dualion.figures.palette import OTHER_COLOURS, SAMPLE_COLOURS, colour_of, electrodes_of, ramp, shade

#: Full deficiency, Machado, Oliveira & Fernandes 2009, table 1.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_samples_can_be_told_apart(deficiency: str) -> None:
    matrix = DEFICIENCIES[deficiency]
    for first, second in itertools.combinations(SAMPLE_COLOURS.values(), 2):
        distance = float(np.linalg.norm(lab(matrix @ linear(first)) - lab(matrix @ linear(second))))
        assert distance > 15, (deficiency, first, second, distance)


def test_colours_stand_out_on_white() -> None:
    for colour in (*SAMPLE_COLOURS.values(), *OTHER_COLOURS):
        assert 1.05 / (float(TO_XYZ[1] @ linear(colour)) + 0.05) >= 3


@pytest.mark.parametrize("sample", ["MEC3||EG", "MEC3", "Na||MEC3", "MEC₃ ‖ EG", "MEC3∥EG"])
def test_a_cell_has_the_colour_of_its_carbon(sample: str) -> None:
    assert colour_of(sample) == SAMPLE_COLOURS["MEC3"]


def test_eg_has_a_colour_of_its_own() -> None:
    assert colour_of("EG") == SAMPLE_COLOURS["EG"]
    assert electrodes_of("MEC0 || EG") == ("MEC0", "EG")


def test_unknown_samples_take_the_rest_and_always_the_same() -> None:
    assert colour_of("HC-1400") == colour_of("HC-1400")
    found = {colour_of(f"sample {number}") for number in range(60)}
    assert found == set(OTHER_COLOURS)
    assert not found & set(SAMPLE_COLOURS.values())


def test_shades() -> None:
    assert shade("#808080", 1.0) == "#FFFFFF"
    assert shade("#808080", -1.0) == "#000000"
    assert shade("#102030", 0.0) == "#102030"
    assert ramp("#D9730D", 1) == ("#D9730D",)
    brightness = [float(linear(colour).sum()) for colour in ramp("#D9730D", 7)]
    assert brightness == sorted(brightness)
