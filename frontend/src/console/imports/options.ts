import { withQuery } from '../../api/reads';
import type { ImportPreview } from '../../api/types';

/** Options of an import, as the form has them. An empty text is an option that is not set. */
export interface Options {
  readonly board: string;
  readonly player: string;
  readonly player_id: string;
  readonly score: string;
  readonly time: string;
  readonly time_of_day: string;
  readonly time_format: string;
  readonly time_zone: string;
  readonly decimal: '.' | ',';
  readonly thousands: '' | ',' | '.' | "'" | ' ';
  readonly scores: '' | 'stored' | 'shown';
  readonly separator: string;
  readonly source: string;
  readonly lines: string;
  readonly history: boolean;
  readonly replace: boolean;
}

export const NO_OPTIONS: Omit<Options, 'board'> = {
  player: '',
  player_id: '',
  score: '',
  time: '',
  time_of_day: '',
  time_format: '',
  time_zone: '',
  decimal: '.',
  thousands: '',
  scores: '',
  separator: '',
  source: '',
  lines: '',
  history: false,
  replace: false,
};

/** Return the address of a preview. */
export function previewPath(file: File, options: Options): string {
  return withQuery('/api/admin/imports/preview', parameters(file, options));
}

/** Return the address of an import. */
export function importPath(file: File, options: Options): string {
  return withQuery('/api/admin/imports', { ...parameters(file, options), ...(options.replace && { replace: 1 }) });
}

/** Return the options, with the columns that the preview proposes in place of columns that are not set. */
export function withProposal(options: Options, preview: ImportPreview): Options {
  return {
    ...options,
    player: options.player || (preview.player ?? ''),
    score: options.score || preview.score,
    time: options.time || (preview.time ?? ''),
  };
}

/** Return the parameters that a preview and an import have in common. */
function parameters(file: File, options: Options): Record<string, string | number> {
  const texts = Object.entries(options).filter((pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '');
  return { ...Object.fromEntries(texts), file: file.name, ...(options.history && { history: 1 }) };
}
