const MINUTE_MS = 60_000;

/** Return the local time of a UTC time, as a field for dates and times shows it, such as 2026-11-25T14:30. */
export function localTime(at: string): string {
  const time = new Date(at);
  return new Date(time.getTime() - time.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 'YYYY-MM-DDThh:mm'.length);
}

/** Return the local time of the first whole minute that begins at a time (ms) or later. */
export function firstMinute(time: number): string {
  return localTime(new Date(Math.ceil(time / MINUTE_MS) * MINUTE_MS).toISOString());
}

/** Return the UTC time of a local time. */
export function utcTime(local: string): string {
  return new Date(local).toISOString();
}
