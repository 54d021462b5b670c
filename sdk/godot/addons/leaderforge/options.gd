## Credentials and limits of a client.
##
## A retry waits a random time up to `backoff_s`, doubled with each try up to `longest_backoff_s`, on top of the
## server's `Retry-After`. If that exceeds `longest_wait_s`, the call fails instead.

## API key. Never put one into a game: use player tokens there.
var key = ""
## Player token of your own server.
var token = ""
## Path of the file that keeps scores and the session, such as `user://scores.log`. Without it, both are lost with the
## process.
var queue = ""
var queue_capacity = 10000
## Number of scores in one request.
var batch_size = 50
## Time limit of one try.
var timeout_s = 10.0
var tries = 5
var backoff_s = 0.25
var longest_backoff_s = 10.0
var longest_wait_s = 60.0
## Real length of every wait in s, for tests of a game. Negative: the wait itself.
var short_wait_s = -1.0


## Take the values of a Dictionary.
func _init(values = {}):
	for name in values:
		set(name, values[name])
