"""Reading of score files: bytes to text, text to rows, rows to score lines. It does no I/O of its own beyond a stream.

`table` connects the modules. The command and any other way to upload a file use it alike.
"""
