import type { Client } from '../../api/client';
import { Refused } from '../../api/errors';

/** Counts of an import so far. */
export interface Counts {
  readonly recorded: number;
  readonly duplicates: number;
  readonly replaced: number;
  readonly players_created: number;
  readonly bad: number;
}

export interface Progress extends Counts {
  readonly read_bytes: number;
  readonly total_bytes: number;
}

export interface Problem {
  readonly line: number;
  readonly problem: string;
}

export interface Result extends Counts {
  readonly conflicts: number;
  readonly clamped: number;
  readonly closed: number;
  readonly duplicate_ranges: string | null;
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

interface Line {
  readonly progress?: Progress;
  readonly result?: Result;
  readonly error?: { readonly code: string; readonly message: string };
}

const SERVICE_UNAVAILABLE = 503;
const UNPROCESSABLE = 422;

/** Import a file. Call `onProgress` for each report, and return the result. Throws the error that stopped the import. */
export async function importFile(
  client: Client,
  path: string,
  file: File,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Result> {
  const reply = await client.upload(path, file, signal);
  for await (const line of linesOf(reply)) {
    const { progress, result, error } = JSON.parse(line) as Line;
    if (progress) onProgress(progress);
    if (result) return result;
    if (error) throw new Refused(error.code.endsWith('unavailable') ? SERVICE_UNAVAILABLE : UNPROCESSABLE, error.code, error.message);
  }
  throw new Refused(SERVICE_UNAVAILABLE, 'unknown', 'the connection ended before the result');
}

/** Yield the lines of a reply as they arrive. */
async function* linesOf(reply: Response): AsyncGenerator<string> {
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
