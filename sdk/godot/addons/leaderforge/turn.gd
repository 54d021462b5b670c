## Exclusive right to run a part of a call.

const Host = preload("host.gd")

var _mutex = Mutex.new()
var _is_taken = false


## Wait for the right. Return false if the job is cancelled first.
func acquire(job):
	while not _try_acquire():
		if job.is_cancelled():
			return false
		Host.sleep_ms(2)
	return true


func release():
	_mutex.lock()
	_is_taken = false
	_mutex.unlock()


func _try_acquire():
	_mutex.lock()
	var is_free = not _is_taken
	_is_taken = true
	_mutex.unlock()
	return is_free
