"""The edge: HTTP serving, access control, the wire format and AWS Lambda, shared by all functions."""
