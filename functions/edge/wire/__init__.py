"""Wire format, one module per resource: the model of its input, the model of its output, and its rendering.

An output model documents a response, and renders most of them. Responses with entries are rendered by hand: this is
several times faster than validation, and metadata, which is already JSON text, passes unchanged. Tests compare the
hand-written rendering with the models.
"""
