"""Reading of score files: bytes to text, text to rows, rows to score lines. The only input of the package is a stream.

`files` is the entry point of the package, for the command and for any other way to upload a file.
"""
