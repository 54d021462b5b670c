import { describe, expect, it } from 'vitest';

import type { Board } from '../src/api/types';
import { EMPTY, changesOf, draftOf, flawsOf, settingsOf, showsRounded, type BoardDraft } from '../src/console/boardDraft';
import { en } from '../src/console/i18n/en';
import { boardsFeeding, targetsFor } from '../src/console/feedDraft';
import type { TiebreakerDraft } from '../src/console/tiebreakerDraft';
import { aBoard } from './server';

const LAPS = aBoard('laps', { name: 'Laps', order: 'asc', policy: 'best', max_score: 600_000, unit: 'ms', keep_days: 30, segments: ['country', 'platform'], events: ['score.improved'] });

describe('the settings of a board', () => {
  it('keep the digits of 64-bit scores', () => {
    const idle = aBoard('idle', { score_type: 'int64', min_score: '-9007199254740993', max_score: '9223372036854775807', tiers: [{ name: 'gold', score: '9007199254740993' }] });
    expect(changesOf(draftOf(idle), idle)).toEqual({});
    expect(settingsOf(draftOf(idle))).toMatchObject({ min_score: '-9007199254740993', max_score: '9223372036854775807', tiers: [{ name: 'gold', score: '9007199254740993' }] });
    expect(flawsOf(draftOf(idle), en)).toEqual({});
  });

  it.each([
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775807', '-9223372036854775807'],
    ['0009007199254740993', '9007199254740993'],
    ['42', 42],
    ['9223372036854775808', null],
    ['-9223372036854775808', null],
    ['9,007,199,254,740,993', null],
    ['9007199254740993.5', null],
  ])('have the limit %s of 64-bit scores as %j', (text, sent) => {
    const draft: BoardDraft = { ...EMPTY, board: 'idle', scoreType: 'int64', numbers: { ...EMPTY.numbers, max_score: text } };
    expect(flawsOf(draft, en)).toEqual(sent === null ? { max_score: en.form.longScore('9,223,372,036,854,775,807') } : {});
    if (sent !== null) expect(settingsOf(draft)).toMatchObject({ max_score: sent, score_type: 'int64' });
  });

  it.each([
    ['int64', '9007199254740993', '9007199254740993'],
    ['int64', '-0009007199254740993', '-9007199254740993'],
    ['int64', '42', 42],
    ['int64', '9223372036854775808', null],
    ['int64', '1.5', null],
    ['number', '-9007199254740991', -9_007_199_254_740_991],
    ['number', '9007199254740993', null],
  ] as const)('have on a board with the score type %s the tier at %s as %j', (scoreType, text, score) => {
    const draft: BoardDraft = { ...EMPTY, board: 'idle', scoreType, tiers: `gold score ${text}, silver percent 12.5, bronze` };
    const most = scoreType === 'int64' ? '9,223,372,036,854,775,807' : '9,007,199,254,740,991';
    expect(flawsOf(draft, en)).toEqual(score === null ? { tiers: en.form.tiersScoreFlaw(most) } : {});
    if (score !== null) expect(settingsOf(draft).tiers).toEqual([{ name: 'gold', score }, { name: 'silver', percent: 12.5 }, { name: 'bronze' }]);
  });

  it('combine no 64-bit scores of teams', () => {
    const draft: BoardDraft = { ...EMPTY, board: 'idle', policy: 'sum', scoreType: 'int64' };
    expect(flawsOf(draft, en)).toEqual({});
    expect(flawsOf({ ...draft, teamSource: 'hunt' }, en)).toEqual({ scoreType: en.form.longTeamFlaw });
    expect(flawsOf({ ...draft, teamSource: 'hunt', scoreType: 'number' }, en)).toEqual({});
  });

  it('are the same after a visit to the form', () => {
    const settings = settingsOf(draftOf(LAPS));
    expect(LAPS).toMatchObject(settings);
    // The form does not edit these JSON members. All others are settings in the form.
    const others = ['board', 'building', 'frozen_at'];
    expect(Object.keys(settings).toSorted()).toEqual(Object.keys(LAPS).filter((name) => !others.includes(name)).toSorted());
  });

  it('are sent as far as they changed', () => {
    expect(changesOf(draftOf(LAPS), LAPS)).toEqual({});
    const draft = draftOf(LAPS);
    const edited = { ...draft, name: 'Fastest laps', numbers: { ...draft.numbers, max_score: '', decimals: '2' } };
    expect(changesOf(edited, LAPS)).toEqual({ name: 'Fastest laps', max_score: null, decimals: 2 });
  });

  it('have a name at least', () => {
    expect(settingsOf({ ...EMPTY, board: 'laps' }).name).toBe('laps');
    expect(flawsOf(EMPTY, en)).toHaveProperty('board');
    expect(flawsOf({ ...EMPTY, board: 'laps' }, en)).toEqual({});
  });

  it.each([
    ['', true],
    ['country, age_group', true],
    ['country,', false],
    ['Country', false],
    ['country, country', false],
    ['a, b, c, d, e', false],
  ])('are divided by the segments %j: %s', (segments, fine) => {
    expect(Object.keys(flawsOf({ ...EMPTY, board: 'laps', segments }, en))).toEqual(fine ? [] : ['segments']);
  });

  it.each([
    ['min_score', '-5', true],
    ['max_change', '-5', false],
    ['keep_days', '0', false],
    ['decimals', '1.5', false],
    ['max_score', '99999999999999999', false],
    ['max_score', ' ', true],
  ] as const)('%s may be %j: %s', (name, text, fine) => {
    const flaws = flawsOf({ ...EMPTY, board: 'laps', numbers: { ...EMPTY.numbers, [name]: text } }, en);
    expect(Object.keys(flaws)).toEqual(fine ? [] : [name]);
  });
});

