import { loadRobot } from '../../load/robot.ts';
import { isWatched } from '../conduct.ts';
import { type Command, collidersFlag, collidersOf, pageFlags } from '../flags.ts';
import { robotSheet, withCollidersShown } from '../robot-sheet.ts';
import { viewRobot } from '../view-robot.ts';

export const command: Command = {
  name: 'robots check',
  summary: 'read a robot and show its joints, masses and meshes, and what was guessed or ignored',
  positionals: [{ name: 'name or file.urdf', required: true }],
  flags: [
    { name: 'json', help: 'the whole robot as JSON' },
    { name: 'view', help: 'show it on the live page with a slider for each joint' },
    { ...collidersFlag, help: `${collidersFlag.help}; with it, --view shows just that` },
    ...pageFlags,
  ],
  async run(args) {
    const colliders = collidersOf(args);
    const robot = await loadRobot(args.positionals[0], { colliders });
    if (args.has('json')) {
      console.log(
        JSON.stringify(robot, (_, value) => (Math.abs(value) === Infinity ? String(value) : value)),
      );
    } else console.log(robotSheet(robot).join('\n'));
    if (isWatched(args)) await viewRobot(colliders ? withCollidersShown(robot) : robot, args);
    return 0;
  },
};
