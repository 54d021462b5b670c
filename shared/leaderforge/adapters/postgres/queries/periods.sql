-- Served by an index of the rows of periods alone: boards for all time have none.
select distinct board_id, period_id from standings where period_id <> 0 order by board_id, period_id;
