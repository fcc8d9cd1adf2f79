import type { Env, Step } from './env.ts';
import { Random } from './random.ts';
import { type Box, contains, sampleBox } from './space.ts';

export interface Finding {
  /** An `error` breaks learning or repetition; a `warning` is worth a look. */
  readonly level: 'error' | 'warning';
  readonly what: string;
}

/**
 * Checks an environment the way Gymnasium's `check_env` does: spaces, types, bounds, seeding, determinism, order of
 * calls, closing. `makeEnv` is called a few times; every environment it makes is closed. An empty list is a pass.
 */
export async function checkEnv(makeEnv: () => Env | Promise<Env>): Promise<Finding[]> {
  const findings = new Findings();
  const envs: Env[] = [];
  const make = async () => {
    const env = await makeEnv();
    envs.push(env);
    return env;
  };
  try {
    const env = await make();
    checkSpec(env, findings);
    if (findings.hasErrors) return findings.list;
    await checkOrder(env, findings);
    await checkSeeding(env, findings);
    await checkEpisode(env, findings);
    await checkTwins(await make(), await make(), findings);
    await checkFreshness(env, await make(), findings);
  } catch (error) {
    findings.error(`it threw: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    for (const env of envs) await closeTwice(env, findings);
  }
  return findings.list;
}

class Findings {
  readonly list: Finding[] = [];
  #add(level: Finding['level'], what: string): void {
    if (!this.list.some((finding) => finding.what === what)) this.list.push({ level, what });
  }
  error(what: string): void {
    this.#add('error', what);
  }
  warning(what: string): void {
    this.#add('warning', what);
  }
  get hasErrors(): boolean {
    return this.list.some(({ level }) => level === 'error');
  }
}

function checkSpec({ spec }: Env, findings: Findings): void {
  checkBox('the observation space', spec.observation, findings);
  checkBox('the action space', spec.action, findings);
  const { low, high } = spec.action;
  if (low.some((bound, i) => !Number.isFinite(bound) || !Number.isFinite(high[i]))) {
    findings.error('the action space is unbounded: a planner needs finite bounds');
  } else if (low.some((bound, i) => bound !== -high[i])) {
    findings.warning('the action space is not symmetric about 0');
  }
  if (low.length === 0) findings.error('the action space is empty');
  const { stateSize, goalSize } = spec.layout;
  if (stateSize + goalSize !== spec.observation.low.length) {
    findings.error(
      `the channels hold ${stateSize + goalSize} values, the observation space ${spec.observation.low.length}`,
    );
  }
  if (stateSize === 0) findings.error('there is no channel but goals: nothing can be learned');
  for (const { name, low: least, high: most } of spec.layout.channels) {
    if (!(least <= most)) findings.error(`channel "${name}": low ${least} is not below high ${most}`);
  }
  if (!(spec.controlPeriod > 0)) findings.error(`the control period is ${spec.controlPeriod} s`);
  if (!Number.isInteger(spec.episodeSteps) || spec.episodeSteps < 1) {
    findings.error(`an episode has ${spec.episodeSteps} steps`);
  }
}

function checkBox(name: string, { low, high }: Box, findings: Findings): void {
  if (low.length !== high.length) {
    findings.error(`${name}: ${low.length} lower bounds, ${high.length} upper ones`);
  }
  for (const [i, bound] of low.entries()) {
    if (!(bound <= high[i]))
      findings.error(`${name}: bound ${i} is empty or not a number (${bound} … ${high[i]})`);
  }
}

async function checkOrder(env: Env, findings: Findings): Promise<void> {
  if (!(await rejects(() => env.step(middle(env.spec.action))))) {
    findings.error('step before the first reset did not throw');
  }
  for (const seed of [-1, 0.5, Number.NaN]) {
    if (!(await rejects(() => env.reset({ seed })))) findings.error(`reset took ${seed} for a seed`);
  }
  await env.reset({ seed: 0, options: {} });
}

async function checkSeeding(env: Env, findings: Findings): Promise<void> {
  const starts = async (seed: number) => {
    const first = (await env.reset({ seed })).observation.slice();
    const second = (await env.reset()).observation.slice();
    return { first, second };
  };
  const once = await starts(3);
  const again = await starts(3);
  if (!equal(once.first, again.first)) findings.error('the same seed gives another first observation');
  if (!equal(once.second, again.second)) {
    findings.error('after the same seed the following reset gives another observation');
  }
  const other = await starts(4);
  const varied = [once.second, other.first, other.second];
  if (varied.every((start) => equal(start, once.first))) {
    findings.warning('every episode starts the same, whatever the seed');
  } else if (equal(once.first, other.first) && equal(once.second, other.second)) {
    findings.error('another seed gives the same starts');
  } else if (equal(once.first, once.second)) {
    findings.error('a reset without a seed starts over instead of going on');
  }
  await env.reset({ seed: 3, episode: 1 });
  const direct = (await env.reset({ seed: 3, episode: 1 })).observation;
  if (!equal(direct, once.second)) {
    findings.error('reset to an episode differs from the episode reached by resets');
  }
}

async function checkEpisode(env: Env, findings: Findings): Promise<void> {
  const { spec } = env;
  const random = new Random(0, 'check-env');
  const start = await env.reset({ seed: 0 });
  checkObservation('reset', env, start.observation, findings);
  if (typeof start.info !== 'object' || start.info === null)
    findings.error('reset gives no object for its info');
  let kept: Float32Array | undefined;
  let copy: Float32Array | undefined;
  for (let t = 1; t <= spec.episodeSteps; t++) {
    const action = sampleBox(spec.action, random);
    const given = action.slice();
    const step = await env.step(action);
    if (!equal(action, given)) findings.error('step changes the action it was given');
    checkStep(env, step, findings);
    if (kept && copy && !equal(kept, copy)) findings.error('a step changes the observation given before');
    kept = step.observation;
    copy = kept.slice();
    if (step.truncated && t === 1 && spec.episodeSteps > 1)
      findings.error('the episode is truncated after one step');
    if (step.terminated || step.truncated) {
      if (step.terminated && step.truncated) findings.warning('a step is both terminated and truncated');
      if (step.truncated && t !== spec.episodeSteps) {
        findings.error(`truncated after ${t} steps, an episode has ${spec.episodeSteps}`);
      }
      if (!(await rejects(() => env.step(action))))
        findings.error('step after the end of the episode did not throw');
      return;
    }
  }
  findings.error(`neither terminated nor truncated after ${spec.episodeSteps} steps`);
}

function checkStep(env: Env, step: Step, findings: Findings): void {
  checkObservation('step', env, step.observation, findings);
  if (typeof step.reward !== 'number' || !Number.isFinite(step.reward)) {
    findings.error(`the reward is ${step.reward}, not a finite number`);
  }
  if (typeof step.terminated !== 'boolean') findings.error(`terminated is ${step.terminated}, not a boolean`);
  if (typeof step.truncated !== 'boolean') findings.error(`truncated is ${step.truncated}, not a boolean`);
  if (typeof step.info !== 'object' || step.info === null)
    findings.error('step gives no object for its info');
}

function checkObservation(when: string, { spec }: Env, observation: unknown, findings: Findings): void {
  if (!(observation instanceof Float32Array)) {
    findings.error(`the observation after ${when} is not a Float32Array`);
  } else if (observation.length !== spec.observation.low.length) {
    findings.error(
      `the observation after ${when} has ${observation.length} values, its space ${spec.observation.low.length}`,
    );
  } else if (observation.some((value) => !Number.isFinite(value))) {
    findings.error(`the observation after ${when} has values that are not finite`);
  } else if (!contains(spec.observation, observation)) {
    findings.error(`the observation after ${when} lies outside its space`);
  }
}

/** Two environments with the same seeds and actions stay equal, bit for bit. */
async function checkTwins(a: Env, b: Env, findings: Findings): Promise<void> {
  const random = new Random(1, 'check-env');
  for (let episode = 0; episode < 2; episode++) {
    const options = episode === 0 ? { seed: 7 } : {};
    const [first, second] = [await a.reset(options), await b.reset(options)];
    if (!equal(first.observation, second.observation))
      findings.error('two environments of one seed start apart');
    for (let t = 0; t < Math.min(50, a.spec.episodeSteps); t++) {
      const action = sampleBox(a.spec.action, random);
      const [x, y] = [await a.step(action.slice()), await b.step(action.slice())];
      if (!equal(x.observation, y.observation))
        findings.error('the same seed and actions lead to other observations');
      if (!Object.is(x.reward, y.reward)) findings.error('the same seed and actions bring other rewards');
      if (x.terminated !== y.terminated || x.truncated !== y.truncated) {
        findings.error('the same seed and actions end the episode at another step');
      }
      if (JSON.stringify(x.info) !== JSON.stringify(y.info)) {
        findings.error('the same seed and actions give another info');
      }
      if (x.terminated || x.truncated || y.terminated || y.truncated) break;
    }
  }
}

/** What an environment lived through before must not show in its next episode. */
async function checkFreshness(used: Env, fresh: Env, findings: Findings): Promise<void> {
  const random = new Random(2, 'check-env');
  const [a, b] = [await used.reset({ seed: 11 }), await fresh.reset({ seed: 11 })];
  let same = equal(a.observation, b.observation);
  for (let t = 0; t < Math.min(20, used.spec.episodeSteps) && same; t++) {
    const action = sampleBox(used.spec.action, random);
    const [x, y] = [await used.step(action.slice()), await fresh.step(action.slice())];
    same = equal(x.observation, y.observation);
    if (x.terminated || x.truncated) break;
  }
  if (!same) findings.error('an episode depends on the episodes before it');
}

async function closeTwice(env: Env, findings: Findings): Promise<void> {
  try {
    await env.close();
    await env.close();
  } catch (error) {
    findings.error(`closing twice threw: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function middle({ low, high }: Box): Float32Array {
  return Float32Array.from(low, (bound, i) => (bound + high[i]) / 2);
}

/** Bit for bit, but NaN equals NaN. */
function equal(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

async function rejects(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch {
    return true;
  }
}
