// node scripts/tasks-table.mjs [--check]: writes docs/tasks.md from the tasks in dist/; --check only compares, and exits
// with 1 where the file is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Random } from '../dist/src/core/random.js';
import { usualRobot } from '../dist/src/core/task.js';
import { untoldChannels } from '../dist/src/hardware/told-channels.js';
import { loadRobot, shippedRobots } from '../dist/src/load/robot.js';
import { shippedTasks } from '../dist/src/tasks/index.js';

const file = fileURLToPath(new URL('../docs/tasks.md', import.meta.url));
/** The pictures in docs/tasks: of a task with its default robot `<task>.png`, with another `<task>-<robot>.png`. */
const pictures = Object.values(shippedTasks).flatMap((task) => {
  const { name, robots } = task;
  const usual = usualRobot(task);
  const others = (robots === 'any' ? shippedRobots() : robots).filter((robot) => robot !== usual);
  return [
    { file: name, what: `${name} with ${usual}` },
    ...others.map((robot) => ({ file: `${name}-${robot}`, what: `${name} with ${robot}` })),
  ].filter(({ file }) => existsSync(new URL(`../docs/tasks/${file}.png`, import.meta.url)));
});
/** Episodes that the ranges of starts and goals are taken over. */
const resets = 1000;

/** Three digits, without noise of rounding. */
function number(value) {
  const short = Number(value.toPrecision(3));
  return String(Math.abs(short) < 1e-9 ? 0 : short).replace('-', '−');
}

const range = (low, high) =>
  number(low) === number(high) ? number(low) : `${number(low)} … ${number(high)}`;

/** Ends of what was sampled, no finer than a fiftieth of the width. */
function sampled(low, high) {
  const decimals = Math.max(0, Math.ceil(-Math.log10((high - low) / 50)));
  return range(Number(low.toFixed(decimals)), Number(high.toFixed(decimals)));
}

/** Runs of equal items: `3 × a, b`. */
function runs(items) {
  const out = [];
  for (const item of items) {
    const last = out.at(-1);
    if (last?.item === item) last.count++;
    else out.push({ item, count: 1 });
  }
  return out.map(({ item, count }) => (count > 1 ? `${count} × ${item}` : item)).join(', ');
}

function boundsCell({ action }, robot) {
  if (!action)
    return robot.vehicle ? 'steering, acceleration' : `the ${robot.actuators.length} actuators' own`;
  const { low, high } = action.space;
  return runs(low.map((value, i) => (value === -high[i] ? `±${number(high[i])}` : range(value, high[i]))));
}

function channelsCell({ observation }) {
  const joints = observation.filter(({ joint }) => joint?.quantity === 'position').length;
  const rest = observation
    .filter(({ joint }) => !joint)
    .map(({ name, kind, size, unit }) => {
      const count = size > 1 ? ` [${size}]` : '';
      const measure = unit === '-' || unit === '1' ? '' : ` ${unit}`;
      return `${name}${count}${measure}${kind === 'linear' || kind === name ? '' : ` (${kind})`}`;
    });
  if (joints > 0)
    rest.unshift(joints > 1 ? `position and rate of ${joints} joints` : 'position and rate of a joint');
  return rest.join('; ');
}

/** Lowest and highest of each component over vectors of one length. */
function extent(vectors) {
  return (vectors[0] ?? []).map((_, i) => {
    const values = vectors.map((vector) => vector[i]);
    return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  });
}

const varies = ([low, high]) => number(low) !== number(high);

/** Ranges of what varies, named. */
function ranges(names, limits) {
  return limits.flatMap((limit, i) => (varies(limit) ? [`${names[i]} ${sampled(...limit)}`] : []));
}

function startCell(starts, robot) {
  const names = robot.movable.map((j) => robot.joints[j].name);
  const parts = [];
  for (const [key, what] of [
    ['position', ''],
    ['velocity', ' rate'],
  ]) {
    const limits = extent(starts.map(({ state }) => state[key]));
    // All joints alike are said once.
    const widths = limits.map(([low, high]) => number((high - low) / 2));
    if (limits.filter(varies).length > 4) {
      const widest = Math.max(...limits.map(([low, high]) => (high - low) / 2));
      parts.push(
        `joint${what}s vary by up to ±${Number(widest.toPrecision(2))} (${limits.filter(varies).length} of ${widths.length})`,
      );
    } else
      parts.push(
        ...ranges(
          names.map((name) => `${name}${what}`),
          limits,
        ),
      );
  }
  const bodies = Object.keys(starts[0].state.bodies ?? {});
  // Many bodies are taken together.
  const groups = bodies.length > 2 ? [['bodies.', bodies]] : bodies.map((body) => [`${body}.`, [body]]);
  for (const [label, members] of groups) {
    const poses = starts.flatMap(({ state }) => members.map((body) => state.bodies[body]));
    const turns = poses.map(({ rotation: [x, y, z, w] }) => [
      Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
    ]);
    const limits = [...extent(poses.map(({ position }) => position)), ...extent(turns)];
    parts.push(
      ...ranges(
        ['x', 'y', 'z', 'yaw'].map((axis) => `${label}${axis}`),
        limits,
      ),
    );
  }
  return parts.length > 0 ? parts.join('; ') : 'the same every time';
}

