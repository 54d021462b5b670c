/** State of the connection to the API, for the banner. All pages share this state. */
export type Condition = 'fine' | 'degraded' | 'unreachable';

type Listener = () => void;

let current: Condition = 'fine';
const listeners = new Set<Listener>();

export const condition = {
  get: (): Condition => current,
  set(next: Condition): void {
    if (next === current) return;
    current = next;
    listeners.forEach((listener) => {
      listener();
    });
  },
  subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
