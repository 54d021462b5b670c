-- An erasure that committed before its player took a seat did not see the seat.
delete from league_members
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id = $1 and period_id = $2
    and not exists (select from users where users.user_id = league_members.user_id);
