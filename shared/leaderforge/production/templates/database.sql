-- Creates the role and the database of the service. Run it once, in psql as a superuser.
create role leaderforge login password '@{database_password}';
create database leaderforge owner leaderforge;
