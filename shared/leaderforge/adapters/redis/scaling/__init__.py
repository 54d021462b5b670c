"""Addition and removal of index nodes, and moves of slots between them, while clients read and write."""
