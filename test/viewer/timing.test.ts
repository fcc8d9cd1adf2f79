// biome-ignore-all lint/performance/useDomNodeTextContent: hidden text is not said
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { RunDescription, Rung } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { type LiveServer, startLiveServer } from '#src/stream/index';
import {
  cartpoleScript,
  description,
  stepEvents,
  timedEvents,
  timingReport,
  trialReport,
  wallDescription,
} from '../stream/fixture.ts';
import { openBrowser, openPage } from './browser.ts';

const opened = await openBrowser();
const missing = typeof opened === 'string' ? opened : undefined;
const robot = await loadRobot('cartpole');
const script = cartpoleScript(robot);

describe.skipIf(missing)(`real time on the page${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const browser = opened as Browser;
  const servers: LiveServer[] = [];

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const server of servers.splice(0)) await server.close();
  });
  afterAll(() => browser.close());

  async function show(run: RunDescription) {
    const server = await startLiveServer({
      ...{ host: '127.0.0.1', port: 0, robot, version: '0.1.0' },
      onCommand() {},
    });
    servers.push(server);
    server.emit({ type: 'start', run });
    server.emit({ type: 'reset', epoch: 1, trial: 2, markers: script.markers });
    server.emit({ type: 'activity', activity: 'acting' });
    return { server, ...(await openPage(browser, server.url, { viewport: { width: 1100, height: 900 } })) };
  }

  /** A starved browser may take its time. */
  const soon = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000 });

  /** What the panel says, by name; names that are not shown are not there. */
  const panel = (page: Page) =>
    page.evaluate(() => {
      const told: Record<string, string> = {};
      for (const name of document.querySelectorAll<HTMLElement>('.card.timing dt'))
        if (!name.hidden) told[name.innerText] = (name.nextElementSibling as HTMLElement).innerText;
      return told;
    });
  const shares = (page: Page) =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('.card.timing .rungs + .keys span')]
        .filter(({ offsetParent }) => offsetParent !== null)
        .map(({ innerText }) => innerText.trim()),
    );

  test('chip, planning time and panel say on which rung ticks act, and the report has the last word', async () => {
    const { server, page, complaints } = await show(wallDescription(script));
    const ticks = new Map<Rung, number>();
    let step = 0;
    const tick = (rung: Rung) => {
      ticks.set(rung, (ticks.get(rung) ?? 0) + 1);
      const planAge = { plan: 34, 'old-plan': 75, hold: 115, decay: 155, stop: null }[rung];
      const timing = { rung, planAge, lateness: ++step === 5 ? 9 : 0.5, delay: 31 };
      // Planning takes longer than a period, which makes nothing late as long as plans begin in time.
      for (const event of timedEvents(script, 1, 2, step, timing))
        server.emit(event.type === 'step' ? { ...event, planMs: 53 } : event);
    };
    /** Ticks go on until the page says so: a starved browser may take its time. */
    const until = async (rung: Rung, chip: string) => {
      const timer = setInterval(() => tick(rung), 40);
      const found = await page
        .waitForSelector(`.chip[data-state="${chip}"]`)
        .finally(() => clearInterval(timer));
      const [word, color] = await found.evaluate((node) => [
        (node as HTMLElement).innerText,
        getComputedStyle(node).color,
      ]);
      expect(word).toBe(chip);
      return color;
    };
    await until('plan', 'acting');
    await soon(() => page.locator('.planning').innerText()).toMatch(/^53 \/ 40 ms\s*plan 34 ms old/);
    expect(await page.locator('.legend').innerText()).toMatch(/Plan of the tip\s*34 ms old/);
    const amber = 'rgb(255, 180, 84)';
    expect(await until('old-plan', 'late')).toBe(amber);
    expect(await page.locator('.planning').innerText()).toMatch(/^53 \/ 40 ms late\s*plan 75 ms old/);
    expect(await until('hold', 'hold')).toBe(amber);
    expect(await until('decay', 'decay')).toBe(amber);
    expect(await until('stop', 'stop')).toBe('rgb(255, 107, 107)');
    await soon(async () => (await panel(page)).Ticks).toBe(String(step));
    const starved = (ticks.get('hold') ?? 0) + (ticks.get('decay') ?? 0) + (ticks.get('stop') ?? 0);
    const told = await panel(page);
    expect(told).toMatchObject({ 'Plan age': 'none', Delay: '31 ms', Lateness: '0.5 ms' });
    expect(told.Missed).toMatch(/^1 \(/);
    expect(told.Starved).toMatch(new RegExp(`^${starved} \\(`));
    expect(told.Jitter).toMatch(/^mean \d\.\d\d · p99 \d\.\d\d · max 8\.50 ms$/);
    expect((await shares(page)).map((text) => text.replace(/ [<>\d].*/, ''))).toEqual([
      'plan in time',
      'old plan',
      'hold',
      'decay',
      'stop',
    ]);
    expect(await page.locator('.timing canvas').count()).toBe(1);
    server.emit({ type: 'trial', report: { ...trialReport(script, 2), timing: timingReport } });
    await soon(async () => (await panel(page)).Missed).toBe('2 (1.0 %)');
    expect(await panel(page)).toMatchObject({
      Starved: '6 (3.0 %)',
      Jitter: 'mean 0.08 · p99 0.90 · max 3.10 ms',
    });
    expect(await shares(page)).toEqual(['plan in time 90 %', 'old plan 7.0 %', 'hold 2.0 %', 'decay 1.0 %']);
    expect(await page.locator('.strip li').first().getAttribute('aria-label')).toMatch(
      /plans up to 41 ms late, of 200 ticks 2 missed, 6 starved/,
    );
    expect(complaints).toEqual([]);
  });

  test('on the simulator’s clock one line says that nothing can be late, and the display’s frames are counted', async () => {
    const { server, page, complaints } = await show(description(script));
    for (let step = 1; step <= 5; step++)
      for (const event of stepEvents(script, 1, 2, step)) server.emit(event);
    const card = page.locator('.card.timing');
    await soon(() => card.innerText()).toMatch(
      /The simulator’s clock waits for every plan: nothing can be late\./,
    );
    await soon(async () => (await panel(page)).Display).toMatch(/^\d+ frames\/s · (none|\d+) dropped$/);
    expect(Object.keys(await panel(page))).toEqual(['Display']);
    expect(await shares(page)).toEqual([]);
    expect(await page.locator('.planning').innerText()).not.toMatch(/old/);
    expect(complaints).toEqual([]);
  });

  test('in a random trial nothing is planned, and the panel says so', async () => {
    const { server, page } = await show(wallDescription(script));
    const timing = { rung: 'plan', planAge: null, lateness: 0, delay: 0 } as const;
    for (let step = 1; step <= 5; step++)
      for (const event of timedEvents(script, 1, 1, step, timing)) server.emit(event);
    await soon(() => shares(page)).toEqual(['nothing is planned: random actions']);
    const rungs = { ...timingReport.rungs, plan: 200, 'old-plan': 0, hold: 0, decay: 0 };
    const report = { ...timingReport, rungs, starved: 0, planAgeMs: null, latenessMs: null };
    server.emit({ type: 'trial', report: { ...trialReport(script, 1), timing: report } });
    await soon(async () => (await panel(page)).Ticks).toBe('200');
    expect(await shares(page)).toEqual(['nothing is planned: random actions']);
    expect(await page.locator('.rungs').getAttribute('title')).toBe('What ticks acted on: random actions');
  });

  test('with a modelled delay on the simulator’s clock plans age, but no tick can be late', async () => {
    const { server, page } = await show({ ...description(script), delayMs: 30 });
    for (let step = 1; step <= 5; step++) {
      const timing = { rung: 'plan', planAge: 40, lateness: 0, delay: 30 } as const;
      for (const event of timedEvents(script, 1, 2, step, timing)) server.emit(event);
    }
    await soon(async () => (await panel(page)).Ticks).toBe('5');
    expect(await panel(page)).toEqual({
      ...{ 'Plan age': '40 ms', Delay: '30 ms', Ticks: '5', Starved: '0 (0 %)' },
      Display: expect.any(String),
    });
    expect(await shares(page)).toEqual(['plan in time 100 %']);
  });
});
