"""Every template renders from its contract's example, on every channel, and data never becomes markup or a header."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.notifications.schemas import TemplateName
from notifications.notifications.status import Channel
from notifications.subscriptions.registry import SUBSCRIPTIONS, follow
from notifications.templates.fields import TEMPLATES
from notifications.templates.moments import format_moment
from notifications.templates.money import format_money
from notifications.templates.opener import Opener
from notifications.templates.renderer import BrokenTemplateError, Renderer, one_line
from notifications.testing.examples import SEALING_KEY, TOKEN, TOLD, data_of

RENDERER = Renderer()
OPENER = Opener("https://longhouse.test/password-reset", private_key=SEALING_KEY)
MESSAGE = {"subject": "Closed on Monday", "text": "We are closed.\n\nSee you on Tuesday <3"}


def example(template: str, **details: Any) -> dict[str, Any]:
    """What the consumer stores for ``template``."""
    data = MESSAGE if template == "message" else data_of(f"{template}.v1", **details).model_dump(mode="json")
    return dict(OPENER.opened(template, TEMPLATES[template].model_validate(data).model_dump(mode="json")))


def test_every_promised_event_has_its_subscription_and_the_api_knows_every_template_without_secrets() -> None:
    assert set(SUBSCRIPTIONS) == set(TOLD)
    assert set(get_args(TemplateName)) == set(TEMPLATES) - {"user.password_reset_requested"}


@pytest.mark.parametrize("type_", TOLD)
def test_a_subscription_finds_its_recipient_and_address_in_the_contract(type_: str) -> None:
    data = data_of(type_).model_dump(mode="json")
    for subscription in SUBSCRIPTIONS[type_]:
        assert follow(subscription.recipient, data)
        assert follow(subscription.addresses[Channel.EMAIL], data) == "ada@example.com"


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("channel", list(Channel))
def test_it_renders_its_contract_example(template: str, channel: Channel) -> None:
    rendered = RENDERER.render(template, channel, example(template))
    assert rendered.text.strip()
    assert bool(rendered.title) is (channel is not Channel.SMS)
    assert (rendered.html is not None) is (channel is Channel.EMAIL)
    assert "{{" not in rendered.title + rendered.text + (rendered.html or "")


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_what_a_template_lacks_is_an_error_and_not_a_blank(template: str) -> None:
    data = example(template)
    data.pop("name", None)
    data.pop("order_id", None)
    data.pop("text", None)
    with pytest.raises(BrokenTemplateError, match="is undefined"):
        RENDERER.render(template, Channel.EMAIL, data)


def test_a_reset_names_the_link_the_token_and_until_when() -> None:
    data = example("user.password_reset_requested")
    rendered = RENDERER.render("user.password_reset_requested", Channel.EMAIL, data)
    link = f"https://longhouse.test/password-reset#token={TOKEN}"
    assert link in rendered.text.splitlines()
    assert TOKEN in rendered.text.splitlines()
    assert f'href="{link}"' in (rendered.html or "")
    assert format_moment(data["expires_at"]) in rendered.text
    assert TOKEN not in rendered.title


def test_an_order_lists_its_lines_and_the_total_as_money() -> None:
    rendered = RENDERER.render("order.placed", Channel.EMAIL, example("order.placed"))
    assert rendered.title == "Your order over EUR 1,234.50"
    assert "3 x Punched cards <blank>: EUR 34.50" in rendered.text
    assert "Total: EUR 1,234.50" in rendered.text


@pytest.mark.parametrize("template", ["user.registered", "order.placed"])
def test_names_are_escaped_in_html(template: str) -> None:
    rendered = RENDERER.render(template, Channel.EMAIL, example(template, name="<img src=x onerror=alert(1)>"))
    assert rendered.html is not None
    assert "<img" not in rendered.html
    assert "&lt;img" in rendered.html
    assert "<img src=x" in rendered.text


def test_data_that_looks_like_a_template_stays_text() -> None:
    rendered = RENDERER.render("user.registered", Channel.EMAIL, example("user.registered", name="{{ 7 * 7 }}"))
    assert "{{ 7 * 7 }}" in rendered.title


def test_an_unknown_template_is_named() -> None:
    with pytest.raises(BrokenTemplateError, match=r"no template order\.lost/en/subject\.txt"):
        RENDERER.render("order.lost", Channel.EMAIL, {})


@given(name=st.text(max_size=80))
def test_no_name_breaks_a_subject_or_a_push_message(name: str) -> None:
    data = {"name": name, "email": "a@example.com"}
    for channel in (Channel.EMAIL, Channel.PUSH):
        title = RENDERER.render("user.registered", channel, data).title
        assert title == one_line(title)
        assert title.splitlines() == [title]


@pytest.mark.parametrize(
    ("minor", "currency", "read"),
    [
        (123_450, "EUR", "EUR 1,234.50"),
        (5, "USD", "USD 0.05"),
        (-199, "EUR", "EUR -1.99"),
        (1_500, "JPY", "JPY 1,500"),
        (1_234_567, "KWD", "KWD 1,234.567"),
        (0, "EUR", "EUR 0.00"),
    ],
)
def test_money_reads_as_its_currency_does(minor: int, currency: str, read: str) -> None:
    assert format_money(minor, currency) == read


def test_moments_read_the_same_everywhere() -> None:
    assert format_moment("2026-11-01T11:05:59+01:00") == "1 November 2026, 10:05 UTC"
