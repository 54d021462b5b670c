-- Returns the number of totals, the rows of the table `leaderboard`.
select count(*) as rows from leaderboard
