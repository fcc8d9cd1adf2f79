import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Checkpoint } from '#src/core/agent';
import { modelConfig, plannerConfig } from '#src/core/config';
import { decodeCheckpoint, encodeCheckpoint, readRun } from '#src/runs/index';
import { provenance } from './results.ts';

/** A learned controller that benches plan with: always the same one, so that only the planner differs. */
export interface Frozen {
  readonly task: string;
  readonly robot: string;
  readonly model: z.output<typeof modelConfig>;
  /** What it planned with while it learned; no planner's tuned settings favour it over the others. */
  readonly planner: z.output<typeof plannerConfig>;
  readonly checkpoint: Checkpoint;
  /** First digits of its file's SHA-256. */
  readonly id: string;
}

const manifest = z.object({
  task: z.string(),
  robot: z.string(),
  model: modelConfig,
  planner: plannerConfig,
  seed: z.int(),
  trials: z.int(),
  envSteps: z.int(),
  /** Undiscounted, of the last trial it learned from. */
  lastReturn: z.number(),
  sha256: z.string(),
  origin: z.record(z.string(), z.string()),
});

const path = (task: string, extension: string) => `bench/checkpoints/${task}.${extension}`;
/** Adam's moments: two thirds of a checkpoint, and of no use to a planner. */
const moments = ['model.adam.m', 'model.adam.v'];

/** Keeps the weights and normalisers of a run in bench/checkpoints/. Returns the file's size, bytes. */
export async function freeze(directory: string, command: string): Promise<number> {
  const { manifest: run, progress } = await readRun(directory);
  if (!progress) throw new Error(`${directory} has no finished trial`);
  const tensors = Object.fromEntries(
    Object.entries(progress.checkpoint.tensors).filter(([name]) => !moments.includes(name)),
  );
  const bytes = encodeCheckpoint({ tensors, meta: progress.checkpoint.meta });
  const last = progress.trials[progress.trials.length - 1];
  writeFileSync(path(run.task.name, 'safetensors'), bytes);
  const content: z.output<typeof manifest> = {
    task: run.task.name,
    robot: run.robot.name,
    model: run.config.model,
    planner: run.config.planner,
    seed: run.seed,
    trials: progress.trials.length,
    envSteps: last.envSteps,
    lastReturn: last.return,
    sha256: digest(bytes),
    origin: provenance(command),
  };
  writeFileSync(path(run.task.name, 'json'), `${JSON.stringify(content, null, 2)}\n`);
  return bytes.length;
}

/** The frozen controller of a task; its optimiser begins anew. */
export function thaw(task: string): Frozen {
  const file = path(task, 'safetensors');
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    throw new Error(`${file} is not there: npm run bench freeze -- <run of ${task}>`);
  }
  const {
    robot,
    model,
    planner,
    sha256: expected,
  } = manifest.parse(JSON.parse(readFileSync(path(task, 'json'), 'utf8')));
  if (digest(bytes) !== expected) throw new Error(`${file} is not what ${path(task, 'json')} tells of`);
  const { tensors, meta } = decodeCheckpoint(bytes, file);
  const { data, shape } = tensors['model.parameters'];
  const zeros = Object.fromEntries(
    moments.map((name) => [name, { shape, data: new Float32Array(data.length) }]),
  );
  const checkpoint = { tensors: { ...tensors, ...zeros }, meta: { ...meta, 'model.adam.step': '0' } };
  return { task, robot, model, planner, checkpoint, id: expected.slice(0, 12) };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
