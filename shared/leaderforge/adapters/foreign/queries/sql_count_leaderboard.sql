-- Number of totals.
select count(*) as rows from leaderboard
