delete from minute_leaders where minute < $1;
