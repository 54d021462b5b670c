import type { ReactNode } from 'react';

import type { Health, Verification } from '../../api/types';
import { formatNumber, plural } from '../../format/numbers';
import { Ago } from '../../ui/Ago';

const WORDS = {
  ok: 'Everything works.',
  degraded: 'A part is down. The other parts still serve.',
  unavailable: 'The service is down. Check its index and its database.',
} as const;

interface Props {
  readonly health: Health;
  /** Progress of the verification, undefined while it is unknown. */
  readonly verification: Verification | null | undefined;
}

/** Summary of the service's state. */
export function Overall({ health: { status, index, database, version }, verification }: Props) {
  const nodes = Object.values(database);
  const answering = nodes.filter(Boolean).length;
  return (
    <section aria-labelledby="state" className="card px-5 py-5 sm:px-6">
      <h2 id="state" className="text-lg font-semibold tracking-tight">
        State
      </h2>
      <p role="status" className={`mt-1 ${status === 'ok' ? 'text-up' : 'text-down'}`}>
        {WORDS[status]}
      </p>
      <dl className="mt-5 grid grid-cols-2 gap-x-4 gap-y-6 sm:grid-cols-4">
        <Part label="Partitions of the index" detail="complete" works={index.healthy === index.partitions}>
          {formatNumber(index.healthy)} of {formatNumber(index.partitions)}
        </Part>
        <Part label="Nodes of the database" detail="answer" works={answering === nodes.length}>
          {formatNumber(answering)} of {formatNumber(nodes.length)}
        </Part>
        {verification !== undefined && <Verified verification={verification} />}
        <Part label="Version">{version}</Part>
      </dl>
    </section>
  );
}

/** Result of the last comparison of index and database. */
function Verified({ verification }: { verification: Verification | null }) {
  if (verification === null) {
    return (
      <Part label="Verification" detail="not compared with the database yet">
        none
      </Part>
    );
  }
  const { verified_at: at, checked, differing } = verification;
  const detail = (
    <>
      in {plural(checked, 'entry', 'entries')}, <Ago time={at} />
    </>
  );
  return (
    <Part label="Verification" detail={detail} works={differing === 0}>
      {differing === 0 ? 'no differences' : plural(differing, 'difference', 'differences')}
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
