-- `score_type` is the type of a board's scores: null for integers within +-(2^53 - 1), `int64` for long scores, which are
-- integers within +-(2^63 - 1).

alter table boards add column score_type text constraint boards_score_type check (score_type = 'int64');
