import { createSimPlant } from '../../../sim/index.ts';
import {
  checkEnv,
  type Finding,
  InputError,
  instantiateTask,
  TaskEnv,
  type TaskReference,
} from '../../core/index.ts';
import { loadTask, oneLine, taskLabel } from '../../load/task.ts';
import { type Command, collidersFlag, collidersOf } from '../flags.ts';
import { robotFor, worldOf } from '../prepare.ts';
import { checkReward } from '../reward-check.ts';
import { mergeSettings } from '../settings.ts';

export const command: Command = {
  name: 'tasks check',
  summary: 'try a task: spaces, seeding, repetition, and that its reward is pure',
  positionals: [{ name: 'name or file', required: true }],
  flags: [
    { name: 'robot', value: 'NAME|FILE.urdf', help: "the robot (the task's first)" },
    collidersFlag,
    { name: 'set', value: 'params.KEY=VALUE', help: 'a task parameter; may be repeated', repeat: true },
    { name: 'json', help: 'the findings as a JSON array' },
  ],
  async run(args) {
    const loaded = await loadTask(args.positionals[0]);
    const { task, module } = loaded;
    const label = taskLabel(loaded);
    const robot = await robotFor(loaded, args.text('robot'), { colliders: collidersOf(args) });
    const { params } = mergeSettings(task, { set: args.all('set') });
    const reference: TaskReference = { module, robot, params };
    await checkReward(reference, label);
    const world = worldOf(task, params, robot);
    const findings: Finding[] = await checkEnv(async () => {
      const { instance } = await instantiateTask(reference);
      const plant = await createSimPlant({ robot, controlPeriod: task.controlPeriod, world });
      return new TaskEnv(task, instance, plant);
    });
    findings.push(...(await checkTerms(reference)));
    if (args.has('json')) console.log(JSON.stringify(findings));
    else {
      for (const { level, what } of findings) if (level === 'warning') console.log(`warning: ${what}`);
    }
    const error = findings.find(({ level }) => level === 'error');
    if (error) throw new InputError(`${label}: ${error.what}`);
    if (!args.has('json')) console.log(`${label} on ${robot.name}: no errors`);
    return 0;
  },
};

/** The named parts of a reward are drawn as its parts, so they must add up to it. */
async function checkTerms(reference: TaskReference): Promise<Finding[]> {
  const { task, instance } = await instantiateTask(reference);
  if (!instance.terms) return [];
  const { robot, params } = reference;
  const plant = await createSimPlant({
    robot,
    controlPeriod: task.controlPeriod,
    world: worldOf(task, params, robot),
  });
  try {
    const env = new TaskEnv(task, instance, plant);
    await env.reset({ seed: 0 });
    const middle = env.spec.action.low.map((low, i) => low + 0.7 * (env.spec.action.high[i] - low));
    const { reward, terminated } = await env.step(Float32Array.from(middle));
    const sum = Object.values(env.terms ?? {}).reduce((total, part) => total + part, 0);
    const own = reward - (terminated ? (instance.terminalReward ?? 0) : 0);
    if (Math.abs(sum - own) <= 1e-6 * Math.max(1, Math.abs(own))) return [];
    return [{ level: 'warning', what: `the reward is ${own}, its terms add up to ${sum}` }];
  } catch (error) {
    return [{ level: 'error', what: `it threw: ${oneLine(error)}` }];
  } finally {
    plant.close();
  }
}
