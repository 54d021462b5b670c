## Call that runs in a thread of its own.

## The call ended. `outcome` has `value` and `error`.
signal completed(outcome)

var thread
var method = ""
var arguments = []
var outcome
var _is_cancelled = false


## End the call soon, with an error of the kind `Cancelled`. Queued scores stay.
func cancel():
	_is_cancelled = true


## Return whether the job was cancelled.
func is_cancelled():
	return _is_cancelled
