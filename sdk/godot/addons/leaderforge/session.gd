## Credentials of a client: a key, a token of the game's own server, or the session of a device. All calls block.

const Host = preload("host.gd")
const Outcome = preload("outcome.gd")
const Turn = preload("turn.gd")
const SECRET_BYTES = 32

var _transport
var _store
var _options
var _turn = Turn.new()


func _init(transport, store, options):
	_transport = transport
	_store = store
	_options = options


## Return the player that is signed in, null without one.
func user_id():
	return _store.session("user_id")


func credential():
	if _options.key != "":
		return _options.key
	if _options.token != "":
		return _options.token
	var token = _store.session("token")
	return "" if token == null else token


## Send a request with the credentials. A refused token is replaced once.
func request(attempt, job):
	return _authorized("request", attempt, job)


## Open a stream with the credentials. A refused token is replaced once.
func open(attempt, job):
	return _authorized("open", attempt, job)


func _authorized(method, attempt, job):
	var refused = _store.session("token")
	attempt.credential = credential()
	var outcome = _transport.call(method, attempt, job)
	if outcome.error == null or outcome.error.kind != "Unauthenticated":
		return outcome
	if _store.session("refresh_token") == null:
		return outcome
	var refreshed = _refresh(refused, job)
	if refreshed.error != null:
		return refreshed
	attempt.credential = credential()
	return _transport.call(method, attempt, job)


## Sign in by a secret, by default the stored one or a new one.
func sign_in(secret, username, job):
	if not _turn.acquire(job):
		return _transport.cancelled()
	var outcome = _sign_in(secret, username, job)
	_turn.release()
	return outcome


## End the session. The secret of the device stays, so that the same player can sign in again.
func sign_out(job):
	# A refresh that runs starts another session, which ends here too.
	if not _turn.acquire(job):
		return _transport.cancelled()
	var outcome = _sign_out(job)
	_turn.release()
	return outcome


func _sign_out(job):
	var token = _store.session("refresh_token")
	if token != null:
		var outcome = _post("revoke", {"refresh_token": token}, job)
		if outcome.error != null and outcome.error.kind != "NotFound":
			return outcome
	var failure = _store.set_session({"refresh_token": null, "token": null, "user_id": null})
	_transport.emit("session", {"state": "ended"})
	return Outcome.new(null, failure)


func _sign_in(secret, username, job):
	if secret == "":
		var stored = _store.session("secret")
		secret = Host.random_hex(SECRET_BYTES) if stored == null else stored
	# Durable before the first try: a lost secret would lose the player.
	var failure = _store.set_session({"secret": secret})
	if failure != null:
		return Outcome.new(null, failure)
	var body = {"secret": secret}
	if username != "":
		body["username"] = username
	return _started(_post("device", body, job), "started")


## Replace a refused token, unless another call has replaced it already.
func _refresh(refused, job):
	if not _turn.acquire(job):
		return _transport.cancelled()
	var outcome = Outcome.new(null)
	if _store.session("token") == refused:
		var body = {"refresh_token": _store.session("refresh_token")}
		outcome = _started(_post("refresh", body, job), "refreshed")
		var is_over = outcome.error != null and outcome.error.kind == "NotFound"
		if is_over and _store.session("secret") != null:
			outcome = _sign_in("", "", job)
	_turn.release()
	return outcome


func _started(outcome, state):
	if outcome.error != null:
		return outcome
	var values = {}
	for name in ["user_id", "token", "refresh_token"]:
		values[name] = outcome.value[name]
	# The refresh token is durable before the token is used: a lost one would end the session.
	var failure = _store.set_session(values)
	if failure != null:
		return Outcome.new(null, failure)
	_transport.emit("session", {"state": state, "user_id": values.user_id})
	return outcome


func _post(call_name, body, job):
	return _transport.request({"method": "POST", "path": "/api/auth/" + call_name, "body": body}, job)
