-- Returns the awards of a period that its settlement of revision $3 has not confirmed.
select user_id, reward, payload, rank from awards
where board_id = $1 and period_id = $2 and revision < $3 and revoked_at is null
order by user_id, reward
limit $4;
