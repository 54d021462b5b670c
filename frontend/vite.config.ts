import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const api = process.env.VITE_API ?? 'http://127.0.0.1:8000';

/** Plugin that inserts `<base>`, as the API's server does. The development server also serves all addresses. */
const addresses: Plugin = {
  name: 'addresses',
  apply: 'serve',
  transformIndexHtml: () => [{ tag: 'base', attrs: { href: '/' }, injectTo: 'head-prepend' }],
};

export default defineConfig({
  // Relative addresses: one build works at the root of a host and in any folder of it.
  base: './',
  plugins: [react(), tailwindcss(), addresses],
  server: { proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  build: {
    target: 'es2022',
    manifest: true,
    rolldownOptions: { input: ['index.html', 'api-docs.html'], checks: { bundlerTimings: false } },
    // Swagger UI, which only api-docs.html loads. scripts/check-size.js has the budget of the first load.
    chunkSizeWarningLimit: 1600,
  },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000, // a machine with other work needs more than the default of 5 s
  },
});
