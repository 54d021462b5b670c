delete from external_id_claims where external_id = $1 and user_id = $2;
