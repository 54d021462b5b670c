delete from activity where minute < $1;
