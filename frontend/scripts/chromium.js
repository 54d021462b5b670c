// Unpacks the Chromium that browser tests drive, and prints where it is and which folder of system libraries it needs:
// none where the system has its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.cache/chromium', import.meta.url));
const env = { ...process.env };
mkdirSync(folder, { recursive: true });
process.env.TMPDIR = folder; // the package unpacks into it what is not there yet
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs20.x'; // the package unpacks its libraries as well

const { default: chromium } = await import('@sparticuz/chromium');
const executable = await chromium.executablePath();
const isComplete = process.platform !== 'linux' || !execFileSync('ldd', [executable], { encoding: 'utf8', env }).includes('not found');
console.log(JSON.stringify({ executable, libraries: isComplete ? null : `${folder}/al2023/lib` }));
