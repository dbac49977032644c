"""What a change of a schema breaks, in words.

Old events lie in the stream and new ones meet receivers that are not deployed yet, so within one version both
directions have to work: a new reader of old data, and an old reader of new data.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

# Words that do not change which data is valid.
_REMARKS = {"title", "description", "examples", "default", "deprecated", "$defs", "properties", "required"}


def breaks(committed: Schema, current: Schema) -> list[str]:
    """Name everything in ``current`` that breaks readers or data of ``committed``; empty when compatible."""
    return list(_differences("", committed, committed, current, current))


def _differences(path: str, old: Schema, old_root: Schema, new: Schema, new_root: Schema) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    here = path or "the document"
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    old_required, new_required = set(old.get("required", [])), set(new.get("required", []))
    for name in old_fields:
        if name not in new_fields:
            yield f"{path}{name}: was removed"
        else:
            yield from _differences(f"{path}{name}.", old_fields[name], old_root, new_fields[name], new_root)
    for name in sorted(new_required - old_required):
        yield f"{path}{name}: became required, older events lack it"
    for name in sorted(old_required - new_required):
        yield f"{path}{name}: became optional, older readers need it"
    for word in sorted((set(old) | set(new)) - _REMARKS):
        yield from _word(word, here, (old.get(word), old_root), (new.get(word), new_root), path)


def _word(word: str, here: str, old: tuple[Any, Schema], new: tuple[Any, Schema], path: str) -> Iterator[str]:
    (old_value, old_root), (new_value, new_root) = old, new
    if word == "items" and isinstance(old_value, Mapping) and isinstance(new_value, Mapping):
        yield from _differences(f"{path}[].", old_value, old_root, new_value, new_root)
    elif word in ("anyOf", "oneOf", "allOf") and old_value and new_value and len(old_value) == len(new_value):
        for each_old, each_new in zip(old_value, new_value, strict=True):
            yield from _differences(path, each_old, old_root, each_new, new_root)
    elif old_value != new_value:
        yield f"{here.rstrip('.')}: {word} changed from {old_value!r} to {new_value!r}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Schema = root["$defs"][reference.rsplit("/", 1)[1]]
    return target