/** What a channel's values in turn are called. */
function axesOf({ unit, size }) {
  const count = unit === 'm' && size <= 3 ? size : unit.split(',').length;
  return count === 1 ? [''] : ['.x', '.y', unit.endsWith('rad') ? '.yaw' : '.z'].slice(0, count);
}

/** By channel and axis; a channel of several points or poses has each axis over all of them. */
function goalCell(starts, { observation }) {
  const limits = extent(starts.map(({ goal = [] }) => goal));
  if (limits.length === 0) return 'none';
  let at = 0;
  const parts = observation
    .filter(({ kind }) => kind === 'goal')
    .flatMap((channel) => {
      const own = limits.slice(at, at + channel.size);
      at += channel.size;
      const axes = axesOf(channel);
      return axes.map((axis, k) => {
        const those = own.filter((_, i) => i % axes.length === k);
        const low = Math.min(...those.map(([value]) => value));
        const high = Math.max(...those.map(([, value]) => value));
        return `${channel.name}${axis} ${varies([low, high]) ? sampled(low, high) : number(low)}`;
      });
    });
  return parts.join('; ');
}

const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;

const taskRows = [];
const paramRows = [];
for (const task of Object.values(shippedTasks)) {
  const params = task.params.parse({});
  const robots = task.robots === 'any' ? [usualRobot(task)] : task.robots;
  for (const name of robots) {
    const robot = await loadRobot(name);
    const instance = task.build(robot, params);
    const starts = Array.from({ length: resets }, (_, i) => instance.reset(new Random(0, 'reset', i)));
    taskRows.push(
      row([
        `**${task.name}**: ${task.summary}`,
        task.robots === 'any' ? `any; here ${name}` : name,
        `${number(task.controlPeriod)} s × ${task.episodeSteps}`,
        `${number(task.planHorizon)} s`,
        boundsCell(instance, robot),
        channelsCell(instance),
        task.reward ?? '–',
        startCell(starts, robot),
        goalCell(starts, instance),
        untoldChannels(robot, instance.observation).join(', ') || '–',
        task.source ?? '–',
      ]),
    );
  }
  const { properties = {} } = z.toJSONSchema(task.params, { io: 'input', unrepresentable: 'any' });
  for (const [key, { default: value, minimum, maximum, enum: choices, description }] of Object.entries(
    properties,
  )) {
    const allowed = choices
      ? choices.join(', ')
      : minimum === undefined || maximum === undefined
        ? '–'
        : `${number(minimum)} … ${number(maximum)}`;
    const shown =
      typeof value === 'number' ? number(value) : value === undefined ? '–' : JSON.stringify(value);
    paramRows.push(row([task.name, `\`${key}\``, shown, allowed, description ?? '']));
  }
}

const text = `# Tasks

What each shipped task is, as the code has it: \`node scripts/tasks-table.mjs\` writes this page. Starts and goals are the lowest and highest of ${resets} episodes with default parameters, in rad, m and s; where a channel holds several points or poses, each axis is over all of them. The channels, the reward and what the goal is are in \`src/tasks/<name>.ts\`. A task that needs what a real robot does not tell is for the simulator alone ([real-robots.md](real-robots.md)).

${row(['task', 'robot', 'period × steps', 'plans ahead', 'action bounds', 'channels', 'reward', 'start', 'goal', 'not told by a real robot', 'source'])}
${row(Array(11).fill('---'))}
${taskRows.join('\n')}

## Pictures
From the live page, by \`node scripts/screenshots.mjs\`; these plan on the true simulator.

${pictures
  .map(({ file, what }) => `<img src="tasks/${file}.png" width="270" alt="${what}" title="${what}">`)
  .join('\n')}

## Parameters
Set with \`--set params.<name>=…\` or the page's sliders.

${row(['task', 'parameter', 'default', 'range', 'meaning'])}
${row(Array(5).fill('---'))}
${paramRows.join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('docs/tasks.md is not what the tasks say; run node scripts/tasks-table.mjs');
  process.exitCode = 1;
}
