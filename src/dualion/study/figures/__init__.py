"""The figures of a study, as data: those of the source drawn anew, and those that every study has."""

from dualion.study.figures.drawn import figures

__all__ = ["figures"]
