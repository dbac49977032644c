"""The catalogue as pure functions: from what people write to the records that every projection reads.

Nothing in here knows Ansible or touches a host.
"""

from longhouse_catalogue.capacity import capacity_problems
from longhouse_catalogue.normalise import CatalogueError, normalise
from longhouse_catalogue.ports import port_plan

__all__ = ["CatalogueError", "capacity_problems", "normalise", "port_plan"]
