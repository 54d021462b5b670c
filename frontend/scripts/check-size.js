// Fail if the compressed JavaScript of the first load, or of the widget, exceeds its budget.
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 150;
const WIDGET_BUDGET_KB = 15;
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));
const first = new Set();

function add(name) {
  const chunk = manifest[name];
  if (first.has(chunk.file)) return;
  first.add(chunk.file);
  chunk.imports?.forEach(add);
}

add('index.html');

rmSync('dist/.vite', { recursive: true });

const bytes = [...first].reduce((sum, file) => sum + gzipSync(readFileSync(`dist/${file}`)).length, 0);
const shown = `${(bytes / 1000).toFixed(1)} kB of JavaScript on the first load, compressed (budget ${BUDGET_KB} kB)`;
console.log(shown);
const widget = gzipSync(readFileSync('dist/leader-board.js')).length;
console.log(`${(widget / 1000).toFixed(1)} kB of the widget, compressed (budget ${WIDGET_BUDGET_KB} kB)`);
if (bytes > BUDGET_KB * 1000 || widget > WIDGET_BUDGET_KB * 1000) {
  console.error('over budget');
  process.exit(1);
}
