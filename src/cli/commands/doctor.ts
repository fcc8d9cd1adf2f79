import { availableParallelism, cpus, totalmem } from 'node:os';
import { mayRunInRealTime } from '../../control/priority.node.ts';
import { layerSizes, type NetShape } from '../../core/index.ts';
import { loadNative } from '../../model/engines/tfjs-native.node.ts';
import { findBrowser } from '../browser.ts';
import { createEngine } from '../engine-numerics.ts';
import type { Command } from '../flags.ts';
import { packageVersion } from '../package-info.ts';
import { defaultThreads } from '../threads.ts';

export const command: Command = {
  name: 'doctor',
  summary: 'say what this machine offers: Node, kernels, threads, tfjs-node, browser, speed',
  positionals: [],
  flags: [{ name: 'json', help: 'as a JSON object' }],
  async run(args) {
    const engine = await measureEngine();
    const native = await loadNative();
    const report = {
      premotor: packageVersion(),
      node: `${process.version} on ${process.platform} ${process.arch}`,
      machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
      threads: `${availableParallelism()} (${defaultThreads(true)} for kernels with --view)`,
      engine: engine.description,
      numerics: engine.numerics,
      speed: `${engine.gflops.toFixed(1)} GFLOP/s in the forward pass of 5 nets 4×200`,
      'tfjs-node': 'reason' in native ? `not there: ${native.reason.split('\n')[0]}` : native.version,
      'real time': mayRunInRealTime()
        ? "allowed: with --clock wall and on robots, the plant's thread and the bridge go before all others"
        : 'not allowed: it takes Linux, two cores, chrt (util-linux), and root, CAP_SYS_NICE or an rtprio limit',
      browser: findBrowser() ?? 'none found here; open the printed link in any browser with WebGL',
    };
    if (args.has('json')) console.log(JSON.stringify({ ...report, gflops: engine.gflops }));
    else for (const [name, text] of Object.entries(report)) console.log(`${name.padEnd(10)} ${text}`);
    return 0;
  },
};

const shape: NetShape = {
  members: 5,
  inputs: 6,
  hidden: [200, 200, 200, 200],
  outputs: 4,
  activation: 'swish',
  minLogVariance: -12,
  maxLogVariance: 0.5,
};

/** Rows of one pass, and for how long passes are repeated, ms. */
const rows = 1200;
const measuredFor = 400;

async function measureEngine(): Promise<{ description: string; numerics: string; gflops: number }> {
  const engine = await createEngine('wasm', { threads: defaultThreads(false), numerics: 'fast' });
  try {
    const nets = engine.createNets(shape);
    const inputs = new Float32Array(shape.members * rows * shape.inputs).fill(0.1);
    const multiplications = layerSizes(shape).reduce((sum, [fanIn, fanOut]) => sum + fanIn * fanOut, 0);
    const operations = 2 * multiplications * shape.members * rows;
    let best = Infinity;
    // The first pass warms up; the best one tells the machine's speed, not its other duties.
    await nets.forward(inputs, rows);
    for (const began = performance.now(); performance.now() - began < measuredFor; ) {
      const started = performance.now();
      await nets.forward(inputs, rows);
      best = Math.min(best, performance.now() - started);
    }
    nets.dispose();
    return { description: engine.description, numerics: engine.numerics, gflops: operations / best / 1e6 };
  } finally {
    await engine.close();
  }
}
