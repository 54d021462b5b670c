/** Locale of all numbers, times and texts of the page, as a BCP 47 tag. */
let current = 'en';

export function locale(): string {
  return current;
}

export function setLocale(tag: string): void {
  current = tag;
}

/** Return a function that returns a formatter for the page's locale, made once per locale. */
export function perLocale<T>(make: (tag: string) => T): () => T {
  const formatters = new Map<string, T>();
  return () => {
    const formatter = formatters.get(current) ?? make(current);
    formatters.set(current, formatter);
    return formatter;
  };
}
