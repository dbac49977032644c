"""The catalogue as pure functions: from what people write to the records that every projection reads.

Nothing in here knows Ansible or touches a host.
"""

from longhouse_catalogue.capacity import capacity_problems
from longhouse_catalogue.inventory import inventory_problems
from longhouse_catalogue.normalise import normalise
from longhouse_catalogue.ports import port_plan
from longhouse_catalogue.reading import CatalogueError, read

__all__ = ["CatalogueError", "capacity_problems", "inventory_problems", "normalise", "port_plan", "read"]
