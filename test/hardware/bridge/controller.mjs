// A controlling program as `premotor run` is one: its main thread beats, another thread leads the robot and makes it wave
// until it is told otherwise. It is told by IPC: { hang: ms }, { silent: true }, { stop: true }, { close: true }.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createPlant } from '#src/hardware/create-plant';
import { loadRobot } from '#src/load/robot';

if (isMainThread) {
  const [options] = process.argv.slice(2).map((text) => JSON.parse(text));
  const beat = new SharedArrayBuffer(4);
  setInterval(() => Atomics.add(new Int32Array(beat), 0, 1), 20);
  const worker = new Worker(new URL(import.meta.url), { workerData: { ...options, beat } });
  worker.on('message', (message) => process.send(message));
  process.on('message', (message) => {
    if (!message.hang) return worker.postMessage(message);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, message.hang);
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => worker.postMessage({ stop: true }));
} else {
  const { robot: name, data, beat } = workerData;
  const robot = await loadRobot(name);
  let silent = false;
  const tell = (what, error) => parentPort.postMessage({ what, message: error?.message });
  const plant = await createPlant({ robot, controlPeriod: 0.02, data: { ...data, beat } });
  parentPort.on('message', async (message) => {
    if (message.silent) silent = true;
    if (message.stop) tell('stopped', { message: JSON.stringify(await plant.stop()) });
    if (message.close) {
      await plant.close();
      tell('closed');
      process.exit();
    }
  });
  const command = new Float32Array(robot.actuators.length);
  const wave = async () => {
    await plant.reset({ position: robot.home, velocity: robot.home.map(() => 0) });
    tell('running');
    for (let tick = 0; ; tick++) {
      for (let j = 0; j < command.length; j++) command[j] = robot.home[j] + 0.15 * Math.sin(0.1 * tick + j);
      if (!silent) plant.write(command);
      await plant.advance();
    }
  };
  for (;;) {
    await wave().catch((error) => tell('fault', error));
    if (data.once) break;
    silent = false;
  }
}
