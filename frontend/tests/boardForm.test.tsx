import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import type { Board } from '../src/api/types';
import { flawsOf, settingsOf, EMPTY } from '../src/console/boardDraft';
import { en } from '../src/console/i18n/en';
import { PRESETS, PRESET_NAMES } from '../src/console/presets';
import { open } from './page';
import { aBoard, board, serve } from './server';

const SEASON = aBoard('ladder', { name: 'Ladder', periods: ['season'], season: '0 0 1 * *', min_submissions: 3 });

const GOLD = aBoard('gold', { name: 'Gold', policy: 'best', score_type: 'int64' });
const RACE = aBoard('race', { name: 'Race', feeds: [{ board: 'ladder', number: 'points' }, { board: 'gold', number: null }] });
/** Rewards as JSON, with an integer that the browser rounds. */
const REWARDS = '{"period":"weekly","rewards":[{"reward":"winner","last_rank":1,"payload":{"gold":9007199254740993}}]}';
const RAID = aBoard('raid', { name: 'Raid', rewards: JSON.parse(REWARDS) as NonNullable<Board['rewards']> });
const BOARDS = [aBoard('default'), SEASON, GOLD, RACE];

function openBoards(boards = BOARDS) {
  const sent: unknown[] = [];
  const usual = board(5);
  serve((url, init) => {
    if (url.pathname === '/api/boards' && init.method === 'POST') {
      sent.push(JSON.parse(init.body as string));
      return { status: 201, body: aBoard('laps') };
    }
    if (init.method === 'PATCH') {
      sent.push(JSON.parse(init.body as string));
      return { body: RACE };
    }
    return url.pathname === '/api/boards' ? { body: { boards } } : usual(url, init);
  });
  act(() => setAdminKey('admin-key'));
  return { sent, ...open('/console/boards', { console: true }) };
}

afterEach(() => setAdminKey(null));

