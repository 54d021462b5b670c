import { useQueries, useQuery } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { withQuery } from '../../api/reads';
import type { Board, Kind, Listing } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { scoreFormat } from '../../format/scores';
import { Ago } from '../../ui/Ago';
import { Card } from '../../ui/Card';
import { PlayerName } from '../../ui/PlayerName';
import { Table } from '../../ui/Table';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { allBoards } from '../reads';

/** Maximum number of boards to show, because each row costs one call to the API. */
const ROWS = 20;
const READ_MS = 30_000;

interface Row {
  readonly board: Board;
  readonly kind: Kind;
}

/** Players and leader of each board in its current periods. */
export function Activity() {
  const words = useConsoleText();
  const columns = [
    { label: words.board },
    { label: words.tabs.players, className: 'w-24 text-right sm:w-32' },
    { label: words.state.leader, className: 'w-2/5 pl-4 sm:pl-8' },
  ];
  const operator = useOperator();
  const { data } = useQuery(allBoards(operator));
  const all = (data?.boards ?? []).flatMap((board) => board.periods.map((kind) => ({ board, kind })));
  const rows = all.slice(0, ROWS);
  const listings = useQueries({ queries: rows.map((row) => leader(operator, row)) });
  if (rows.length === 0) return null;
  return (
    <Card
      id="activity"
      title={words.tabs.boards}
      note={all.length > rows.length ? words.state.firstPeriods(ROWS, all.length) : words.state.currentPeriod}
    >
      <Table caption={words.tabs.boards} columns={columns} className="table-fixed">
        <tbody>
          {rows.map((row, at) => (
            <ActivityRow key={`${row.board.board} ${row.kind}`} row={row} listing={listings[at]?.data} />
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function leader(operator: Client, { board: { board }, kind }: Row) {
  return {
    queryKey: [OPERATORS, 'leader', board, kind],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      operator.get<Listing>(withQuery(`/api/boards/${board}/top`, { period: kind, limit: 1 }), signal),
    refetchInterval: READ_MS,
  };
}

function ActivityRow({ row: { board, kind }, listing }: { row: Row; listing: Listing | undefined }) {
  const words = useConsoleText();
  const first = listing?.entries[0];
  return (
    <tr className="h-14">
      <th scope="row">
        <span dir="auto" className="block truncate font-medium" title={board.name}>
          {board.name}
        </span>
        <span className="block truncate text-xs text-muted">{words.kinds[kind]}</span>
      </th>
      <td className="text-right">{listing ? formatNumber(listing.total) : '–'}</td>
      <td className="pl-4 sm:pl-8">
        {first && (
          <>
            <PlayerName player={first} className="text-sm font-medium" />
            <span className="block truncate text-xs text-muted">
              {scoreFormat(board).full(first.score)}, <Ago time={first.achieved_at} short />
            </span>
          </>
        )}
      </td>
    </tr>
  );
}
