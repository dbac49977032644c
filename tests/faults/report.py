"""What a run says: a line for each schedule, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.faults.rules import duplicates_at_the_wire
from tests.faults.stage import Verdict

SHOWN_BREACHES = 10


def line(verdict: Verdict) -> str:
    """One line, and one more for each of the first breaches."""
    evidence = verdict.history.evidence
    words = [
        "BROKEN" if verdict.breaches else "late  " if verdict.late else "ok    ",
        f"{verdict.schedule.name:<12}",
        f"{len(evidence.orders):3} orders, {len(evidence.mails):3} emails, recovery {verdict.recovery:4.1f} s:",
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
    told = ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(answers.items()))
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
        f"answers      {told}; the slowest took {longest:.1f} s",
        f"recovery     slowest {slowest.recovery:.1f} s after {slowest.schedule}",
    ])  # fmt: skip
