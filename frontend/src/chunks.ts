/** Pauses in ms before a part of the page is requested again. */
const PAUSES_MS = [500, 2_000];

/** Error for a part of the page that could not be loaded. */
export class ChunkFailed extends Error {
  override readonly name = 'ChunkFailed';
}

/**
 * Load a part of the page, with retries after a pause. Raise `ChunkFailed` if all fail.
 *
 * A new deployment may have replaced the part: then the page loads itself again. It never does so without a server,
 * which would leave the browser's own error page.
 */
export async function chunk<T>(load: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  try {
    return await load();
  } catch (cause) {
    if (!(await isReplaced())) throw new ChunkFailed('a part of the page could not be loaded', { cause });
    location.reload();
    return new Promise<never>(() => undefined);
  }
}

/** Return whether the server now has another version of the page. */
export async function isReplaced(): Promise<boolean> {
  const script = document.querySelector<HTMLScriptElement>('script[type=module][src]');
  const name = script?.src.split('/').at(-1);
  if (!navigator.onLine || name === undefined) return false;
  try {
    const reply = await fetch(document.baseURI.split('#')[0] ?? '', { cache: 'no-store' });
    return reply.ok && !(await reply.text()).includes(name);
  } catch {
    return false;
  }
}
