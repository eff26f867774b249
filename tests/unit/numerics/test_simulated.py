"""The digest of a simulated source is that of the bytes that were drawn, in their order."""

from __future__ import annotations

import hashlib

import numpy as np

from dualion.numerics.simulated import simulated_source

ONE, OTHER = np.array([1.0, 2.0]), np.array([3.0])


def test_digest_is_that_of_all_bytes_in_order() -> None:
    found = simulated_source("eis", "synthetic-eis.csv", ONE, OTHER)
    assert found.sha256 == hashlib.sha256(np.concatenate([ONE, OTHER]).tobytes()).hexdigest()
    assert found.sha256 != simulated_source("eis", "synthetic-eis.csv", OTHER, ONE).sha256
    assert (found.file, found.reader, found.origin) == ("synthetic-eis.csv", "dualion synthesise eis", "simulation")


def test_layout_in_memory_changes_nothing() -> None:
    square = np.arange(6.0).reshape(2, 3)
    assert simulated_source("gitt", "a.csv", np.asfortranarray(square)) == simulated_source("gitt", "a.csv", square)


def test_truth_and_technique_are_digested_with_the_numbers() -> None:
    given = {
        simulated_source(name, "a.csv", ONE, truth=truth).sha256 for name in ("gitt", "ici") for truth in (None, {"a": 1.0}, {"a": 2.0})
    }
    assert len(given) == 5  # without truth the name of the technique is not in the digest
