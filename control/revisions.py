"""Refuses Alembic revisions that lock a table for long or break the release that serves while they run.

Read, not run: each rule looks at the calls of `upgrade()`. What must be destructive says `phase = "contract"` and is
committed later: in a release that follows one which no longer needs the old shape.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

CONTRACT = "contract"
_DESTRUCTIVE_SQL = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s|ALTER\s+COLUMN|SET\s+NOT\s+NULL|TRUNCATE)", re.I)
_LOCKING_SQL = re.compile(
    r"\b(CREATE\s+(UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY)|VACUUM\s+FULL|LOCK\s+TABLE|CLUSTER)\b", re.I
)

Call = ast.Call
Rule = Callable[[Call, set[str]], str]


def objections(path: Path, root: str = "upgrade") -> list[str]:
    """`file:line: what is wrong; what to do` for each call that may not be in an expanding revision, from `root` on."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if _phase(tree) == CONTRACT:
        return []
    calls = [call for function in _reached_from(tree, root) for call in _operations(function)]
    new = {_text(call.args[0]) for call in calls if _name(call) == "create_table" and call.args}
    found = ((call, _RULES[_name(call)](call, new)) for call in calls if _name(call) in _RULES)
    return [f"{path.name}:{call.lineno}: {complaint}" for call, complaint in found if complaint]


def _phase(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "phase" for t in node.targets):
            return _text(node.value)
    return ""


def _reached_from(tree: ast.Module, name: str) -> list[ast.FunctionDef]:
    """The function and those of this file it calls."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found: list[ast.FunctionDef] = []
    waiting = [name]
    while waiting:
        function = functions.get(waiting.pop())
        if function is None or function in found:
            continue
        found.append(function)
        called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
        waiting += [callee.id for callee in called if isinstance(callee, ast.Name)]
    return found


def _operations(function: ast.FunctionDef) -> Iterator[Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


def _name(call: Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _given(call: Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _destroys(call: Call, new: set[str]) -> str:
    return f"{_name(call)} breaks the release that still serves; do it in a later release, with phase = 'contract'"


def _alters(call: Call, new: set[str]) -> str:
    if _given(call, "new_column_name") is not None:
        return _destroys(call, new)
    if _given(call, "type_") is not None:
        return "a changed type rewrites the table under a lock; add a column, fill it, switch, drop in contract"
    if _is(_given(call, "nullable"), value=False):
        return "NOT NULL reads every row under a lock; add a NOT VALID check, validate it, then set it in contract"
    return ""


def _adds_column(call: Call, new: set[str]) -> str:
    column = call.args[1] if len(call.args) > 1 else None
    if not isinstance(column, ast.Call) or _text(call.args[0]) in new:
        return ""
    if _is(_given(column, "nullable"), value=False) and _given(column, "server_default") is None:
        return "the release that still serves cannot insert without this column; give it a server_default"
    return ""


def _indexes(call: Call, new: set[str]) -> str:
    if (len(call.args) > 1 and _text(call.args[1]) in new) or _is(_given(call, "postgresql_concurrently"), value=True):
        return ""
    return "an index on a filled table stops its writers; postgresql_concurrently=True in an autocommit_block"


def _constrains(call: Call, new: set[str]) -> str:
    if (len(call.args) > 1 and _text(call.args[1]) in new) or _is(_given(call, "postgresql_not_valid"), value=True):
        return ""
    return "checking every row holds a lock; postgresql_not_valid=True, and validate in a revision of its own"


def _says_sql(call: Call, new: set[str]) -> str:
    said = " ".join(_text(node) for node in ast.walk(call) if isinstance(node, ast.Constant))
    if _DESTRUCTIVE_SQL.search(said):
        return f"this SQL breaks the release that still serves or rewrites: {said.strip()[:60]}; move it to contract"
    return f"this SQL locks a table: {said.strip()[:60]}; use CONCURRENTLY" if _LOCKING_SQL.search(said) else ""


_RULES: dict[str, Rule] = {
    "drop_table": _destroys, "drop_column": _destroys, "rename_table": _destroys,
    "alter_column": _alters, "add_column": _adds_column, "create_index": _indexes,
    "create_foreign_key": _constrains, "create_check_constraint": _constrains,
    "create_unique_constraint": _constrains, "execute": _says_sql,
}  # fmt: skip
