import '@testing-library/jest-dom/vitest';

import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

import { condition } from '../src/api/condition';
import { setLocale } from '../src/i18n/locale';

// Wait longer than the default: a machine that runs all tests at once may be slow.
configure({ asyncUtilTimeout: 20_000 });

vi.stubGlobal('scrollTo', vi.fn());
vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('reduce'), media: query }));
if (typeof HTMLElement !== 'undefined') {
  // jsdom has no layout: give scrolling elements the height of ten rows.
  HTMLElement.prototype.scrollIntoView = vi.fn();
  Object.defineProperties(HTMLElement.prototype, {
    clientHeight: { get: () => 640, configurable: true },
    clientWidth: { get: () => 800, configurable: true },
  });
}
if (typeof HTMLDialogElement !== 'undefined') {
  // jsdom has the dialog element, but cannot open it as a modal.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
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
  if (typeof localStorage !== 'undefined') {
    localStorage.clear();
    sessionStorage.clear();
  }
  condition.set('fine');
  setLocale('en');
});
