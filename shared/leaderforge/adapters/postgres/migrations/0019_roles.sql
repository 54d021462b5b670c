-- Role and name of the person who uses a key, null for keys of programs. Adding the columns does not rewrite the table.

alter table api_keys
    add column role text,
    add column person text;
