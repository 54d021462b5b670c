## File of JSON lines.
##
## Each append is with the operating system before it returns, and survives the death of the process. Engines offer
## no fsync: the last lines can be lost with the power. A last line without its end, which a process left that died
## while it wrote, is cut off: its call did not return. Damaged lines move to the file with the ending `.damaged`. A
## file beside it, with the id of the process, excludes a second process.

const Host = preload("host.gd")
const OPENED = "leaderforge_queues"

## Number of lines that `read` moved to the file with the ending `.damaged`.
var damaged = 0
var _path = ""
# Whether a failed append may have left half a line, which the next one must not continue.
var _is_torn = false


func _init(path):
	_path = path


## Lock the file. Return false if another client has it.
func open():
	var mark = Host.process_mark(Host.process_id())
	var owner = Host.read_text(_path + ".lock").strip_edges()
	if _path in _opened() or (owner != "" and owner != mark and _is_alive(owner)):
		return false
	Engine.set_meta(OPENED, _opened() + [_path])
	Host.write_text(_path + ".lock", mark)
	return true


## Return all entries, null if the file cannot be written.
func read():
	var text = Host.read_text(_path)
	var is_whole = text == "" or text.ends_with("\n")
	var entries = []
	var aside = ""
	for line in text.substr(0, text.rfind("\n") + 1).split("\n"):
		var entry = Host.parse(line) if line != "" else null
		if entry is Dictionary:
			entries.append(entry)
		elif line != "":
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


## Return the files that this process has open.
func _opened():
	return Engine.get_meta(OPENED) if Engine.has_meta(OPENED) else []


## Return whether the process that left this mark still runs: another process can have its id by now.
func _is_alive(mark):
	return Host.process_mark(mark.split(" ")[0].to_int()) == mark
