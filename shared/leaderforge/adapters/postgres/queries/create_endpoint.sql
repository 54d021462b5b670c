-- Creates an endpoint that receives the notices from now on.
insert into endpoints (endpoint_id, url, types, boards, secret_id, created_at, created_by, position)
select $1, $2, $3, $4, $5, $6, $7, (select coalesce(max(position), 0) from notice_log);
