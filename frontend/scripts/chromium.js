// Unpack the Chromium of the browser tests. Print its path and the folder of libraries that it needs, as JSON. The folder
// is null if the system has these libraries.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.cache/chromium', import.meta.url));
const env = { ...process.env };
mkdirSync(folder, { recursive: true });
process.env.TMPDIR = folder; // the package unpacks missing files into this folder
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs20.x'; // with this value, the package also unpacks its libraries

const { default: chromium } = await import('@sparticuz/chromium');
const executable = await chromium.executablePath();
const isComplete = process.platform !== 'linux' || !execFileSync('ldd', [executable], { encoding: 'utf8', env }).includes('not found');
console.log(JSON.stringify({ executable, libraries: isComplete ? null : `${folder}/al2023/lib` }));
