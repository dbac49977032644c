"""Rules between entries. Each problem names both sides and says what to do.

A retired entry holds its name (its data is still there) but neither its ports nor its routes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from longhouse_catalogue.ports import PLATFORM_PORTS, free_port, ports_of
from longhouse_catalogue.shape import suggestion

Record = Mapping[str, Any]
Problem = tuple[str, str]  # name of the entry, complaint


def neighbour_problems(entries: Sequence[Record]) -> Iterator[Problem]:
    """Every clash between entries, as (name of the entry to change, text)."""
    for rule in RULES:
        yield from rule(entries)


def _names(entries: Sequence[Record]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for position, entry in enumerate(entries, 1):
        name = entry["name"]
        if name in seen:
            yield name, f"name: entries {seen[name]} and {position} are both called '{name}'; rename one of them"
        seen.setdefault(name, position)


def _ports(entries: Sequence[Record]) -> Iterator[Problem]:
    taken: dict[int, tuple[str, str]] = {port: ("the platform", owner) for port, owner in PLATFORM_PORTS.items()}
    holders = [entry for entry in _standing(entries) if entry["port"] is not None]
    everything = set(taken) | {number for entry in holders for number, _ in ports_of(entry["port"])}
    for entry in holders:
        myself = f"service '{entry['name']}'"
        told = {myself}  # two services with one port clash four times over; once is enough
        for number, words in ports_of(entry["port"]):
            holder, their_words = taken.setdefault(number, (myself, words))
            if holder in told:
                continue
            told.add(holder)
            free = free_port(everything, 8081)
            yield entry["name"], f"port: {number} ({words}) is taken by {holder} ({their_words}); {free} is free"


def _routes(entries: Sequence[Record]) -> Iterator[Problem]:
    held = [(route, entry["name"]) for entry in _standing(entries) for route in entry["routes"]]
    for (first, holder), (second, name) in combinations(held, 2):
        if holder != name and (_within(first, second) or _within(second, first)):
            yield name, (f"routes: {second} overlaps with {first} of service '{holder}'; "
                         "a request must have one owner, choose paths of which none begins with another")  # fmt: skip


def _within(route: str, other: str) -> bool:
    # "/" is what is left over: the edge prefers every longer prefix to it.
    return route == other or (other != "/" and route.startswith(f"{other}/"))


def _calls(entries: Sequence[Record]) -> Iterator[Problem]:
    states = {entry["name"]: entry["state"] for entry in entries}
    for entry in _standing(entries):
        good = {"live"} if entry["state"] == "live" else {"live", "planned"}
        for callee in entry["calls"]:
            if callee not in states:
                yield entry["name"], f"calls: there is no service '{callee}'{suggestion(callee, states)}"
            elif states[callee] not in good:
                yield entry["name"], (f"calls: service '{callee}' is {states[callee]}; "
                                      f"make it live or remove it from calls of '{entry['name']}'")  # fmt: skip


def _subscriptions(entries: Sequence[Record]) -> Iterator[Problem]:
    announced = [(pattern, entry) for entry in entries for pattern in entry["events"]["publishes"]]
    patterns = sorted({pattern for pattern, _ in announced})
    for entry in _standing(entries):
        for wanted in entry["events"]["subscribes"]:
            publishers = [other for pattern, other in announced if _meet(wanted, pattern)]
            if not publishers:
                known = ", ".join(patterns) or "nothing"
                yield entry["name"], (f"events.subscribes: nobody publishes {wanted}{suggestion(wanted, patterns)}; "
                                      f"published: {known}")  # fmt: skip
            elif all(other["state"] == "retired" for other in publishers):
                yield entry["name"], (f"events.subscribes: {wanted} came from service '{publishers[0]['name']}', "
                                      "which is retired; remove the subscription")  # fmt: skip


def _meet(one: str, other: str) -> bool:
    """Can an event type match both patterns? `user.*` stands for every type that begins with `user.`."""
    if one.endswith("*") and other.endswith("*"):
        return one[:-1].startswith(other[:-1]) or other[:-1].startswith(one[:-1])
    if one.endswith("*"):
        return other.startswith(one[:-1])
    return one == other if not other.endswith("*") else one.startswith(other[:-1])


def _standing(entries: Sequence[Record]) -> list[Record]:
    return [entry for entry in entries if entry["state"] != "retired"]


RULES: tuple[Callable[[Sequence[Record]], Iterator[Problem]], ...] = (
    _names, _ports, _routes, _calls, _subscriptions,
)  # fmt: skip
