"""A change that breaks a committed schema fails here; the committed schemas are what the models say."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.compatibility import breaks
from contracts.events import EVENTS
from contracts.export import schema_of, text_of

SCHEMAS = Path(__file__).parents[2] / "schemas"


def committed(type_: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{type_}.json").read_text())
    return schema


@pytest.mark.parametrize("type_", EVENTS)
def test_models_keep_what_the_committed_schemas_promise(type_: str) -> None:
    assert breaks(committed(type_), schema_of(type_)) == []


@pytest.mark.parametrize("type_", EVENTS)
def test_committed_schemas_are_up_to_date(type_: str) -> None:
    assert (SCHEMAS / f"{type_}.json").read_text() == text_of(type_), "run: python -m contracts.export"


def test_no_event_type_disappears() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(EVENTS)


class TestBreaks:
    """The judge itself, on order.placed.v1."""

    @pytest.fixture
    def old(self) -> dict[str, Any]:
        return schema_of("order.placed.v1")

    @pytest.fixture
    def new(self, old: dict[str, Any]) -> dict[str, Any]:
        return copy.deepcopy(old)

    def test_an_added_optional_field_breaks_nothing(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["properties"]["coupon"] = {"type": "string"}
        new["description"] = "other words"
        assert breaks(old, new) == []

    def test_a_removed_field(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        del new["properties"]["currency"]
        new["required"].remove("currency")
        assert any("currency: was removed" in each for each in breaks(old, new))

    def test_a_new_required_field(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["properties"]["coupon"] = {"type": "string"}
        new["required"].append("coupon")
        assert breaks(old, new) == ["coupon: became required, older events lack it"]

    def test_a_field_that_became_optional(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["required"].remove("total")
        assert breaks(old, new) == ["total: became optional, older readers need it"]

    def test_another_type(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["properties"]["total"]["type"] = "string"
        assert breaks(old, new) == ["total: type changed from 'integer' to 'string'"]

    def test_a_change_deep_inside_a_list(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["$defs"]["OrderItem"]["properties"]["quantity"]["minimum"] = 0
        assert breaks(old, new) == ["items.[].quantity: minimum changed from 1 to 0"]

    def test_a_nullable_field_that_is_no_longer_so(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["$defs"]["OrderCustomer"]["properties"]["email"] = {"type": "string"}
        assert breaks(old, new)

    def test_an_unknown_status(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        new["properties"]["status"]["enum"].append("lost")
        assert breaks(old, new)