it('rewards have no integers that the browser would round', () => {
  const rewards = (gold: string) => flawsOf({ ...EMPTY, board: 'laps', rewards: `{"period": "weekly", "rewards": [{"reward": "winner", "payload": {"gold": ${gold}}}]}` }, en);
  expect(rewards('9007199254740993')).toEqual({ rewards: en.form.jsonNumberFlaw('9,007,199,254,740,991') });
  expect(rewards('"9007199254740993"')).toEqual({});
  expect(rewards('-9007199254740991')).toEqual({});
  expect(rewards('0.5')).toEqual({});
});

it('stored integers that the browser rounds refuse no edit of other settings', () => {
  const stored = { period: 'weekly', rewards: [{ reward: 'winner', payload: { gold: 2 ** 53 } }] } as unknown as NonNullable<Board['rewards']>;
  const raid = aBoard('raid', { rewards: stored });
  const initial = draftOf(raid);
  const edited = { ...initial, name: 'Raid' };
  expect(flawsOf(edited, en, [], initial)).toEqual({});
  expect(changesOf(edited, raid)).toEqual({ name: 'Raid' });
  expect(showsRounded(edited, initial, 'rewards')).toBe(true);
  const changed = { ...edited, rewards: initial.rewards.replace('9007199254740992', '9007199254740993') };
  expect(flawsOf(changed, en, [], initial)).toEqual({ rewards: en.form.jsonNumberFlaw('9,007,199,254,740,991') });
  expect(showsRounded(changed, initial, 'rewards')).toBe(false);
  expect(showsRounded(initial, initial, 'league')).toBe(false);
});

