import { defineConfig } from 'vite';

/** Build of the widget: one classic script, which pages of other origins may load without CORS. */
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: { entry: 'src/embed/LeaderBoard.ts', formats: ['iife'], name: 'LeaderForgeWidget', fileName: () => 'leader-board.js' },
  },
});
