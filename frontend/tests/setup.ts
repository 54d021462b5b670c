import '@testing-library/jest-dom/vitest';

import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

import { condition } from '../src/api/condition';

vi.stubGlobal('scrollTo', vi.fn());
vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('reduce'), media: query }));
if (typeof HTMLElement !== 'undefined') {
  // jsdom lays nothing out: what scrolls is as high as ten rows.
  Object.defineProperties(HTMLElement.prototype, {
    clientHeight: { get: () => 640 },
    clientWidth: { get: () => 800 },
  });
}
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe = vi.fn();
    unobserve = vi.fn();
    disconnect = vi.fn();
  },
);

afterEach(() => {
  cleanup();
  if (typeof localStorage !== 'undefined') localStorage.clear();
  condition.set('fine');
});
