import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { openApi30 } from '../src/docs/openApi30';

/** Return a schema in the terms of OpenAPI 3.0. */
function converted(schema: object): unknown {
  const { components } = openApi30(JSON.stringify({ openapi: '3.1.0', components: { schemas: { it: schema } } }));
  return (components as { schemas: { it: unknown } }).schemas.it;
}

it('a value that may be null becomes nullable', () => {
  expect(converted({ anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }], title: 'Rank' })).toEqual({
    type: 'integer',
    minimum: 1,
    nullable: true,
    title: 'Rank',
  });
  expect(converted({ anyOf: [{ $ref: '#/x' }, { type: 'null' }] })).toEqual({ allOf: [{ $ref: '#/x' }], nullable: true });
  expect(converted({ anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] })).toEqual({
    anyOf: [{ type: 'string' }, { type: 'number' }],
    nullable: true,
  });
});

it('a choice without null stays one', () => {
  expect(converted({ anyOf: [{ type: 'string' }, { type: 'number' }] })).toEqual({ anyOf: [{ type: 'string' }, { type: 'number' }] });
});

it('the first example of a schema is kept, and so are the named examples of a body', () => {
  expect(converted({ type: 'integer', examples: [7, 8] })).toEqual({ type: 'integer', example: 7 });
  expect(converted({ examples: { seven: { value: 7 } } })).toEqual({ examples: { seven: { value: 7 } } });
});

it('an exclusive minimum keeps its value', () => {
  expect(converted({ type: 'number', exclusiveMinimum: 0 })).toEqual({ type: 'number', minimum: 0, exclusiveMinimum: true });
});

it('members with the names of these terms are kept', () => {
  const properties = { anyOf: { type: 'string' }, examples: { type: 'string' }, exclusiveMinimum: { type: 'string' } };
  expect(converted({ type: 'object', properties })).toEqual({ type: 'object', properties });
});

it('no term of OpenAPI 3.1 is left in the document of the API', () => {
  const document = openApi30(readFileSync('openapi.json', 'utf8'));
  const found: string[] = [];
  JSON.stringify(document, (name, value: unknown) => {
    const isNew = (name === 'examples' && Array.isArray(value)) || (name === 'exclusiveMinimum' && value !== true);
    if (isNew || name === 'const' || (name === 'type' && (value === 'null' || Array.isArray(value)))) found.push(name);
    return value;
  });
  expect(found).toEqual([]);
  expect(document.openapi).toBe('3.0.4');
});
