"""Runs Lambda functions in LocalStack as processes of this machine, under AWS's own runtime client.

A function gets what it gets at AWS: its unpacked code and layers, the runtime API, its environment, one invocation at a
time, a time limit and a log. It does not get a file system, a memory limit or permissions of its own.
"""
