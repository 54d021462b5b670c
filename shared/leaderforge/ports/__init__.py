"""What the services need from the outside, a module a concern. Import the module that names the concern.

All calls raise `Unavailable` (`IndexUnavailable` or `StoreUnavailable`) when the part cannot answer within its
time limit. Times are milliseconds since 1970, UTC.
"""
