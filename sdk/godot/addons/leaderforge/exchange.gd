## One request and its response, over a connection of its own.

const Host = preload("host.gd")
const POLL_MS = 1
const METHODS = {
	"GET": HTTPClient.METHOD_GET,
	"POST": HTTPClient.METHOD_POST,
	"PUT": HTTPClient.METHOD_PUT,
	"PATCH": HTTPClient.METHOD_PATCH,
	"DELETE": HTTPClient.METHOD_DELETE,
}
const BUSY = [
	HTTPClient.STATUS_RESOLVING,
	HTTPClient.STATUS_CONNECTING,
	HTTPClient.STATUS_REQUESTING,
]

var status = 0
## Headers of the response, by name in lower case.
var headers = {}

var _client = HTTPClient.new()
var _job
var _unread = Host.bytes("")
var _deadline_ms = 0


func _init(job):
	_job = job


## Let another job cancel what follows.
func follow(job):
	_job = job


## Send a request and wait for the head of the response. Return "", or the reason of the failure.
func start(url, method, path, lines, body, limit_s):
	_deadline_ms = Host.ticks_ms() + int(limit_s * 1000)
	var address = _address(url)
	if Host.connect_client(_client, address.host, address.port, address.is_secure) != OK:
		return "cannot connect"
	_wait_while(BUSY)
	if _client.get_status() != HTTPClient.STATUS_CONNECTED:
		return "no connection"
	if _client.request_raw(METHODS[method], path, Host.strings(lines), Host.bytes(body)) != OK:
		return "the request was not sent"
	_wait_while(BUSY)
	if not _client.has_response() or _is_over():
		return "no answer"
	status = _client.get_response_code()
	for line in _client.get_response_headers():
		var colon = line.find(":")
		headers[line.substr(0, colon).to_lower()] = line.substr(colon + 1, line.length()).strip_edges()
	return ""


## Return the whole body as text, null if the connection breaks before its end.
func read_all():
	var content = _unread
	while _client.get_status() == HTTPClient.STATUS_BODY and not _is_over():
		content.append_array(_read_some())
	if _is_over() or content.size() < int(headers.get("content-length", "0")):
		return null
	return content.get_string_from_utf8()


## Return the next line of a stream, null at its end, after `silence_s` without a byte, or after a cancellation.
func read_line(silence_s):
	_deadline_ms = Host.ticks_ms() + int(silence_s * 1000)
	while true:
		var end = Host.find_byte(_unread, 10)
		if end >= 0:
			var line = Host.part(_unread, 0, end).get_string_from_utf8()
			_unread = Host.part(_unread, end + 1, _unread.size())
			return line.replace("\r", "")
		if _client.get_status() != HTTPClient.STATUS_BODY or _is_over():
			return null
		_unread.append_array(_read_some())


func close():
	_client.close()


func _read_some():
	_client.poll()
	var chunk = _client.read_response_body_chunk()
	if chunk.size() == 0:
		Host.sleep_ms(POLL_MS)
	return chunk


func _wait_while(states):
	_client.poll()
	while _client.get_status() in states and not _is_over():
		Host.sleep_ms(POLL_MS)
		_client.poll()


func _is_over():
	return _job.is_cancelled() or Host.ticks_ms() >= _deadline_ms


func _address(url):
	var is_secure = url.begins_with("https://")
	var host = url.substr(url.find("//") + 2, url.length()).split("/")[0]
	var colon = host.find(":")
	if colon < 0:
		return {"host": host, "port": 443 if is_secure else 80, "is_secure": is_secure}
	var port = host.substr(colon + 1, host.length()).to_int()
	return {"host": host.substr(0, colon), "port": port, "is_secure": is_secure}
