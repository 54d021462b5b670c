import { useEffect, useState } from 'react';

/** Return the latest value that stayed unchanged for `ms` milliseconds, at first the initial value. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
