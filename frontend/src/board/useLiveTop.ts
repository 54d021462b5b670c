import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { condition } from '../api/condition';
import { useSurroundings } from '../api/context';
import { entriesPollMs, ladderPath, page, top, whileCompared } from '../api/reads';
import { listen } from '../api/stream';
import type { Listing } from '../api/types';
import { useBoard } from '../ladder/useBoard';
import { useIsPast } from '../ladder/usePeriods';
import { useMoments } from '../moments/useMoments';
import { PAGE_ROWS } from './rankWindow';

export const TOP_SHOWN = 8;

type Told = Listing & { readonly source: string };

/** Return the first entries, updated by events, or by polling while no events arrive. */
export function useLiveTop(): UseQueryResult<Listing> {
  const around = useSurroundings();
  const cache = useQueryClient();
  const [flows, setFlows] = useState(false);
  const address = around.client.address(ladderPath(around, 'stream', { limit: TOP_SHOWN }));
  const moments = useMoments();
  const leaders = top(around, TOP_SHOWN, moments);
  const firstPage = page(around, 1, PAGE_ROWS);

  const isPast = useIsPast();
  // Browsers send no key with the request for events: private boards are polled.
  const isPrivate = useBoard()?.private === true;
  // Events have the present entries, without a movement since a moment.
  const isPresent = moments.since === undefined && moments.at === undefined;
  const events = around.config.events && !isPast && !isPrivate && isPresent;

  useEffect(() => {
    if (!events) return;
    return listen(address, 'top', {
      onEvent: (data) => {
        const told = data as Told;
        cache.setQueryData(leaders.queryKey, told);
        condition.set(told.source === 'postgres' ? 'degraded' : 'fine');
        void cache.invalidateQueries({ queryKey: firstPage.queryKey });
      },
      onFlow: setFlows,
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the address determines the ladder and the query keys
  }, [address, cache, events]);

  return useQuery({
    ...leaders,
    refetchInterval: flows || isPast ? false : entriesPollMs(moments),
    placeholderData: whileCompared(leaders.queryKey),
  });
}
