"""The wire format, one module a resource: the model of its input, the model of its output, and its rendering.

An output model documents an answer, and most answers are made by it. Answers with entries are written by hand instead:
that is several times faster than validation, and metadata, which is JSON text already, passes unchanged. Tests hold
these to their models.
"""
