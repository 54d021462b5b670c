delete from email_claims where email_key = $1 and user_id = $2;
