export { type Frame, groundFrame, type Probe } from './probe.ts';
export { RayScene } from './ray-scene.ts';
export { SensorSuite } from './suite.ts';
