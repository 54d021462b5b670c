## File of JSON lines.
##
## Each append is with the operating system before it returns, and survives the death of the process. Engines offer
## no fsync: the last lines can be lost with the power. A last line without its end, which a process left that died
## while it wrote, is cut off: its call did not return. A file beside it, with the id of the process, excludes a second
## process.

const Host = preload("host.gd")

var _path = ""


func _init(path):
	_path = path


## Lock the file. Return false if another process has it.
func open():
	var owner = Host.read_text(_path + ".lock").strip_edges()
	if owner != "" and owner != Host.process_mark(Host.process_id()) and _is_alive(owner):
		return false
	Host.write_text(_path + ".lock", Host.process_mark(Host.process_id()))
	return true


## Return all entries. A damaged line is null.
func read():
	var text = Host.read_text(_path)
	if text != "" and not text.ends_with("\n"):
		text = text.substr(0, text.rfind("\n") + 1)
		_write(text)
	var entries = []
	for line in text.split("\n"):
		if line != "":
			entries.append(Host.parse(line))
	return entries


func append(entry):
	return Host.append_text(_path, Host.write(entry) + "\n")


## Replace all entries, atomically.
func replace(entries):
	var text = ""
	for entry in entries:
		text += Host.write(entry) + "\n"
	_write(text)


func close():
	Host.remove(_path + ".lock")


func _write(text):
	Host.write_text(_path + ".new", text)
	Host.rename(_path + ".new", _path)


## Return whether the process that left this mark still runs: another process can have its id by now.
func _is_alive(mark):
	return Host.process_mark(mark.split(" ")[0].to_int()) == mark
