## Error of a call.
##
## `kind` is `NetworkError`, `Cancelled`, `NotSignedIn`, `QueueFull`, `QueueLocked` or `QueueUnwritable`. The last one
## means a full disk or a read-only file: a new score was then not added. For a refusal by the service it is
## `Unauthenticated`, `Forbidden`, `NotFound`, `Conflict`, `Invalid`, `RateLimited`, `Unavailable` or `ApiError`.

const KINDS = {
	400: "Invalid",
	401: "Unauthenticated",
	403: "Forbidden",
	404: "NotFound",
	409: "Conflict",
	413: "Invalid",
	415: "Invalid",
	422: "Invalid",
	429: "RateLimited",
}
const TRANSIENT = [
	"rate_limited",
	"request_timeout",
	"internal_error",
	"unavailable",
	"store_unavailable",
	"index_unavailable",
	"queue_unavailable",
	"period_building",
	"overloaded",
]

## Code of a refusal without the service's error object.
const UNKNOWN = "unknown"

var kind = ""
var message = ""
## Stable code of a refusal, "" without one.
var code = ""
## HTTP status, 0 for an item of a batch.
var status = 0
var details = {}
var request_id = ""
## Delay that the service demands before another try, in s; null without one.
var retry_after_s


func _init(p_kind, p_message, p_code = "", p_status = 0):
	kind = p_kind
	message = p_message
	code = p_code
	status = p_status


## Return whether the service refused the call.
func is_refusal():
	return code != ""


## Return whether a later try may succeed without a change of the request.
func is_transient():
	return kind == "NetworkError" or code in TRANSIENT


## Return the kind of a refusal with this status.
static func kind_of(status_code):
	if status_code >= 500:
		return "Unavailable"
	return KINDS.get(status_code, "ApiError")
