"""The demo order: what a client of the platform does, from registration to the email in the mailbox."""

from __future__ import annotations

from control.demo.order import OrderWay, place_demo_order

__all__ = ["OrderWay", "place_demo_order"]
