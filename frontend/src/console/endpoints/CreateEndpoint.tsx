import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { EndpointIn, IssuedEndpoint, NoticeType } from '../../api/types';
import { BOARD } from '../../ladder/search';
import { Field } from '../../ui/Field';
import { DialogForm } from '../DialogForm';
import { EventTypes } from '../EventTypes';
import { FieldGroup } from '../FieldGroup';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';

const ADDRESS = /^https?:\/\/[^\s/]+/;

interface Props {
  readonly close: () => void;
  readonly issued: (secret: string) => void;
}

export function CreateEndpoint({ close, issued }: Props) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const [url, setUrl] = useState('');
  const [types, setTypes] = useState<readonly NoticeType[]>([]);
  const [boards, setBoards] = useState('');
  const slugs = boards.split(',').map((slug) => slug.trim()).filter(Boolean);
  const areSlugs = slugs.every((slug) => BOARD.test(slug));
  const creating = useMutation({
    mutationFn: () =>
      operator.change<IssuedEndpoint>('POST', '/api/admin/endpoints', { url: url.trim(), types: [...types], boards: slugs } satisfies EndpointIn),
    onSuccess: ({ secret }) => {
      issued(secret);
      return cache.invalidateQueries({ queryKey: [OPERATORS, 'endpoints'] });
    },
    gcTime: 0, // do not cache the secret
  });

  function missingIn(): string | null {
    if (!ADDRESS.test(url.trim())) return words.endpoints.enterAddress;
    return areSlugs ? null : words.endpoints.boardsFlaw;
  }

  return (
    <DialogForm
      title={words.endpoints.create}
      close={close}
      act={words.create}
      submit={() => creating.mutate()}
      pending={creating.isPending}
      error={creating.error}
      missing={missingIn()}
    >
      <Field
        label={words.endpoints.address}
        inputMode="url"
        maxLength={500}
        value={url}
        placeholder="https://game.example/hooks"
        help={words.endpoints.addressHelp}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <Field
        label={words.endpoints.boards}
        value={boards}
        placeholder="laps, cup"
        help={words.endpoints.boardsHelp}
        flaw={areSlugs ? undefined : words.endpoints.boardsFlaw}
        onChange={(event) => setBoards(event.currentTarget.value)}
      />
      <FieldGroup title={words.endpoints.types} help={words.endpoints.typesHelp}>
        <EventTypes types={types} set={setTypes} />
      </FieldGroup>
    </DialogForm>
  );
}
