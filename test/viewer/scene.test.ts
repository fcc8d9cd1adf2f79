import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Geometry, RobotModel, Shape } from '#src/core/robot';
import type { Marker, WorldSpec } from '#src/core/task';
import { loadRobot } from '#src/load/robot';
import { type LiveServer, startLiveServer } from '#src/stream/index';
import { cube, cubeFiles } from '../stream/shapes.ts';
import { openBrowser, openPage } from './browser.ts';
import { blot } from './pixels.ts';

const opened = await openBrowser();
const missing = typeof opened === 'string' ? opened : undefined;
const folder = await mkdtemp(join(tmpdir(), 'premotor-scene-'));
for (const [name, body] of Object.entries(cubeFiles)) await writeFile(join(folder, name), body);
await writeFile(join(folder, 'broken.stl'), 'solid nonsense');

const cartpole = await loadRobot('cartpole');
const pose = { position: [0, 0, 0], rotation: [0, 0, 0, 1] } as const;
const magenta = { hue: 300, color: [1, 0, 1, 1] } as const;
const cyan = { hue: 180, color: [0, 1, 1, 1] } as const;
const green = 150;

/** A cartpole whose cart is only this; what it collides with is magenta. */
function cartOf(geometry: Geometry): RobotModel {
  const visuals: Shape[] = [{ geometry, pose, color: cyan.color }];
  const collisions: Shape[] = [
    { geometry: { kind: 'box', size: [0.3, 0.3, 0.3] }, pose, color: magenta.color },
  ];
  const links = cartpole.links.map((link) =>
    link.name === 'cart' ? { ...link, visuals, collisions } : { ...link, visuals: [], collisions: [] },
  );
  return { ...cartpole, links };
}

