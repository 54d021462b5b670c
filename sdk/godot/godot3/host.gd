## What differs between Godot 3 and 4: this is the edition of Godot 3. All other files are the same in both editions.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


static func now_ms():
	return OS.get_system_time_msecs()


## Return the present time as RFC 3339 with ms.
static func timestamp():
	var milliseconds = now_ms()
	var time = OS.get_datetime_from_unix_time(milliseconds / 1000)
	var day = "%04d-%02d-%02d" % [time.year, time.month, time.day]
	return "%sT%02d:%02d:%02d.%03dZ" % [day, time.hour, time.minute, time.second, milliseconds % 1000]


## Return the ms since 1970 of a date of HTTP such as `Wed, 21 Oct 2015 07:28:00 GMT`, null if it is none.
static func http_date_ms(text):
	var parts = text.split(" ")
	if parts.size() < 5 or not parts[2] in MONTHS:
		return null
	var clock = parts[4].split(":")
	var date = {"year": int(parts[3]), "month": MONTHS.find(parts[2]) + 1, "day": int(parts[1])}
	date["hour"] = int(clock[0])
	date["minute"] = int(clock[1])
	date["second"] = int(clock[2])
	return OS.get_unix_time_from_datetime(date) * 1000


## Return the ms of a clock that is never set back.
static func ticks_ms():
	return OS.get_ticks_msec()


static func sleep_ms(milliseconds):
	OS.delay_msec(milliseconds)


## Return a random number from 0 to 1.
static func random_unit():
	var random = RandomNumberGenerator.new()
	random.randomize()
	# All generators of one moment would begin alike.
	random.seed = hash([random.seed, random_hex(8)])
	return random.randf()


## Return random bytes from the source of the operating system, as hexadecimal digits.
static func random_hex(size):
	return Crypto.new().generate_random_bytes(size).hex_encode()


static func uuid():
	var digits = random_hex(16)
	var parts = [digits.substr(0, 8), digits.substr(8, 4), "4" + digits.substr(13, 3)]
	return "%s-%s-%s-8%s-%s" % (parts + [digits.substr(17, 3), digits.substr(20, 12)])


## Return the value of a JSON text, null if it is none. Whole numbers are integers.
static func parse(text):
	var parsed = JSON.parse(_with_characters(text))
	return _with_integers(parsed.result) if parsed.error == OK else null


static func write(value):
	return JSON.print(value)


static func encode(text):
	return text.percent_encode()


static func bytes(text):
	return text.to_utf8()


static func strings(lines):
	return PoolStringArray(lines)


## Return the place of a byte, -1 without one.
static func find_byte(content, byte):
	for place in range(content.size()):
		if content[place] == byte:
			return place
	return -1


## Return the bytes from `begin` to before `end`.
static func part(content, begin, end):
	return content.subarray(begin, end - 1) if end > begin else PoolByteArray()


static func connect_client(client, host, port, is_secure):
	return client.connect_to_host(host, port, is_secure, true)


## Return a thread that calls a method with one argument.
static func start_thread(object, method, argument):
	var thread = Thread.new()
	thread.start(object, method, argument)
	return thread


## Return the bytes of a file, none without a file, null if it cannot be read.
static func read_bytes(path):
	var file = File.new()
	var failure = file.open(path, File.READ)
	if failure != OK:
		return PoolByteArray() if failure == ERR_FILE_NOT_FOUND else null
	var length = file.get_len()
	var content = file.get_buffer(length) if length > 0 else PoolByteArray()
	file.close()
	return content if content.size() == length else null


static func write_text(path, text):
	var file = File.new()
	if file.open(path, File.WRITE) != OK:
		return false
	file.store_string(text)
	file.close()
	return _length(path) == bytes(text).size()


## Append to a file, and create it. Return whether the operating system has the text.
static func append_text(path, text):
	var file = File.new()
	var failure = file.open(path, File.READ_WRITE)
	if failure == ERR_FILE_NOT_FOUND:
		failure = file.open(path, File.WRITE)
	if failure != OK:
		return false
	file.seek_end()
	var length = file.get_len() + bytes(text).size()
	file.store_string(text)
	file.close()
	return _length(path) == length


static func rename(from, to):
	return Directory.new().rename(from, to)


static func remove(path):
	return Directory.new().remove(path)


static func process_id():
	return OS.get_process_id()


## Return a text that only this process has while it runs, "" if it does not run.
static func process_mark(process):
	var is_linux = OS.get_name() in ["X11", "Server"]
	if is_linux:
		return _linux_mark(process)
	# Other systems run a game once, or end it before they start it again.
	return str(process) if process == process_id() else ""


## Return the bytes in a file. Godot reports no failure of a write, such as that of a full disk.
static func _length(path):
	var file = File.new()
	if file.open(path, File.READ) != OK:
		return -1
	var length = file.get_len()
	file.close()
	return length


## Return the id of a process and the time of its start, which differs from that of a later process with the same id.
static func _linux_mark(process):
	var file = File.new()
	if file.open("/proc/%d/stat" % process, File.READ) != OK:
		return ""
	var line = file.get_line()
	file.close()
	var fields = line.substr(line.rfind(")") + 2, line.length()).split(" ")
	return "%d %s" % [process, fields[19]] if fields.size() > 19 and fields[0] != "Z" else ""


## Return a value with integers in place of the whole numbers, which the parser of Godot gives as floats.
static func _with_integers(value):
	match typeof(value):
		TYPE_REAL:
			return int(value) if value == floor(value) and abs(value) <= 9007199254740991 else value
		TYPE_DICTIONARY:
			for name in value:
				value[name] = _with_integers(value[name])
		TYPE_ARRAY:
			for index in range(value.size()):
				value[index] = _with_integers(value[index])
	return value


## Return a JSON text with characters in place of their escapes as two surrogates. Godot 3 reads two characters there.
static func _with_characters(text):
	if text.to_lower().find("\\ud") < 0:
		return text
	var pairs = RegEx.new()
	pairs.compile("\\\\u([dD][89abAB][0-9a-fA-F]{2})\\\\u([dD][c-fC-F][0-9a-fA-F]{2})")
	for pair in pairs.search_all(text):
		var high = ("0x" + pair.get_string(1)).hex_to_int()
		var low = ("0x" + pair.get_string(2)).hex_to_int()
		var code = 0x10000 + ((high - 0xD800) << 10) + low - 0xDC00
		var tail = [0x80 | (code >> 12 & 0x3F), 0x80 | (code >> 6 & 0x3F), 0x80 | (code & 0x3F)]
		var character = PoolByteArray([0xF0 | code >> 18] + tail).get_string_from_utf8()
		text = text.replace(pair.get_string(0), character)
	return text
