import { fileURLToPath } from 'node:url';

import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import type { Plugin, Rolldown } from 'vite';
import { defineConfig } from 'vitest/config';

const api = process.env.VITE_API ?? 'http://127.0.0.1:8000';

/** Plugin that inserts `<base>`, as the API's server does. The development server also serves all addresses. */
const addresses: Plugin = {
  name: 'addresses',
  apply: 'serve',
  transformIndexHtml: () => [{ tag: 'base', attrs: { href: '/' }, injectTo: 'head-prepend' }],
};

const PAGE = fileURLToPath(new URL('src/main.tsx', import.meta.url));
const DOCS = fileURLToPath(new URL('src/docs/main.ts', import.meta.url));
let firstLoad: ReadonlySet<string> | undefined;
let docs: ReadonlySet<string> | undefined;

/**
 * Return the name of the one chunk of all modules of the first load, null for other modules.
 *
 * Without this chunk, each module that a lazily loaded page shares becomes a chunk. Many small chunks compress badly:
 * together they took 8 kB more.
 */
function chunkOf(id: string, context: Rolldown.ChunkingContext): string | null {
  const imports = (module: string) => context.getModuleInfo(module)?.importedIds ?? [];
  firstLoad ??= reachable(PAGE, imports);
  docs ??= reachable(DOCS, imports);
  return id !== PAGE && firstLoad.has(id) && !docs.has(id) ? 'first-load' : null;
}

/** Return this module and all modules that it imports statically, directly or through others. */
function reachable(from: string, imports: (module: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set([from]);
  for (const module of found) for (const imported of imports(module)) found.add(imported);
  return found;
}

export default defineConfig({
  // Relative addresses: one build works at the root of a host and in any folder of it.
  base: './',
  plugins: [react(), tailwindcss(), addresses],
  server: { proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  build: {
    target: 'es2022',
    manifest: true,
    rolldownOptions: {
      input: ['index.html', 'api-docs.html'],
      checks: { bundlerTimings: false },
      output: { codeSplitting: { groups: [{ name: chunkOf }] } },
    },
    // Allow for the size of Swagger UI, which only api-docs.html loads. scripts/check-size.js limits the first load.
    chunkSizeWarningLimit: 1600,
  },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    // Without isolation, one jsdom serves all files of a worker: creating one for each took half of the processor time.
    isolate: false,
    testTimeout: 60_000, // a machine with other work needs more than the default of 5 s
  },
});
