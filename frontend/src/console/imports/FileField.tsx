import { useId } from 'react';

import { formatBytes } from '../../format/numbers';
import { useConsoleText } from '../i18n/text';

interface Props {
  readonly file: File | null;
  readonly choose: (file: File) => void;
}

const ACCEPTED = '.csv,.tsv,.tab,.json,.ndjson,.jsonl,.gz,.zst';

/** Field for a score file. People may also drop a file on it: browsers handle that by themselves. */
export function FileField({ file, choose }: Props) {
  const words = useConsoleText();
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="label">
        {words.imports.file}
      </label>
      <input
        id={id}
        type="file"
        accept={ACCEPTED}
        aria-describedby={`${id}-note`}
        className="block w-full cursor-pointer rounded-xl border border-dashed border-edge p-5 text-sm text-muted file:mr-4 file:min-h-10 file:cursor-pointer file:rounded-xl file:border file:border-solid file:border-edge file:bg-surface file:px-4 file:font-medium file:text-ink"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen) choose(chosen);
        }}
      />
      <p id={`${id}-note`} className="mt-1.5 text-sm break-words text-muted">
        {file ? `${file.name}, ${formatBytes(file.size)}` : words.imports.fileHelp}
      </p>
    </div>
  );
}
