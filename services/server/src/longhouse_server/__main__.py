"""`python -m longhouse_server COMMAND …`: a console script of the release, or `python FILE`, with its secrets.

What the units run beside the web process: fleet programs, migrations, setup. It stays one process, so signals arrive.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from longhouse_server.credentials import take_credentials


def main(words: list[str]) -> None:
    """`python -m MODULE …`, `python FILE …` or the name of a console script, with arguments."""
    take_credentials()
    # A source tree's own modules are beside the working directory, as if it had been started there.
    sys.path[0] = ""
    if words[:2] == ["python", "-m"]:
        sys.argv = words[2:]
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)
        return
    program = words[1] if words[0] == "python" else str(Path(sys.executable).with_name(words[0]))
    sys.argv = [program, *words[2 if words[0] == "python" else 1 :]]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
