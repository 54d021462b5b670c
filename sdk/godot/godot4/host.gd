## What differs between Godot 3 and 4: this is the edition of Godot 4. All other files are the same in both editions.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


static func now_ms():
	return int(Time.get_unix_time_from_system() * 1000)


## Return the present time as RFC 3339 with ms.
static func timestamp():
	var milliseconds = now_ms()
	@warning_ignore("integer_division")
	var seconds = Time.get_datetime_string_from_unix_time(milliseconds / 1000)
	return "%s.%03dZ" % [seconds, milliseconds % 1000]


## Return the ms since 1970 of a date of HTTP such as `Wed, 21 Oct 2015 07:28:00 GMT`, null if it is none.
static func http_date_ms(text):
	var parts = text.split(" ")
	if parts.size() < 5 or not parts[2] in MONTHS:
		return null
	var day = "%s-%02d-%02d" % [parts[3], MONTHS.find(parts[2]) + 1, int(parts[1])]
	return Time.get_unix_time_from_datetime_string("%sT%s" % [day, parts[4]]) * 1000


## Return the ms of a clock that is never set back.
static func ticks_ms():
	return Time.get_ticks_msec()


static func sleep_ms(milliseconds):
	OS.delay_msec(milliseconds)


## Return a random number from 0 to 1.
static func random_unit():
	return randf()


## Return random bytes from the source of the operating system, as hexadecimal digits.
static func random_hex(size):
	return Crypto.new().generate_random_bytes(size).hex_encode()


static func uuid():
	var digits = random_hex(16)
	var parts = [digits.substr(0, 8), digits.substr(8, 4), "4" + digits.substr(13, 3)]
	return "%s-%s-%s-8%s-%s" % (parts + [digits.substr(17, 3), digits.substr(20, 12)])


## Return the value of a JSON text, null if it is none. Whole numbers are integers.
static func parse(text):
	var json = JSON.new()
	return _with_integers(json.data) if json.parse(text) == OK else null


static func write(value):
	return JSON.stringify(value, "", false)


static func encode(text):
	return text.uri_encode()


static func bytes(text):
	return text.to_utf8_buffer()


static func strings(lines):
	return PackedStringArray(lines)


## Return the place of a byte, -1 without one.
static func find_byte(content, byte):
	return content.find(byte)


## Return the bytes from `begin` to before `end`.
static func part(content, begin, end):
	return content.slice(begin, end)


static func connect_client(client, host, port, is_secure):
	return client.connect_to_host(host, port, TLSOptions.client() if is_secure else null)


## Return a thread that calls a method with one argument.
static func start_thread(object, method, argument):
	var thread = Thread.new()
	thread.start(Callable(object, method).bind(argument))
	return thread


## Return the bytes of a file, none without a file, null if it cannot be read.
static func read_bytes(path):
	var file = FileAccess.open(path, FileAccess.READ)
	if file == null:
		return PackedByteArray() if FileAccess.get_open_error() == ERR_FILE_NOT_FOUND else null
	var length = file.get_length()
	var content = file.get_buffer(length)
	file.close()
	return content if content.size() == length else null


static func write_text(path, text):
	var file = FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		return false
	file.store_string(text)
	file.close()
	return _length(path) == bytes(text).size()


## Append to a file, and create it. Return whether the operating system has the text.
static func append_text(path, text):
	var file = FileAccess.open(path, FileAccess.READ_WRITE)
	if file == null and FileAccess.get_open_error() == ERR_FILE_NOT_FOUND:
		file = FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		return false
	file.seek_end()
	var length = file.get_length() + bytes(text).size()
	file.store_string(text)
	file.close()
	return _length(path) == length


static func rename(from, to):
	return DirAccess.rename_absolute(from, to)


static func remove(path):
	return DirAccess.remove_absolute(path)


static func process_id():
	return OS.get_process_id()


## Return a text that only this process has while it runs, "" if it does not run.
static func process_mark(process):
	if OS.get_name() == "Linux":
		return _linux_mark(process)
	# Other systems run a game once, or end it before they start it again.
	return str(process) if process == process_id() else ""


## Return the id of a process and the time of its start, which differs from that of a later process with the same id.
static func _linux_mark(process):
	var file = FileAccess.open("/proc/%d/stat" % process, FileAccess.READ)
	if file == null:
		return ""
	var line = file.get_line()
	var fields = line.substr(line.rfind(")") + 2).split(" ")
	return "%d %s" % [process, fields[19]] if fields.size() > 19 and fields[0] != "Z" else ""


## Return the bytes in a file. Godot reports no failure of a write, such as that of a full disk.
static func _length(path):
	var file = FileAccess.open(path, FileAccess.READ)
	if file == null:
		return -1
	var length = file.get_length()
	file.close()
	return length


## Return a value with integers in place of the whole numbers, which the parser of Godot gives as floats.
static func _with_integers(value):
	match typeof(value):
		TYPE_FLOAT:
			return int(value) if value == floor(value) and abs(value) <= 9007199254740991 else value
		TYPE_DICTIONARY:
			for name in value:
				value[name] = _with_integers(value[name])
		TYPE_ARRAY:
			for index in range(value.size()):
				value[index] = _with_integers(value[index])
	return value
