/** Return the JSON object in a text, null for an empty text, undefined for a text that is no JSON object. */
export function parseObject(text: string): Record<string, unknown> | null | undefined {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Return whether a parsed JSON value has a number beyond 2^53, whose digits `JSON.parse` may have rounded. */
export function isRounded(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return typeof value === 'object' && value !== null && Object.values(value).some(isRounded);
}
