"""Messages two services speak, owned by the one that sends them.

A model here is a promise: within one version fields may only be added, and only optional ones. Anything else is a new
version with a new type name, published beside the old one until nobody reads that any more.
"""
