"""Write the dashboards: `python -m control.dashboards`. A test compares them with what they are made of."""

from __future__ import annotations

from control.dashboards.drawing import dashboards
from control.layout import REPOSITORY

FOLDER = REPOSITORY / "roles" / "grafana" / "files" / "dashboards"


if __name__ == "__main__":
    for name, content in dashboards().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
        print(f"wrote {(FOLDER / name).relative_to(REPOSITORY)}")
