import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { usualRobot } from '#src/core/task';
import { shippedRobots } from '#src/load/robot';
import { everyTask } from './instance.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Pictures that a page refers to, from the root of the repository. */
function shown(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/(?:src="|\]\()([^")]+\.png)/g)].map(([, file]) =>
    relative(root, resolve(root, dirname(page), file)),
  );
}

function expectPicture(file: string): void {
  expect(existsSync(join(root, file)), `${file}: node scripts/screenshots.mjs takes it`).toBe(true);
  const bytes = readFileSync(join(root, file));
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  // Width and height, of the header.
  expect(bytes.readUInt32BE(16)).toBeGreaterThan(200);
  expect(bytes.readUInt32BE(20)).toBeGreaterThan(200);
}

const tasks = everyTask().map(([name, robot, task]) => ({
  name: `${name} with ${robot}`,
  file: `docs/tasks/${name}${robot === usualRobot(task) ? '' : `-${robot}`}.png`,
}));

describe('the pictures from the live page', () => {
  test.each(tasks)('$name has one, in the table of tasks', ({ file }) => {
    expectPicture(file);
    expect(shown('docs/tasks.md')).toContain(file);
  });

  test.each(shippedRobots())('%s has one, in its own README', (robot) => {
    const file = `robots/${robot}/screenshot.png`;
    expectPicture(file);
    expect(shown(`robots/${robot}/README.md`)).toContain(file);
  });

  test.each(['README.md', 'docs/tasks.md'])('%s shows none that is not there', (page) => {
    expect(shown(page).length).toBeGreaterThan(5);
    for (const file of shown(page)) expectPicture(file);
  });
});
