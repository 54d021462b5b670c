delete from released_ids where claimable_at < $1 and creatable_at < $1;
