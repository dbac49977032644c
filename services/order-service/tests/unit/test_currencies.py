"""Which money orders may be in."""

import pytest
from pydantic import TypeAdapter, ValidationError

from orders.orders.currencies import CODES, Currency

ADAPTER: TypeAdapter[str] = TypeAdapter(Currency)


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "KWD", "CHF"])
def test_active_codes_are_accepted(code: str) -> None:
    assert ADAPTER.validate_python(code) == code


@pytest.mark.parametrize("code", ["eur", "XXX", "XAU", "DEM", "HRK", "EU", "EURO", "", "€€€", "AB\x00"])
def test_anything_else_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(code)


def test_codes_are_well_formed_and_unique() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CODES)
    assert len(set(CODES)) == len(CODES)