describe.skipIf(missing)(`the scene in headless Chromium${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const browser = opened as Browser;
  const servers: LiveServer[] = [];

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    for (const server of servers.splice(0)) await server.close();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  async function show(robot: RobotModel, world?: WorldSpec, inspected = true) {
    const options = { host: '127.0.0.1', port: 0, robot, world, version: '0.1.0' };
    const server = await startLiveServer(inspected ? options : { ...options, onCommand() {} });
    servers.push(server);
    return { server, ...(await openPage(browser, server.url, { viewport: { width: 900, height: 620 } })) };
  }

  const seen = (page: Page, hue: number, patience = 20_000) =>
    expect.poll(async () => (await blot(page, hue)).count, { timeout: patience });

  test('meshes of every format and convex shapes are drawn, to scale and in the colour of the URDF', async () => {
    const size = 0.25;
    const shapes: Geometry[] = [
      { kind: 'box', size: [size, size, size] },
      {
        kind: 'convex',
        vertices: cube.flat().map((value) => size * value),
        triangles: cube.map((_, i) => i),
      },
      ...Object.keys(cubeFiles).map((uri): Geometry => {
        return { kind: 'mesh', uri, file: join(folder, uri), scale: [size, size, size] };
      }),
    ];
    const counts: number[] = [];
    for (const shape of shapes) {
      const { page, complaints } = await show(cartOf(shape));
      await seen(page, cyan.hue).toBeGreaterThan(1500);
      counts.push((await blot(page, cyan.hue)).count);
      expect(complaints).toEqual([]);
      await page.context().close();
    }
    const [box, convex, ...meshes] = counts;
    expect(Math.abs(convex / box - 1)).toBeLessThan(0.05);
    for (const mesh of meshes) expect(Math.abs(mesh / meshes[0] - 1)).toBeLessThan(0.05);
    // Collision shapes that might stand in for a mesh are framed with it.
    expect(Math.abs(meshes[0] / box - 1)).toBeLessThan(0.5);
  });

  test('where a mesh cannot be drawn its collision shapes are, and the page says why', async () => {
    const file = join(folder, 'broken.stl');
    const { page } = await show(cartOf({ kind: 'mesh', uri: 'broken.stl', file, scale: [1, 1, 1] }));
    await seen(page, magenta.hue).toBeGreaterThan(1500);
    await expect
      .poll(() => page.locator('.robot').textContent())
      .toMatch(/link cart: broken\.stl: .*; its collision shapes are drawn instead/);
  });

  test('key 4 shows collision shapes over what is drawn, and hides them again', async () => {
    const { page } = await show(cartOf({ kind: 'box', size: [0.1, 0.1, 0.1] }));
    const orange = 30;
    await seen(page, cyan.hue).toBeGreaterThan(100);
    expect((await blot(page, orange)).count).toBe(0);
    await page.keyboard.press('4');
    await seen(page, orange).toBeGreaterThan(1000);
    await page.keyboard.press('4');
    await seen(page, orange).toBe(0);
  });

  test('bodies move as they are told, goals of every kind are seen, and nothing far away shrinks the rest', async () => {
    const here = { position: [0.5, 0, 0.2], rotation: [0, 0, 0, 1] } as const;
    const box = { geometry: { kind: 'box', size: [0.2, 0.2, 0.2] }, pose } as const;
    const world: WorldSpec = {
      ground: { height: -0.3 },
      bodies: [
        { name: 'cube', kind: 'free', mass: 1, pose: here, shapes: [{ ...box, color: magenta.color }] },
        { name: 'far', kind: 'fixed', pose: { ...here, position: [500, 0, 0] }, shapes: [box] },
      ],
    };
    const { page, server, complaints } = await show(cartpole, world, false);
    let epoch = 0;
    const begin = (x: number, markers: readonly Marker[]) => {
      server.emit({ type: 'reset', epoch: ++epoch, trial: 1, markers });
      const bodies = Float64Array.of(x, 0, 0.2, 0, 0, 0, 1, 500, 0, 0, 0, 0, 0, 1);
      server.emit({ type: 'pose', epoch, time: 0, position: Float64Array.of(0, 0), bodies });
    };
    begin(-0.3, []);
    await seen(page, magenta.hue).toBeGreaterThan(100);
    const left = await blot(page, magenta.hue);
    begin(0.3, []);
    await expect
      .poll(async () => (await blot(page, magenta.hue)).x, { timeout: 10_000 })
      .toBeGreaterThan(left.x + 30);
    const at = [0.1, -0.3, 0.2] as const;
    const markers: Marker[] = [
      { kind: 'sphere', position: at, radius: 0.1 },
      { kind: 'ring', position: at, radius: 0.15, normal: [0, 1, 0] },
      { kind: 'box', pose: { ...pose, position: at }, size: [0.2, 0.2, 0.2] },
    ];
    for (const marker of markers) {
      begin(5, [marker]);
      await seen(page, green).toBeGreaterThan(60);
      begin(5, []);
      await seen(page, green).toBe(0);
    }
    expect(complaints).toEqual([]);
  });

  test('joint sliders pose the robot, numbers can be typed, and everybody sees the same', async () => {
    const { page, server, complaints } = await show(cartpole);
    const orange = 30;
    await seen(page, orange).toBeGreaterThan(100);
    const hanging = await blot(page, orange);
    const field = page.getByLabel(/^hinge in rad/);
    await field.fill('3,14159');
    await field.press('Enter');
    await expect.poll(async () => (await blot(page, orange)).y).toBeLessThan(hanging.y - 30);
    const other = await browser.newPage();
    await other.goto(server.url);
    await expect.poll(() => other.getByLabel(/^hinge in rad/).inputValue()).toBe('3.142');
    const slider = other.getByLabel(/^slider, /);
    await slider.focus();
    await slider.press('End');
    const most = cartpole.joints[cartpole.movable[0]].upper;
    await expect.poll(() => page.getByLabel(/^slider in m/).inputValue()).toBe(most.toFixed(3));
    await page.getByLabel(/^slider in m/).fill('99');
    await page.getByLabel(/^slider in m/).press('Enter');
    await expect.poll(() => page.getByLabel(/^slider in m/).inputValue()).toBe(most.toFixed(3));
    await page.getByLabel(/^slider in m/).fill('a');
    await page.getByLabel(/^slider in m/).press('Enter');
    await expect.poll(() => page.getByLabel(/^slider in m/).inputValue()).toBe(most.toFixed(3));
    await page.getByRole('button', { name: 'Home' }).click();
    await expect.poll(() => other.getByLabel(/^hinge in rad/).inputValue()).toBe('0.000');
    expect(await page.locator('.controls, .strip, .plot').locator('visible=true').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
