select count(*) = 2 as is_enabled
from pg_index
where indexrelid in (to_regclass('username_claims_within'), to_regclass('shared_names_within')) and indisvalid;
