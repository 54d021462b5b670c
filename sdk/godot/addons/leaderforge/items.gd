## Iterator over entries or over the changes of a board. `next()` returns a job; the value of its outcome is the next
## item, null at the end.

const Failure = preload("failure.gd")
const Outcome = preload("outcome.gd")
const EventReader = preload("event_reader.gd")
## The service sends a line every 15 s, therefore this silence means a lost connection.
const SILENCE_S = 45.0

var _client
var _transport
var _session
var _read
var _kind = ""
var _every_s = 0.0
var _loaded = []
var _cursor
var _is_started = false
var _is_last = false
var _tag = {"value": ""}
var _exchange
var _reader = EventReader.new()
var _failures = 0
var _job


## `kind` is `pages`, `polls` or `stream`. `read` has `path` and `query`.
func _init(client, transport, session, kind, read, every_s = 0.0):
	_client = client
	_transport = transport
	_session = session
	_kind = kind
	_read = read
	_every_s = every_s


## Return a job for the next item. Ask for one at a time.
func next():
	_job = _client.run(self, "_next", [])
	return _job


## End the iterator, and its connection.
func stop():
	if _job != null:
		_job.cancel()
	_is_last = true
	if _exchange != null:
		_exchange.close()


func _next(job):
	match _kind:
		"pages":
			return _next_entry(job)
		"polls":
			return _next_poll(job)
		_:
			return _next_event(job)


func _next_entry(job):
	if _loaded.size() == 0 and not _is_last:
		var query = _read.query.duplicate()
		if _cursor == null:
			query["rank"] = 1
		else:
			# A cursor implies its period, but not its segment.
			query.erase("period")
			query["cursor"] = _cursor
		var outcome = _session.request({"method": "GET", "path": _read.path + "/page", "query": query}, job)
		if outcome.error != null:
			return outcome
		_loaded = outcome.value.entries
		_cursor = outcome.value.next
		_is_last = _cursor == null
	return Outcome.new(null if _loaded.size() == 0 else _loaded.pop_front())


func _next_poll(job):
	while not _is_last:
		if _is_started and not _transport.wait(_every_s, job):
			break
		_is_started = true
		var attempt = {"method": "GET", "path": _read.path + "/top", "query": _read.query, "tag": _tag}
		var outcome = _session.request(attempt, job)
		if outcome.error != null or outcome.value != null:
			return outcome
	return _transport.cancelled()


func _next_event(job):
	while not _is_last and not job.is_cancelled():
		var outcome = _event(job)
		if outcome.error == null:
			_failures = 0
			return outcome
		if outcome.error.code == "streaming_unavailable":
			_kind = "polls"
			_every_s = 1.0
			return _next_poll(job)
		if not outcome.error.is_transient() and outcome.error.code != "too_many_listeners":
			return outcome
		_reader.interrupt()
		_failures += 1
		var wait_s = _transport.backoff_s(_failures)
		_transport.emit("stream", {"state": "interrupted", "wait_s": wait_s})
		_transport.wait(wait_s, job)
	return _transport.cancelled()


func _event(job):
	if _exchange == null:
		var attempt = {"path": _read.path + "/stream", "query": _read.query, "last_id": _reader.last_id}
		var opened = _session.open(attempt, job)
		if opened.error != null:
			return opened
		_exchange = opened.value
		_transport.emit("stream", {"state": "connected", "resumed": _reader.last_id != ""})
	_exchange.follow(job)
	while true:
		var line = _exchange.read_line(SILENCE_S)
		if line == null:
			_exchange.close()
			_exchange = null
			return Outcome.new(null, Failure.new("NetworkError", "the stream broke"))
		var top = _reader.feed(line)
		if top != null:
			return Outcome.new(top)
