/**
 * The control block: how a job goes from the calling thread to the workers. 32-bit words at the start of the memory;
 * the kernels keep their constants from byte 2048, the heap begins at `HEAP_START`.
 */
export const WORD = {
  /** Number of the current job; workers wait here. */
  sequence: 0,
  /** Workers that are at it, see `enter`; `CLOSED` before the first job and between jobs. */
  active: 1,
  /** Number of the last finished job; the calling thread waits here. */
  done: 2,
  /** Next item to be taken. */
  next: 3,
  /** 1 once somebody failed: no further items are taken. */
  failed: 4,
  threads: 5,
  /** The job's number, written with it: who is at a job knows it, whatever `sequence` says yet. */
  number: 6,
  /** The job: its kind, then its arguments. */
  job: 8,
  /** Address and bytes of each worker's scratch. */
  scratch: 64,
} as const;

const CLOSED = -1;

/** Looks at a word before a thread goes to sleep over it: a few microseconds, where waking takes tens. */
export const SPINS = 2000;

/** There is no job. */
export function close(words: Int32Array): void {
  Atomics.store(words, WORD.active, CLOSED);
}

/** For the calling thread, when the job is written: from now on workers may take part. */
export function open(words: Int32Array): void {
  Atomics.store(words, WORD.active, 0);
}

/** False when the job is over: it did not wait for a worker that came too late. */
export function enter(words: Int32Array): boolean {
  for (;;) {
    const active = Atomics.load(words, WORD.active);
    if (active === CLOSED) return false;
    if (Atomics.compareExchange(words, WORD.active, active, active + 1) === active) return true;
  }
}

/**
 * A worker leaves when no item is left. True for the last one: the job is finished. The last one's leaving and the
 * job's end are one step, or another worker could end it meanwhile and a new job be taken for the old one.
 */
export function leave(words: Int32Array): boolean {
  for (;;) {
    const active = Atomics.load(words, WORD.active);
    const left = active === 1 ? CLOSED : active - 1;
    if (Atomics.compareExchange(words, WORD.active, active, left) === active) return left === CLOSED;
  }
}

export const HEAP_START = 4096;
export const MAXIMUM_THREADS = 128;

const NET = ['net', 'parameters', 'memberBytes', 'members'] as const;
/**
 * options: float32 β1, 1−β1, β2, 1−β2, ε, then 1 − learningRate · decay of each layer;
 * rates: float64 learning rate, β1, β2, steps taken before this job.
 */
const ADAM = [...NET, 'gradient', 'm', 'v', 'options', 'rates'] as const;

/** Each kind of job and its arguments in the order in which they are written: counts, or addresses in bytes. */
const JOBS = {
  /** inputs [E, B, I] → outputs [E, B, 2·O] */
  forward: [...NET, 'inputs', 'outputs', 'rows', 'inWidth', 'outWidth'],
  backward: [...NET, 'gradient', 'inputs', 'outputGradient', 'inputGradient', 'rows', 'inWidth', 'outWidth'],
  adam: ADAM,
  /**
   * order u32 [E, steps · batch]; chunk = steps of one item; progress i32 [E] = chunks that each member has done;
   * losses f64 [E] = sum over its steps.
   */
  train: [
    ...ADAM,
    ...(['inputs', 'targets', 'order', 'steps', 'batch', 'chunk', 'progress', 'losses'] as const),
  ],
  /**
   * The same for fewer members than threads: each step of a member is `blocks` blocks of rows, then Adam in `parts`
   * parts. partials = gradients of the blocks but the first [blocks − 1, E]; done i32 [E] = blocks and parts that each
   * member has finished; blockLosses f64 [E, blocks].
   */
  trainBlocks: [
    ...ADAM,
    ...(['inputs', 'targets', 'order', 'steps', 'batch', 'blocks', 'parts', 'outputs'] as const),
    ...(['partials', 'done', 'blockLosses', 'losses'] as const),
  ],
  /** Fixed-point weights of every member, for rollouts. */
  fix: [...NET, 'fixed', 'fixedBytes'],
  /** sums f64 [E, blocks] */
  evaluate: [...NET, 'inputs', 'targets', 'rows', 'sums'],
  /**
   * request: see assembly/rollout.ts; rows = R · N; panels = most of one block; returns [R, N, P] and
   * states [R, N, P, H, S], 0 where not wanted.
   */
  rollout: [
    ...([
      'request',
      'rows',
      'candidates',
      'particles',
      'horizon',
      'stateSize',
      'actionSize',
      'goalSize',
    ] as const),
    ...(['panels', 'goals', 'actions', 'returns', 'states'] as const),
  ],
  /** fixed: 0 or 1 */
  peak: ['rounds', 'items', 'fixed'],
} as const;

export type JobKind = keyof typeof JOBS;
export type JobArguments<K extends JobKind> = Readonly<Record<(typeof JOBS)[K][number], number>>;

const KINDS = Object.keys(JOBS) as JobKind[];

export function writeJob<K extends JobKind>(words: Int32Array, kind: K, args: JobArguments<K>): void {
  const names: readonly string[] = JOBS[kind];
  words[WORD.job] = KINDS.indexOf(kind);
  for (let i = 0; i < names.length; i++) words[WORD.job + 1 + i] = (args as Record<string, number>)[names[i]];
}

export function readJobKind(words: Int32Array): JobKind {
  return KINDS[words[WORD.job]];
}

export function readJob<K extends JobKind>(words: Int32Array, kind: K): JobArguments<K> {
  const names: readonly string[] = JOBS[kind];
  const args: Record<string, number> = {};
  for (let i = 0; i < names.length; i++) args[names[i]] = words[WORD.job + 1 + i];
  return args as JobArguments<K>;
}
