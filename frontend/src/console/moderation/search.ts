import { parseUserId } from '../../search/suggestions';

/** Player in the address of the moderation page. */
export function parseModerated({ player }: Readonly<Record<string, unknown>>): { player?: number | undefined } {
  const userId = typeof player === 'number' || typeof player === 'string' ? parseUserId(`${player}`) : null;
  return userId === null ? {} : { player: userId };
}
