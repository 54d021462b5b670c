"""Reading of score files: bytes to text, text to rows, rows to score lines. It does no I/O of its own beyond a stream.

`files` connects the modules. The command uses it, as any other way to upload a file would.
"""
