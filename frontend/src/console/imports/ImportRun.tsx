import { inWords } from '../../api/errors';
import { formatShare } from '../../format/numbers';
import type { ConsoleMessages } from '../i18n/en';
import { useConsoleText } from '../i18n/text';
import { Problems } from './Problems';
import type { Counts, Progress, Result } from './stream';

export type Run =
  | { readonly kind: 'running'; readonly progress: Progress | null }
  | { readonly kind: 'complete'; readonly result: Result }
  | { readonly kind: 'stopped'; readonly progress: Progress | null; readonly error: unknown };

/** Progress of an import, and its result. */
export function ImportRun({ run, cancel }: { run: Run; cancel: () => void }) {
  const words = useConsoleText();
  if (run.kind === 'complete') return <Complete result={run.result} />;
  if (run.kind === 'stopped') {
    return (
      <div role="alert" className="border-t border-line px-4 py-4 sm:px-6">
        <p className="font-semibold">{run.error === null ? words.imports.cancelled : words.imports.stopped}</p>
        {run.error !== null && <p className="text-down">{inWords(run.error)}</p>}
        <p className="text-sm text-muted">
          {run.progress && `${inShort(run.progress, words)}. `}
          {words.imports.again}
        </p>
      </div>
    );
  }
  const { progress } = run;
  const part = progress && progress.total_bytes > 0 ? progress.read_bytes / progress.total_bytes : undefined;
  return (
    <div className="space-y-2 border-t border-line px-4 py-4 sm:px-6">
      <div className="flex items-center gap-3">
        <progress aria-label={words.imports.progress} value={part} className="h-2 flex-1 accent-accent" />
        <button type="button" className="button" onClick={cancel}>
          {words.cancel}
        </button>
      </div>
      <p role="status" className="text-sm text-muted">
        {progress ? `${formatShare(part ?? 0)}: ${inShort(progress, words)}` : words.imports.uploading}
      </p>
    </div>
  );
}

function Complete({ result }: { result: Result }) {
  const words = useConsoleText();
  const { imports } = words;
  const remarks = [
    result.conflicts > 0 && imports.conflicts(result.conflicts),
    result.duplicates > 0 && result.recorded > 0 && imports.duplicatesHint(result.duplicate_ranges),
    result.clamped > 0 && imports.clamped(result.clamped),
    result.closed > 0 && imports.closed(result.closed),
  ].filter((remark) => remark !== false);
  return (
    <div className="border-t border-line">
      <div className="px-4 py-4 sm:px-6">
        <p role="status" className="font-semibold">
          {imports.complete(inShort(result, words))}
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

function inShort({ recorded, duplicates, replaced, players_created: created, bad }: Counts, { imports }: ConsoleMessages): string {
  return [
    imports.recorded(recorded),
    ...(duplicates > 0 ? [imports.duplicates(duplicates)] : []),
    ...(replaced > 0 ? [imports.replaced(replaced)] : []),
    ...(created > 0 ? [imports.createdPlayers(created)] : []),
    ...(bad > 0 ? [imports.bad(bad)] : []),
  ].join(', ');
}
