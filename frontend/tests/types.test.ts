// @vitest-environment node
import { readFileSync } from 'node:fs';

import openapiTS, { COMMENT_HEADER, astToString, type OpenAPI3 } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('has the types that openapi.json describes; if not, run `npm run api`', async () => {
  const described = JSON.parse(readFileSync('openapi.json', 'utf8')) as OpenAPI3;
  const made = COMMENT_HEADER + astToString(await openapiTS(described));
  expect(readFileSync('src/api/schema.ts', 'utf8') === made).toBe(true);
});
