"""Whether a new release is worse than the old one, judged from how requests to both ended.

Both questions are about a share: of failed answers, and of answers slower than what was usual. A share is higher when
the lower bound of its confidence interval says so: three bad answers of four are a reason, one of ten is none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from lhctl.ports import Request

# 5xx answers a release may give although the old one gave none; above it the bound must lie.
TOLERATED_ERRORS = 0.01
TIMES_THE_OLD_ERRORS = 2.0
FEWEST_ERRORS = 3
# p95 may double, and on top of that differ by what a person does not feel.
TIMES_THE_OLD_P95 = 2.0
UNFELT_SECONDS = 0.05
SLOWER_THAN_P95 = 0.05
FEWEST_TIMED = 50
# One-sided, about 1 in 1000 per look: a watch looks some dozen times.
DEVIATIONS = 3.0


@dataclass
class Sample:
    """How requests to one release ended."""

    seconds: list[float] = field(default_factory=list)
    count: int = 0
    errors: int = 0

    def add(self, request: Request, *, timed: bool = True) -> None:
        """`timed` is false while a release warms up: its first answers say nothing about its speed."""
        self.count += 1
        self.errors += request.status >= 500
        if timed:
            self.seconds.append(request.seconds)

    @property
    def error_share(self) -> float:
        return self.errors / self.count if self.count else 0.0

    @property
    def p95(self) -> float:
        """Seconds; 0 without requests."""
        return sorted(self.seconds)[math.ceil(0.95 * len(self.seconds)) - 1] if self.seconds else 0.0

    def __str__(self) -> str:
        return f"{self.count} requests, {self.error_share:.1%} 5xx, p95 {self.p95 * 1000:.0f} ms"


def objection(new: Sample, old: Sample) -> str:
    """Why `new` is worse than `old`, or nothing."""
    return _fails_more(new, old) or _is_slower(new, old)


def _fails_more(new: Sample, old: Sample) -> str:
    allowed = max(TOLERATED_ERRORS, TIMES_THE_OLD_ERRORS * old.error_share)
    if new.errors < FEWEST_ERRORS or at_least(new.errors, new.count, 2.0) <= allowed:
        return ""
    return f"{new.errors} of {new.count} answers are 5xx ({new.error_share:.1%}; before: {old.error_share:.1%})"


def _is_slower(new: Sample, old: Sample) -> str:
    if len(new.seconds) < FEWEST_TIMED or len(old.seconds) < FEWEST_TIMED:
        return ""
    limit = max(TIMES_THE_OLD_P95 * old.p95, old.p95 + UNFELT_SECONDS)
    slower = sum(seconds > limit for seconds in new.seconds)
    if at_least(slower, len(new.seconds), DEVIATIONS) <= SLOWER_THAN_P95:
        return ""
    return f"p95 is {new.p95 * 1000:.0f} ms (before: {old.p95 * 1000:.0f} ms)"


def at_least(hits: int, of: int, deviations: float) -> float:
    """Lower bound of Wilson's interval of a share."""
    share, square = hits / of, deviations**2
    middle = share + square / (2 * of)
    spread = deviations * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - spread) / (1 + square / of)
