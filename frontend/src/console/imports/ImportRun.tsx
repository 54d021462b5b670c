import { inWords } from '../../api/errors';
import { formatShare, plural } from '../../format/numbers';
import { Problems } from './Problems';
import type { Counts, Progress, Result } from './stream';

export type Run =
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'complete'; readonly result: Result }
  | { readonly kind: 'stopped'; readonly progress: Progress | null; readonly error: unknown };

/** Progress of an import, and its result. */
export function ImportRun({ run, cancel }: { run: Run; cancel: () => void }) {
  if (run.kind === 'complete') return <Complete result={run.result} />;
  if (run.kind === 'stopped') {
    return (
      <div role="alert" className="border-t border-line px-4 py-4 sm:px-6">
        <p className="font-semibold">{run.error === null ? 'The import was cancelled.' : 'The import stopped.'}</p>
        {run.error !== null && <p className="text-down">{inWords(run.error)}</p>}
        <p className="text-sm text-muted">
          {run.progress && `${inShort(run.progress)}. `}Import the file again to continue: no line counts twice.
        </p>
      </div>
    );
  }
  const { progress } = run;
  const part = progress && progress.total_bytes > 0 ? progress.read_bytes / progress.total_bytes : undefined;
  return (
    <div className="space-y-2 border-t border-line px-4 py-4 sm:px-6">
      <div className="flex items-center gap-3">
        <progress aria-label="Progress of the import" value={part} className="h-2 flex-1 accent-accent" />
        <button type="button" className="button" onClick={cancel}>
          Cancel
        </button>
      </div>
      <p role="status" className="text-sm text-muted">
        {progress ? `${formatShare(part ?? 0)}: ${inShort(progress)}` : 'Uploading the file'}
      </p>
    </div>
  );
}

function Complete({ result }: { result: Result }) {
  const remarks = [
    result.conflicts > 0 && `${plural(result.conflicts, 'line is', 'lines are')} stored with other content. To correct them, replace scores of an earlier import.`,
    result.duplicates > 0 && result.recorded > 0 && 'Lines that were imported before do not count again. If they are new scores, set a source.',
    result.clamped > 0 && `${plural(result.clamped, 'line has', 'lines have')} a time in the future and count as of now.`,
    result.closed > 0 && `${plural(result.closed, 'line does', 'lines do')} not count in past periods.`,
  ].filter((remark) => remark !== false);
  return (
    <div className="border-t border-line">
      <div className="px-4 py-4 sm:px-6">
        <p role="status" className="font-semibold">
          The import is complete: {inShort(result)}.
        </p>
        {remarks.map((remark) => (
          <p key={remark} className="text-sm text-muted">
            {remark}
          </p>
        ))}
      </div>
      <Problems problems={result.problems} count={result.bad} />
    </div>
  );
}

function inShort({ recorded, duplicates, replaced, players_created: created, bad }: Counts): string {
  return [
    plural(recorded, 'score imported', 'scores imported'),
    ...(duplicates > 0 ? [plural(duplicates, 'duplicate', 'duplicates')] : []),
    ...(replaced > 0 ? [plural(replaced, 'score replaced', 'scores replaced')] : []),
    ...(created > 0 ? [plural(created, 'player created', 'players created')] : []),
    ...(bad > 0 ? [plural(bad, 'bad line', 'bad lines')] : []),
  ].join(', ');
}
