"""A journal that remembers."""

from collections.abc import Mapping


class RecordingSink:
    """Keeps what is written; ``full`` makes it refuse what must not be lost, as a journald that is away does."""

    def __init__(self) -> None:
        self.records: list[dict[str, str]] = []
        self.full = False

    def write(self, fields: Mapping[str, str]) -> None:
        self.records.append(dict(fields))

    def keep(self, fields: Mapping[str, str]) -> None:
        if self.full:
            raise BlockingIOError("the queue is full")
        self.write(fields)

    @property
    def acts(self) -> list[dict[str, str]]:
        """The records of administrative acts."""
        return [record for record in self.records if record.get("LONGHOUSE_AUDIT") == "1"]
