import published from '@foxglove/schemas/jsonschema.js';
import { expect, test } from 'vitest';
import * as own from '#src/stream/foxglove-schemas';
import { topicSpecs } from '#src/stream/schemas';

/** A schema without what is only for people. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !((key === 'description' || key === '$comment') && typeof value === 'string'))
      .map(([key, value]) => [key, bare(value)]),
  );
}

test.each([
  ['FrameTransforms', own.frameTransforms],
  ['SceneUpdate', own.sceneUpdate],
  ['JointStates', own.jointStates],
  ['Log', own.log],
] as const)('%s is the published schema', (name, schema) => {
  expect(schema).toEqual(bare(published[name]));
});

test('the topics of the design are all there, once', () => {
  const names = topicSpecs.map(({ topic }) => topic);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      '/tf',
      '/scene',
      '/plan',
      '/imagined',
      '/joint_states',
      '/step',
      '/trial',
      '/timing',
      '/fit',
      '/log',
    ]),
  );
});
