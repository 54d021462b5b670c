-- Whether the event improves the sum in the board's order.
items.score * items.sign < 0
