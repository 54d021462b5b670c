/** What comes of a stream, until it is closed. */
export interface Listener {
  readonly onEvent: (data: unknown) => void;
  /** Whether events arrive; if not, one has to ask. */
  readonly onFlow: (flows: boolean) => void;
}

/** How long after a refusal to try again; where the connection was lost, the browser tries by itself. */
export const REFUSED_MS = 60_000;

/**
 * Listen to the events of this name, and return how to stop.
 *
 * A page that nobody sees listens to nothing: browsers allow only a few connections to a host, among all their tabs.
 */
export function listen(address: string, name: string, { onEvent, onFlow }: Listener): () => void {
  let source: EventSource | null = null;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    source = new EventSource(address);
    source.addEventListener('open', () => onFlow(true));
    source.addEventListener(name, (event: MessageEvent<string>) => onEvent(JSON.parse(event.data)));
    source.addEventListener('error', onError);
  }

  function onError(): void {
    onFlow(false);
    if (source?.readyState === EventSource.CLOSED) waiting = setTimeout(open, REFUSED_MS);
  }

  function close(): void {
    clearTimeout(waiting);
    source?.close();
    source = null;
    onFlow(false);
  }

  function onVisibility(): void {
    close();
    if (!document.hidden) open();
  }

  if (typeof EventSource === 'undefined') return () => undefined;
  document.addEventListener('visibilitychange', onVisibility);
  if (!document.hidden) open();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}
