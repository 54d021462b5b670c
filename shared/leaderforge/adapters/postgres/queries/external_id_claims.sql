select external_id, user_id from external_id_claims where external_id = any ($1::text[]);
