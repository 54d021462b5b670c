-- Whether the event is the standing's run.
written.run_id = items.submission_id
