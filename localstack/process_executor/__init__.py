"""Executor that runs Lambda functions in LocalStack as local processes, under AWS's own runtime client.

As on AWS, a function gets its unpacked code and layers, the runtime API, its environment, one invocation at a time, a
time limit and a log. Unlike on AWS, it has no file system, memory limit or permissions of its own.
"""
