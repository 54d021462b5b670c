const DIRECTIONS = /\p{Bidi_Control}/gu;
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;
const SHAPE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * Return the name without controls of the writing direction, null if no character is visible. The server stores no new
 * names with such controls or without visible characters, but keeps names that an earlier version stored.
 */
export function displayName(name: string): string | null {
  return SHAPE.test(name.replace(INVISIBLE, '')) ? name.replace(DIRECTIONS, '') : null;
}
