## Queue of scores in the order of their submission, and the values of a session. Safe for use by several threads.

const Failure = preload("failure.gd")
const Journal = preload("journal.gd")
const Outcome = preload("outcome.gd")

## Number of entries without effect after which the file is rewritten.
const DEAD_ENTRIES = 1000

var _capacity = 0
var _journal
# The error of the opening. Without its file, the queue would forget scores that it has accepted.
var _failure
var _mutex = Mutex.new()
# Dictionaries keep the order of their insertion, which is that of the positions.
var _scores = {}
var _session = {}
var _accepted = 0
var _entries = 0


func _init(capacity):
	_capacity = capacity


## Open the file of the queue. Return an error, null without one. After an error, the queue accepts no score.
func open(path):
	_failure = _opened(path) if path != "" else null
	return _failure


## Append a score. The value is the score; a known submission id is returned as it is stored.
func add(submission_id, body):
	_mutex.lock()
	var outcome
	if _scores.has(submission_id):
		outcome = Outcome.new(_scores[submission_id].duplicate())
	elif _scores.size() >= _capacity:
		var message = "the queue has %d scores; flush it, or discard rejected scores" % _capacity
		outcome = Outcome.new(null, Failure.new("QueueFull", message))
	else:
		var score = {"position": _accepted + 1, "submission_id": submission_id, "body": body}
		var failure = _append({"add": score})
		outcome = Outcome.new(score, failure)
	_mutex.unlock()
	return outcome


## Return the first scores that wait, all by default.
func pending(limit = -1):
	var waiting = []
	_mutex.lock()
	for score in _scores.values():
		if limit >= 0 and waiting.size() >= limit:
			break
		if not score.has("code"):
			waiting.append(score)
	_mutex.unlock()
	return waiting


## Return the scores that the service refused, with `code` and `message`.
func rejected():
	var refused = []
	_mutex.lock()
	for score in _scores.values():
		if score.has("code"):
			refused.append(score)
	_mutex.unlock()
	return refused


## Return the number of scores that were ever added.
func accepted_count():
	return _accepted


## Return the number of damaged lines that were moved to the file with the ending `.damaged` at the opening.
func damaged_count():
	return 0 if _journal == null else _journal.damaged


## Remove delivered scores and note refusals, at once.
func settle(delivered, refused):
	return _locked({"settle": {"delivered": delivered, "rejected": refused}})


## Let a refused score be sent again, in its old place. Return false if no refused score has this id.
func requeue(submission_id):
	var score = _scores.get(submission_id, {})
	return score.has("code") and _locked({"requeue": submission_id}) == null


## Delete a score. Return false if the queue has none with this id.
func discard(submission_id):
	return _scores.has(submission_id) and _locked({"discard": submission_id}) == null


## Return a value of the session, null without one.
func session(name):
	_mutex.lock()
	var value = _session.get(name)
	_mutex.unlock()
	return value


## Set values of the session, durably. Null deletes a value.
func set_session(values):
	return _locked({"session": values})


## Release the file for other processes.
func close():
	if _journal != null:
		_journal.close()


func _opened(path):
	var journal = Journal.new(path)
	var kind = journal.open()
	if kind == "QueueLocked":
		return Failure.new(kind, "another process uses the queue %s; give each process its own" % path)
	var entries = journal.read() if kind == "" else null
	if entries == null:
		if kind == "":
			journal.close()
		return Failure.new("QueueUnwritable", "the queue %s cannot be read or written" % path)
	for entry in entries:
		_apply(entry)
	_journal = journal
	return null


func _locked(entry):
	_mutex.lock()
	var failure = _append(entry)
	_mutex.unlock()
	return failure


func _append(entry):
	if _failure != null:
		return _failure
	if _journal != null and not _appended(entry):
		return Failure.new("QueueUnwritable", "the queue cannot be written: is the disk full?")
	_apply(entry)
	if _journal != null and _entries > _scores.size() + DEAD_ENTRIES:
		var live = _live()
		# The entry is durable, also if the file stays as long as it is.
		_journal.replace(live)
		_entries = live.size()
	return null


func _appended(entry):
	return (not _journal.is_torn() or _journal.replace(_live())) and _journal.append(entry)


## Return the entries that lead to the present state.
func _live():
	var entries = [{"session": _session}]
	var refused = []
	for score in _scores.values():
		var body = score.body
		entries.append({"add": {"position": score.position, "submission_id": score.submission_id, "body": body}})
		if score.has("code"):
			refused.append(score)
	return entries + [{"settle": {"delivered": [], "rejected": refused}}, {"accepted": _accepted}]


func _apply(entry):
	_entries += 1
	var change = entry.values()[0]
	match entry.keys()[0]:
		"add":
			_scores[change.submission_id] = change
			_accepted = int(max(_accepted, change.position))
		"settle":
			for submission_id in change.delivered:
				_scores.erase(submission_id)
			for score in change.rejected:
				if _scores.has(score.submission_id):
					_scores[score.submission_id] = score
		"requeue":
			if _scores.has(change):
				var score = _scores[change].duplicate()
				score.erase("code")
				score.erase("message")
				_scores[change] = score
		"discard":
			_scores.erase(change)
		"accepted":
			_accepted = int(max(_accepted, change))
		"session":
			for name in change:
				if change[name] == null:
					_session.erase(name)
				else:
					_session[name] = change[name]
