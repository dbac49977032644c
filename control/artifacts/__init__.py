"""Artifacts: what a release is made from. `build` makes them; nothing here talks to a host."""

from __future__ import annotations

from control.artifacts.build import build
from control.artifacts.model import Artifact, BuildError, Progress, Target, Wheel

__all__ = ["Artifact", "BuildError", "Progress", "Target", "Wheel", "build"]
