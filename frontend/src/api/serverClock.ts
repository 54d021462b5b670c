const ahead = new WeakMap<object, number>();

/**
 * Return the lead of the server's clock over the reader's clock when an answer arrived, in ms. While an answer
 * is unchanged, the client returns the same object again, with the time of its first arrival.
 */
export function serverAhead(answer: { readonly now: string }): number {
  const difference = ahead.get(answer) ?? Date.parse(answer.now) - Date.now();
  ahead.set(answer, difference);
  return difference;
}
