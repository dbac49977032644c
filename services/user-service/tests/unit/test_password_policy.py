"""Which passwords are refused, and what is hashed."""

import pytest
from pydantic import TypeAdapter, ValidationError

from users.accounts.password_policy import GivenPassword, NewPassword, refuse_resembling

NEW = TypeAdapter[str](NewPassword)
GIVEN = TypeAdapter[str](GivenPassword)


@pytest.mark.parametrize("good", ["long enough", "x1y2z3w4v5", "пароль-длинный", "🐎🔋📎 staple", "y" + "abc" * 42])
def test_accepts(good: str) -> None:
    assert NEW.validate_python(good)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "123456789",
        "1234567890",
        "QWERTYUIOP",
        "aaaaaaaaaaaa",
        "abababababab",
        "x" * 129,
        "a\x00" * 8,
        "\ud800" * 12,
    ],
)
def test_refuses(bad: str) -> None:
    with pytest.raises(ValidationError):
        NEW.validate_python(bad)


@pytest.mark.parametrize("password", ["Ada.Lovelace@example.com", "ada.lovelace"])
def test_refuses_the_address(password: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        refuse_resembling(password, "ada.lovelace@example.com")


def test_two_keyboards_one_password() -> None:
    assert NEW.validate_python("caf\u00e9 con leche") == GIVEN.validate_python("cafe\u0301 con leche")


def test_an_old_password_may_break_new_rules() -> None:
    assert GIVEN.validate_python("password123") == "password123"
