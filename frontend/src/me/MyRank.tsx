import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';

import { useSurroundings } from '../api/context';
import { Refused } from '../api/errors';
import { player } from '../api/reads';
import { EntryRow } from '../board/EntryRow';
import { ON_PODIUM } from '../board/Podium';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { useMoments } from '../moments/useMoments';
import { openSearch } from '../search/opened';
import { Icon } from '../ui/Icon';
import { nameOf } from '../ui/PlayerName';
import { saveMe, useMe, type Me } from './me';

/** The reader's own entry, always in view. Without a chosen player, an invitation to choose one. */
export function MyRank({ rankWidth }: { rankWidth: number }) {
  const me = useMe();
  return me ? <Mine me={me} rankWidth={rankWidth} /> : <Invitation />;
}

function Mine({ me, rankWidth }: { me: Me; rankWidth: number }) {
  const words = useText();
  const moments = useMoments();
  const { data, error } = useQuery(player(useSurroundings(), me.id, moments));
  const name = data ? nameOf(data) : me.name;
  useEffect(() => {
    // Store the new name of a renamed player.
    if (name !== me.name) saveMe({ ...me, name });
  }, [me, name]);

  if (error instanceof Refused && error.code === 'not_ranked') {
    return <p className="card px-4 py-4 text-sm text-muted sm:px-6">{words.youHaveNoRank}</p>;
  }
  // The podium already shows this entry.
  if (!data || data.rank <= ON_PODIUM) return null;
  return (
    <section aria-label={words.yourRank} className="card overflow-hidden">
      <EntryRow entry={data} since={moments.since} rankWidth={rankWidth} />
      <p className="flex justify-between gap-4 border-t border-line px-4 py-2 text-sm text-muted sm:px-6">
        <span>
          {words.rankOf(data.rank, data.total)}
          {Object.entries(data.rank_in ?? {}).map(([attribute, rank]) => (
            <span key={attribute} className="ml-3">
              {words.rankBy(attribute)}: {formatNumber(rank)}
            </span>
          ))}
        </span>
        <Link
          to="/"
          search={{ rank: data.rank }}
          className="inline-flex min-h-6 items-center gap-1.5 rounded font-medium text-accent underline-offset-4 hover:underline"
        >
          {words.showInList}
          <Icon name="down" className="size-4" />
        </Link>
      </p>
    </section>
  );
}

function Invitation() {
  const words = useText();
  return (
    <section aria-label={words.yourRank} className="card flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
      <p className="text-sm text-muted">
        <span className="font-medium text-ink">{words.whoAreYou}</span> {words.whoAreYouHint}
      </p>
      <button type="button" className="button" onClick={openSearch}>
        <Icon name="search" className="size-4" />
        {words.findMe}
      </button>
    </section>
  );
}
