import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { EnvironmentKeys, Key } from '../api/types';
import { Ago } from '../ui/Ago';
import { Card } from '../ui/Card';
import { Filled } from '../ui/Filled';
import { ErrorNotice, Notice } from '../ui/Notice';
import { SkeletonRows } from '../ui/Skeleton';
import { ActButton } from './ActButton';
import { CreateKey } from './CreateKey';
import { RevokeKey } from './RevokeKey';
import { RotateKey } from './RotateKey';
import { SecretIssued } from './SecretIssued';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';
import { keys } from './reads';

type Asked =
  | { readonly kind: 'create' }
  | { readonly kind: 'rotate' | 'revoke'; readonly name: string }
  | { readonly kind: 'issued'; readonly name: string; readonly text: string };

/** API keys of the store, with forms to create, rotate and revoke them. */
export function KeysPage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(keys(useOperator()));
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const issued = (name: string, text: string) => setAsked({ kind: 'issued', name, text });

  return (
    <Card
      id="keys"
      title={words.tabs.keys}
      beside={
        <ActButton permission="manage_keys" className="button button-primary" onClick={() => setAsked({ kind: 'create' })}>
          {words.keys.create}
        </ActButton>
      }
    >
      {data ? (
        <>
          <KeyTable
            keys={data.keys}
            rotate={(name) => setAsked({ kind: 'rotate', name })}
            revoke={(name) => setAsked({ kind: 'revoke', name })}
          />
          <OutsideKeys environment={data.environment} />
        </>
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={4} label={words.keys.loading} />
      )}
      {asked?.kind === 'create' && <CreateKey close={close} issued={issued} />}
      {asked?.kind === 'rotate' && <RotateKey name={asked.name} close={close} issued={issued} />}
      {asked?.kind === 'revoke' && <RevokeKey name={asked.name} close={close} />}
      {asked?.kind === 'issued' && <SecretIssued title={words.keys.issued(asked.name)} text={asked.text} close={close} />}
    </Card>
  );
}

interface TableProps {
  readonly keys: readonly Key[];
  readonly rotate: (name: string) => void;
  readonly revoke: (name: string) => void;
}

function KeyTable({ keys: all, rotate, revoke }: TableProps) {
  const words = useConsoleText();
  if (all.length === 0) {
    return <Notice title={words.keys.none}>{words.keys.noneHint}</Notice>;
  }
  return (
    <ul className="divide-y divide-line">
      {all.map((key) => (
        <li key={key.name} className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <p className={`truncate font-medium ${key.revoked_at ? 'text-muted line-through' : ''}`}>{key.name}</p>
            <p className="text-sm text-muted">
              <Filled
                text={words.keys.created}
                parts={{
                  rights: key.role ? `${words.roles[key.role]}, ${key.person}` : key.scopes.join(', '),
                  creator: key.created_by,
                  ago: <Ago time={key.created_at} />,
                }}
              />
            </p>
            <KeyState keyOut={key} />
          </div>
          {!key.revoked_at && (
            <div className="flex gap-2">
              <ActButton permission="manage_keys" aria-label={words.keys.rotate(key.name)} onClick={() => rotate(key.name)}>
                {words.keys.rotateButton}
              </ActButton>
              <ActButton permission="manage_keys" aria-label={words.keys.revoke(key.name)} onClick={() => revoke(key.name)}>
                {words.keys.revokeButton}
              </ActButton>
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Keys of environment variables. The console cannot change them. */
function OutsideKeys({ environment }: { environment: readonly EnvironmentKeys[] }) {
  const words = useConsoleText();
  return (
    <ul aria-label={words.keys.outside} className="divide-y divide-line border-t border-line empty:hidden">
      {environment.map(({ setting, actor, scopes, keys: count }) => (
        <li key={setting} className="bg-sunken/50 px-4 py-4 sm:px-6">
          <p className="font-medium break-words">
            {actor} <span className="text-sm font-normal text-muted">{words.keys.setOutside}</span>
          </p>
          <p className="text-sm break-words text-muted">
            <Filled
              text={words.keys.outsideHint}
              parts={{
                scopes: scopes.join(', '),
                keys: words.keys.keysCount(count),
                setting: <code className="font-mono">{setting}</code>,
              }}
            />
          </p>
        </li>
      ))}
    </ul>
  );
}

function KeyState({ keyOut }: { keyOut: Key }) {
  const words = useConsoleText();
  if (keyOut.revoked_at) {
    return (
      <p className="text-sm text-down">
        <Filled text={words.keys.revoked} parts={{ ago: <Ago time={keyOut.revoked_at} /> }} />
      </p>
    );
  }
  if (!keyOut.rotated_at) return null;
  return (
    <p className="text-sm text-muted">
      <Filled text={words.keys.replaced} parts={{ ago: <Ago time={keyOut.rotated_at} /> }} />
    </p>
  );
}
