## Client of one service and one player or key, as a node of the scene.
##
## Each call runs in a thread of its own and returns a job at once. The job emits `completed` with an outcome, whose
## `error` is null or has `kind`, `code` and `message`. `job.cancel()` cancels it; queued scores stay.
extends Node

## Event for logs and metrics: `request`, `retry`, `queued`, `delivered`, `rejected`, `session` or `stream`. `facts`
## have its numbers; they contain no key, token or secret. Times are in s.
signal telemetry(kind, facts)

const Delivery = preload("delivery.gd")
const Failure = preload("failure.gd")
const Host = preload("host.gd")
const Items = preload("items.gd")
const Job = preload("job.gd")
const Options = preload("options.gd")
const Outcome = preload("outcome.gd")
const Session = preload("session.gd")
const Store = preload("store.gd")
const Transport = preload("transport.gd")
const REPEATABLE = ["GET", "PUT", "DELETE"]

## Scores that wait or were refused: `pending()`, `rejected()`, `accepted_count()`, `requeue(id)` and `discard(id)`.
var queue
var _options
var _transport
var _session
var _delivery
var _jobs = []


## Open the queue's file, for the service at this address. `options.gd` lists the possible `values`. Return an error,
## null without one.
func open(url, values = {}):
	_options = Options.new(values)
	queue = Store.new(_options.queue_capacity)
	var failure = queue.open(_options.queue)
	_transport = Transport.new(url, _options, self)
	_session = Session.new(_transport, queue, _options)
	_delivery = Delivery.new(_transport, _session, queue, _options.batch_size)
	return failure


## Return the player that is signed in, null without one.
func user_id():
	return _session.user_id()


## Use another player token of your own server, such as after an error of the kind `Unauthenticated`.
func use_token(token):
	_options.token = token


## Sign in by a secret of this device, which the queue's file keeps. The first call creates the player.
func sign_in_device(username = "", secret = ""):
	return run(self, "_sign_in_device", [secret, username])


## End the session on the server and here. A later sign-in by the device gives the same player.
func sign_out():
	return run(self, "_sign_out", [])


## Make a score durable, and send it after all earlier scores.
##
## The value has `submission_id` and `receipt`, which is null while the service cannot be reached; the score then waits
## for `flush`. `details` may have `user_id`, `external_id`, `subscore`, `metadata`, `numbers`, `achieved_at`,
## `submission_id`, and in place of a score (null) a `change`.
func submit(board, score, details = {}):
	var queued = _enqueued(board, score, details)
	return run(self, "_submit", [queued])


## Make a score durable without sending it. Return an outcome at once.
func enqueue(board, score, details = {}):
	return _enqueued(board, score, details)


## Send all scores that wait. The value has `receipts` by submission id, `rejected` and `pending`.
func flush():
	return run(self, "_flush", [])


## Read the first entries. `options` may have `limit`, `period`, and `segment`, such as `country:FI`.
func top(board, options = {}):
	return _read(_path(board) + "/top", _query(options, {"limit": 10, "period": "current", "segment": null}))


## Read the entry of a player: an id, an external id as text, or null for the player that is signed in.
func rank(board, player = null, options = {}):
	var query = _query(options, {"period": "current", "segment": null})
	return _read_of_player(_path(board) + "/ranks/", player, query)


## Read a player's entry and its neighbours. `options` may also have `radius`.
func around(board, player = null, options = {}):
	var query = _query(options, {"radius": 5, "period": "current", "segment": null})
	return _read_of_player(_path(board) + "/around/", player, query)


## Read the ranks of a player and its friends, among themselves and on the board. `options` may also have `limit` and
## `radius`.
func friends(board, player = null, options = {}):
	var query = _query(options, {"limit": 10, "radius": 5, "period": "current", "segment": null})
	return _read_of_player(_path(board) + "/friends/", player, query)


## Read the settings of a board.
func board(slug):
	return _read(_path(slug), {})


## Return an iterator over all entries from rank 1 on, page by page. `options` may have `page_size`.
func entries(board, options = {}):
	var query = _query(options, {"period": "current", "segment": null})
	query["limit"] = options.get("page_size", 100)
	return Items.new(self, _transport, _session, "pages", {"path": _path(board), "query": query})


