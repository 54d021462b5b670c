-- Returns the number of totals, which is the number of rows of the table `leaderboard`.
select count(*) as rows from leaderboard
