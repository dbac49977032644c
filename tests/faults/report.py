"""What a run says: a line for each schedule, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.faults.rules import duplicates_at_the_wire
from tests.faults.stage import Verdict

SHOWN_BREACHES = 10
# What a client may be told while something is broken: done, or come back later.
EXPECTED = (200, 201, 503)


def line(verdict: Verdict) -> str:
    """One line, and one more for each of the first breaches."""
    evidence = verdict.history.evidence
    unexpected = Counter(answer.status for answer in verdict.history.answers if answer.status not in EXPECTED)
    words = [
        "BROKEN" if verdict.breaches else "late  " if verdict.late else "ok    ",
        f"{verdict.schedule.name:<12}",
        f"{len(evidence.orders):3} orders, {len(evidence.mails):3} emails, "
        f"{', '.join([f'recovery {verdict.recovery:4.1f} s', *_counted(unexpected)])}:",
        str(verdict.schedule),
    ]
    more = verdict.breaches[:SHOWN_BREACHES]
    if len(verdict.breaches) > SHOWN_BREACHES:
        more.append(f"… and {len(verdict.breaches) - SHOWN_BREACHES} more")
    if verdict.late:
        more.append(verdict.late)
    return "\n        ".join([" ".join(words), *more])


def totals(verdicts: Sequence[Verdict]) -> str:
    """The figures of the run."""
    histories = [verdict.history for verdict in verdicts]
    answers = Counter(answer.status for history in histories for answer in history.answers)
    slowest = max(verdicts, key=lambda verdict: verdict.recovery)
    longest = max((answer.seconds for history in histories for answer in history.answers), default=0.0)
    return "\n".join([
        "",
        f"schedules    {len(verdicts)}, broken {sum(bool(verdict.breaches) for verdict in verdicts)},"
        f" late {sum(bool(verdict.late) for verdict in verdicts)}",
        f"faults       {sum(len(verdict.schedule.events) for verdict in verdicts)},"
        f" of them failpoints that nobody passed {sum(verdict.missed for verdict in verdicts)}",
        f"orders       {sum(len(history.evidence.orders) for history in histories)}",
        f"events told  {sum(len(history.evidence.notifications) for history in histories)}",
        f"emails       {sum(len(history.evidence.mails) for history in histories)},"
        f" duplicates at the wire {sum(map(duplicates_at_the_wire, histories))}",
        f"answers      {', '.join(_counted(answers))}; the slowest took {longest:.1f} s",
        f"recovery     slowest {slowest.recovery:.1f} s after {slowest.schedule}",
    ])  # fmt: skip


def _counted(answers: Counter[int]) -> list[str]:
    return [f"{count} x {status or 'none'}" for status, count in sorted(answers.items())]
