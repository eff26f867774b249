"""SVG that can be put into a page: no document type, no metadata, no rule for the whole page, identifiers that are the figure's own."""

from __future__ import annotations

import re
from html import escape

_PREAMBLE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_ROOT = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_VIEW = re.compile(r'viewBox="[^"]*"')
_ID = re.compile(r'\sid="([^"]*)"')
_REFERENCE = re.compile(r'(?:xlink:)?href="#([^"]*)"|url\(#([^)]*)\)')
_TAG = re.compile(r"^series-(?P<panel>\d+)-(?P<number>\d+)-(?P<kind>[a-z]+)-(?P<origin>[a-z-]+)$")
_PATH_DATA = re.compile(r' d="([^"]*)"')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_NO_TURN = re.compile(r' transform="rotate\(-0 [^"]*\)"')
_SPACES = re.compile(r"\s*\n\s*")


def series_tag(*, panel: int, number: int, kind: str, origin: str) -> str:
    """Identifier that ``finish`` turns into ``data-`` attributes: which series it is, what it is, and where its numbers come from."""
    return f"series-{panel}-{number}-{kind}-{origin}"


def finish(drawn: str, *, name: str, title: str, finding: str, size: tuple[float, float]) -> bytes:
    """Make a figure of what matplotlib wrote.

    Parameters
    ----------
    drawn : str
        SVG as matplotlib writes it.
    name : str
        Name of the figure; it begins each of its identifiers.
    title, finding : str
        Become ``<title>`` and ``<desc>``.
    size : tuple of two floats
        [mm] width and height.

    Returns
    -------
    bytes
        UTF-8, one figure, self-contained.
    """
    text = _STYLE.sub("", _PREAMBLE.sub("", drawn)).strip()
    view = _VIEW.search(text)
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{size[0]:g}mm" height="{size[1]:.2f}mm" '
        f'{view[0] if view else ""} version="1.1" role="img" aria-labelledby="{name}-title {name}-desc" '
        f'style="stroke-linejoin:round;stroke-linecap:butt">\n'
        f'<title id="{name}-title">{escape(title, quote=False)}</title>\n<desc id="{name}-desc">{escape(finding, quote=False)}</desc>\n'
    )
    body = _NO_TURN.sub("", _own_identifiers(_ROOT.sub("", text, count=1), name))
    body = _PATH_DATA.sub(lambda found: f' d="{_rounded(found[1])}"', body)
    return (root + _SPACES.sub("\n", body).strip() + "\n").encode()


def _rounded(data: str) -> str:
    """Path data to a hundredth of a point."""
    return _SPACES.sub(" ", _NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), data)).strip()


def _own_identifiers(text: str, name: str) -> str:
    """Number the identifiers that are used, drop the others, and say of each series what it is."""
    used = {first or second for first, second in _REFERENCE.findall(text)}
    numbers: dict[str, str] = {}
    for identifier in _ID.findall(text):
        if identifier in used:
            numbers.setdefault(identifier, f"{name}-{len(numbers)}")

    def identifier_of(found: re.Match[str]) -> str:
        tag = _TAG.match(found[1])
        if tag:
            return " " + " ".join(f'data-{key}="{value}"' for key, value in tag.groupdict().items())
        return f' id="{numbers[found[1]]}"' if found[1] in numbers else ""

    def reference_of(found: re.Match[str]) -> str:
        old = found[1] or found[2]
        return found[0].replace(f"#{old}", f"#{numbers.get(old, old)}")

    return _REFERENCE.sub(reference_of, _ID.sub(identifier_of, text))
