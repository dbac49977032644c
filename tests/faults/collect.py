"""Runs on the host: prints as JSON what it holds about the customers whose addresses contain a tag.

python3 - TAG MAILDIR WITH_QUEUES < collect.py
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# Each query sees :'ours', a pattern that the addresses of this schedule's customers match.
ORDERS = """
SELECT o.id, l.sku AS key, o.status, o.version FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.position = (
    SELECT min(position) FROM order_lines WHERE order_id = o.id) WHERE o.customer_email LIKE :'ours'"""
OUTBOX = "SELECT 'outbox' AS place, count(*) FROM outbox"
NOTIFICATIONS = """
SELECT id, event_id, event_type, coalesce(data->>'order_id', '') AS order_id,
    to_char(created_at, 'YYYYMMDDHH24MISSUS') || id AS seen
FROM notification WHERE id IN (SELECT notification_id FROM delivery WHERE address LIKE :'ours')"""
DELIVERIES = """
SELECT d.id, notification_id, address, status, coalesce(last_error, '') AS error, coalesce(
    (SELECT json_agg(outcome ORDER BY number) FROM delivery_attempt WHERE delivery_id = d.id), '[]') AS outcomes
FROM delivery d WHERE address LIKE :'ours'"""
INBOX = """
SELECT event_id FROM inbox WHERE consumer = 'notification.events' AND event_id IN (SELECT event_id FROM notification
    WHERE id IN (SELECT notification_id FROM delivery WHERE address LIKE :'ours'))"""


def rows(database: str, query: str, tag: str) -> list[dict[str, object]]:
    """Rows of ``query``, asked as the superuser."""
    words = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", f"ours=%{tag}%"]
    text = " ".join(["SELECT coalesce(json_agg(row), '[]') FROM (", query, ") AS row;"])
    done = subprocess.run(
        [*words, "-d", f"longhouse_{database}"], check=True, input=text, capture_output=True, text=True
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def mails(maildir: str, tag: str) -> list[dict[str, object]]:
    found = []
    for file in (Path(maildir) / "new").iterdir():
        head = file.read_text(errors="replace").partition("\n\n")[0]
        to = re.search(r"^To: (.*)$", head, re.MULTILINE)
        name = re.search(r"^Message-ID:\s*<([^@>]*)", head, re.MULTILINE)
        if to and name and tag in to[1]:
            # The moment it was linked into the folder, complete.
            found.append({"message_id": name[1], "to": to[1].strip(), "at": file.stat().st_ctime})
    return found


def dead_letters() -> list[dict[str, str]]:
    listed = subprocess.run(["lhctl", "dead-letters", "list", "--json"], check=True, capture_output=True, text=True)
    return [{name: letter[name] for name in ("id", "source", "reason")} for letter in json.loads(listed.stdout)]


def queues() -> dict[str, int]:
    words = ["rabbitmqctl", "-q", "--no-table-headers", "-p", "longhouse", "list_queues", "name", "type", "messages"]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split("\n")
    counted = [line.split("\t") for line in lines if line]
    return {f"queue {name}": int(count) for name, kind, count in counted if kind.strip() != "stream"}


def main(tag: str, maildir: str, with_queues: str) -> None:
    depths = {name: rows(name, OUTBOX, tag) for name in ("order", "user")}
    waiting = {f"{row['place']} of {name}": row["count"] for name, places in depths.items() for row in places}
    # Mails last: what is in the rows must be found in the mailbox, and not the other way round.
    found = {
        "orders": rows("order", ORDERS, tag),
        "notifications": rows("notification", NOTIFICATIONS, tag),
        "deliveries": rows("notification", DELIVERIES, tag),
        "inbox": [row["event_id"] for row in rows("notification", INBOX, tag)],
        "waiting": waiting | (queues() if with_queues == "yes" else {}),
        "dead": dead_letters() if with_queues == "yes" else None,
        "mails": mails(maildir, tag),
    }
    print(json.dumps(found))


main(*sys.argv[1:])
