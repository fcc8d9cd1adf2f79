export { type Frame, groundFrame, type Probe } from './probe.ts';
export { fanOf, RayScene } from './ray-scene.ts';
export { SensorSuite } from './suite.ts';
