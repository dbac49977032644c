"""`python3 -m lhctl`, for a checkout; on a host `/usr/local/bin/lhctl` does the same."""

from __future__ import annotations

from lhctl.command import main

raise SystemExit(main())
