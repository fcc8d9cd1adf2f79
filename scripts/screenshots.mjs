// Takes the pictures of robots and tasks from the live page: node scripts/screenshots.mjs <robot or task> …
// A robot's goes to robots/<name>/screenshot.png, a task's to docs/tasks/<name>.png; a task may be followed by a robot,
// as in reach:panda, and then gives docs/tasks/reach-panda.png. `hardware` gives docs/hardware.png, the page of a mocked
// robot, and `recording` docs/recording.png, a recording of what the simulator's own model plans.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser, openPage, picture } from './picture.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const command = 'dist/src/cli/main.js';
/** The step of a trial at which there is something to see, and plans small enough to be on time. */
const moments = {
  'cartpole-swingup': { step: 60, budget: '24x2' },
  reacher: { step: 110, budget: '24x2' },
  reach: { step: 40, budget: '8x2' },
  pusher: { step: 60, budget: '8x2' },
  'push-cube': { step: 15, budget: '8x2' },
  'pick-cube': { step: 15, budget: '8x2' },
  park: { step: 15, budget: '24x2' },
  lap: { step: 40, budget: '24x2' },
  waypoints: { step: 40, budget: '24x2' },
};
/** ms to get there, on a slow machine. */
const patience = 240_000;

const states = { hardware: ofHardware, recording: ofRecording };

const names = process.argv.slice(2);
if (names.length === 0) {
  console.error('usage: node scripts/screenshots.mjs <robot or task[:robot]> …');
  process.exit(2);
}
const browser = await openBrowser();
try {
  for (const name of names) {
    if (Object.hasOwn(states, name)) {
      const png = await states[name]();
      writeFileSync(`docs/${name}.png`, png);
      console.log(`docs/${name}.png: ${Math.round(png.length / 1000)} kB`);
      continue;
    }
    const isRobot = existsSync(`robots/${name}/robot.urdf`);
    const file = isRobot ? `robots/${name}/screenshot.png` : `docs/tasks/${name.replace(':', '-')}.png`;
    if (!isRobot) mkdirSync('docs/tasks', { recursive: true });
    const png = isRobot ? await ofRobot(name) : await ofTask(...name.split(':'));
    writeFileSync(file, png);
    console.log(`${file}: ${Math.round(png.length / 1000)} kB`);
  }
} finally {
  await browser.close();
}

function ofRobot(name) {
  return withPage(['robots', 'check', name, '--view'], async (page) => {
    await page.waitForSelector('.joint');
    await settled(page);
  });
}

async function ofTask(task, robot) {
  const moment = moments[task];
  if (!moment) throw new Error(`${task}: no robot, and no task that this script has a moment for`);
  const out = mkdtempSync(join(tmpdir(), 'premotor-picture-'));
  const args = ['train', task, '--model', 'true', '--trials', '3', '--view', '--out', out, '--seed', '1'];
  if (robot) args.push('--robot', robot);
  try {
    return await withPage(
      [...args, '--budget', moment.budget],
      async (page) => {
        await reached(page, moment.step);
        // Drawing in software takes the cores that planning needs: a running picture would say late.
        await page.keyboard.press('Space');
        await page.waitForSelector('.chip[data-state="paused"]');
      },
      true,
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function ofHardware() {
  return withFolder((out) =>
    withPage(
      ['run', 'reach', '--robot', 'so101', '--port', 'mock', '--trials', '3', '--view', '--out', out],
      async (page) => {
        await page.waitForSelector('.motor', { timeout: patience });
        await reached(page, 20);
      },
      true,
    ),
  );
}

function ofRecording() {
  return withFolder(async (out) => {
    const args = [
      'train',
      'reach',
      '--robot',
      'so101',
      '--model',
      'true',
      '--budget',
      '8x2',
      '--trials',
      '3',
    ];
    const { status, stderr } = spawnSync(process.execPath, [command, ...args, '--out', out, '--record']);
    if (status !== 0) throw new Error(`premotor ${args.join(' ')}: ${stderr}`);
    const [run] = readdirSync(out);
    return withPage(['replay', join(out, run), '--from', '5', '--speed', '0.05'], async (page) => {
      await page.waitForSelector('.timeline');
      await settled(page);
    });
  });
}

async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'premotor-picture-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A trial is at this step or beyond. */
async function reached(page, step) {
  const there = (wanted) => {
    const [, at] = /Trial \d of 3 · step (\d+)/.exec(document.querySelector('.topbar').textContent) ?? [];
    return Number(at ?? 0) >= wanted;
  };
  await page.waitForFunction(there, step, { timeout: patience, polling: 200 });
}

/** Meshes have come and everything is drawn. */
async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(1500);
}

/** Runs premotor until the page shows what is wanted. */
async function withPage(args, prepare, calm = false) {
  // Of a recording --json tells what is in it instead.
  const json = args[0] === 'replay' ? [] : ['--json'];
  const run = spawn(process.execPath, [command, ...args, '--http-port', '0', ...json], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => run.on('exit', resolve));
  try {
    const page = await openPage(browser, await addressOf(run, args), calm);
    await prepare(page);
    const png = await picture(browser, page);
    await page.close();
    return png;
  } finally {
    run.kill('SIGINT');
    const killed = setTimeout(() => run.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(killed);
  }
}

function addressOf(run, args) {
  return new Promise((resolve, reject) => {
    let said = '';
    run.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      const [, url] = /^page (\S+)/m.exec(said) ?? [];
      if (url) resolve(url);
    });
    run.on('exit', (code) => reject(new Error(`premotor ${args.join(' ')}: exit code ${code}\n${said}`)));
  });
}
