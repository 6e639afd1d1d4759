"""The kinds of file that are read."""

from drugs.models.file_kind import FileKind

__all__ = ["FileKind"]
