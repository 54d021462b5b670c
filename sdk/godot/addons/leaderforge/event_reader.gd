## Parser of the server-sent events of a live board.

const Host = preload("host.gd")

## Id of the last complete event, by which a new connection resumes.
var last_id = ""
var _id = ""
var _data = []


## Return the event that this line completes, null if it completes none.
func feed(line):
	if line == "":
		return _complete()
	var colon = line.find(":")
	var name = line if colon < 0 else line.substr(0, colon)
	var value = "" if colon < 0 else line.substr(colon + 1, line.length())
	if value.begins_with(" "):
		value = value.substr(1, value.length())
	if name == "id":
		_id = value
	elif name == "data":
		_data.append(value)
	return null


## Forget an incomplete event: the connection broke.
func interrupt():
	_data = []


func _complete():
	if _data.size() == 0:
		return null
	var text = ""
	for part in _data:
		text += part if text == "" else "\n" + part
	_data = []
	last_id = _id
	return Host.parse(text)
