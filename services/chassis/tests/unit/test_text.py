"""Free text: what PostgreSQL, UTF-8 and mail headers can bear."""

from typing import Annotated

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from chassis.text import Line, Paragraph

LINE = TypeAdapter[str](Annotated[Line, StringConstraints(max_length=5)])
PARAGRAPH = TypeAdapter[str](Paragraph)


def test_a_line_is_trimmed() -> None:
    assert LINE.validate_python("  Zoë ") == "Zoë"


@pytest.mark.parametrize(
    "bad", ["", "  ", "123456", "a\nb", "a\x00", "a\x85b", "a\u2028b", "\ud800", "a\ud800", 5, None]
)
def test_a_line_refuses(bad: object) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(bad)


def test_the_document_says_all_of_it() -> None:
    assert set(LINE.json_schema()) == {"type", "minLength", "maxLength", "pattern"}
    assert LINE.json_schema()["maxLength"] == 5


def test_a_paragraph_has_lines() -> None:
    assert PARAGRAPH.validate_python("a\nb") == "a\nb"
    for bad in ("", "\x00", "\ud800", "x" * 10_001):
        with pytest.raises(ValidationError):
            PARAGRAPH.validate_python(bad)
