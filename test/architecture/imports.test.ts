import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { edgesOf, findCycle, readGraph, specifiersOf } from './import-graph.ts';
import { roomOf, rooms } from './rooms.ts';

const { files, edges } = readGraph();
const say = (edge: { from: string; specifier: string }) => `${edge.from} imports ${edge.specifier}`;
const builtin = (specifier: string) =>
  specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0]);
const packageName = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

describe('the import graph of src, sim and viewer', () => {
  it('has every file in a room that docs/design.md names', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !(roomOf(file) in rooms))).toEqual([]);
  });

  it('resolves every import to a file of ours or to a package', () => {
    const lost = edges.filter((edge) => edge.target !== null && !files.includes(edge.target));
    // Data and style sheets are not modules of the graph.
    expect(lost.filter((edge) => /\.[jt]s$/.test(edge.target!)).map(say)).toEqual([]);
  });

  it('has no edge outside the table of rooms', () => {
    const outside = edges.filter((edge) => {
      if (edge.target === null) return false;
      const from = roomOf(edge.from);
      const to = roomOf(edge.target);
      return from !== to && to !== 'package.json' && !rooms[from].mayImport.includes(to);
    });
    expect(outside.map(say)).toEqual([]);
  });

  it('imports no package that the room is not meant to know', () => {
    const unknown = edges.filter(
      (edge) =>
        edge.target === null &&
        !builtin(edge.specifier) &&
        !rooms[roomOf(edge.from)].packages.includes(packageName(edge.specifier)),
    );
    expect(unknown.map(say)).toEqual([]);
  });

  it('has no cycle between files', () => {
    const between = edges.flatMap((edge) => (edge.target ? [[edge.from, edge.target] as const] : []));
    expect(findCycle(between)).toBeNull();
  });

  it('has no cycle between rooms', () => {
    const between = edges.flatMap((edge) =>
      edge.target ? [[roomOf(edge.from), roomOf(edge.target)] as const] : [],
    );
    expect(findCycle(between)).toBeNull();
    const table = Object.entries(rooms).flatMap(([from, room]) =>
      room.mayImport.map((to) => [from, to] as const),
    );
    expect(findCycle(table)).toBeNull();
  });

  it('keeps Node out of the rooms that run in a browser, but for *.node.ts', () => {
    const guarded = (file: string) => rooms[roomOf(file)].browser && !/\.node\.ts$/.test(file);
    const wrong = edges.filter(
      (edge) =>
        guarded(edge.from) &&
        (builtin(edge.specifier) ||
          // A Node form is reached by its name in package.json's imports, which has a browser form beside it.
          (edge.target?.endsWith('.node.ts') && !edge.specifier.startsWith('#'))),
    );
    expect(wrong.map(say)).toEqual([]);
  });

  it('keeps Node out of everything the page reaches', () => {
    const reached = new Set(files.filter((file) => roomOf(file) === 'viewer'));
    for (const file of reached) {
      for (const edge of edges) {
        if (edge.from === file && edge.target && !edge.target.endsWith('.node.ts')) reached.add(edge.target);
      }
    }
    const wrong = edges.filter(
      (edge) => reached.has(edge.from) && (builtin(edge.specifier) || edge.specifier === 'ws'),
    );
    expect(wrong.map(say)).toEqual([]);
  });
});

describe('the reader of the import graph', () => {
  it('sees every form of import', () => {
    const code = [
      `import { a } from './a.ts';`,
      `import type {\n  B,\n} from '../b/index.ts';`,
      `import './side-effect.ts';`,
      `export * from './c.ts';`,
      `export { d, type E } from "./d.ts";`,
      `const lazy = await import('./lazy.ts');`,
      ` * import { example } from 'comment';`,
    ].join('\n');
    expect(specifiersOf(code).sort()).toEqual(
      ['../b/index.ts', './a.ts', './c.ts', './d.ts', './lazy.ts', './side-effect.ts'].sort(),
    );
  });

  it('follows a conditional import to each of its forms', () => {
    const imports = {
      '#x/port': { node: './dist/src/x/port.node.js', default: './dist/src/x/port.browser.js' },
      '#src/*': { source: './src/*.ts', default: './dist/src/*.js' },
    };
    const targets = (code: string) => edgesOf('src/y/z.ts', code, imports).map((edge) => edge.target);
    expect(targets(`import '#x/port';`)).toEqual(['src/x/port.node.ts', 'src/x/port.browser.ts']);
    expect(targets(`import '#src/core/env';`)).toEqual(['src/core/env.ts']);
    expect(() => targets(`import '#none';`)).toThrow('not in the imports');
  });

  it('finds a cycle and names its members', () => {
    expect(
      findCycle([
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'b'],
      ]),
    ).toEqual(['b', 'c', 'b']);
    expect(
      findCycle([
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'c'],
      ]),
    ).toBeNull();
  });
});
