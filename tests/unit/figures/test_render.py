from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from dualion.errors import InputError
from dualion.figures.layout import layout
from dualion.figures.looks import legend_label, looks
from dualion.figures.palette import SAMPLE_COLOURS, colour_of
from dualion.figures.render import render
from dualion.records import Axis, Figure, Panel, Series

SVG = "{http://www.w3.org/2000/svg}"
MM_PER_INCH = 25.4


def svg_of(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(render(figure, formats=("svg",))["svg"])


def texts(root: ElementTree.Element) -> list[str]:
    return [(element.text or "").strip() for element in root.iter(f"{SVG}text")]


def drawn(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [element for element in root.iter(f"{SVG}g") if element.get("data-kind") == kind]


# --- axes, size, form ---------------------------------------------------------------------------------------------------------


def test_axes_have_quantity_and_unit(figure: Figure) -> None:
    found = texts(svg_of(figure))
    for title in ("Specific current (mA g⁻¹)", "Specific capacity (mAh g⁻¹)", "Plateau capacity (mAh g⁻¹)", "Carbon"):
        assert title in found


def test_log_axis_has_plain_labels_at_the_data(narrow: Figure) -> None:
    found = texts(svg_of(narrow))
    assert {"30", "60", "150", "300", "600"} <= set(found)
    assert not any("10^" in text or "e+" in text for text in found)


@pytest.mark.parametrize("width", [89, 183])
def test_width_in_millimetres(figure: Figure, width: int) -> None:
    sized = replace(figure, width=width)
    files = render(sized)
    root = ElementTree.fromstring(files["svg"])
    height = float(str(root.get("height")).removesuffix("mm"))
    assert root.get("width") == f"{width}mm"
    assert height == pytest.approx(layout(sized).size[1], abs=0.01)
    view = [float(number) for number in str(root.get("viewBox")).split()]
    assert view[2] == pytest.approx(width / MM_PER_INCH * 72, abs=0.01)
    pixels = struct.unpack(">II", files["png"][16:24])
    assert pixels[0] == pytest.approx(width / MM_PER_INCH * 200, abs=1.5)
    assert pixels[1] == pytest.approx(height / MM_PER_INCH * 200, abs=1.5)


def test_panels_are_lettered_only_where_there_are_several(figure: Figure, narrow: Figure) -> None:
    assert {"a", "b"} <= set(texts(svg_of(figure)))
    assert "a" not in texts(svg_of(narrow))


def test_panels_stand_side_by_side_and_inside_the_figure(figure: Figure) -> None:
    plan = layout(figure)
    first, second = (place.axes for place in plan.places)
    assert first[1] == second[1]
    assert first[0] + first[2] < second[0]
    assert second[0] + second[2] <= plan.size[0]


def test_title_and_finding_are_the_text_alternative(figure: Figure) -> None:
    root = svg_of(figure)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "fig-demo-title fig-demo-desc"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "Rate & <plateau>"
    assert description is not None
    assert description.text == "The capacity falls with the current."


def test_text_is_text_in_a_generic_family(narrow: Figure) -> None:
    styles = [str(element.get("style")) for element in svg_of(narrow).iter(f"{SVG}text")]
    assert styles
    assert all("sans-serif" in style for style in styles)
    sizes = {float(found) for style in styles for found in re.findall(r"font-size: ([\d.]+)px", style)}
    assert sizes <= {7.0, 8.0, 9.0}


def test_a_dollar_sign_is_no_formula(narrow: Figure) -> None:
    panel = replace(narrow.panels[0], x=Axis("Cost $x^2$", "1"))
    assert "Cost $x^2$" in texts(svg_of(replace(narrow, panels=(panel,))))


# --- what each kind looks like ------------------------------------------------------------------------------------------------


def test_simulated_is_never_drawn_as_marks(figure: Figure) -> None:
    root = svg_of(figure)
    assert len(drawn(root, "simulated")) >= 2
    marks = [element for kind in ("printed", "measured") for group in drawn(root, kind) for element in group.iter(f"{SVG}use")]
    assert len(marks) >= 7
    for plan, panel in zip(looks(figure), figure.panels, strict=True):
        for look, series in zip(plan, panel.series, strict=True):
            assert (look.marker != "") == (series.kind in ("measured", "printed"))
            if series.kind == "simulated":
                assert look.form in ("line", "dashes")


def test_each_group_says_what_it_is_and_where_it_comes_from(figure: Figure) -> None:
    origins = {
        (element.get("data-kind"), element.get("data-origin")) for element in svg_of(figure).iter(f"{SVG}g") if element.get("data-kind")
    }
    assert ("simulated", "simulation") in origins
    assert ("printed", "source-text") in origins
    assert not any(kind in ("measured", "printed") and origin == "simulation" for kind, origin in origins)


def test_printed_marks_are_open_and_measured_ones_filled(narrow: Figure) -> None:
    root = svg_of(narrow)
    colour = SAMPLE_COLOURS["EG"].lower()
    printed = "".join(ElementTree.tostring(group, encoding="unicode") for group in drawn(root, "printed"))
    measured = "".join(ElementTree.tostring(group, encoding="unicode") for group in drawn(root, "measured"))
    assert "fill: #ffffff" in printed
    assert f"fill: {colour}" in measured
    assert "fill: #ffffff" not in measured


def test_fitted_lines_are_thinner_than_simulated_ones_and_limits_are_dashed(narrow: Figure) -> None:
    root = svg_of(narrow)

    def widths(kind: str) -> set[float]:
        written = "".join(ElementTree.tostring(group, encoding="unicode") for group in drawn(root, kind))
        return {float(found) for found in re.findall(r"stroke-width: ([\d.]+)", written)}

    assert max(widths("fitted")) < min(widths("simulated"))
    limit = "".join(ElementTree.tostring(group, encoding="unicode") for group in drawn(root, "limit"))
    assert "stroke-dasharray" in limit


def test_a_sample_keeps_its_colour_in_every_panel(figure: Figure) -> None:
    for plan, panel in zip(looks(figure), figure.panels, strict=True):
        for look, series in zip(plan, panel.series, strict=True):
            if series.sample:
                assert look.colour == colour_of(series.sample)
    written = render(figure, formats=("svg",))["svg"].decode()
    assert SAMPLE_COLOURS["MEC4"].lower() in written  # bars over categories that are samples have their colours


def test_many_curves_of_one_sample_are_shades_of_its_colour() -> None:
    curves = tuple(Series(f"{rate} C", "simulated", (0.0, 1.0), (4.0, 3.0 + rate / 100), "simulation", "MEC3") for rate in (1, 2, 4, 8, 10))
    panel = Panel(Axis("Specific capacity", "mAh/g"), Axis("Voltage", "V"), curves)
    colours = [look.colour for look in looks(Figure("f", "t", "f", (panel,)))[0]]
    assert len(set(colours)) == 5
    assert "simulated" in texts(svg_of(Figure("f", "t", "f", (panel,))))


def test_legend_says_simulated_and_fitted() -> None:
    plain = Series("MEC3", "simulated", (1.0,), (1.0,), "simulation", "MEC3")
    assert legend_label(plain) == "MEC3 (simulated)"
    assert legend_label(replace(plain, name="MEC3, simulated")) == "MEC3, simulated"
    assert legend_label(replace(plain, kind="fitted")) == "MEC3 (simulated, fitted)"
    assert legend_label(replace(plain, origin="atomistic")) == "MEC3 (computed)"
    assert legend_label(replace(plain, kind="printed", origin="source-text")) == "MEC3"


def test_legend_covers_no_data(figure: Figure, narrow: Figure) -> None:
    for place in (*layout(figure).places, *layout(narrow).places):
        left, bottom, right, top = place.legend.box
        x, y = place.cover[:, 0], place.cover[:, 1]
        assert not ((x > left) & (x < right) & (y > bottom) & (y < top)).any()


def test_horizontal_bars_start_at_one_on_a_ratio_axis() -> None:
    names = ("R01", "R02", "R03")
    bars = Series("ratio", "bar", (0.5, 2.0, 20.0), (0.0, 1.0, 2.0), "arithmetic")
    dashes = Series("again", "simulated", (0.6, 2.2, 18.0), (0.0, 1.0, 2.0), "simulation")
    panel = Panel(Axis("Ratio", "1", scale="log"), Axis("Relation", "", categories=names), (bars, dashes))
    figure = Figure("f", "t", "f", (panel,))
    (place,) = layout(figure).places
    assert place.y.low > place.y.high  # the first category on top
    assert set(names) <= set(texts(svg_of(figure)))
    one = float(place.x.fraction([1.0])[0]) * place.axes[2]
    assert place.cover[:40, 0].max() == pytest.approx(one, abs=0.01)  # the bar of 0.5 ends at 1


def test_long_names_of_categories_are_wrapped_or_turned() -> None:
    names = ("actives and the least electrolyte", "actives", "Pneumonoultramicroscopic-long-word")
    values = Series("energy", "bar", (0.0, 1.0, 2.0), (1.0, 2.0, 3.0), "arithmetic")
    for shown, turned in ((names[:2], False), (names, True)):
        bars = replace(values, x=values.x[: len(shown)], y=values.y[: len(shown)])
        panel = Panel(Axis("Basis", "", categories=shown), Axis("Energy", "Wh/kg"), (bars,))
        figure = Figure("f", "t", "f", (panel,))
        assert (layout(figure).places[0].x.rotation > 0) == turned
        assert render(figure)["png"].startswith(b"\x89PNG")


def test_wide_log_axes_have_decades_and_long_titles_break() -> None:
    x = tuple(10.0 ** (step / 4) for step in range(-20, 21))
    line = Series("MEC3", "simulated", x, x, "simulation", "MEC3", y_upper=tuple(2 * value for value in x))
    title = "A quantity whose name is so long that it needs two lines beside its axis"
    figure = Figure("f", "t", "f", (Panel(Axis("Frequency", "Hz", scale="log"), Axis(title, "ohm", scale="log"), (line,)),))
    (place,) = layout(figure).places
    assert place.y.title.count("\n") >= 1
    assert {0.01, 1.0, 100.0} <= {float(f"{tick:g}") for tick in place.x.ticks}
    assert "100" in texts(svg_of(figure))


# --- honesty and bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "measured"}, "not measured"),
        ({"kind": "printed"}, "not measured"),
        ({"name": "MEC3 measured"}, "not measured"),
        ({"y": (1.0,)}, "y has 1 entries, x has 5"),
        ({"y": (1.0, 2.0, float("nan"), 4.0, 5.0)}, "holds nan"),
        ({"x": (0.0, 1.0, 2.0, 3.0, 4.0)}, "logarithmic axis"),
        ({"kind": "band"}, "y_upper"),
    ],
)
def test_what_cannot_be_drawn_is_refused(narrow: Figure, change: dict[str, object], message: str) -> None:
    panel = narrow.panels[0]
    series = replace(panel.series[1], **change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        render(replace(narrow, panels=(replace(panel, series=(series,)),)))


def test_a_name_must_be_fit_for_a_file_and_an_identifier(narrow: Figure) -> None:
    with pytest.raises(InputError, match="not the name of a figure"):
        render(replace(narrow, name='x" onload="y'))


def test_a_figure_without_panels_is_refused(narrow: Figure) -> None:
    with pytest.raises(InputError, match="no panels"):
        render(replace(narrow, panels=()))


@pytest.mark.parametrize("y", [(), (5.0,), (0.0,), (-3.0, -1.0), (1e-14, 3e-14)])
def test_empty_single_negative_and_tiny_series_are_drawn(y: tuple[float, ...]) -> None:
    x = tuple(float(position) for position in range(len(y)))
    panel = Panel(Axis("Time", "h"), Axis("Diffusivity", "m2/s"), (Series("MEC9", "simulated", x, y, "simulation", "MEC9"),))
    assert b"<svg" in render(Figure("f", "t", "f", (panel,)), formats=("svg",))["svg"]


# --- the same bytes -----------------------------------------------------------------------------------------------------------

PROGRAM = """
import hashlib, sys
from dualion.figures.render import render
from dualion.records import Axis, Figure, Panel, Series
series = tuple(Series(f"{n}", "simulated", (1.0, 2.0), (n, n + 1.0), "simulation", f"sample {n}") for n in range(1, 6))
marks = Series("printed", "printed", (1.0, 2.0), (3.0, 4.0), "source-text", "MEC3")
files = render(Figure("f", "t", "f", (Panel(Axis("Time", "h"), Axis("Voltage", "V"), (*series, marks)),)), formats=("svg", "png", "pdf"))
print(*(hashlib.sha256(files[form]).hexdigest() for form in ("svg", "png", "pdf")))
"""


@pytest.mark.slow
def test_same_figure_same_bytes(figure: Figure) -> None:
    assert render(figure, formats=("svg", "png", "pdf")) == render(figure, formats=("svg", "png", "pdf"))


@pytest.mark.slow
def test_same_bytes_whatever_the_hash_seed_and_the_time_zone() -> None:
    outputs = set()
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_no_date_no_software_no_global_settings(figure: Figure) -> None:
    before = dict(mpl.rcParams)
    files = render(figure, formats=("svg", "png", "pdf"))
    assert dict(mpl.rcParams) == before
    assert b"atplotlib" not in files["svg"] + files["png"]
    assert b"CreationDate" not in files["pdf"]
    assert b"tEXt" not in files["png"]


def test_identifiers_begin_with_the_name_of_the_figure_and_are_all_used(figure: Figure) -> None:
    text = render(figure, formats=("svg",))["svg"].decode()
    identifiers = re.findall(r'\sid="([^"]*)"', text)
    assert len(identifiers) == len(set(identifiers))
    assert all(identifier.startswith("fig-demo-") for identifier in identifiers)
    references = {first or second for first, second in re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', text)}
    assert references <= set(identifiers)
    assert "<style" not in text  # a rule in an inlined drawing would hold for the whole page
    assert not re.search(r'(?:href|src)="(?!#)', text)
