## File of JSON lines.
##
## Each append is with the operating system before it returns, and survives the death of the process. Engines offer
## no fsync: the last lines can be lost with the power. A last line without its end, which a process left that died
## while it wrote, is cut off: its call did not return. Damaged lines move to the file with the ending `.damaged`. A
## file beside it, with the id of the process, excludes a second process.

const Host = preload("host.gd")
const OPENED = "leaderforge_queues"
const NEWLINE = 10

## Number of lines that `read` moved to the file with the ending `.damaged`.
var damaged = 0
var _path = ""
# Whether a failed append may have left half a line, which the next one must not continue.
var _is_torn = false


func _init(path):
	_path = path


## Lock the file. Return "", or the kind of the error.
func open():
	var mark = Host.process_mark(Host.process_id())
	var content = Host.read_bytes(_path + ".lock")
	var owner = "" if content == null else content.get_string_from_utf8().strip_edges()
	if _path in _opened() or (owner != "" and owner != mark and _is_alive(owner)):
		return "QueueLocked"
	if content == null or not Host.write_text(_path + ".lock", mark):
		return "QueueUnwritable"
	Engine.set_meta(OPENED, _opened() + [_path])
	return ""


## Return all entries, null if the file cannot be read or written.
func read():
	var content = Host.read_bytes(_path)
	if content == null:
		return null
	var end = content.size()
	while end > 0 and content[end - 1] != NEWLINE:
		end -= 1
	var is_whole = end == content.size()
	var entries = []
	var aside = ""
	for line in _lines(Host.part(content, 0, end)):
		var entry = Host.parse(line)
		if entry is Dictionary:
			entries.append(entry)
		else:
			aside += line + "\n"
			damaged += 1
	if damaged > 0 and not Host.append_text(_path + ".damaged", aside):
		return null
	return entries if (is_whole and damaged == 0) or replace(entries) else null


## Append an entry. Return false if it cannot be written.
func append(entry):
	var is_written = not _is_torn and Host.append_text(_path, Host.write(entry) + "\n")
	_is_torn = not is_written
	return is_written


## Replace all entries, atomically. Return false if they cannot be written; the file is then as before.
func replace(entries):
	var text = ""
	for entry in entries:
		text += Host.write(entry) + "\n"
	var is_replaced = Host.write_text(_path + ".new", text) and Host.rename(_path + ".new", _path) == OK
	_is_torn = _is_torn and not is_replaced
	return is_replaced


## Return whether the entries must be replaced before another one can be appended.
func is_torn():
	return _is_torn


func close():
	var others = _opened().duplicate()
	others.erase(_path)
	Engine.set_meta(OPENED, others)
	Host.remove(_path + ".lock")


## Return the lines that are not empty.
func _lines(content):
	var text = content.get_string_from_utf8()
	if Host.bytes(text).size() == content.size():
		return text.split("\n", false)
	# A byte 0, or bytes that are no UTF-8, cut the text short: read each line on its own.
	var lines = []
	var begin = 0
	for place in range(content.size()):
		if content[place] == NEWLINE:
			if place > begin:
				lines.append(_line(Host.part(content, begin, place)))
			begin = place + 1
	return lines


## Return the text of a line, or its bytes as hexadecimal digits after a `#`, which is no JSON.
func _line(content):
	var text = content.get_string_from_utf8()
	return text if Host.bytes(text).size() == content.size() else "#" + content.hex_encode()


## Return the files that this process has open.
func _opened():
	return Engine.get_meta(OPENED) if Engine.has_meta(OPENED) else []


## Return whether the process that left this mark still runs: another process can have its id by now.
func _is_alive(mark):
	return Host.process_mark(mark.split(" ")[0].to_int()) == mark
