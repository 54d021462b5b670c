/** Return an object as JSON text with a line for each member. */
export function jsonText(value: object): string {
  return JSON.stringify(value, null, 2);
}
