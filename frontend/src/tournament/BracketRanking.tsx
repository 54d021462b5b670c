import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { POLL_MS, boardPath } from '../api/reads';
import type { Bracket } from '../api/types';
import { EntryRow } from '../board/EntryRow';
import { formatNumber } from '../format/numbers';
import { occurrenceQuery } from './occurrence';
import { useTournamentTexts } from './texts';

/** Entries of a bracket, with the ranks in the bracket. Empty before its first submission. */
export function BracketRanking({ number }: { number: number }) {
  const around = useSurroundings();
  const words = useTournamentTexts();
  const { data: bracket } = useQuery({
    queryKey: ['bracket', around.ladder, number],
    queryFn: ({ signal }) =>
      around.client.get<Bracket>(boardPath(around, `tournament/brackets/${number}`, occurrenceQuery(around)), signal),
    refetchInterval: POLL_MS,
  });
  if (!bracket || bracket.entries.length === 0) return null;
  const rankWidth = formatNumber(bracket.entries.length).length;
  return (
    <section aria-labelledby="bracket" className="-mx-4 -mb-4 w-[calc(100%+2rem)] border-t border-line pt-3 sm:-mx-6 sm:w-[calc(100%+3rem)]">
      <h3 id="bracket" className="px-4 pb-1 text-sm font-semibold sm:px-6">
        {words.bracket(bracket.bracket, bracket.brackets)}
      </h3>
      <ol className="max-h-96 divide-y divide-line overflow-y-auto rounded-b-2xl" aria-labelledby="bracket">
        {bracket.entries.map((entry) => (
          <li key={entry.user_id}>
            <EntryRow entry={{ ...entry, rank: entry.bracket_rank }} rankWidth={rankWidth} />
          </li>
        ))}
      </ol>
    </section>
  );
}
