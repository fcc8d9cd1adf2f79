import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { findMesh, packagePathsOfEnvironment } from '#src/load/mesh-path';
import { temporaryFolder } from '../runs/fixtures.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());
const place = (...path: string[]) => join(temporary.path, ...path);
const file = (...path: string[]) => {
  mkdirSync(dirname(place(...path)), { recursive: true });
  writeFileSync(place(...path), 'mesh');
  return place(...path);
};

const urdf = file('ws', 'src', 'arm_description', 'urdf', 'arm.urdf');
const beside = file('ws', 'src', 'arm_description', 'urdf', 'beside.stl');
const own = file('ws', 'src', 'arm_description', 'meshes', 'a b.stl');
const neighbour = file('ws', 'src', 'hand_description', 'meshes', 'hand.stl');
const far = file('opt', 'ros', 'share', 'camera', 'meshes', 'camera.stl');
const found = async (uri: string, paths = {}) => {
  const result = await findMesh(uri, urdf, paths);
  return 'file' in result ? result.file : result.problem;
};

describe('findMesh', () => {
  it('starts at the folder of the URDF', async () => {
    expect(await found('beside.stl')).toBe(beside);
    expect(await found('../meshes/a b.stl')).toBe(own);
    expect(await found('nowhere.stl')).toBe('no such file');
    expect(await found('../meshes')).toBe('no such file');
  });

  it('reads file:// URLs, with spaces as URLs have them, and those that are relative after all', async () => {
    expect(await found(pathToFileURL(own).href)).toBe(own);
    expect(pathToFileURL(own).href).toContain('%20');
    expect(await found('file://beside.stl')).toBe(beside);
    expect(await found('file:///nowhere/at/all.stl')).toBe('no such file');
  });

  it('finds a package upwards: the one the URDF lies in, and its neighbours', async () => {
    expect(await found('package://arm_description/meshes/a b.stl')).toBe(own);
    expect(await found('package://hand_description/meshes/hand.stl')).toBe(neighbour);
  });

  it('finds a package by map, and on the search path as folder, share or the package itself', async () => {
    const uri = 'package://camera/meshes/camera.stl';
    expect(await found(uri)).toMatch(/^package camera was not found .* PREMOTOR_ROS_PATH$/);
    expect(await found(uri, { packages: { camera: place('opt/ros/share/camera') } })).toBe(far);
    for (const folder of ['opt/ros/share', 'opt/ros', 'opt/ros/share/camera'])
      expect(await found(uri, { searchPath: [place('elsewhere'), place(folder)] })).toBe(far);
  });

  it('prefers the map to the search path to what lies about', async () => {
    const mapped = file('mapped', 'meshes', 'a b.stl');
    const searched = file('searched', 'arm_description', 'meshes', 'a b.stl');
    const uri = 'package://arm_description/meshes/a b.stl';
    const searchPath = [place('searched')];
    expect(await found(uri, { searchPath })).toBe(searched);
    expect(await found(uri, { searchPath, packages: { arm_description: place('mapped') } })).toBe(mapped);
  });

  it('refuses what is no file reference', async () => {
    expect(await found('https://example.org/a.stl')).toContain('https:// is not read');
    expect(await found('package://arm_description')).toContain('needs a package and a path');
    expect(await found('package://toString/a.stl', { packages: {} })).toContain('package toString was not');
  });
});

it('reads maps and folders from PREMOTOR_ROS_PATH, then ROS_PACKAGE_PATH', () => {
  expect(
    packagePathsOfEnvironment({
      PREMOTOR_ROS_PATH: ['/a', 'arm=/own/arm', ' '].join(delimiter),
      ROS_PACKAGE_PATH: ['/b', 'arm=/other'].join(delimiter),
    }),
  ).toEqual({ packages: { arm: '/own/arm' }, searchPath: ['/a', '/b'] });
  expect(packagePathsOfEnvironment({})).toEqual({ packages: {}, searchPath: [] });
});
