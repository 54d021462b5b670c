import type { ReactNode } from 'react';

import type { Health, Verification } from '../../api/types';
import { Ago } from '../../ui/Ago';
import { Filled } from '../../ui/Filled';
import { useConsoleText } from '../i18n/text';

interface Props {
  readonly health: Health;
  /** Progress of the verification, undefined while it is unknown. */
  readonly verification: Verification | null | undefined;
}

/** Summary of the service's state. */
export function Overall({ health: { status, index, database, version }, verification }: Props) {
  const words = useConsoleText();
  const nodes = Object.values(database);
  const answering = nodes.filter(Boolean).length;
  return (
    <section aria-labelledby="state" className="card px-4 py-5 sm:px-6">
      <h2 id="state" className="text-lg font-semibold tracking-tight">
        {words.tabs.state}
      </h2>
      <p role="status" className={`mt-1 ${status === 'ok' ? 'text-up' : 'text-down'}`}>
        {words.state[status]}
      </p>
      <dl className="mt-5 grid grid-cols-2 gap-x-4 gap-y-6 sm:grid-cols-4">
        <Part label={words.state.indexPartitions} detail={words.state.complete} works={index.healthy === index.partitions}>
          {words.state.of(index.healthy, index.partitions)}
        </Part>
        <Part label={words.state.databaseNodes} detail={words.state.answer} works={answering === nodes.length}>
          {words.state.of(answering, nodes.length)}
        </Part>
        {verification !== undefined && <Verified verification={verification} />}
        <Part label={words.state.version}>{version}</Part>
      </dl>
    </section>
  );
}

/** Result of the last comparison of index and database. */
function Verified({ verification }: { verification: Verification | null }) {
  const words = useConsoleText();
  if (verification === null) {
    return (
      <Part label={words.state.verification} detail={words.state.notCompared}>
        {words.state.none}
      </Part>
    );
  }
  const { verified_at: at, checked, differing } = verification;
  const detail = <Filled text={words.state.compared} parts={{ entries: words.state.entriesCount(checked), ago: <Ago time={at} /> }} />;
  return (
    <Part label={words.state.verification} detail={detail} works={differing === 0}>
      {differing === 0 ? words.state.noDifferences : words.state.differences(differing)}
    </Part>
  );
}

interface PartProps {
  readonly label: string;
  readonly detail?: ReactNode;
  readonly works?: boolean;
  readonly children: ReactNode;
}

function Part({ label, detail, works = true, children }: PartProps) {
  return (
    <div className="min-w-0">
      <dt className="eyebrow truncate" title={label}>
        {label}
      </dt>
      <dd className="mt-1">
        <span className={`block text-xl font-semibold ${works ? '' : 'text-down'}`}>{children}</span>
        {detail && <span className="text-sm text-muted">{detail}</span>}
      </dd>
    </div>
  );
}
