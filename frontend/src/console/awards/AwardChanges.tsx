import { useQuery } from '@tanstack/react-query';

import type { Act } from '../../api/types';
import { formatExact } from '../../format/times';
import { Ago } from '../../ui/Ago';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { PlayerName } from '../../ui/PlayerName';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { changedAwards, namesOf } from './reads';

interface Props {
  readonly board: string;
  readonly period: string;
}

/** Awards that were granted or revoked because moderation changed the results of a settled period. */
export function AwardChanges({ board, period }: Props) {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(changedAwards(useOperator(), board, period));
  return (
    <Card id="award-changes" title={words.awards.changes} note={words.awards.changesNote}>
      {data ? (
        data.length === 0 ? (
          <Notice title={words.awards.noChanges}>{words.awards.noChangesHint}</Notice>
        ) : (
          <Changes acts={data} />
        )
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={2} label={words.awards.loading} />
      )}
    </Card>
  );
}

function Changes({ acts }: { acts: readonly Act[] }) {
  const words = useConsoleText();
  const ids = [...new Set(acts.flatMap(({ user_id: id }) => (id === null ? [] : [id])))].slice(0, 500);
  const { data: names } = useQuery(namesOf(useOperator(), ids));
  return (
    <ol className="divide-y divide-line">
      {acts.map(({ at, action, user_id: id, details }, number) => (
        <li key={`${at} ${number}`} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-3 text-sm sm:px-6">
          <span className={action === 'award.grant' ? 'text-up' : 'text-down'}>{action === 'award.grant' ? words.awards.granted : words.awards.takenBack}</span>
          <span className="font-medium">{String(details.reward)}</span>
          {id !== null && (
            <span className="min-w-0 flex-1 basis-32">
              <PlayerName player={{ user_id: id, username: names?.get(id) ?? null }} />
            </span>
          )}
          <span className="text-muted">
            {formatExact(at)}, <Ago time={at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