describe('the tiebreakers of a board', () => {
  const time: TiebreakerDraft = { name: 'time_ms', order: 'asc', min: '', max: '36000000' };
  const coins: TiebreakerDraft = { name: 'coins', order: 'desc', min: '-5', max: '99999' };
  const words = en.form.tiebreakers;
  const dungeon: BoardDraft = { ...EMPTY, board: 'dungeon', tiebreakers: [time, coins] };

  it('are sent with their ranges, and only when they change', () => {
    expect(flawsOf(dungeon, en)).toEqual({});
    const stored = [{ name: 'time_ms', order: 'asc', min: 0, max: 36_000_000 } as const, { name: 'coins', order: 'desc', min: -5, max: 99_999 } as const];
    expect(settingsOf(dungeon).tiebreakers).toEqual(stored);
    const board = aBoard('dungeon', { policy: 'best', tiebreakers: stored });
    expect(changesOf({ ...draftOf(board), name: 'Dungeon' }, board)).toEqual({ name: 'Dungeon' });
  });

  it.each([
    [{ name: '' }, 'nameFlaw'],
    [{ name: 'Time' }, 'nameFlaw'],
    [{ name: ' coins ' }, 'repeated'],
    [{ min: '1.5' }, 'numberFlaw'],
    [{ max: '' }, 'numberFlaw'],
    [{ max: '9007199254740992' }, 'numberFlaw'],
    [{ min: '7', max: '6' }, 'maxFlaw'],
    [{ min: '-9007199254740991', max: '9007199254740991' }, 'tooWide'],
    [{ min: '7', max: '7' }, null],
  ] as const)('with %j have the error %s', (change, flaw) => {
    const draft = { ...dungeon, tiebreakers: [coins, { ...time, ...change }] };
    expect(flawsOf(draft, en)).toEqual(flaw === null ? {} : { tiebreakers: words[flaw] });
  });

  it.each([
    ['94906265', null],
    ['94906266', 'tooWide'],
  ] as const)('have at most 2^53 combinations: twice 0 to %s', (max, flaw) => {
    const tiebreakers = ['a', 'b'].map((name) => ({ ...time, name, max: String(Number(max) - 1) }));
    expect(flawsOf({ ...dungeon, tiebreakers }, en)).toEqual(flaw === null ? {} : { tiebreakers: words[flaw] });
  });

  it.each([
    [{ policy: 'sum' }, 'sumFlaw'],
    [{ subscoreOrder: 'asc' }, 'subscoreFlaw'],
    [{ teamSource: 'hunt' }, 'teamFlaw'],
  ] as const)('do not exist on a board with %j', (change, flaw) => {
    expect(flawsOf({ ...dungeon, ...change }, en)).toEqual({ tiebreakers: words[flaw] });
    expect(flawsOf({ ...dungeon, ...change, tiebreakers: [] }, en)).toEqual({});
  });
});

describe('the feeds of a board', () => {
  const coins = aBoard('coins');
  const gold = aBoard('gold', { policy: 'best', score_type: 'int64' });
  const race = aBoard('race', { feeds: [{ board: 'coins', number: 'coins' }, { board: 'gold', number: null }] });
  const boards = [
    coins,
    gold,
    race,
    aBoard('squads', { team: { source: 'coins', function: 'sum', members: null } }),
    aBoard('cup', { tournament: { duration_s: 60 } as NonNullable<Board['tournament']> }),
  ];

  it('are sent with the number that counts, or with none', () => {
    expect(changesOf(draftOf(race), race)).toEqual({});
    const draft = { ...draftOf(race), feeds: [{ board: 'gold', number: ' gold ' }, { board: 'coins', number: ' ' }] };
    expect(changesOf(draft, race)).toEqual({ feeds: [{ board: 'gold', number: 'gold' }, { board: 'coins', number: null }] });
    expect(changesOf({ ...draft, feeds: [] }, race)).toEqual({ feeds: [] });
  });

  it('go to boards of players that feed no others', () => {
    expect(targetsFor('coins', boards)).toEqual([gold]);
    expect(targetsFor('new', boards)).toEqual([coins, gold]);
    expect(boardsFeeding('coins', boards)).toEqual([race]);
    expect(boardsFeeding('race', boards)).toEqual([]);
  });

  it.each([
    ['number', 'coins', '', null],
    ['number', 'gold', '', null],
    ['number', 'coins', 'coins_2', null],
    ['number', 'coins', '2coins', 'numberFlaw'],
    ['number', 'coins', 'Coins', 'numberFlaw'],
    ['int64', 'coins', '', 'numberNeeded'],
    ['int64', 'coins', 'coins', null],
    ['int64', 'gold', '', null],
  ] as const)('of a board with the score type %s: %s by %j', (scoreType, board, number, flaw) => {
    const draft: BoardDraft = { ...EMPTY, board: 'new', scoreType, feeds: [{ board, number }] };
    expect(flawsOf(draft, en, boards)).toEqual(flaw === null ? {} : { feeds: en.form.feeds[flaw] });
  });

  it('do not exist on a team board', () => {
    const draft: BoardDraft = { ...EMPTY, board: 'new', teamSource: 'coins', feeds: [{ board: 'coins', number: '' }] };
    expect(flawsOf(draft, en, boards)).toEqual({ feeds: en.form.feeds.teamFlaw });
  });
});
