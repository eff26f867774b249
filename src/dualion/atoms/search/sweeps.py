"""The order of the search: down the ladder, up again, down again, until nothing gets lower.

Sweep 1 goes from the most solvents to the fewest (random starts, then strips of the state above). Each round adds a sweep upward (grow
from the state below) and one downward (strips of new minima, shakes, and swaps between motifs of one flake). All ladders go in step, so
that their starts fill the pool together. The search ends when a round lowered no state by more than 0.02 eV, or after `max_rounds`.

The search yields waves of starts and is sent what became of them, in the same order. It holds no clock and knows no pool: the same
records give the same waves.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from dualion.atoms.building.species import IONS, ion_structure
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.starts import Start, grown, random_start, shaken, strips, swapped
from dualion.atoms.search.states import AGREE, BARE, Found, State, Tried
from dualion.atoms.structure import Structure
from dualion.errors import SpecError

PLAUSIBLE = 50.0  # [eV] an energy farther than this from the sum of the fragments is no energy of a cluster of them

Wave = Generator[list[Start], list[Tried], None]


class Search:
    """The search over some ladders.

    Parameters
    ----------
    ladders : sequence of Ladder
    options : SearchOptions

    Raises
    ------
    SpecError
        No ladder, or two that cannot be told apart by their names.
    """

    def __init__(self, ladders: Sequence[Ladder], options: SearchOptions) -> None:
        self.ladders, self.options = tuple(ladders), options
        _check_names(self.ladders)
        self.found: dict[State, Found] = {}
        self._used: set[tuple[str, ...]] = set()
        self._ions: dict[str, float | None] = {}
        self._sweep = 0

    def state(self, ladder: Ladder, solvents: int) -> State:
        """The state of a ladder with a number of solvents [1]."""
        return State(ladder.name, ladder.ion, (ladder.solvent.name,) * solvents, ladder.charge)

    def released(self, ladder: Ladder) -> State:
        """The released molecule alone."""
        return State("", "", (ladder.solvent.name,), 0)

    def carbon(self, ladder: Ladder) -> State:
        """The carbon alone, neutral."""
        return State(ladder.name, "", (), 0)

    def waves(self) -> Wave:
        """Waves of starts; each is answered by what became of them.

        Yields
        ------
        list of Start
        """
        yield from self._wave(self._fragments())
        for ion in dict.fromkeys(ladder.ion for ladder in self.ladders):  # kept as a fragment, not as a state of a ladder
            self._ions[ion] = self._lowest(_alone(ion))
            self.found.pop(_alone(ion), None)
        self._sweep = 1
        for solvents in self._downward():
            yield from self._wave(start for ladder in self._at(solvents) for start in self._first(ladder, solvents))
        self._swept()
        for _ in range(self.options.max_rounds):
            before = self._sweep
            self._sweep += 1
            for solvents in reversed(self._downward()):
                yield from self._wave(start for ladder in self._at(solvents) for start in self._grown(ladder, solvents))
            self._sweep += 1
            for solvents in self._downward():
                yield from self._wave(start for ladder in self._at(solvents) for start in self._again(ladder, solvents))
            self._swept()
            if all(found.lowered_in <= before for found in self.found.values()):
                break

    def planned(self) -> int:
        """Relaxations at most, were every sweep made in full [1]."""
        options, count = self.options, len(list(self._fragments()))
        for ladder in self.ladders:
            for solvents in range(ladder.bottom, ladder.top + 1):
                above, below = solvents < ladder.top, solvents > ladder.bottom
                count += options.starts + above * options.parents * (solvents + 1)
                again = above * options.parents * (solvents + 1) + options.shakes + (options.swaps if len(self.ladders) > 1 else 0)
                count += options.max_rounds * (below * options.parents * options.grow + again)
        return count

    def take(self, finished: Iterable[tuple[Start, Tried]]) -> None:
        """Keep what was finished of a wave that was broken off."""
        for start, one in finished:
            self.found.setdefault(start.state, Found(start.state)).tried.append(self._looked_at(start.state, one))

    def stop(self) -> None:
        """Say of every state that the search did not end by itself."""
        for found in self.found.values():
            found.stopped = True

    def _swept(self) -> None:
        """Say of every state how far the search has come; one for which nothing new was left to try was not lowered."""
        for found in self.found.values():
            found.sweeps = self._sweep

    def _downward(self) -> list[int]:
        return list(range(max(ladder.top for ladder in self.ladders), min(ladder.bottom for ladder in self.ladders) - 1, -1))

    def _at(self, solvents: int) -> list[Ladder]:
        return [ladder for ladder in self.ladders if ladder.bottom <= solvents <= ladder.top]

    def _wave(self, starts: Iterator[Start]) -> Wave:
        wave = list(starts)
        if not wave:
            return
        states = {start.state for start in wave}
        before = {state: self._lowest(state) for state in states}
        tried = yield wave
        for start, one in zip(wave, tried, strict=True):
            self.found.setdefault(start.state, Found(start.state)).tried.append(self._looked_at(start.state, one))
        for state in states:
            found, lowest = self.found[state], self._lowest(state)
            found.sweeps = self._sweep
            known = before[state]
            if lowest is not None and (known is None or lowest < known - AGREE):
                found.lowered_in = self._sweep

    def _looked_at(self, state: State, one: Tried) -> Tried:
        """A start as it is; one whose energy cannot be that of its fragments together is a clash."""
        expected = self._fragments_of(state)
        if not one.relaxed.accepted or expected is None or abs(one.energy - expected) <= PLAUSIBLE:
            return one
        return replace(one, relaxed=replace(one.relaxed, outcome="clash"))

    def _fragments_of(self, state: State) -> float | None:
        """Energy of carbon, ion and solvents apart [eV]; None where one of them is not known."""
        parts = [self._ions.get(state.ion)] if state.ion else [None]
        parts += [self._lowest(State(state.carbon, "", (), 0))] if state.carbon != BARE else []
        parts += [self._lowest(State("", "", (name,), 0)) for name in state.solvents]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def _lowest(self, state: State) -> float | None:
        found = self.found.get(state)
        best = None if found is None else found.best
        return None if best is None else best.energy

    def _fragments(self) -> Iterator[Start]:
        """The released molecules in every conformer, the carbons alone, and the ions alone."""
        seen: set[State] = set()
        for ladder in self.ladders:
            released, carbon, ion = self.released(ladder), self.carbon(ladder), _alone(ladder.ion)
            if released not in seen:
                for conformer in range(len(ladder.solvent.conformers)):
                    yield Start(released, "random", 0, ladder.solvent.structure(conformer))
            if ladder.carbon is not None and carbon not in seen:
                yield Start(carbon, "random", 0, ladder.carbon)
            if ion not in seen:
                yield Start(ion, "random", 0, ion_structure(ladder.ion, np.zeros(3)))
            seen |= {released, carbon, ion}

    def _first(self, ladder: Ladder, solvents: int) -> Iterator[Start]:
        state = self.state(ladder, solvents)
        for index in range(1 if state.rigid else self.options.starts):
            yield from self._one(state, "random", random_start(ladder, state, index, self.options.seed))
        if not state.rigid:
            yield from self._stripped(ladder, solvents)

    def _stripped(self, ladder: Ladder, solvents: int) -> Iterator[Start]:
        state = self.state(ladder, solvents)
        for parent in self._parents(ladder, solvents + 1):
            if self._new(state, "strip", parent.key):
                for structure in strips(parent.relaxed.structure, ladder.solvent.name):
                    yield from self._one(state, "strip", structure)

    def _grown(self, ladder: Ladder, solvents: int) -> Iterator[Start]:
        state = self.state(ladder, solvents)
        for parent in self._parents(ladder, solvents - 1):
            if self._new(state, "grow", parent.key):
                for index in range(self.options.grow):
                    yield from self._one(state, "grow", grown(ladder, parent.relaxed.structure, parent.key, index, self.options.seed))

    def _again(self, ladder: Ladder, solvents: int) -> Iterator[Start]:
        state = self.state(ladder, solvents)
        if state.rigid:
            return
        yield from self._stripped(ladder, solvents)
        best = self.found[state].best if state in self.found else None
        if best is None:
            return
        if solvents:
            for index in range(self.options.shakes):
                name = f"{best.key} {self._sweep}"
                yield from self._one(state, "shake", shaken(best.relaxed.structure, name, index, self.options.seed))
        yield from self._swapped(ladder, solvents)

    def _swapped(self, ladder: Ladder, solvents: int) -> Iterator[Start]:
        state, made = self.state(ladder, solvents), 0
        for other in self._at(solvents):
            found = self.found.get(self.state(other, solvents))
            best = None if found is None else found.best
            if other is ladder or best is None or made >= self.options.swaps or _shell(other) != _shell(ladder):
                continue
            if self._new(state, "swap", best.key):
                for start in self._one(state, "swap", swapped(ladder, other, best.relaxed.structure)):
                    made += 1
                    yield start

    def _one(self, state: State, family: str, structure: Structure | None) -> Iterator[Start]:
        if structure is not None:
            yield Start(state, family, self._sweep, structure)

    def _parents(self, ladder: Ladder, solvents: int) -> list[Tried]:
        found = self.found.get(self.state(ladder, solvents)) if ladder.bottom <= solvents <= ladder.top else None
        return [] if found is None else found.minima[: self.options.parents]

    def _new(self, state: State, *what: str) -> bool:
        """Whether something was not yet done for a state; it counts as done from now on."""
        mark = (state.carbon, state.name, str(state.charge), *what)
        if mark in self._used:
            return False
        self._used.add(mark)
        return True


def _shell(ladder: Ladder) -> tuple[str, str, int]:
    """What two ladders share whose shells may be exchanged."""
    return ladder.ion, ladder.solvent.name, ladder.charge


def _check_names(ladders: tuple[Ladder, ...]) -> None:
    if not ladders:
        raise SpecError("ladders: none is given. Give at least one.")
    for index, ladder in enumerate(ladders):
        for other in ladders[:index]:
            if other.name == ladder.name and (_shell(other) == _shell(ladder) or not _same(other.carbon, ladder.carbon)):
                raise SpecError(f'ladders: "{ladder.name}" is the name of two ladders. Give each carbon a name of its own, once.')
            if other.solvent.name == ladder.solvent.name and other.solvent != ladder.solvent:
                raise SpecError(f'ladders: "{ladder.solvent.name}" is the name of two solvents. Give each a name of its own.')


def _same(one: Structure | None, other: Structure | None) -> bool:
    """Whether two carbons are the same atoms in the same places."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one.numbers, other.numbers) and np.array_equal(one.positions, other.positions)


def _alone(ion: str) -> State:
    """An ion without anything."""
    return State(BARE, ion, (), IONS[ion])
