const ahead = new WeakMap<object, number>();

/**
 * Return the time in ms by which the server's clock was ahead of the reader's clock when an answer first arrived. For
 * an unchanged answer, the client returns the same object again, whose `now` is old: the first result is kept for it.
 */
export function serverAhead(answer: { readonly now: string }): number {
  const difference = ahead.get(answer) ?? Date.parse(answer.now) - Date.now();
  ahead.set(answer, difference);
  return difference;
}
