"""``python -m dualion.models.fast``: compile the engine, so that no first run has to wait for it."""

from __future__ import annotations

from dualion.models.fast.entries import prepare

if __name__ == "__main__":
    prepare()
