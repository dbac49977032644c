"""Turns a template and its data into what a channel sends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.notifications.status import Channel
from notifications.templates.moments import format_moment
from notifications.templates.money import format_money


class BrokenTemplateError(Exception):
    """A template cannot be rendered from the data it was given; trying again cannot help."""


@dataclass(frozen=True)
class Rendered:
    """What the recipient sees. ``title`` never holds a line break; it is empty for SMS."""

    title: str
    text: str
    html: str | None = None


class Renderer:
    """Renders ``<template>/<locale>/{subject.txt,body.txt,body.html,sms.txt,push.json}``.

    Undefined variables are errors, HTML is escaped, and the environment is sandboxed: data never becomes code.
    """

    def __init__(self, locale: str = "en") -> None:
        self._locale = locale
        self._environment = ImmutableSandboxedEnvironment(
            loader=jinja2.PackageLoader("notifications", "templates"),
            undefined=jinja2.StrictUndefined,
            autoescape=jinja2.select_autoescape(["html"], default=False),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["money"] = format_money
        self._environment.filters["moment"] = format_moment

    def render(self, template: str, channel: Channel, data: Mapping[str, Any]) -> Rendered:
        """Render for one channel; raises `BrokenTemplateError` with the template's own words."""
        try:
            return self._render(template, channel, data)
        except jinja2.TemplateNotFound as error:
            raise BrokenTemplateError(f"there is no template {error.name}") from error
        except (jinja2.TemplateError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise BrokenTemplateError(f"template {template} for {channel}: {error}") from error

    def _render(self, template: str, channel: Channel, data: Mapping[str, Any]) -> Rendered:
        match channel:
            case Channel.EMAIL:
                title = one_line(self._part(template, "subject.txt", data))
                html = self._part(template, "body.html", {"title": title, **data})
                return Rendered(title, self._part(template, "body.txt", data), html)
            case Channel.SMS:
                return Rendered("", self._part(template, "sms.txt", data))
            case Channel.PUSH:
                push = json.loads(self._part(template, "push.json", data))
                return Rendered(one_line(push["title"]), push["text"])

    def _part(self, template: str, name: str, data: Mapping[str, Any]) -> str:
        return self._environment.get_template(f"{template}/{self._locale}/{name}").render(data).strip()


def one_line(text: str) -> str:
    """Any run of white space or control characters becomes one space: a name with a line break forges no header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
