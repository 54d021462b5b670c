"""Executor that runs Lambda functions in LocalStack as local processes, under AWS's own runtime client.

A function gets its unpacked code and layers, the runtime API, its environment, one invocation at a time, a time limit
and a log, as at AWS. It gets no file system, memory limit or permissions of its own.
"""
