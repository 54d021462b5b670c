const ahead = new WeakMap<object, number>();

/**
 * Return the time in ms by which the server's clock was ahead of the reader's clock when this answer first arrived.
 * While an answer is unchanged, the client returns the same object, whose `now` becomes old. Later calls therefore
 * return the first result.
 */
export function serverAhead(answer: { readonly now: string }): number {
  const difference = ahead.get(answer) ?? Date.parse(answer.now) - Date.now();
  ahead.set(answer, difference);
  return difference;
}
