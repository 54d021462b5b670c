/** Return a random UUID. `crypto.randomUUID` is missing on pages without TLS, such as a console in a private network. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const [, ...groups] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/.exec(digits) ?? [];
  const [first, second, third, fourth, last] = groups;
  return `${first}-${second}-4${third}-8${fourth}-${last}`;
}
