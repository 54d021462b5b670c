"""Wire format, one module per resource: the model of its input, the model of its output, and its rendering.

Output models document all responses, and render most of them. Hand-written code renders responses with entries, because
it is several times faster and passes on metadata, which is already JSON text. Tests compare its output with the models.
"""
