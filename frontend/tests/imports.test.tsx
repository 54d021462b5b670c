import { act, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import { open } from './page';
import { board, refusal, serve, type Answer } from './server';

/** Open the page of imports, with a service that previews a file by its name, and gives each import this answer. */
function openImports(answer: Answer | Promise<Answer>) {
  serve((url, init) => {
    if (url.pathname === '/api/admin/imports') return answer;
    if (url.pathname !== '/api/admin/imports/preview') return board(3)(url, init);
    const notes = [`preview of ${url.searchParams.get('file')}`];
    return { body: { columns: ['player', 'score'], player: 'player', score: 'score', time: null, scores: null, notes, lines: [], counting: 1, bad: 0, problems: [] } };
  });
  act(() => setAdminKey('admin-key'));
  return open('/console/imports', { console: true });
}

function file(name: string): File {
  return new File(['player,score\nAda,1\n'], name, { type: 'text/csv' });
}

afterEach(() => setAdminKey(null));

describe('the page of imports', () => {
  it('shows the preview of the next file in place of the last import', async () => {
    const { user } = openImports(refusal(503, 'store_unavailable', 'the store does not answer'));
    const chooser = await screen.findByLabelText('Score file');
    await user.upload(chooser, file('one.csv'));
    expect(await screen.findByText('preview of one.csv')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Import' }));
    expect(await screen.findByText('The import stopped.')).toBeInTheDocument();
    await user.upload(chooser, file('two.csv'));
    expect(await screen.findByText('preview of two.csv')).toBeInTheDocument();
    expect(screen.queryByText('The import stopped.')).not.toBeInTheDocument();
  });

  it('takes no other file or option while an import runs', async () => {
    const { user } = openImports(new Promise<Answer>(() => undefined));
    const chooser = await screen.findByLabelText('Score file');
    await user.upload(chooser, file('one.csv'));
    await screen.findByText('preview of one.csv');
    await user.click(screen.getByRole('button', { name: 'Import' }));
    expect(screen.getByRole('progressbar')).toBeInTheDocument();
    expect(chooser).toBeDisabled();
    expect(screen.getByLabelText('Score column')).toBeDisabled();
  });
});
