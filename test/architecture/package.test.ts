import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './import-graph.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json'));

describe('the package', () => {
  const entries = Object.entries(manifest.exports as Record<string, string>).filter(
    ([, file]) => !file.endsWith('.json'),
  );

  it('exports ., ./sim, ./robot, ./tasks, ./plan, ./hardware, ./identify and ./viewer', () => {
    expect(entries.map(([name]) => name)).toEqual([
      '.',
      './sim',
      './robot',
      './tasks',
      './plan',
      './hardware',
      './identify',
      './viewer',
    ]);
  });

  it.each(entries)('has code and types behind %s', (_name, file) => {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(existsSync(join(root, file.replace(/\.js$/, '.d.ts'))), `types of ${file}`).toBe(true);
  });

  it('names a command that exists and starts with a shebang', () => {
    expect(read(manifest.bin.premotor)).toMatch(/^#!\/usr\/bin\/env node/);
  });

  it('needs neither MuJoCo nor a browser at run time', () => {
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(needed.filter((name) => /mujoco|chromium|playwright|puppeteer/.test(name))).toEqual([]);
  });

  it('runs nothing of its own when a user installs it', () => {
    const scripts = Object.keys(manifest.scripts);
    expect(scripts.filter((name) => ['preinstall', 'install', 'postinstall'].includes(name))).toEqual([]);
  });

  it('has a lockfile without addresses of a registry, complete for every platform', () => {
    const lock = JSON.parse(read('package-lock.json'));
    const packages = Object.entries(lock.packages as Record<string, Record<string, unknown>>);
    expect(packages.filter(([, entry]) => entry.resolved).map(([name]) => name)).toEqual([]);
    const optional = packages.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {}));
    const names = new Set(packages.map(([name]) => name.slice(name.lastIndexOf('node_modules/') + 13)));
    expect(optional.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('the repository', () => {
  it('names no path of a machine and no address of a package registry', () => {
    // Written in parts, so that this file passes its own test.
    const words = [
      ['/wo', 'rk/'],
      ['/ro', 'ot/'],
      ['registry.npm', 'js'],
      ['py', 'pi.org'],
      ['files.python', 'hosted'],
      ['repo1.ma', 'ven'],
    ].map((parts) => parts.join(''));
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    const files = listed.split('\0').filter((file) => file && existsSync(join(root, file)));
    expect(files.length).toBeGreaterThan(20);
    const found = files.flatMap((file) => {
      const text = read(file);
      return words.filter((word) => text.includes(word)).map((word) => `${file}: ${word}`);
    });
    expect(found).toEqual([]);
  });
});
