"""Construction of named tuples where the cost of each one counts."""

new_record = tuple.__new__
"""Constructor of a named tuple from its class and a tuple of all fields. It takes half the time of a call of the class.

Use it only where each request constructs many: it checks neither the number of the fields nor their types.
"""
