"""Content-addressed store and output folders: atomic, resumable, JSON and npz, never pickle."""

from dualion.store.digests import canonical, digest
from dualion.store.entries import Store
from dualion.store.files import write_atomic
from dualion.store.output import publish
from dualion.store.runs import RunFolder
from dualion.store.tasks import TaskFolder

__all__ = ["RunFolder", "Store", "TaskFolder", "canonical", "digest", "publish", "write_atomic"]