describe('the deletion of a board', () => {
  it('names the boards that the board feeds', async () => {
    const { user } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Delete Race' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Delete the board Race?' }));
    expect(dialog.getByText('Submissions to this board also count on Ladder and Gold. The scores there stay.')).toBeInTheDocument();
    await user.type(dialog.getByLabelText('Type race to confirm'), 'race');
    expect(dialog.getByRole('button', { name: 'Delete' })).toBeEnabled();
  });

  it('is refused while other boards refer to the board', async () => {
    const squads = aBoard('squads', { name: 'Squads', team: { source: 'gold', function: 'sum', members: null } });
    const { user } = openBoards([...BOARDS, squads]);
    await user.click(await screen.findByRole('button', { name: 'Delete Gold' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Delete the board Gold?' }));
    await user.type(dialog.getByLabelText('Type gold to confirm'), 'gold');
    expect(dialog.getByRole('button', { name: 'Delete' })).toBeDisabled();
    expect(dialog.getByRole('button', { name: 'Delete' })).toHaveAccessibleDescription(
      'Submissions to Race also count on this board. Remove the feeds there first. Team boards of this board: Squads. Delete them first.',
    );
    expect(dialog.queryByText(/The scores there stay/)).not.toBeInTheDocument();
  });
});

describe('the form of a board', () => {
  it('starts from a preset', async () => {
    const { user, sent } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Create a board' }));
    const form = screen.getByRole('dialog', { name: 'Create a board' });
    await user.selectOptions(within(form).getByLabelText('Preset'), 'Lap time');
    expect(within(form).getByLabelText('Order')).toHaveDisplayValue('Lowest first');
    await user.click(within(form).getByRole('button', { name: 'Create' }));
    expect(within(form).getByText('Correct the marked fields.')).toBeInTheDocument();
    await user.type(within(form).getByLabelText('Slug'), 'laps');
    expect(within(form).getByLabelText('Subscore name')).toBeDisabled();
    await user.selectOptions(within(form).getByLabelText('Subscore order'), 'Highest first');
    await user.type(within(form).getByLabelText('Subscore name'), 'laps led');
    await user.click(within(form).getByLabelText('Tiers'));
    await user.paste('gold score 61000, top ten rank 10, silver percent 12.5, bronze'); // typing renders the form for each key
    await user.type(within(form).getByLabelText('Segments'), 'country,  platform');
    await user.click(within(form).getByLabelText('Tournament'));
    await user.paste('{"starts_at": "2026-12-05T18:00:00Z"');
    await user.click(within(form).getByRole('button', { name: 'Create' }));
    expect(within(form).getByText('Write a JSON object, or leave it empty.')).toBeInTheDocument();
    await user.click(within(form).getByLabelText('Tournament'));
    await user.paste(', "ends_at": "2026-12-06T18:00:00Z", "max_attempts": 3}');
    await user.click(within(form).getByRole('button', { name: 'Create' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      tournament: { starts_at: '2026-12-05T18:00:00Z', ends_at: '2026-12-06T18:00:00Z', max_attempts: 3 },
    });
    expect(sent[0]).toMatchObject({ subscore_order: 'desc', subscore_name: 'laps led', segments: ['country', 'platform'] });
    expect(sent[0]).toMatchObject({
      tiers: [{ name: 'gold', score: 61000 }, { name: 'top ten', rank: 10 }, { name: 'silver', percent: 12.5 }, { name: 'bronze' }],
    });
    expect(sent[0]).toMatchObject({ board: 'laps', policy: 'best', order: 'asc', unit: 'ms', periods: ['all-time'], min_submissions: 1 });
  });

  it('says what is permanent before the board exists, and that it is fixed afterwards', async () => {
    const { user } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Create a board' }));
    expect(screen.getByText('Settings marked permanent cannot be changed after the board is created.')).toBeInTheDocument();
    const permanent = ['Slug', 'Policy', 'Order', 'Score type', 'Subscore order', 'Segments', 'Time zone', 'Minimum submissions'];
    for (const label of permanent) {
      expect(screen.getByLabelText(label)).toHaveAccessibleDescription(/Permanent\.$/);
      expect(screen.getByLabelText(label)).toBeEnabled();
    }
    expect(screen.getByLabelText('Equal scores')).not.toHaveAccessibleDescription(/Permanent/);
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await user.click(screen.getByRole('button', { name: 'Edit Ladder' }));
    for (const label of permanent) {
      expect(screen.getByLabelText(label)).toHaveAccessibleDescription('Fixed since the board was created.');
      expect(screen.getByLabelText(label)).toBeDisabled();
    }
    expect(screen.getByLabelText('Season starts')).toBeDisabled();
    expect(screen.queryByLabelText('Preset')).not.toBeInTheDocument();
  });

  it('creates a board with 64-bit scores and a feed', async () => {
    const { user, sent } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Create a board' }));
    const form = within(screen.getByRole('dialog', { name: 'Create a board' }));
    await user.type(form.getByLabelText('Slug'), 'idle');
    expect(form.getByLabelText('Score type')).toHaveAccessibleDescription(/±9,007,199,254,740,991, .* ±9,223,372,036,854,775,807\. .* Team boards cannot /);
    await user.selectOptions(form.getByLabelText('Score type'), '64-bit integer');
    await user.type(form.getByLabelText('Highest score'), '9223372036854775807');
    await user.click(form.getByRole('button', { name: 'Add a feed' }));
    const feed = within(form.getByRole('group', { name: 'Feed 1' }));
    expect(within(feed.getByLabelText('Fed board')).getAllByRole('option').map(({ textContent }) => textContent)).toEqual(['default', 'Ladder', 'Gold']);
    await user.selectOptions(feed.getByLabelText('Fed board'), 'Ladder');
    expect(feed.getByLabelText('Number that counts')).toHaveAccessibleDescription(/cannot count 64-bit scores/);
    await user.selectOptions(form.getByLabelText('Teams by the scores on'), 'Ladder');
    await user.click(form.getByRole('button', { name: 'Create' }));
    expect(form.getByLabelText('Score type')).toBeInvalid();
    expect(form.getByLabelText('Score type')).toHaveAccessibleDescription(/^Team boards combine numbers only/);
    await user.selectOptions(form.getByLabelText('Teams by the scores on'), 'no team board');
    expect(feed.getByLabelText('Number that counts')).toBeInvalid();
    await user.type(feed.getByLabelText('Number that counts'), 'points');
    await user.click(form.getByRole('button', { name: 'Create' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ score_type: 'int64', max_score: '9223372036854775807', feeds: [{ board: 'ladder', number: 'points' }] });
  });

  it('creates a board with tiebreakers', async () => {
    const { user, sent } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Create a board' }));
    const form = within(screen.getByRole('dialog', { name: 'Create a board' }));
    const paste = async (field: HTMLElement, text: string) => {
      await user.click(field); // typing would render the form for each key
      await user.paste(text);
    };
    await paste(form.getByLabelText('Slug'), 'dungeon');
    const add = form.getByRole('button', { name: 'Add a tiebreaker' });
    for (let at = 0; at < 3; at += 1) await user.click(add);
    expect(add).toBeDisabled();
    expect(add).toHaveAccessibleDescription('A board has at most 3 tiebreakers.');
    await user.click(form.getByRole('button', { name: 'Remove tiebreaker 3' }));
    expect(add).toHaveFocus();
    const [first, second] = ['Tiebreaker 1', 'Tiebreaker 2'].map((name) => within(form.getByRole('group', { name })));
    if (!first || !second) throw new Error('the form has no tiebreakers');
    await paste(first.getByLabelText('Name of the number'), 'time_ms');
    await paste(first.getByLabelText('Greatest number'), '9007199254740991');
    await paste(second.getByLabelText('Name of the number'), 'coins');
    await user.selectOptions(second.getByLabelText('Order at equal scores'), 'Highest first');
    await user.click(form.getByRole('button', { name: 'Create' }));
    expect(first.getByLabelText('Greatest number')).toBeValid();
    expect(second.getByLabelText('Greatest number')).toBeInvalid();
    await paste(second.getByLabelText('Greatest number'), '99999');
    expect(form.getByText(/^The ranges have more than 2\^53 combinations/)).toBeInTheDocument();
    await user.clear(first.getByLabelText('Greatest number'));
    await paste(first.getByLabelText('Greatest number'), '36000000');
    await user.selectOptions(form.getByLabelText('Policy'), 'Sum of all scores');
    await user.click(form.getByRole('button', { name: 'Create' }));
    expect(add).toHaveAccessibleDescription(/^A sum has no run with numbers/);
    expect(sent).toEqual([]);
    await user.selectOptions(form.getByLabelText('Policy'), 'Best score');
    await user.click(form.getByRole('button', { name: 'Create' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      tiebreakers: [{ name: 'time_ms', order: 'asc', min: 0, max: 36_000_000 }, { name: 'coins', order: 'desc', min: 0, max: 99_999 }],
    });
  });

  it('shows the tiebreakers of a board without a way to change them', async () => {
    const dungeon = aBoard('dungeon', { name: 'Dungeon', policy: 'best', tiebreakers: [{ name: 'deaths', order: 'asc', min: 0, max: 9 }] });
    const { user, sent } = openBoards([dungeon]);
    expect(await screen.findByText(/^dungeon · .* · ties by deaths · all-time$/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Edit Dungeon' }));
    const form = within(screen.getByRole('dialog', { name: 'Edit Dungeon' }));
    expect(form.getByRole('group', { name: 'Tiebreakers' })).toHaveAccessibleDescription('Fixed since the board was created.');
    expect(form.getByLabelText('Name of the number')).toHaveValue('deaths');
    expect(form.getByLabelText('Name of the number')).toBeDisabled();
    expect(form.queryByRole('button', { name: 'Add a tiebreaker' })).not.toBeInTheDocument();
    await user.type(form.getByLabelText('Name'), ' II');
    await user.click(form.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(sent).toEqual([{ name: 'Dungeon II' }]));
  });

  it('changes feeds, and offers only boards that can be fed', async () => {
    const { user, sent } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Edit Race' }));
    const form = within(screen.getByRole('dialog', { name: 'Edit Race' }));
    expect(form.getAllByLabelText('Fed board').map((select) => (select as HTMLSelectElement).value)).toEqual(['ladder', 'gold']);
    await user.click(form.getByRole('button', { name: 'Add a feed' }));
    expect(form.getByRole('button', { name: 'Add a feed' })).toBeDisabled();
    expect(form.getByRole('button', { name: 'Add a feed' })).toHaveAccessibleDescription(/^No other board can be fed\./);
    await user.click(form.getByRole('button', { name: 'Remove feed 1' }));
    expect(form.getByRole('button', { name: 'Add a feed' })).toHaveFocus();
    await user.click(form.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(sent).toEqual([{ feeds: [{ board: 'gold', number: null }, { board: 'default', number: null }] }]));
    await user.click(await screen.findByRole('button', { name: 'Edit Gold' }));
    expect(screen.getByRole('button', { name: 'Add a feed' })).toHaveAccessibleDescription(/^Fed by Race\./);
  });

  it('edits a board with stored integers that the browser rounds', async () => {
    const { user, sent } = openBoards([RAID]);
    await user.click(await screen.findByRole('button', { name: 'Edit Raid' }));
    const form = within(screen.getByRole('dialog', { name: 'Edit Raid' }));
    expect(form.getByLabelText('Rewards')).toHaveAccessibleDescription(/shown rounded here\. They stay exact/);
    expect(form.getByLabelText('League')).not.toHaveAccessibleDescription(/rounded/);
    await user.type(form.getByLabelText('Rewards'), ' ');
    await user.click(form.getByRole('button', { name: 'Save' }));
    expect(form.getByLabelText('Rewards')).toHaveAccessibleDescription(/^Write integers beyond ±9,007,199,254,740,991 as text/);
    await user.type(form.getByLabelText('Rewards'), '{Backspace}');
    expect(form.getByLabelText('Rewards')).toBeValid();
    await user.type(form.getByLabelText('Name'), ' II');
    await user.click(form.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(sent).toEqual([{ name: 'Raid II' }]));
  });

  it('is summarized with score type and feeds in the list of boards', async () => {
    openBoards();
    expect(await screen.findByText(/^race · .* · feeds ladder \(points\) and gold \(score\)$/)).toBeInTheDocument();
    expect(screen.getByText(/^gold · .* · 64-bit scores · all-time · fed by race$/)).toBeInTheDocument();
    expect(screen.getByText(/^default · sum of all scores, highest first · all-time$/)).toBeInTheDocument();
  });

  it('groups its fields, and offers time zones and cron expressions', async () => {
    const { user } = openBoards();
    await user.click(await screen.findByRole('button', { name: 'Create a board' }));
    const groups = screen.getAllByRole('group').map((group) => group.querySelector('legend')?.textContent);
    expect(groups).toEqual(['Name', 'Scores', 'Tiebreakers', 'Feeds', 'Periods', 'Limits', 'Events', 'Access']);
    const offered = (label: string) => {
      const list = document.getElementById(screen.getByLabelText(label).getAttribute('list') ?? '');
      return [...(list?.querySelectorAll('option') ?? [])].map(({ value }) => value);
    };
    expect(offered('Time zone')).toEqual(expect.arrayContaining(['UTC', 'Europe/Berlin', 'America/New_York']));
    expect(offered('Season starts')).toContain('0 0 1 */3 *');
    expect(screen.getByLabelText('Season starts')).toHaveAccessibleDescription(/Permanent once set\.$/);
    await user.type(screen.getByLabelText('Season starts'), '0 6 * * MON');
    expect(screen.getByLabelText('Season starts')).toHaveAccessibleDescription(/Next starts: Mon, .*; Mon, .*; Mon, .*\.$/);
  });

  it.each(PRESET_NAMES)('has the preset %s, which is a valid board', (name) => {
    const draft = { ...EMPTY, board: 'made', ...PRESETS[name] };
    expect(flawsOf(draft, en)).toEqual({});
    const settings = settingsOf(draft);
    expect(settings.periods?.includes('season')).toBe(settings.season !== null);
  });
});
