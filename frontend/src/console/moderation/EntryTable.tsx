import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Board } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { scoreFormat } from '../../format/scores';
import { Ago } from '../../ui/Ago';
import { Card } from '../../ui/Card';
import { Field } from '../../ui/Field';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { nameOf } from '../../ui/PlayerName';
import { SkeletonRows } from '../../ui/Skeleton';
import { Table } from '../../ui/Table';
import { useSettled } from '../../ui/useSettled';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { Pager } from './Pager';
import { tableOf, type ListedPlayer } from './entries';

const SETTLED_MS = 200;

interface Props {
  readonly board: Board;
  /** Player whose submissions and actions are shown. */
  readonly chosen: number | undefined;
  readonly choose: (userId: number) => void;
}

/** Entries of a board in the order of their ranks, page by page, with a search by name or id. */
export function EntryTable({ board, chosen, choose }: Props) {
  const words = useConsoleText();
  const [position, setPosition] = useState(1);
  const [text, setText] = useState('');
  const search = useSettled(text.trim(), SETTLED_MS);
  const { data, error, refetch } = useQuery(tableOf(useOperator(), board.board, position, search));

  return (
    <Card
      id="entries"
      title={words.moderation.entries}
      note={data && words.moderation.ranked(data.total)}
      align="end"
      beside={
        <div role="search" aria-label={words.moderation.entries} className="w-full sm:w-56">
          <Field label={words.players.nameOrId} dir="auto" maxLength={64} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        </div>
      }
    >
      {!data ? (
        error ? (
          <ErrorNotice error={error} retry={refetch} />
        ) : (
          <SkeletonRows rows={8} label={words.moderation.loadingEntries} />
        )
      ) : data.players.length === 0 ? (
        <Notice title={words.moderation.noEntries}>{search === '' ? words.moderation.noEntriesHint : words.moderation.notFound(search)}</Notice>
      ) : (
        <Rows board={board} players={data.players} chosen={chosen} choose={choose} />
      )}
      {search === '' && <Pager position={position} total={data?.total ?? 0} go={setPosition} />}
    </Card>
  );
}

interface RowsProps extends Props {
  readonly players: readonly ListedPlayer[];
}

function Rows({ board, players, chosen, choose }: RowsProps) {
  const words = useConsoleText();
  const { full } = scoreFormat(board);
  const columns = [
    { label: words.moderation.rank, className: 'w-px text-right' },
    { label: words.player },
    { label: words.score, className: 'text-right' },
    { label: <span className="sr-only">{words.moderation.action}</span>, className: 'w-px' },
  ];
  return (
    <Table caption={words.moderation.entries} columns={columns} className="text-sm">
      <tbody>
        {players.map(({ user_id: id, username, entry }) => (
          <tr key={id} aria-current={id === chosen ? 'true' : undefined} className={id === chosen ? 'bg-wash' : ''}>
            <td className="text-right text-muted">{entry ? formatNumber(entry.rank) : '–'}</td>
            <th scope="row" className="w-full max-w-0 py-2.5">
              <span dir="auto" className="block truncate font-medium">
                {nameOf({ user_id: id, username })}
              </span>
              <span className="block truncate text-xs text-muted">
                #{id}
                {entry ? (
                  <>
                    , <Ago time={entry.achieved_at} short />
                  </>
                ) : (
                  `, ${words.moderation.unranked}`
                )}
                {entry?.hidden && <span className="text-down">, {words.moderation.hidden}</span>}
              </span>
            </th>
            <td className="text-right font-semibold whitespace-nowrap">{entry && full(entry.score)}</td>
            <td>
              <button
                type="button"
                className="button px-3"
                aria-label={words.moderation.open(nameOf({ user_id: id, username }))}
                aria-pressed={id === chosen}
                onClick={() => choose(id)}
              >
                {words.moderation.openButton}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
