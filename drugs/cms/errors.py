"""Why a file is refused whole."""


class UnableToReadFile(Exception):
    """A file that must not be loaded, not even in part: `where` in it (line and column), and `why`."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}" if where else why)
