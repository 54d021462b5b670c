import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { condition } from '../src/api/condition';
import { REFUSED_MS } from '../src/api/stream';
import { open } from './page';
import { board, entry, serve } from './server';

class Source extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 0;

  constructor(readonly url: string) {
    super();
    Source.opened.push(this);
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }

  tell(entries: unknown[], source = 'index'): void {
    const data = JSON.stringify({ entries, total: entries.length, source });
    act(() => {
      this.dispatchEvent(Object.assign(new Event('top'), { data }));
    });
  }

  meet(name: 'open' | 'error', readyState: number): void {
    this.readyState = readyState;
    act(() => {
      this.dispatchEvent(new Event(name));
    });
  }
}

const OVERTAKEN = [entry(1, { user_id: 2, username: 'player 2' }), entry(2, { user_id: 1, username: 'player 1' }), entry(3)];

beforeEach(() => {
  Source.opened = [];
  vi.stubGlobal('EventSource', Source);
});
afterEach(() => {
  vi.useRealTimers();
  vi.stubGlobal('EventSource', undefined);
});

async function opened(): Promise<Source> {
  serve(board(3));
  open('/');
  await screen.findByRole('list', { name: 'The first three' });
  const [source] = Source.opened;
  if (!source) throw new Error('no stream was opened');
  return source;
}

describe('the stream of leaders', () => {
  it('shows who overtakes as it happens', async () => {
    const source = await opened();
    expect(source.url).toBe('/api/boards/default/stream?limit=8');
    source.meet('open', 1);
    source.tell(OVERTAKEN);
    const podium = screen.getByRole('list', { name: 'The first three' });
    await waitFor(() => expect(within(podium).getByText('up 1')).toBeInTheDocument());
  });

  it('marks what comes from the database', async () => {
    const source = await opened();
    source.tell(OVERTAKEN, 'postgres');
    expect(condition.get()).toBe('degraded');
  });

  it('is opened again some time after a refusal, and once', async () => {
    const source = await opened();
    vi.useFakeTimers();
    source.meet('error', Source.CLOSED);
    act(() => {
      vi.advanceTimersByTime(REFUSED_MS);
    });
    expect(Source.opened.length).toBe(2);
  });

  it('is left to the browser when the connection is lost', async () => {
    const source = await opened();
    vi.useFakeTimers();
    source.meet('error', 0);
    act(() => {
      vi.advanceTimersByTime(2 * REFUSED_MS);
    });
    expect(Source.opened.length).toBe(1);
  });

  it('is closed while nobody sees the page', async () => {
    const source = await opened();
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    act(() => {
      document.dispatchEvent(new Event('visibilitychange'));
    });
    expect(source.readyState).toBe(Source.CLOSED);
    hidden.mockReturnValue(false);
    act(() => {
      document.dispatchEvent(new Event('visibilitychange'));
    });
    expect(Source.opened.length).toBe(2);
  });
});

describe('without a stream', () => {
  it('asks every five seconds while events do not flow, and not while they do', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { asked } = serve(board(3));
    const tops = () => asked().filter((url) => url.includes('/top?')).length;
    open('/');
    await screen.findByRole('list', { name: 'The first three' });
    await act(() => vi.advanceTimersByTimeAsync(10_500));
    expect(tops()).toBe(3);
    Source.opened[0]?.meet('open', 1);
    await act(() => vi.advanceTimersByTimeAsync(20_000));
    expect(tops()).toBe(3);
    Source.opened[0]?.meet('error', 0);
    await act(() => vi.advanceTimersByTimeAsync(5_500));
    expect(tops()).toBe(4);
  });
});
