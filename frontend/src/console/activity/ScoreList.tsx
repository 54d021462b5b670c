import type { RecentScore } from '../../api/types';
import type { Score } from '../../format/scores';
import { Ago } from '../../ui/Ago';
import { PlayerName } from '../../ui/PlayerName';
import { ModerateLink } from '../moderation/ModerateLink';

interface Props<S extends RecentScore> {
  readonly scores: readonly S[];
  readonly format: (score: Score) => string;
  /** Text below a score. */
  readonly note?: (score: S) => string;
  readonly label: string;
}

/** Scores with their players. Each row leads to the moderation of its player. */
export function ScoreList<S extends RecentScore>({ scores, format, note, label }: Props<S>) {
  return (
    <ol aria-label={label} className="divide-y divide-line">
      {scores.map((score) => (
        <li key={score.submission_id} className="flex items-center justify-between gap-4 px-4 py-3 sm:px-6">
          <div className="min-w-0">
            <PlayerName player={score} className="font-medium" />
            <p className="text-sm text-muted">
              <span className="font-semibold text-ink tabular-nums">{format(score.score)}</span>, <Ago time={score.achieved_at} />
            </p>
            {note && <p className="text-sm text-muted">{note(score)}</p>}
          </div>
          <ModerateLink player={score} />
        </li>
      ))}
    </ol>
  );
}
