import { loadRobot, shippedRobots } from '../../load/robot.ts';
import type { Command } from '../flags.ts';

export const command: Command = {
  name: 'robots',
  summary: 'list the robots that come with the package',
  positionals: [],
  flags: [{ name: 'json', help: 'as a JSON array' }],
  notes: ['premotor robots check <name or file.urdf> shows one, also your own.'],
  async run(args) {
    const robots = await Promise.all(shippedRobots().map((name) => loadRobot(name)));
    const rows = robots.map((robot) => ({
      name: robot.name,
      joints: robot.movable.map((index) => robot.joints[index].name),
      actuators: robot.actuators.length,
    }));
    if (args.has('json')) console.log(JSON.stringify(rows));
    else {
      for (const { name, joints, actuators } of rows) {
        console.log(`${name}\n  ${joints.length} joints (${joints.join(', ')}), ${actuators} driven`);
      }
    }
    return 0;
  },
};
