import { expect, it } from 'vitest';

import { submissionOf, type Draft } from '../src/submit/draft';

const draft: Draft = {
  userId: '12',
  score: '-5',
  subscore: '',
  numbers: '',
  submissionId: '0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f',
  metadata: '{"level": 3}',
};

it('makes a submission', () => {
  expect(submissionOf(draft)).toEqual({
    submission: { user_id: 12, score: -5, submission_id: draft.submissionId, metadata: { level: 3 } },
  });
  expect(submissionOf({ ...draft, subscore: '7' })).toHaveProperty('submission.subscore', 7);
  expect(submissionOf({ ...draft, numbers: '{"coins": 40, "time_ms": -3}' })).toHaveProperty('submission.numbers', { coins: 40, time_ms: -3 });
  expect(submissionOf(draft)).not.toHaveProperty('submission.numbers');
  expect(submissionOf({ ...draft, metadata: ' ' })).not.toHaveProperty('submission.metadata');
});

it.each([
  ['9007199254740992', '9007199254740992'],
  ['-9223372036854775807', '-9223372036854775807'],
  ['0009007199254740993', '9007199254740993'],
  [' 9007199254740993 ', '9007199254740993'],
  ['007', 7],
])('sends the score %j as %j', (score, sent) => {
  expect(submissionOf({ ...draft, score })).toHaveProperty('submission.score', sent);
});

it.each(['12345678901234567890', '-9007199254740992', '1e400'])('refuses metadata with %s, which the browser would round', (seed) => {
  const flaw = 'Write integers beyond ±9,007,199,254,740,991 as text. The browser would round them.';
  expect(submissionOf({ ...draft, metadata: `{"levels": [{"seed": ${seed}}]}` })).toEqual({ flaws: { metadata: flaw } });
  expect(submissionOf({ ...draft, metadata: `{"levels": [{"seed": "${seed}"}]}` })).toHaveProperty('submission.metadata', { levels: [{ seed }] });
});

it('sends metadata with the greatest exact integer, and with fractions', () => {
  expect(submissionOf({ ...draft, metadata: '{"seed": -9007199254740991, "speed": 0.5}' })).toHaveProperty('submission.metadata', { seed: -9_007_199_254_740_991, speed: 0.5 });
});

it.each<[keyof Draft, string]>([
  ['userId', 'Ada'],
  ['score', '1.5'],
  ['score', ''],
  ['score', '92233720368547758070'],
  ['score', '9223372036854775808'],
  ['score', '-9223372036854775808'],
  ['score', '1e18'],
  ['subscore', '1.5'],
  ['numbers', '{}'],
  ['numbers', '[1]'],
  ['numbers', '{"coins": 1.5}'],
  ['numbers', '{"coins": "1"}'],
  ['numbers', '{"coins": 9007199254740992}'],
  ['numbers', '{"Coins": 1}'],
  ['numbers', '{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1}'],
  ['submissionId', 'x'],
  ['metadata', '[1]'],
  ['metadata', '{'],
])('says that %s cannot be %j', (field, text) => {
  expect(submissionOf({ ...draft, [field]: text })).toHaveProperty(`flaws.${field}`);
});
