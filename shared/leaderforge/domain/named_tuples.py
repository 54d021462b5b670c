"""Construction of named tuples where the cost of each construction counts."""

new_record = tuple.__new__
"""Constructor of a named tuple from its class and a tuple of all fields. It takes half the time of a class call.

Use it only where each request constructs many tuples, because it checks neither number nor types of the fields.
"""
