"""Prototype of a second index that is divided by ranges of the sort key: see docs/decisions/0045-score-ranges.md.

A *range* is a sorted set with the entries between two boundaries, and lies in one partition. A rank is the number of
entries above it in its own range, plus the sizes of all better ranges.

A submission may move an entry between ranges of two nodes, which no script can do in one step. The ranges therefore lag
behind. The partition of the player, which applies a standing in one step, appends the *move* (the old and the new sort
key) to a *log*. A log consists of *generations*. A *fold* ends the present generation of all logs, and then applies its
moves to the ranges, with one script call per partition. Each reply has the generation of the ranges and the log since
the last reply. The reader adds the moves that the ranges lack. Its answer therefore has each player once, in a state of
one moment of the player's partition, as without ranges.
"""
