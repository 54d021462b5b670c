## Requests with tries: time limits, jitter, `Retry-After`, and errors with the server's codes. All calls block.

const Exchange = preload("exchange.gd")
const Failure = preload("failure.gd")
const Host = preload("host.gd")
const Outcome = preload("outcome.gd")
const RETRIED = [408, 425, 429, 500, 502, 503, 504]

var _url = ""
var _options
var _events


## Send requests to this address. `events` gets telemetry by `emit`.
func _init(url, options, events):
	_url = url
	_options = options
	_events = events


func emit(kind, facts):
	_events.emit(kind, facts)


## Send a request until it is answered, at most `tries` times.
##
## `attempt` has `method`, `path`, and may have `query`, `body`, `credential`, `may_repeat`, `results` (the number of
## results that an answer must have) and `tag`, whose `value` is the ETag of the last answer.
func request(attempt, job):
	var number = 1
	while true:
		var outcome = _once(attempt, number, job)
		if job.is_cancelled():
			return cancelled()
		var is_last = number >= _options.tries or not attempt.get("may_repeat", true)
		if outcome.error == null or is_last or not _may_retry(outcome.error):
			return outcome
		var after = 0.0 if outcome.error.retry_after_s == null else outcome.error.retry_after_s
		var wait_s = backoff_s(number) + after
		var reason = outcome.error.code if outcome.error.is_refusal() else "network"
		emit("retry", {"method": attempt.method, "path": attempt.path, "wait_s": wait_s, "reason": reason})
		if not wait(wait_s, job):
			return cancelled()
		number += 1


## Open a stream. The value is the open exchange.
func open(attempt, job):
	var exchange = Exchange.new(job)
	var lines = _headers(attempt) + ["Accept: text/event-stream"]
	if attempt.get("last_id", "") != "":
		lines.append("Last-Event-ID: " + attempt.last_id)
	var reason = exchange.start(_url, "GET", _target(attempt), lines, "", _options.timeout_s)
	if job.is_cancelled():
		return cancelled()
	if reason != "":
		return _broken(reason)
	if exchange.status == 200:
		return Outcome.new(exchange)
	var refused = _answer(exchange, attempt)
	return refused if refused.error != null else _broken("unexpected status %d" % exchange.status)


## Return a random wait before the try after this one, in s (full jitter).
func backoff_s(number):
	return Host.random_unit() * min(_options.longest_backoff_s, _options.backoff_s * pow(2, number - 1))


## Wait. Return false if the job is cancelled.
func wait(seconds, job):
	var real_s = seconds if _options.short_wait_s < 0 else _options.short_wait_s
	var end_ms = Host.ticks_ms() + int(real_s * 1000)
	while Host.ticks_ms() < end_ms and not job.is_cancelled():
		Host.sleep_ms(int(min(10, end_ms - Host.ticks_ms())))
	return not job.is_cancelled()


func cancelled():
	return Outcome.new(null, Failure.new("Cancelled", "the call was cancelled"))


func _once(attempt, number, job):
	var begin_ms = Host.ticks_ms()
	var exchange = Exchange.new(job)
	var has_body = attempt.get("body") != null
	var lines = _headers(attempt) + (["Content-Type: application/json"] if has_body else [])
	var body = Host.write(attempt.body) if has_body else ""
	var reason = exchange.start(_url, attempt.method, _target(attempt), lines, body, _options.timeout_s)
	var outcome = _broken(reason) if reason != "" else _answer(exchange, attempt)
	exchange.close()
	var elapsed_s = (Host.ticks_ms() - begin_ms) / 1000.0
	var facts = {"method": attempt.method, "path": attempt.path, "attempt": number}
	facts["status"] = exchange.status
	facts["elapsed_s"] = elapsed_s
	emit("request", facts)
	return outcome


func _headers(attempt):
	var lines = []
	if attempt.get("credential", "") != "":
		lines.append("Authorization: Bearer " + attempt.credential)
	if attempt.has("tag") and attempt.tag.value != "":
		lines.append("If-None-Match: " + attempt.tag.value)
	return lines


func _target(attempt):
	var pairs = []
	var query = attempt.get("query", {})
	for name in query:
		if query[name] != null:
			pairs.append(name + "=" + Host.encode(str(query[name])))
	var text = ""
	for pair in pairs:
		text += ("?" if text == "" else "&") + pair
	return attempt.path + text


func _answer(exchange, attempt):
	if exchange.status in [204, 304]:
		return Outcome.new(null)
	var text = exchange.read_all()
	if text == null:
		return _broken("the answer was cut")
	var answer = Host.parse(text)
	if exchange.status >= 400:
		return Outcome.new(null, _refusal(exchange, answer))
	if not answer is Dictionary and not answer is Array:
		return Outcome.new(null, _unreadable(exchange.status))
	if attempt.has("results") and not _has_results(answer, attempt.results):
		return _broken("the answer is not the service's")
	if attempt.has("tag"):
		attempt.tag.value = exchange.headers.get("etag", "")
	return Outcome.new(answer)


func _has_results(answer, count):
	var results = answer.get("results") if answer is Dictionary else null
	return results is Array and results.size() == count


func _refusal(exchange, answer):
	var error = answer.get("error") if answer is Dictionary else null
	if not error is Dictionary or not error.has("code") or not error.has("message"):
		return _unreadable(exchange.status)
	var kind = Failure.kind_of(exchange.status)
	var failure = Failure.new(kind, error.message, error.code, exchange.status)
	failure.details = error.get("details", {})
	failure.request_id = exchange.headers.get("x-request-id", "")
	failure.retry_after_s = _seconds(exchange.headers.get("retry-after", ""))
	return failure


## Return the error of an answer that a proxy or a captive portal gave. Its page says nothing about the score.
func _unreadable(status):
	var message = "the answer with status %d is not JSON of the service" % status
	if status < 400 or status in RETRIED:
		return Failure.new("NetworkError", message)
	return Failure.new(Failure.kind_of(status), message, Failure.UNKNOWN, status)


## Return the seconds of a `Retry-After` header, which has a number or a date; null without one.
func _seconds(text):
	if text == "":
		return null
	if text.is_valid_float():
		return max(0.0, text.to_float())
	var time_ms = Host.http_date_ms(text)
	return null if time_ms == null else max(0.0, (time_ms - Host.now_ms()) / 1000.0)


func _may_retry(failure):
	if failure.kind == "NetworkError":
		return true
	var after = 0.0 if failure.retry_after_s == null else failure.retry_after_s
	return failure.status in RETRIED and after <= _options.longest_wait_s


func _broken(reason):
	return Outcome.new(null, Failure.new("NetworkError", reason))
