"""One spelling per mailbox."""

import pytest

from users.accounts.email import normalise


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+tag@example.com", "ada+tag@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@mail.internal", "ada@mail.internal"),
        ("ada@longhouse.test", "ada@longhouse.test"),
    ],
)
def test_normalises(given: str, kept: str) -> None:
    assert normalise(given) == kept


@pytest.mark.parametrize(
    "bad",
    ["", "@", "ada", "ada@", "@example.com", "a b@example.com", "ada@localhost", "ada@exa mple.com", "ada@example..com",
     "ada@-example.com", "ä@example.com", "ada@[127.0.0.1]", "Ada <ada@example.com>", "a@example.com,b@example.com",
     "ada@example.com\n", "a\x00@example.com", '"a b"@example.com', f"{'a' * 65}@example.com"],
)  # fmt: skip
def test_refuses(bad: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        normalise(bad)
