// biome-ignore-all lint/performance/useDomNodeTextContent: hidden text is not said
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '#src/core/telemetry';
import { loadRobot } from '#src/load/robot';
import { Recorder, startLiveServer, startReplayServer } from '#src/stream/index';
import { FakeClock } from '../stream/fake-clock.ts';
import {
  armScript,
  description,
  hardwareReport,
  planEvent,
  stepEvents,
  trialReport,
  wallDescription,
} from '../stream/fixture.ts';
import { openBrowser, openPage } from './browser.ts';
import { blot } from './pixels.ts';

const opened = await openBrowser();
const missing = typeof opened === 'string' ? opened : undefined;
const script = armScript(await loadRobot('arm7'));
const { robot } = script;
const folder = mkdtempSync(join(tmpdir(), 'premotor-page-'));

describe.skipIf(missing)(
  `real robots and recordings on the page${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    const browser = opened as Browser;
    const closing: { close(): Promise<void> }[] = [];

    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
      for (const server of closing.splice(0)) await server.close();
    });
    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const show = (url: string) => openPage(browser, url, { viewport: { width: 1100, height: 900 } });

    const soon = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000 });
    const chip = (page: Page, state: string) => page.waitForSelector(`.topbar .chip[data-state="${state}"]`);

    async function live(recording: object | null = null) {
      const server = await startLiveServer({
        ...{ host: '127.0.0.1', port: 0, robot, version: '0.1.0' },
        onCommand() {},
        recording: () => recording as never,
      });
      closing.push(server);
      server.emit({ type: 'start', run: wallDescription(script) });
      server.emit({ type: 'reset', epoch: 1, trial: 2, markers: script.markers });
      server.emit({ type: 'activity', activity: 'acting' });
      return { server, ...(await show(server.url)) };
    }

    test('the panel of a real robot tells lifecycle, loop, each motor and what was limited; a fault is said with since when', async () => {
      const { server, page, complaints } = await live();
      const card = page.locator('.card.hardware');
      await chip(page, 'acting');
      expect(await card.isVisible()).toBe(false);
      server.emit({ type: 'hardware', report: hardwareReport(robot) });
      await soon(() => card.isVisible()).toBe(true);
      const text = (await card.innerText()).replace(/\s+/g, ' ');
      expect(text).toMatch(/Hardware active feetech on \/dev\/ttyACM0/);
      expect(text).toMatch(/Loop 99\.8 Hz/);
      expect(text).toMatch(/Jitter p99 0\.74 · max 2\.60 ms/);
      expect(text).toMatch(/Limited 15: elbow_flex: step 12, shoulder_pan: velocity 3/);
      const motors = page.locator('.motor');
      expect(await motors.count()).toBe(robot.actuators.length);
      const third = (await motors.nth(2).innerText()).replace(/\s+/g, ' ');
      expect(third).toBe(`${robot.actuators[2].joint} 39 °C 7.2 V 10 % 3 answers missed`);
      expect((await motors.nth(0).innerText()).replace(/\s+/g, ' ')).toMatch(/31 °C 7\.4 V −20 %/);
      expect(await card.getByRole('alert').isVisible()).toBe(false);
      const fault = 'motor 3: overheated, 71 °C';
      const stop = { stopped: true, how: 'holds, at rest' };
      server.emit({
        type: 'hardware',
        report: hardwareReport(robot, { lifecycle: 'inactive', fault, stop }),
      });
      await chip(page, 'lost');
      await soon(() => card.getByRole('alert').innerText()).toMatch(/overheated, 71 °C\s*since [\d.]+ m?s/);
      const notice = (await page.locator('.notice').innerText()).replace(/\s+/g, ' ');
      expect(notice).toMatch(
        /The robot must not go on · [\d.]+ m?s motor 3: overheated, 71 °C\. It was stopped: holds, at rest\./,
      );
      await soon(() => card.innerText()).toMatch(/No word from the bridge for/);
      server.emit({ type: 'hardware', report: hardwareReport(robot) });
      await soon(() => page.locator('.topbar .chip').getAttribute('data-state')).not.toBe('lost');
      expect(await page.locator('.notice').isVisible()).toBe(false);
      const lastStop = card.locator('dt:has-text("Last stop") + dd');
      await soon(() => lastStop.innerText()).toBe('–');
      const gone = { lifecycle: 'finalized', fault: 'the bridge ended' } as const;
      const unknown = { stopped: false, how: 'nobody knows' };
      server.emit({ type: 'hardware', report: hardwareReport(robot, { ...gone, stop: unknown }) });
      await soon(() => lastStop.innerText()).toBe('not verified: nobody knows');
      const over = (await page.locator('.notice').innerText()).replace(/\s+/g, ' ');
      expect(over).toMatch(/the bridge ended\. It may still move: nobody knows\.$/);
      expect(complaints).toEqual([]);
    });

    test('the ghost stands where the plan has the robot, with how far that is from it, and goes with its key', async () => {
      const { server, page, complaints } = await live();
      const plan = planEvent(script, 1, 2, 0, 1);
      const size = robot.movable.length;
      // The plan has the arm bent elsewhere; nothing else is drawn in the accent's colour.
      for (let h = 0; h <= script.horizon; h++) plan.path[h * size + 1] -= 0.9;
      for (const key of ['1', '2']) await page.keyboard.press(key);
      const stand = (time: number) =>
        server.emit({
          type: 'pose',
          ...{ epoch: 1, time, position: script.pose(2, time), bodies: new Float64Array() },
        });
      stand(0);
      const label = page.getByRole('button', { name: /Model’s belief/ });
      await chip(page, 'acting');
      const violet = 250;
      await soon(async () => (await page.locator('.stage canvas').boundingBox())?.width).toBeGreaterThan(100);
      const before = (await blot(page, violet)).count;
      expect(await label.innerText()).not.toMatch(/mm/);
      server.emit(plan);
      stand(script.controlPeriod);
      await soon(() => label.innerText()).toMatch(/\d+ mm/);
      await soon(async () => (await blot(page, violet)).count).toBeGreaterThan(before + 400);
      await page.keyboard.press('6');
      await soon(() => label.getAttribute('aria-pressed')).toBe('false');
      await soon(async () => (await blot(page, violet)).count).toBeLessThan(before + 200);
      await page.keyboard.press('6');
      await soon(async () => (await blot(page, violet)).count).toBeGreaterThan(before + 400);
      // Beyond the plan's end nothing is believed.
      stand((script.horizon + 3) * script.controlPeriod);
      await soon(() => label.innerText()).not.toMatch(/mm/);
      await soon(async () => (await blot(page, violet)).count).toBeLessThan(before + 200);
      expect(complaints).toEqual([]);
    });

    test('the record dot says that all is recorded, or that it is no longer', async () => {
      const recording = {
        file: 'a.mcap',
        seconds: 12,
        bytes: 3e6,
        dropped: 0,
        failed: null as string | null,
      };
      const { page } = await live(recording);
      const dot = page.locator('.topbar .record');
      await soon(() => dot.innerText()).toBe('rec');
      expect(await dot.getAttribute('title')).toBe('Recording to a.mcap: 12.0 s, 3.0 MB');
      recording.failed = 'no space left';
      await soon(() => dot.innerText()).toBe('not recorded');
      expect(await dot.getAttribute('title')).toBe('Recording has stopped: no space left');
    });

    describe('a recording', () => {
      let file = '';
      beforeAll(async () => {
        const sink = await Recorder.create({ robot, version: '0.1.0', folder, clock: new FakeClock() });
        const emit = (event: TelemetryEvent) => sink.emit(event);
        emit({ type: 'start', run: description(script) });
        for (const trial of [1, 2, 3]) {
          emit({ type: 'reset', epoch: trial, trial, markers: script.markers });
          emit({ type: 'activity', activity: 'acting' });
          for (let step = 1; step <= 100; step++) stepEvents(script, trial, trial, step).forEach(emit);
          emit({ type: 'trial', report: trialReport(script, trial) });
        }
        emit({ type: 'end', reason: 'done' });
        await sink.close();
        file = sink.path as string;
      });

      const replay = async (path = file) => {
        const server = await startReplayServer({
          ...{ host: '127.0.0.1', port: 0, version: '0.1.0' },
          // A starved browser is to find it still going.
          ...{ file: path, speed: 0.05 },
        });
        closing.push(server);
        return show(server.url);
      };

      test('is played, paused, stepped both ways and searched, with everything as it stood at that time', async () => {
        const { page, complaints } = await replay();
        await soon(() => page.locator('.topbar .chip').innerText()).toMatch(/acting|late/);
        expect(await page.locator('.topbar .record').innerText()).toBe('recording');
        await page.keyboard.press('Space');
        await chip(page, 'paused');
        const slider = page.getByRole('slider', { name: /Time in the recording/ });
        const place = () => page.locator('.topbar').innerText();
        /** Drags it: the browser does not do half steps by itself. */
        const seek = (time: number) =>
          slider.evaluate((node: HTMLInputElement, value) => {
            node.value = String(value);
            node.dispatchEvent(new Event('input'));
          }, time);
        await seek(5.001);
        await soon(place).toMatch(/Trial 3 of 12 · step 50 of 150/);
        const trials = () => page.locator('.strip .trials li:not(.now)').count();
        await soon(trials).toBe(2);
        await page.keyboard.press('ArrowLeft');
        await soon(place).toMatch(/Trial 3 of 12 · step 49 of/);
        await page.keyboard.press('ArrowRight');
        await soon(place).toMatch(/Trial 3 of 12 · step 50 of/);
        await page.keyboard.press('r');
        await soon(() => page.locator('.timeline output').innerText()).toBe('0:04.0');
        await page.locator('.strip .trials li').nth(1).click();
        await soon(() => page.locator('.timeline output').innerText()).toBe('0:02.0');
        await soon(trials).toBe(1);
        await page.keyboard.press(']');
        await soon(() => page.locator('.controls output').innerText()).toBe('0.10 × speed');
        await page.keyboard.press('Space');
        await soon(place).toMatch(/Trial [23] of 12 · step [1-9]/);
        await seek(6);
        await chip(page, 'ended');
        await page.keyboard.press('Space');
        await soon(place).toMatch(/Trial 1 of 12/);
        expect(complaints).toEqual([]);
      });

      test('that was cut off says so', async () => {
        const cut = join(folder, 'cut.mcap');
        const bytes = readFileSync(file);
        writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
        const { page } = await replay(cut);
        await soon(() => page.locator('.notice').innerText()).toMatch(
          /This recording is not whole\s*the recording was cut off: everything up to [\d:]+ is here/,
        );
      });
    });
  },
);
