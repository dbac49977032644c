"""`python -m control`: what `./longhouse` hands over to."""

from __future__ import annotations

import sys

from control.cli import main

sys.exit(main(sys.argv[1:]))
