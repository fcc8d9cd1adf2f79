import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RobotModel, TrialCommit } from '#src/core/index';
import { runConfig } from '#src/core/index';
import type { Manifest } from '#src/runs/index';

/** A folder of its own below the system's temporary one, and its removal. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'premotor-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

const pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;
export const robot: RobotModel = {
  name: 'stick',
  links: [
    { name: 'base', visuals: [], collisions: [] },
    { name: 'rod', visuals: [], collisions: [] },
  ],
  joints: [
    {
      ...{ name: 'hinge', kind: 'continuous', parent: 0, child: 1, origin: pose, axis: [0, 1, 0] },
      ...{
        lower: -Infinity,
        upper: Infinity,
        maxVelocity: Infinity,
        maxEffort: 2,
        damping: 0,
        friction: 0,
        armature: 0,
      },
    },
  ],
  root: 0,
  movable: [0],
  home: [0],
  sensors: [],
  actuators: [{ joint: 'hinge', kind: 'effort', maxEffort: 2 }],
  tip: { link: 1, point: [0, 0, 1] },
  simulation: { timestep: 0.01, iterations: 4 },
  notes: [],
};

export const manifest: Manifest = {
  format: 1,
  created: '2026-01-01T00:00:00.000Z',
  task: { name: 'still', file: null, sha256: null, params: { weight: 1 } },
  ...{ robot, agent: 'pets', model: 'learned', engine: 'wasm', numerics: 'fast', seed: 3, trials: 4 },
  ...{ clock: 'sim', delayMs: 0 },
  budget: { name: 'quality', candidates: 64, iterations: 3 },
  config: runConfig.parse({}),
  builds: [{ trial: 1, numerics: 'some build', premotor: '0.1.0', node: 'v20.0.0' }],
};

/** What trial `trial` of a made-up run leaves; the same at every call. */
export function trialCommit(trial: number): TrialCommit {
  const vector = (offset: number, size: number) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(trial * 31 + offset * 7 + i));
  const transitions = [0, 1, 2].map((step) => ({
    ...{ observation: vector(step, 2), action: vector(step + 50, 1), next: vector(step + 1, 2) },
    ...{ reward: Math.cos(trial + step), terminated: false },
  }));
  return {
    transitions,
    report: {
      ...{
        trial,
        return: trial / 3,
        score: null,
        envSteps: 3 * trial,
        seed: 3,
        terminated: false,
        success: null,
      },
      ...{
        wallSeconds: trial * 1.5,
        fitSeconds: 0.5,
        planMs: trial === 1 ? null : { p50: 1, p99: 2, max: 3 },
      },
      late: 0,
    },
    steps: transitions.map((row, i) => ({
      ...{ trial, step: i + 1, reward: row.reward, expectedReturn: null },
      action: Array.from(row.action),
      observation: Array.from(row.next),
    })),
    checkpoint: {
      tensors: { weights: { shape: [40], data: vector(99, 40) } },
      meta: { 'agent.planned': String(trial) },
    },
    fit: null,
  };
}

/** SHA-256 of every file below a folder but the lock, by its path. */
export function filesOf(folder: string, below = ''): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    if (statSync(join(folder, path)).isDirectory()) Object.assign(files, filesOf(folder, path));
    else if (name !== 'lock')
      files[path] = createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex');
  }
  return files;
}

export function makeFolder(...parts: string[]): string {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
}
