import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RobotModel } from '../core/index.ts';
import { InputError, runConfig } from '../core/index.ts';

/** Grows when a run folder of this version cannot be read by the one before. */
export const runFormat = 1;

/**
 * `manifest.json`: everything that decides a run's bits. The robot is kept whole; a task of the user's own is kept as
 * `task.mjs` beside it, so that neither edits nor moved files change a run that is resumed.
 */
const manifestSchema = z.object({
  format: z.literal(runFormat),
  /** ISO 8601. */
  created: z.string(),
  task: z.object({
    name: z.string().min(1),
    /** Where a user's own task came from; null for a shipped one. */
    file: z.string().nullable(),
    /** SHA-256 of `task.mjs`, hex; null for a shipped one. */
    sha256: z.string().nullable(),
    params: z.record(z.string(), z.unknown()),
  }),
  /** Its content is vouched for by the checksum. */
  robot: z.custom<RobotModel>((value) => typeof value === 'object' && value !== null),
  agent: z.literal('pets'),
  model: z.enum(['learned', 'true']),
  engine: z.enum(['wasm', 'tfjs']),
  numerics: z.enum(['fast', 'portable']),
  seed: z.int().min(0),
  trials: z.int().min(1),
  clock: z.enum(['sim', 'wall']).default('sim'),
  /** The real robot that it was learned on; left out: the simulator. */
  hardware: z
    .object({
      driver: z.string(),
      port: z.enum(['serial', 'tcp', 'websocket', 'mock']),
      /** SHA-256 of the calibration, hex; null where none is needed. */
      calibration: z.string().nullable(),
    })
    .optional(),
  /** Modelled planning delay, ms. */
  delayMs: z.number().min(0).default(0),
  budget: z.object({
    name: z.string(),
    candidates: z.int().min(1),
    iterations: z.int().min(1),
    milliseconds: z.number().positive().optional(),
  }),
  config: runConfig,
  /** Which builds computed the run, from which trial on; the last one must be met again on resume. */
  builds: z
    .array(z.object({ trial: z.int().min(1), numerics: z.string(), premotor: z.string(), node: z.string() }))
    .min(1),
});

export type Manifest = z.output<typeof manifestSchema>;

export function encodeManifest(manifest: Manifest): string {
  const content = stringify(manifest);
  return `${stringify({ ...manifest, checksum: sha256(content) })}\n`;
}

/** @param where names the file in errors. */
export function decodeManifest(text: string, where: string): Manifest {
  const damaged = (what: string) =>
    new InputError(`${where} is damaged (${what}): restore it from a copy or start a new run`);
  let json: unknown;
  try {
    json = JSON.parse(text, (_, value) =>
      value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
    );
  } catch {
    throw damaged('not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw damaged('not an object');
  const { checksum, ...content } = json as Record<string, unknown>;
  if (typeof content.format === 'number' && content.format !== runFormat) {
    throw new InputError(
      `${where} has run format ${content.format}, this version reads ${runFormat}: use the premotor that wrote it`,
    );
  }
  if (checksum !== sha256(stringify(content))) throw damaged('wrong checksum');
  const parsed = manifestSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw damaged(`${path.join('.')}: ${message}`);
}

/** JSON knows no infinity; an unlimited joint's bounds are written as text. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_, v) => (v === Infinity || v === -Infinity ? String(v) : v), 2);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
