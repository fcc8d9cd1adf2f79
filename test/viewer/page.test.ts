import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunCommand } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { type LiveServer, startLiveServer } from '#src/stream/index';
import { cartpoleScript, description, fitProgress, stepEvents, trialReport } from '../stream/fixture.ts';
import { openBrowser, openPage } from './browser.ts';

const opened = await openBrowser();
const missing = typeof opened === 'string' ? opened : undefined;
const robot = await loadRobot('cartpole');
const script = cartpoleScript(robot);
const size = { width: 900, height: 620 };

describe.skipIf(missing)(`the page in headless Chromium${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let browser: Browser;
  const servers = new Set<LiveServer>();
  let commands: RunCommand[] = [];
  let epoch = 0;

  beforeAll(() => {
    browser = opened as Browser;
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const server of servers) await server.close();
    servers.clear();
    commands = [];
  });
  afterAll(() => browser?.close());

  async function start(port = 0, token = 'a-token-for-tests'): Promise<LiveServer> {
    const onCommand = (command: RunCommand) => void commands.push(command);
    const server = await startLiveServer({
      host: '127.0.0.1',
      port,
      robot,
      version: '0.1.0',
      token,
      onCommand,
    });
    servers.add(server);
    server.emit({ type: 'start', run: description(script) });
    return server;
  }

  /** An episode whose first `steps` steps arrive at once; the server plays them out. */
  function act(server: LiveServer, trial: number, steps: number): void {
    server.emit({ type: 'reset', epoch: ++epoch, trial, markers: script.markers });
    server.emit({ type: 'activity', activity: 'acting' });
    for (let step = 1; step <= steps; step++)
      for (const event of stepEvents(script, epoch, trial, step)) server.emit(event);
  }

  const open = (server: LiveServer, options: BrowserContextOptions = {}, prepare?: () => void) =>
    openPage(browser, server.url, { viewport: size, ...options }, prepare);

  const says = (page: Page, text: string | RegExp) =>
    page.waitForFunction(
      // biome-ignore lint/performance/useDomNodeTextContent: hidden text is not said
      ([source, flags]) => new RegExp(source, flags).test(document.body.innerText),
      text instanceof RegExp ? [text.source, text.flags] : [text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), ''],
    );
  const chip = (page: Page, state: string) => page.waitForSelector(`.chip[data-state="${state}"]`);

  /** Pixels of the pole's orange in the picture: how many, and where their middle is. */
  async function pole(page: Page): Promise<{ count: number; x: number; y: number }> {
    const picture = (await page.screenshot()).toString('base64');
    return page.evaluate(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      context.drawImage(image, 0, 0);
      const stage = (document.querySelector('.stage canvas') as Element).getBoundingClientRect();
      const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      let x = 0;
      let y = 0;
      // Between the panels and above the trial strip.
      for (let row = 60; row < Math.min(canvas.height, stage.bottom) * 0.75; row++) {
        for (let column = Math.floor(canvas.width * 0.3); column < canvas.width * 0.62; column++) {
          const i = 4 * (row * canvas.width + column);
          const [r, g, b] = [pixels[i], pixels[i + 1], pixels[i + 2]];
          if (r > 110 && r > 1.4 * g && g > 1.5 * b) {
            count++;
            x += column;
            y += row;
          }
        }
      }
      return { count, x: x / count, y: y / count };
    }, picture);
  }

  test('draws the robot where it is, moves it, and its numbers follow', async () => {
    const server = await start();
    for (const trial of [1, 2, 3]) server.emit({ type: 'trial', report: trialReport(script, trial) });
    const { page, complaints } = await open(server);
    await says(page, 'cartpole · cartpole-swingup');
    await says(page, 'best 110');
    server.emit({ type: 'reset', epoch: ++epoch, trial: 4, markers: script.markers });
    server.emit({ type: 'activity', activity: 'acting' });
    server.emit({
      type: 'pose',
      epoch,
      time: 0,
      position: Float64Array.of(0, 0),
      bodies: new Float64Array(),
    });
    await page.waitForFunction(() => document.querySelector('.stage canvas')?.clientWidth);
    await chip(page, 'acting');
    await expect.poll(async () => (await pole(page)).count, { timeout: 20_000 }).toBeGreaterThan(150);
    const hanging = await pole(page);
    server.emit({
      type: 'pose',
      epoch,
      time: 0.02,
      position: Float64Array.of(0, Math.PI),
      bodies: new Float64Array(),
    });
    await expect.poll(async () => (await pole(page)).y, { timeout: 10_000 }).toBeLessThan(hanging.y - 30);
    act(server, 4, 25);
    await says(page, 'Trial 4 of 12 · step 25 of 200');
    await says(page, /\d+ \/ 40 ms/);
    await says(page, /% of maximum/);
    expect(await page.evaluate(() => location.search)).toBe('');
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('an evaluation has episodes, which are told as they end', async () => {
    const server = await start();
    server.emit({ type: 'start', run: { ...description(script, 5), evaluation: true } });
    const { page, complaints } = await open(server);
    await says(page, /return by episode/i);
    await says(page, 'no episode has ended yet');
    act(server, 1, 5);
    await says(page, 'Episode 1 of 5 · step 5 of 200');
    server.emit({ type: 'trial', report: { ...trialReport(script, 2), trial: 1, fitSeconds: 0 } });
    const label = () => page.locator('.strip .trials li').first().getAttribute('aria-label');
    await expect
      .poll(label, { timeout: 20_000 })
      .toMatch(/^Episode 1: return 74\.1.*ran its full time · 8\.4 s · /);
    expect(await page.locator('.strip').textContent()).not.toMatch(/trial/i);
    expect(complaints).toEqual([]);
  });

  test('pause, step, reset and speed work by button and by key, and do nothing once the run has ended', async () => {
    const server = await start();
    const { page, complaints } = await open(server);
    act(server, 2, 5);
    await chip(page, 'acting');
    const button = (name: RegExp) => page.getByRole('button', { name });
    await button(/^Pause or resume/).click();
    await chip(page, 'paused');
    await says(page, 'Resume');
    await page.locator('.stage').click({ position: { x: 450, y: 200 } });
    await page.keyboard.press('Space');
    await chip(page, 'acting');
    await page.keyboard.press('ArrowRight');
    await chip(page, 'paused');
    await page.keyboard.press(']');
    await says(page, '2 × speed');
    await button(/^Slower/).click();
    await says(page, '1 × speed');
    await page.keyboard.press('[');
    await says(page, '0.50 × speed');
    await page.keyboard.press('r');
    await button(/^One control step/).click();
    await button(/^Begin the episode anew/).click();
    await expect
      .poll(() => commands.map(({ type }) => type))
      .toEqual(['pause', 'resume', 'step', 'speed', 'speed', 'speed', 'reset', 'step', 'reset']);
    expect(commands.flatMap((command) => (command.type === 'speed' ? [command.value] : []))).toEqual([
      2, 1, 0.5,
    ]);
    server.emit({ type: 'end', reason: 'done' });
    await chip(page, 'ended');
    await says(page, 'The run is done');
    await page.waitForFunction(() => document.querySelector<HTMLButtonElement>('button.pause')?.disabled);
    await page.keyboard.press('Space');
    await page.keyboard.press('?');
    await says(page, 'one control step');
    expect(commands).toHaveLength(9);
    expect(complaints).toEqual([]);
  });

  test('a fit says what it does and how far it is; an old pose says its age', async () => {
    const server = await start();
    const { page, complaints } = await open(server);
    act(server, 2, 3);
    server.emit({ type: 'activity', activity: 'fitting' });
    server.emit(fitProgress(2, 12));
    await chip(page, 'fitting');
    await says(page, 'Fitting the model to what trial 2 taught');
    await says(page, /Epoch 12 of 60 at most · loss −?\d\.\d\d, held out −?\d\.\d\d nats/);
    await says(page, /pose from [\d.]+ m?s ago/);
    expect(complaints).toEqual([]);
  });

  test('a lost server is said with since when, and a restarted one is found again', async () => {
    const first = await start();
    const { page } = await open(first);
    let loads = 0;
    page.on('load', () => loads++);
    act(first, 2, 3);
    await chip(page, 'acting');
    await first.close();
    await chip(page, 'lost');
    await says(page, /Lost the server .* ago/);
    const second = await start(first.port);
    act(second, 7, 3);
    await says(page, 'Trial 7 of 12 · step 3 of 200');
    await second.close();
    await chip(page, 'lost');
    await start(first.port, 'another-token-than-before');
    await says(page, 'Another run answers here');
    // A page of the same build goes on: a reload would be lost if the server went away in its midst.
    expect(loads).toBe(0);
  });

  test('without WebGL everything but the picture works, and it says so', async () => {
    const server = await start();
    const { page, complaints } = await open(server, {}, () => {
      const original = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (
        this: HTMLCanvasElement,
        kind: string,
        ...rest: unknown[]
      ) {
        return kind.startsWith('webgl') ? null : original.call(this, kind as '2d', ...(rest as []));
      } as typeof original;
    });
    act(server, 3, 10);
    await says(page, 'No 3D picture: this browser gives no WebGL');
    await says(page, 'step 10 of 200');
    await page.keyboard.press('Space');
    await chip(page, 'paused');
    expect(commands).toEqual([{ type: 'pause' }]);
    expect(complaints).toEqual([]);
  });

  test('on a phone the panels lie in a sheet, nothing sticks out sideways, and the robot is seen', async () => {
    const server = await start();
    const { page, complaints } = await open(server, { viewport: { width: 390, height: 720 } });
    act(server, 2, 3);
    await says(page, 'Trial 2 of 12');
    const box = (selector: string) => page.locator(selector).boundingBox();
    const low = await box('.sheet');
    expect(low?.y).toBeGreaterThan(500);
    await page.getByRole('button', { name: 'Open or close the panels' }).click();
    await expect.poll(async () => (await box('.sheet'))?.y).toBeLessThan(420);
    await page.getByText('Return by trial').scrollIntoViewIfNeeded();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect((await pole(page)).count).toBeGreaterThan(40);
    expect(complaints).toEqual([]);
  });

  test.each(['dark', 'light'] as const)(
    'in the %s theme text has AA contrast and every button a name',
    async (colorScheme) => {
      const server = await start();
      const { page } = await open(server, { colorScheme });
      act(server, 2, 3);
      await says(page, 'Trial 2 of 12');
      const low = await page.evaluate(() => {
        const root = document.querySelector('.premotor') as HTMLElement;
        const probe = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
        const value = (name: string) => getComputedStyle(root).getPropertyValue(name).trim();
        /** Luminance of a colour laid over another. */
        const luminance = (...layers: string[]) => {
          for (const layer of layers) {
            probe.fillStyle = layer;
            probe.fillRect(0, 0, 1, 1);
          }
          const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((byte) => {
            const share = byte / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const card = luminance(value('--background'), value('--card'));
        return ['--ink', '--muted', '--accent', '--amber', '--red', '--green'].flatMap((name) => {
          const text = luminance(value(name));
          const contrast = (Math.max(text, card) + 0.05) / (Math.min(text, card) + 0.05);
          return contrast < 4.5 ? [`${name} ${contrast.toFixed(2)}`] : [];
        });
      });
      expect(low).toEqual([]);
      const nameless = await page.evaluate(
        () =>
          [...document.querySelectorAll('button')].filter(
            (button) => !button.getAttribute('aria-label') && !button.textContent?.trim(),
          ).length,
      );
      expect(nameless).toBe(0);
    },
  );
});
