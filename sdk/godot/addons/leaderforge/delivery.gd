## Sends the scores of a queue, in their order. All calls block.

const Failure = preload("failure.gd")
const Outcome = preload("outcome.gd")
const Turn = preload("turn.gd")

var _transport
var _session
var _store
var _batch_size = 0
var _turn = Turn.new()
# Scores whose callers wait, by submission id, with the result of whichever flush delivers them.
var _awaited = {}
var _mutex = Mutex.new()


func _init(transport, session, store, batch_size):
	_transport = transport
	_session = session
	_store = store
	_batch_size = batch_size


## Send all scores up to this one. The value has `submission_id` and `receipt`, which is null while the score waits.
func deliver(score, job):
	_await(score.submission_id, score if score.has("code") else null)
	var flushed = flush(score.position, job)
	var result = _awaited_result(score.submission_id)
	if result != null and result.has("code"):
		return Outcome.new(null, Failure.new("ApiError", result.message, result.code))
	if result == null and flushed.error != null and not _may_wait(flushed.error):
		return flushed
	return Outcome.new({"submission_id": score.submission_id, "receipt": result})


## Send all scores up to this position, -1 for all. The value has `receipts` by submission id, `rejected` and `pending`.
func flush(until, job):
	if not _turn.acquire(job):
		return _transport.cancelled()
	var flushed = {"receipts": {}, "rejected": [], "pending": 0}
	var failure = null
	var size = _batch_size
	while failure == null:
		var batch = _batch(until, size)
		if batch.size() == 0:
			break
		var sent = _send(batch, job)
		var is_unreadable = sent.error != null and sent.error.kind == "Invalid" and sent.error.code != Failure.UNKNOWN
		if is_unreadable and batch.size() > 1:
			size = int(batch.size() / 2.0)
			continue
		size = _batch_size
		var results = [{"error": sent.error}] if is_unreadable else []
		if sent.error == null:
			results = sent.value.results
		elif not is_unreadable:
			failure = sent.error
		# The service cannot count some of them at present.
		if failure == null and _settle(batch, results, flushed) < batch.size():
			break
	_turn.release()
	flushed.pending = _store.pending().size()
	return Outcome.new(flushed if failure == null else null, failure)


## Return whether a score whose delivery failed so stays in the queue for another try.
func _may_wait(failure):
	return failure.is_transient() or failure.kind == "QueueUnwritable"


func _batch(until, size):
	var batch = []
	for score in _store.pending(size):
		if until < 0 or score.position <= until:
			batch.append(score)
	return batch


func _send(batch, job):
	var submissions = []
	for score in batch:
		submissions.append(score.body)
	var attempt = {"method": "POST", "path": "/api/scores/batch", "results": batch.size()}
	attempt["body"] = {"submissions": submissions}
	return _session.request(attempt, job)


## Make the results of a batch durable. Return how many scores are settled.
func _settle(batch, results, flushed):
	var delivered = []
	var refused = []
	for index in range(batch.size()):
		var score = batch[index]
		var result = results[index]
		if not result.has("error"):
			delivered.append(score.submission_id)
			flushed.receipts[score.submission_id] = result
		elif not result.error.code in Failure.TRANSIENT:
			var rejected = score.duplicate()
			rejected["code"] = result.error.code
			rejected["message"] = result.error.message
			refused.append(rejected)
	for submission_id in delivered:
		_resolve(submission_id, flushed.receipts[submission_id])
	for score in refused:
		_resolve(score.submission_id, score)
	# A full disk: the next flush sends them once more, which changes nothing.
	if _store.settle(delivered, refused) != null:
		return 0
	flushed.rejected += refused
	for submission_id in delivered:
		_transport.emit("delivered", {"submission_id": submission_id})
	for score in refused:
		_transport.emit("rejected", {"submission_id": score.submission_id, "code": score.code})
	return delivered.size() + refused.size()


func _await(submission_id, result):
	_mutex.lock()
	_awaited[submission_id] = result
	_mutex.unlock()


func _resolve(submission_id, result):
	_mutex.lock()
	if _awaited.has(submission_id):
		_awaited[submission_id] = result
	_mutex.unlock()


func _awaited_result(submission_id):
	_mutex.lock()
	var result = _awaited.get(submission_id)
	_awaited.erase(submission_id)
	_mutex.unlock()
	return result
