"""Runs playbooks as a person would, with a live task line, a full log, and a failure that reads in one look."""

from __future__ import annotations

from control.play.running import Played, run_playbook

__all__ = ["Played", "run_playbook"]
