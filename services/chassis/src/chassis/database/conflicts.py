"""A violated constraint, said in the domain's words."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from chassis.problems import Problem


@contextmanager
def translate(constraints: Mapping[str, Callable[[], Problem]]) -> Iterator[None]:
    """Raise ``constraints[name]()`` when a statement inside violates the constraint ``name``; let others pass.

    Flush inside the block: the violation shows when the statement runs.
    """
    try:
        yield
    except IntegrityError as error:
        diagnosis = getattr(error.orig, "diag", None)
        problem = constraints.get(getattr(diagnosis, "constraint_name", None) or "")
        if problem is None:
            raise
        raise problem() from error