## Return an iterator over the first entries, now and after each change, by polling with the ETag every `every_s`.
func watch(board, options = {}):
	var query = _query(options, {"limit": 10, "period": "current", "segment": null})
	var every_s = options.get("every_s", 5.0)
	return Items.new(self, _transport, _session, "polls", {"path": _path(board), "query": query}, every_s)


## Return an iterator over the first entries, now and within a second of each change.
##
## After a lost connection it resumes where it was. On a service that cannot stream it polls once a second.
func stream(board, options = {}):
	var query = _query(options, {"limit": 10, "period": "current", "segment": null})
	return Items.new(self, _transport, _session, "stream", {"path": _path(board), "query": query})


## Make any other call of the API. GET, PUT and DELETE are retried; POST is not.
func request(method, path, body = null, query = {}):
	var attempt = {"method": method, "path": path, "query": query, "may_repeat": method in REPEATABLE}
	attempt["body"] = body
	return run(self, "_request", [attempt])


## Cancel all calls, and close the queue's file.
func close():
	for job in _jobs:
		job.cancel()
	for job in _jobs:
		job.thread.wait_to_finish()
	_jobs = []
	if queue != null:
		queue.close()


func _exit_tree():
	close()


## Emit telemetry on the thread of the scene.
func emit(kind, facts):
	call_deferred("emit_signal", "telemetry", kind, facts)


## Call a method of an object with these arguments and the job, in a thread.
func run(object, method, arguments):
	var job = Job.new()
	job.method = method
	job.arguments = arguments + [job]
	_jobs.append(job)
	job.thread = Host.start_thread(self, "_perform", [object, job])
	return job


func _perform(call):
	var job = call[1]
	job.outcome = call[0].callv(job.method, job.arguments)
	call_deferred("_finish", job)


func _finish(job):
	if not job in _jobs:
		return
	_jobs.erase(job)
	job.thread.wait_to_finish()
	# Breaks the cycle between the job and its arguments, which nothing else would free.
	job.arguments = []
	job.emit_signal("completed", job.outcome)


func _sign_in_device(secret, username, job):
	return _session.sign_in(secret, username, job)


func _sign_out(job):
	return _session.sign_out(job)


func _submit(queued, job):
	return queued if queued.error != null else _delivery.deliver(queued.value, job)


func _flush(job):
	return _delivery.flush(-1, job)


func _request(attempt, job):
	return _session.request(attempt, job)


func _failed(failure, _job):
	return Outcome.new(null, failure)


func _enqueued(board, score, details):
	var body = {"board": board, "score": score}
	for name in details:
		body[name] = details[name]
	if body.get("user_id") == null and body.get("external_id") == null:
		body["user_id"] = user_id()
		if body.user_id == null:
			return Outcome.new(null, Failure.new("NotSignedIn", "no player is signed in: sign in, or pass user_id"))
	# The time of the score, not of its delivery. Tokens may not set it. With an id of the caller, a later call with the
	# same id must have the same content.
	var is_timed = _options.key != "" and not body.has("submission_id") and body.get("change") == null
	if is_timed and not body.has("achieved_at"):
		body["achieved_at"] = Host.timestamp()
	if not body.has("submission_id"):
		body["submission_id"] = Host.uuid()
	for name in body.keys():
		if body[name] == null:
			body.erase(name)
	var queued = queue.add(body.submission_id, body)
	if queued.error == null:
		emit("queued", {"submission_id": body.submission_id, "position": queued.value.position})
	return queued


func _read_of_player(path, player, query):
	var chosen = user_id() if player == null else player
	if chosen == null:
		return run(self, "_failed", [Failure.new("NotSignedIn", "no player is signed in: sign in, or pass the player")])
	var part = "ext:" + Host.encode(chosen) if chosen is String else str(chosen)
	return _read(path + part, query)


func _read(path, query):
	return run(self, "_request", [{"method": "GET", "path": path, "query": query}])


func _path(board):
	return "/api/boards/" + Host.encode(board)


func _query(options, defaults):
	var query = {}
	for name in defaults:
		query[name] = options.get(name, defaults[name])
	return query
