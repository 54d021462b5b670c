/** Callbacks of a stream. They are called until the stream is closed. */
export interface Listener {
  readonly onEvent: (data: unknown) => void;
  /** Called with true once events arrive, with false when they stop. While no events arrive, the page polls. */
  readonly onFlow: (flows: boolean) => void;
}

/** Pause in ms after the API refused a stream. After a lost connection, the browser reconnects by itself. */
export const REFUSED_MS = 60_000;

/**
 * Listen to the events with this name, and return a function that stops listening.
 *
 * A hidden page does not listen: browsers allow only a few connections to a host, shared by all tabs.
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
