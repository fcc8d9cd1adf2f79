import { compose, identityPose } from '../core/linalg.ts';
import type { Inertial, Joint, Link, Pose } from '../core/robot.ts';
import { combineInertials } from './inertia.ts';

/** Links that fixed joints hold together: they move as one. */
export interface RigidGroup {
  /** The link nearest to the root; its frame is the group's. */
  readonly leader: number;
  /** Members with their poses in the group's frame. */
  readonly members: readonly { readonly link: number; readonly pose: Pose }[];
  /** Of all members together, in the group's frame; undefined when nothing has mass. */
  readonly inertial: Inertial | undefined;
}

/** The groups in tree order, the root's first. */
export function rigidGroups(robot: {
  readonly links: readonly Link[];
  readonly joints: readonly Joint[];
  readonly root: number;
}): RigidGroup[] {
  interface Open {
    leader: number;
    members: { link: number; pose: Pose }[];
  }
  const first: Open = { leader: robot.root, members: [{ link: robot.root, pose: identityPose }] };
  const groups = [first];
  const home = new Map<number, { group: Open; pose: Pose }>([
    [robot.root, { group: first, pose: identityPose }],
  ]);
  for (const joint of robot.joints) {
    const parent = home.get(joint.parent);
    if (!parent) throw new Error(`joint ${joint.name} comes before its parent's`);
    let own = { group: parent.group, pose: compose(parent.pose, joint.origin) };
    if (joint.kind !== 'fixed') {
      own = { group: { leader: joint.child, members: [] }, pose: identityPose };
      groups.push(own.group);
    }
    own.group.members.push({ link: joint.child, pose: own.pose });
    home.set(joint.child, own);
  }
  return groups.map(({ leader, members }) => ({
    leader,
    members,
    inertial: combineInertials(
      members.flatMap(({ link, pose }) => {
        const { inertial } = robot.links[link];
        return inertial ? [{ inertial, pose }] : [];
      }),
    ),
  }));
}
