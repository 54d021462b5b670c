import { useMutation } from '@tanstack/react-query';

import { inWords } from '../../api/errors';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import type { AuditWanted } from '../reads';
import { save } from '../save';
import { allActs, fileOf, type AuditFormat } from './auditFile';

const FORMATS = [['csv', 'CSV'], ['ndjson', 'NDJSON']] as const;

/** Buttons that save all audit entries that match the filters as a file. */
export function ExportAudit({ wanted }: { wanted: AuditWanted }) {
  const words = useConsoleText();
  const operator = useOperator();
  const exporting = useMutation({
    mutationFn: async (format: AuditFormat) => fileOf(await allActs(operator, wanted), format),
    onSuccess: (content, format) => save(content, `audit-log.${format}`),
    gcTime: 0, // do not cache: the log may be large
  });
  return (
    <div className="flex flex-wrap items-center gap-2">
      {FORMATS.map(([format, name]) => (
        <button key={format} type="button" className="button" disabled={exporting.isPending} onClick={() => exporting.mutate(format)}>
          {words.audit.export(name)}
        </button>
      ))}
      <span role="alert" className="text-sm text-down empty:hidden">
        {exporting.error ? inWords(exporting.error) : null}
      </span>
    </div>
  );
}
