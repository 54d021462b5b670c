/** Pauses in ms before a part of the page is requested again. */
const PAUSES_MS = [500, 2_000];
const ADDRESS = /https?:\/\/\S+\.js/;

/** Whether a part has failed while the server did not answer. Browsers may then fail its imports until a reload. */
let failedOffline = false;

/** Error for a part of the page that could not be loaded. */
export class ChunkFailed extends Error {
  override readonly name = 'ChunkFailed';
}

/**
 * Load a part of the page. After a failure, retry after each of the pauses.
 *
 * If all retries fail, throw `ChunkFailed`. If a new deployment has replaced the page, or if the server answers again
 * after an earlier failure, reload the page instead.
 */
export async function chunk<T>(load: () => Promise<T>, pauses: readonly number[] = PAUSES_MS): Promise<T> {
  let failure: unknown;
  let attempt = load;
  for (const [at, pause] of [0, ...pauses].entries()) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      return await attempt();
    } catch (error) {
      failure = error;
      attempt = fromOtherAddress(error, at + 1) ?? load;
    }
  }
  const served = await servedPage();
  if (served === null || (served === 'same' && !failedOffline)) {
    failedOffline ||= served === null;
    throw new ChunkFailed('a part of the page could not be loaded', { cause: failure });
  }
  location.reload();
  return new Promise<never>(() => undefined);
}

/** Reload the page if the server answers. Otherwise a reload would leave the browser's own error page. */
export async function reloadIfServed(): Promise<void> {
  if ((await servedPage()) !== null) location.reload();
}

/**
 * Return a function that loads the failed part from another address, null if the error names no address.
 *
 * The address must differ, because browsers do not request the address of a failed module again.
 */
function fromOtherAddress<T>(error: unknown, attempt: number): (() => Promise<T>) | null {
  const address = error instanceof Error ? ADDRESS.exec(error.message)?.[0] : undefined;
  return address === undefined ? null : () => import(/* @vite-ignore */ `${address}?retry=${attempt}`) as Promise<T>;
}

/** Return 'same' if the server has this version of the page, 'replaced' for another one, null if it does not answer. */
async function servedPage(): Promise<'same' | 'replaced' | null> {
  const script = document.querySelector<HTMLScriptElement>('script[type=module][src]');
  const name = script?.src.split('/').at(-1) ?? '';
  if (!navigator.onLine) return null;
  try {
    const reply = await fetch(location.href, { cache: 'no-store' });
    if (!reply.ok) return null;
    return (await reply.text()).includes(name) ? 'same' : 'replaced';
  } catch {
    return null;
  }
}
