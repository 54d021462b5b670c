import { expect, it } from 'vitest';

import { submissionOf, type Draft } from '../src/submit/draft';

const draft: Draft = {
  userId: '12',
  score: '-5',
  subscore: '',
  submissionId: '0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f',
  metadata: '{"level": 3}',
};

it('makes a submission', () => {
  expect(submissionOf(draft)).toEqual({
    submission: { user_id: 12, score: -5, submission_id: draft.submissionId, metadata: { level: 3 } },
  });
  expect(submissionOf({ ...draft, subscore: '7' })).toHaveProperty('submission.subscore', 7);
  expect(submissionOf({ ...draft, metadata: ' ' })).not.toHaveProperty('submission.metadata');
});

it.each(['9007199254740992', '-9223372036854775807'])('sends the digits of the 64-bit score %s as text', (score) => {
  expect(submissionOf({ ...draft, score })).toHaveProperty('submission.score', score);
});

it.each<[keyof Draft, string]>([
  ['userId', 'Ada'],
  ['score', '1.5'],
  ['score', ''],
  ['score', '92233720368547758070'],
  ['score', '1e18'],
  ['subscore', '1.5'],
  ['submissionId', 'x'],
  ['metadata', '[1]'],
  ['metadata', '{'],
])('says that %s cannot be %j', (field, text) => {
  expect(submissionOf({ ...draft, [field]: text })).toHaveProperty(`flaws.${field}`);
});
