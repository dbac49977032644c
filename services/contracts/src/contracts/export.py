"""``python -m contracts.export [FOLDER]``: write the JSON Schema of every event's data, one file per type."""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.events import EVENTS

SCHEMAS = Path(__file__).parents[2] / "schemas"


def schema_of(type_: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the data of events of this type."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:longhouse:schema:{type_}",
        **EVENTS[type_].model_json_schema(mode="validation"),
    }


def text_of(type_: str) -> str:
    """The schema as it is committed."""
    return json.dumps(schema_of(type_), indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write all schemas; what was committed before shows the change in the diff."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMAS
    for type_ in EVENTS:
        (folder / f"{type_}.json").write_text(text_of(type_))


if __name__ == "__main__":
    main()
