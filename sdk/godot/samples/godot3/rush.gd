## Submits the result of each round, and follows the board until the scene ends.
extends Node

const Client = preload("res://addons/leaderforge/client.gd")

export var address = "http://127.0.0.1:8000"
var client = Client.new()


func _ready():
	add_child(client)
	client.open(address, {"queue": "user://scores.log"})
	var session = yield(client.sign_in_device("Tuuli"), "completed")
	if session.error != null:
		print(session.error.message)
	yield(client.flush(), "completed")  # scores of an earlier run that had no network
	var live = client.stream("rush", {"limit": 3})
	var change = yield(live.next(), "completed")
	while change.error == null:
		show_board(change.value.entries)
		change = yield(live.next(), "completed")


## Call it at the end of a round.
func finish(score):
	var submitted = yield(client.submit("rush", score), "completed")
	if submitted.error != null:
		print(submitted.error.message)
	elif submitted.value.receipt == null:
		print("the score waits for the network")
	else:
		print("rank %d" % submitted.value.receipt.rank)


func show_board(entries):
	for entry in entries:
		print("%d %s %d" % [entry.rank, entry.username, entry.score])
