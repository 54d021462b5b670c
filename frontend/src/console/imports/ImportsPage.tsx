import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';

import { inWords } from '../../api/errors';
import type { Board, ImportPreview } from '../../api/types';
import { Card } from '../../ui/Card';
import { ErrorNotice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { ActButton } from '../ActButton';
import { useOperator } from '../operator';
import { allBoards } from '../reads';
import { FileField } from './FileField';
import { ImportRun, type Run } from './ImportRun';
import { NO_OPTIONS, importPath, previewPath, withProposal, type Options } from './options';
import { OptionFields } from './OptionFields';
import { PreviewTable } from './PreviewTable';
import { importFile, type Progress } from './stream';

/** Import of a score file: choice, preview, progress, result. */
export function ImportsPage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(allBoards(useOperator()));
  return (
    <Card id="imports" title={words.tabs.imports} note={words.imports.note}>
      {data ? <ImportForm boards={data.boards} /> : error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={3} label={words.loadingBoards} />}
    </Card>
  );
}

function ImportForm({ boards }: { boards: readonly Board[] }) {
  const words = useConsoleText();
  const [file, setFile] = useState<File | null>(null);
  const [options, setOptions] = useState<Options>({ ...NO_OPTIONS, board: boards[0]?.board ?? '' });
  const { preview, forget } = usePreview((proposal) => setOptions((latest) => withProposal(latest, proposal)));
  const { run, start, cancel, dismiss } = useImport();
  const isRunning = run?.kind === 'running';

  const choose = (chosen: File) => {
    dismiss();
    setFile(chosen);
    preview.mutate({ file: chosen, options });
  };
  const change = (changed: Options) => {
    dismiss();
    setOptions(changed);
    forget();
  };
  const show = (event: SubmitEvent) => {
    event.preventDefault();
    dismiss();
    if (file) preview.mutate({ file, options });
  };
  return (
    <>
      <form className="space-y-4 px-4 py-4 sm:px-6" onSubmit={show}>
        <fieldset className="min-w-0 space-y-4" disabled={isRunning}>
          <FileField file={file} choose={choose} />
          <OptionFields boards={boards} columns={preview.data?.columns ?? []} options={options} set={change} />
        </fieldset>
        <div className="flex flex-wrap items-center gap-3">
          <button type="submit" className="button" disabled={!file || preview.isPending || isRunning}>
            {preview.isPending ? words.imports.reading : words.imports.preview}
          </button>
          <ActButton
            permission="manage_boards"
            className="button button-primary"
            disabled={!file || !preview.data || isRunning}
            onClick={() => file && start(file, options)}
          >
            {words.imports.import}
          </ActButton>
          <span role="alert" className="text-sm break-words text-down empty:hidden">
            {preview.error ? inWords(preview.error) : null}
          </span>
        </div>
      </form>
      {run ? <ImportRun run={run} cancel={cancel} /> : preview.data && <PreviewTable preview={preview.data} />}
    </>
  );
}

interface Previewed {
  readonly file: File;
  readonly options: Options;
}

function usePreview(propose: (preview: ImportPreview) => void) {
  const operator = useOperator();
  const preview = useMutation({
    mutationFn: async ({ file, options }: Previewed) => {
      const reply = await operator.upload(previewPath(file, options), file);
      return (await reply.json()) as ImportPreview;
    },
    onSuccess: propose,
  });
  return { preview, forget: preview.reset };
}

/** State of the import of this page. Leaving the page cancels the import. */
function useImport() {
  const operator = useOperator();
  const cache = useQueryClient();
  const [run, setRun] = useState<Run | null>(null);
  const abort = useRef<AbortController>(null);
  useEffect(() => () => abort.current?.abort(), []);

  const start = (file: File, options: Options) => {
    const controller = new AbortController();
    abort.current = controller;
    let latest: Progress | null = null;
    const report = (progress: Progress) => {
      latest = progress;
      setRun({ kind: 'running', progress });
    };
    setRun({ kind: 'running', progress: null });
    importFile(operator, importPath(file, options), file, report, controller.signal)
      .then((result) => setRun({ kind: 'complete', result }))
      .catch((error: unknown) => setRun({ kind: 'stopped', progress: latest, error: controller.signal.aborted ? null : error }))
      .finally(() => void cache.invalidateQueries());
  };
  return { run, start, cancel: () => abort.current?.abort(), dismiss: () => setRun(null) };
}
