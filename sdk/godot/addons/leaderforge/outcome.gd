## Result of a call: a value, or an error.

## Value of the call: a Dictionary, an Array or null. Null too for an error.
var value
## Error of the call (`failure.gd`), null without one.
var error


func _init(p_value, p_error = null):
	value = p_value
	error = p_error
