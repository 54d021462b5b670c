import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import type { Award } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { Ago } from '../../ui/Ago';
import { Card } from '../../ui/Card';
import { Filled } from '../../ui/Filled';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { PlayerName } from '../../ui/PlayerName';
import { SkeletonRows } from '../../ui/Skeleton';
import { Table } from '../../ui/Table';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { awardsOf, namesOf } from './reads';

interface Props {
  readonly board: string;
  readonly period: string;
}

/** Awards of a period, the best ranks first, each with its state. */
export function AwardTable({ board, period }: Props) {
  const words = useConsoleText();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(awardsOf(useOperator(), board, period));
  const pages = data?.pages;
  return (
    <Card id="awards" title={words.tabs.awards}>
      {pages ? (
        pages[0]?.awards.length === 0 ? (
          <Notice title={words.awards.none}>{words.awards.noneHint}</Notice>
        ) : (
          <Table
            caption={words.tabs.awards}
            className="text-sm"
            columns={[
              { label: words.moderation.rank, className: 'w-px text-right' },
              { label: words.player },
              { label: words.awards.reward },
              { label: words.awards.state, className: 'text-right' },
            ]}
          >
            {pages.map(({ awards }, at) => (
              <AwardRows key={at} awards={awards} />
            ))}
          </Table>
        )
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={6} label={words.awards.loading} />
      )}
      {hasNextPage && (
        <div className="border-t border-line p-4 text-center">
          <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.awards.more}
          </button>
        </div>
      )}
    </Card>
  );
}

/** Rows of a page of awards. Each page looks up the names of its players. */
function AwardRows({ awards }: { awards: readonly Award[] }) {
  const ids = [...new Set(awards.map((award) => award.user_id))];
  const { data: names } = useQuery(namesOf(useOperator(), ids));
  return (
    <tbody>
      {awards.map((award) => (
        <tr key={`${award.user_id} ${award.reward}`}>
          <td className="text-right align-top text-muted">
            <span className="block py-2.5">{formatNumber(award.rank)}</span>
          </td>
          <th scope="row" className="w-1/2 max-w-0 py-2.5 align-top">
            <PlayerName player={{ user_id: award.user_id, username: names?.get(award.user_id) ?? null }} className="font-medium" />
          </th>
          <td className="w-1/2 max-w-0 py-2.5 align-top">
            <span className={`block truncate font-medium leading-6 ${award.revoked_at ? 'text-muted line-through' : ''}`}>{award.reward}</span>
            <code className="block font-mono text-xs break-all text-muted">{JSON.stringify(award.payload)}</code>
          </td>
          <td className="py-2.5 text-right align-top leading-6">
            <div className="sm:min-w-32">
              <AwardState award={award} />
            </div>
          </td>
        </tr>
      ))}
    </tbody>
  );
}

function AwardState({ award: { revoked_at: revokedAt, claim } }: { award: Award }) {
  const words = useConsoleText();
  return (
    <>
      {revokedAt !== null && (
        <span className="block text-down">
          <Filled text={words.awards.revoked} parts={{ ago: <Ago time={revokedAt} /> }} />
        </span>
      )}
      {claim ? (
        <span className="block">
          <Filled text={words.awards.claimed} parts={{ ago: <Ago time={claim.claimed_at} /> }} />
          <span className="block text-xs break-all text-muted">{claim.claimed_by}</span>
        </span>
      ) : (
        revokedAt === null && <span className="text-muted">{words.awards.unclaimed}</span>
      )}
    </>
  );
}
