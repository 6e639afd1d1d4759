"""The work in numbers: how much, how long, what waits, what the charts lack, and where people answered otherwise."""

from encounters.reports.asked import Asked, asked_by, require
from encounters.reports.export import export
from encounters.reports.figures import Figures, Table, figures

__all__ = ["Asked", "Figures", "Table", "asked_by", "export", "figures", "require"]
