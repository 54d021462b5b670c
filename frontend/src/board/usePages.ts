import { useQueries } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { page } from '../api/reads';
import type { Entry } from '../api/types';
import { useMoments } from '../moments/useMoments';
import { useSettled } from '../ui/useSettled';
import { PAGE_ROWS, pagesBetween, rankOfPage } from './rankWindow';

const SETTLED_MS = 100;

export interface Pages {
  readonly entryAt: (row: number) => Entry | undefined;
  /** Text that changes whenever another page, or new data of a page, is loaded. */
  readonly content: string;
  readonly error: unknown;
  readonly retry: () => void;
}

/** Load the pages that contain these rows. Do not load pages that the reader only scrolls past. */
export function usePages(first: number, last: number): Pages {
  const around = useSurroundings();
  const moments = useMoments();
  const pages = pagesBetween(first, last);
  const settled = useSettled(pages.join(), SETTLED_MS).split(',').map(Number);
  const results = useQueries({
    queries: pages.map((at) => ({
      ...page(around, rankOfPage(at), PAGE_ROWS, moments),
      enabled: settled.includes(at),
    })),
  });
  const failed = results.find((result) => result.error && !result.data);
  return {
    entryAt: (row) => {
      const at = Math.floor(row / PAGE_ROWS);
      return results[pages.indexOf(at)]?.data?.entries[row - at * PAGE_ROWS];
    },
    content: results.map(({ dataUpdatedAt }, at) => `${pages[at]}:${dataUpdatedAt}`).join(),
    error: failed?.error ?? null,
    retry: () => results.forEach((result) => void result.refetch()),
  };
}
