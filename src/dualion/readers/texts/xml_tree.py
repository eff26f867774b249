"""Elements of an XML file of an instrument, parsed without document types, entities or anything outside of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.texts.decoding import decoded

_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_DEEPEST, _MOST = 40, 2_000_000  # elements within each other, and in all
_WHOLE = True  # nothing follows
_ANEW = "Export or copy the file anew."


@dataclass(slots=True)
class Element:
    """An element; its name and those of its attributes are without namespace.

    Parameters
    ----------
    name : str
    attributes : dict of str to str
    line : int
        [1] of the file.
    children : list of Element
    text : list of str
    """

    name: str
    attributes: dict[str, str]
    line: int = 0
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Children with a name."""
        return (child for child in self.children if child.name == name)

    def first(self, *path: str) -> Element | None:
        """The first child along a path of names."""
        found: Element | None = self
        for name in path:
            found = None if found is None else next(found.all(name), None)
        return found

    def either(self, *names: str) -> Element | None:
        """The first child with one of the names, the first name before the others."""
        return next((child for name in names for child in self.all(name)), None)

    def within(self) -> Iterator[Element]:
        """The element and all that are in it, in the order of the file."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.children))

    @property
    def words(self) -> str:
        """Its text, without white space at its ends."""
        return "".join(self.text).strip()

    @property
    def line_of_words(self) -> str:
        """Its text in one line, with single blanks for white space."""
        return " ".join("".join(self.text).split())


class _Tree:
    def __init__(self, given: Given) -> None:
        self.given, self.count = given, 0
        self.open = [Element("", {})]
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.ExternalEntityRefHandler = self.refuse

    def error(self, reason: str) -> ReadError:
        return ReadError(self.given.name, f"line {self.parser.CurrentLineNumber}", reason, _ANEW)

    def refuse(self, *_: object) -> int:
        raise self.error("the file declares a document type or an entity, which no instrument needs")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) > _DEEPEST or self.count > _MOST:
            raise self.error(f"it has more than {_MOST} elements, or more than {_DEEPEST} within each other")
        plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition(":")[2], plain, self.parser.CurrentLineNumber)
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].text.append(text)


def root_of(given: Given) -> Element:
    """The outermost element of a file.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Element

    Raises
    ------
    ReadError
        It is not well-formed, is cut, declares entities, or is nested beyond all reason.
    """
    text = _DECLARATION.sub("", decoded(given).lstrip("\n\t "), count=1)
    tree = _Tree(given)
    try:
        tree.parser.Parse(text, _WHOLE)
    except expat.ExpatError as problem:
        raise ReadError(given.name, f"line {problem.lineno}", f"it is no whole XML ({expat.ErrorString(problem.code)})", _ANEW) from None
    return tree.open[0].children[0]
