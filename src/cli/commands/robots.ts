import type { Vehicle } from '../../core/index.ts';
import { readMeshList } from '../../load/mesh-list.ts';
import { findMeshes } from '../../load/mesh-store.ts';
import { loadRobot, shippedFolder, shippedRobots } from '../../load/robot.ts';
import type { Command } from '../flags.ts';
import { megabytes } from './robots-fetch.ts';

export const command: Command = {
  name: 'robots',
  summary: 'list the robots that come with the package',
  positionals: [],
  flags: [{ name: 'json', help: 'as a JSON array' }],
  notes: [
    'premotor robots check <name or file.urdf> shows one, also your own; premotor robots fetch <name> brings meshes.',
  ],
  async run(args) {
    const rows = await Promise.all(shippedRobots().map(describe));
    if (args.has('json')) console.log(JSON.stringify(rows));
    else {
      for (const { name, joints, actuators, wheels, meshes } of rows) {
        const moved = wheels
          ? `${wheels.driven} of ${wheels.all} wheels driven, ${wheels.steered} steered`
          : `${actuators} driven`;
        console.log(`${name}\n  ${joints.length} joints (${joints.join(', ')}), ${moved}`);
        if (meshes) {
          const where = meshes.folder ? `in ${meshes.folder}` : `premotor robots fetch ${name} brings them`;
          console.log(`  ${meshes.files} meshes, ${megabytes(meshes.bytes)} MB: ${where}`);
        }
      }
    }
    return 0;
  },
};

async function describe(name: string) {
  const robot = await loadRobot(name);
  const list = await readMeshList(shippedFolder(name));
  return {
    name,
    joints: robot.movable.map((index) => robot.joints[index].name),
    actuators: robot.actuators.length,
    /** Of a car: how many it has, drives and steers; null for other robots. */
    wheels: robot.vehicle ? wheelCounts(robot.vehicle) : null,
    /** `folder` is null until they are fetched; null for a robot of primitives alone. */
    meshes: list
      ? {
          files: list.files.length,
          bytes: list.files.reduce((sum, { bytes }) => sum + bytes, 0),
          folder: (await findMeshes(name, list)) ?? null,
        }
      : null,
  };
}

function wheelCounts({ wheels }: Vehicle) {
  return {
    all: wheels.length,
    driven: wheels.filter(({ driven }) => driven).length,
    steered: wheels.filter(({ steer }) => steer !== undefined).length,
  };
}
