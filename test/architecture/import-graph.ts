import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One import, export-from or dynamic import: `target` is a file of ours, or null and `specifier` names a package. */
export interface Edge {
  readonly from: string;
  readonly specifier: string;
  readonly target: string | null;
}

/** Paths below the repository's root, with forward slashes. */
export function filesUnder(folder: string, wanted: (name: string) => boolean): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path, wanted);
    return wanted(entry.name) ? [path] : [];
  });
}

/** Source files of the package: src, sim and viewer, without AssemblyScript and the page's build settings. */
export function sourceFiles(): string[] {
  return ['src', 'sim', 'viewer']
    .flatMap((folder) => filesUnder(folder, (name) => name.endsWith('.ts') && !name.endsWith('.d.ts')))
    .filter((path) => !path.startsWith('src/kernels/assembly/') && !path.endsWith('/vite.config.ts'));
}

/** What a TypeScript module imports, types included, as written. */
export function specifiersOf(code: string): string[] {
  const patterns = [
    /^(?:import|export)\s[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*(?:\/\*[^*]*\*\/\s*)?['"]([^'"]+)['"]/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]));
}

/** The edges of a file; a `#name` of package.json's `imports` leads to every file it may stand for. */
export function edgesOf(file: string, code: string, imports: Record<string, unknown>): Edge[] {
  return specifiersOf(code).flatMap((specifier) =>
    targetsOf(file, specifier, imports).map((target) => ({ from: file, specifier, target })),
  );
}

function targetsOf(file: string, specifier: string, imports: Record<string, unknown>): (string | null)[] {
  if (specifier.startsWith('.')) {
    return [posix.join(dirname(file), specifier.replace(/[?#].*$/, ''))];
  }
  if (!specifier.startsWith('#')) return [null];
  for (const [pattern, entry] of Object.entries(imports)) {
    const [before, after] = pattern.split('*');
    const star = after === undefined ? '' : specifier.slice(before.length, specifier.length - after.length);
    if (pattern.replace('*', star) !== specifier) continue;
    const files = Object.values(entry as Record<string, string>).map((path) =>
      path
        .replace('*', star)
        .replace(/^\.\/(dist\/)?/, '')
        .replace(/\.js$/, '.ts'),
    );
    return [...new Set(files)];
  }
  throw new Error(`${file}: ${specifier} is not in the imports of package.json`);
}

export function readGraph(): { files: string[]; edges: Edge[] } {
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = sourceFiles();
  return {
    files,
    edges: files.flatMap((file) => edgesOf(file, readFileSync(join(root, file), 'utf8'), imports)),
  };
}

/** A cycle as the list of its nodes, the first one repeated at the end; null when there is none. */
export function findCycle(edges: readonly (readonly [string, string])[]): string[] | null {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    if (from === to) continue;
    if (!next.has(from)) next.set(from, new Set());
    next.get(from)!.add(to);
  }
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | null => {
    if (finished.has(node)) return null;
    const seen = path.indexOf(node);
    if (seen >= 0) return [...path.slice(seen), node];
    path.push(node);
    for (const to of next.get(node) ?? []) {
      const cycle = visit(to);
      if (cycle) return cycle;
    }
    path.pop();
    finished.add(node);
    return null;
  };
  for (const node of next.keys()) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return null;
}
