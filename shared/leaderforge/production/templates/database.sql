-- Role and database, for psql as a superuser, once.
create role leaderforge login password '@{database_password}';
create database leaderforge owner leaderforge;
