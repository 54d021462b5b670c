"""Interfaces between services and the outside, one module per concern. Import the module of the concern.

All calls raise `Unavailable` (`IndexUnavailable` or `StoreUnavailable`) if the adapter does not answer within its time
limit. Times are in ms since 1970 UTC.
"""
