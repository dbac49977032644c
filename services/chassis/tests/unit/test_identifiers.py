"""Identifiers that sort by time, and those that another process can derive again."""

from uuid import uuid4

from chassis.identifiers import derived_uuid7, uuid7


def test_the_same_parent_and_name_give_the_same_identifier() -> None:
    parent = uuid7()
    assert derived_uuid7(parent, "order.placed/email") == derived_uuid7(parent, "order.placed/email")


def test_another_name_or_parent_gives_another() -> None:
    parent = uuid7()
    derived = {derived_uuid7(parent, "a"), derived_uuid7(parent, "b"), derived_uuid7(uuid7(), "a"), parent}
    assert len(derived) == 4


def test_it_is_a_uuid7_of_its_parents_moment() -> None:
    parent = uuid7()
    derived = derived_uuid7(parent, "a")
    assert (derived.version, derived.variant) == (7, parent.variant)
    assert derived.bytes[:6] == parent.bytes[:6]


def test_it_keeps_its_form_below_any_parent() -> None:
    assert derived_uuid7(uuid4(), "a").version == 7
