export { combineInertials, type PrincipalInertia, principalInertia } from './inertia.ts';
export { jointPose } from './joint-pose.ts';
export { Kinematics } from './kinematics.ts';
export { type RigidGroup, rigidGroups } from './rigid-groups.ts';
export { type RobotJson, readRobotJson, robotJson } from './robot-json.ts';
export { robotFromUrdf } from './robot-model.ts';
