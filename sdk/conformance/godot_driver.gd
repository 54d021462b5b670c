## Driver of the Godot SDK: `godot3-server --path FOLDER -s driver.gd --port=PORT`. README.md documents the commands.
##
## Scripts of Godot 3 cannot read their input. The commands therefore come from `godot_bridge.py`, over a connection.
extends SceneTree

const Client = preload("res://addons/leaderforge/client.gd")
const Host = preload("res://addons/leaderforge/host.gd")
## Real length of every wait of the SDK, in s. Its telemetry has the length that it asked for.
const SHORT_S = 0.002
## Without a limit, the frames of an idle server occupy a core.
const FRAMES_PER_S = 500

var _client
var _items
var _events = []
var _jobs = {}
var _input = ""
var _connection = StreamPeerTCP.new()


func _init():
	Engine.target_fps = FRAMES_PER_S
	for argument in OS.get_cmdline_args():
		if argument.begins_with("--port="):
			_connection.connect_to_host("127.0.0.1", int(argument.substr(7, argument.length())))


func _idle(_delta):
	var is_over = _connection.get_status() == StreamPeerTCP.STATUS_ERROR
	var available = _connection.get_available_bytes()
	if _connection.get_status() == StreamPeerTCP.STATUS_NONE:
		is_over = true
	elif available > 0:
		_input += _connection.get_data(available)[1].get_string_from_utf8()
	while _input.find("\n") >= 0:
		var end = _input.find("\n")
		var line = _input.substr(0, end)
		_input = _input.substr(end + 1, _input.length())
		_perform(Host.parse(line))
	if is_over:
		_close()
	return is_over


func _perform(command):
	var args = command.get("args", {})
	var id = command.id
	match command.op:
		"open":
			_answer(id, null, _open(args))
		"close":
			_close()
			_answer(id, null)
		"call":
			_call(id, args)
		"iterate":
			_items = _client.callv(args.name, args.args + [_options(args)])
			_answer(id, null)
		"next":
			_follow(id, _items.next(), [])
		"stop":
			_items.stop()
			_answer(id, null)
		"all":
			_items = _client.callv(args.name, args.args + [_options(args)])
			_follow(id, _items.next(), [[]])
		"cancel":
			if _jobs.has(args.id):
				_jobs[args.id].cancel()
			_answer(id, null)
		"queue":
			_answer(id, _client.queue.callv(args.name, args.get("args", [])))
		"player":
			_answer(id, _client.user_id())
		"telemetry":
			_answer(id, _events)


func _open(args):
	_close()
	_events = []
	var values = _options(args)
	values["short_wait_s"] = SHORT_S
	for name in ["key", "token", "queue"]:
		if args.get(name) != null:
			values[name] = args[name]
	_client = Client.new()
	get_root().add_child(_client)
	_client.connect("telemetry", self, "_note")
	return _client.open(args.url, values)


func _close():
	if _client != null:
		_client.close()
		_client.free()
	_client = null
	_items = null


func _note(kind, facts):
	var event = facts.duplicate()
	event["kind"] = kind
	_events.append(event)


func _call(id, args):
	var options = _options(args)
	var values = args.get("args", [])
	match args.name:
		"enqueue":
			var queued = _client.enqueue(values[0], values[1], options)
			_answer(id, queued.value, queued.error)
		"request":
			_follow(id, _client.request(values[0], values[1], options.get("body")), [])
		"flush", "sign_out", "sign_in_device", "board":
			_follow(id, _client.callv(args.name, values), [])
		_:
			_follow(id, _client.callv(args.name, values + [options]), [])


func _follow(id, job, lists):
	_jobs[id] = job
	job.connect("completed", self, "_completed", [id, lists])


func _completed(outcome, id, lists):
	_jobs.erase(id)
	if lists.size() > 0 and outcome.error == null and outcome.value != null:
		lists[0].append(outcome.value)
		_follow(id, _items.next(), lists)
	else:
		_answer(id, lists[0] if lists.size() > 0 else outcome.value, outcome.error)


func _answer(id, result, failure = null):
	var answer = {"id": id, "result": result}
	if failure != null:
		var error = {"kind": failure.kind, "message": failure.message}
		error["code"] = failure.code
		error["status"] = failure.status
		answer = {"id": id, "error": error}
	_connection.put_data((Host.write(answer) + "\n").to_utf8())


func _options(args):
	return args.get("options", {}) if args.get("options") != null else {}
