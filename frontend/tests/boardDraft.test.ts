import { describe, expect, it } from 'vitest';

import { EMPTY, changesOf, draftOf, flawsOf, settingsOf } from '../src/console/boardDraft';
import { en } from '../src/console/i18n/en';
import { aBoard } from './server';

const LAPS = aBoard('laps', { name: 'Laps', order: 'asc', policy: 'best', max_score: 600_000, unit: 'ms', keep_days: 30, segments: ['country', 'platform'], events: ['score.improved'] });

describe('the settings of a board', () => {
  it('keep the digits of 64-bit scores', () => {
    const idle = aBoard('idle', { score_type: 'int64', min_score: '-9007199254740993', max_score: '9223372036854775807', tiers: [{ name: 'gold', score: '9007199254740993' }] });
    expect(changesOf(draftOf(idle), idle)).toEqual({});
    expect(settingsOf(draftOf(idle))).toMatchObject({ min_score: '-9007199254740993', max_score: '9223372036854775807', tiers: [{ name: 'gold', score: '9007199254740993' }] });
    expect(flawsOf(draftOf(idle), en)).toEqual({});
  });

  it('are the same after a visit to the form', () => {
    const settings = settingsOf(draftOf(LAPS));
    expect(LAPS).toMatchObject(settings);
    // The form does not edit these JSON members. All others are settings in the form.
    const others = ['board', 'building', 'frozen_at', 'tiebreakers', 'feeds', 'score_type'];
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
