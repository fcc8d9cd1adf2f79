import { frameTransforms, jointStates, log, sceneUpdate } from './foxglove-schemas.ts';
import { ladder, maximumSpeed, minimumSpeed, poseService, seekService, services, topics } from './wire.ts';

/** What is advertised for each topic. `retain`: how many past messages a late joiner gets. */
export interface TopicSpec {
  readonly topic: string;
  readonly schemaName: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** `state`: a slow client misses all but the newest; `event`: the oldest beyond a bound are dropped. */
  readonly kind: 'state' | 'event';
  readonly retain: number;
}

type Fields = Readonly<Record<string, 'number' | 'integer' | 'string' | 'boolean' | object>>;

/** Fields that may be null are named with a question mark. */
function message(title: string, fields: Fields): Readonly<Record<string, unknown>> {
  const properties: Record<string, object> = {};
  for (const [name, type] of Object.entries(fields)) {
    const schema = typeof type === 'string' ? { type } : type;
    // Viewers pick a plot by a plain type: null is left to the reader.
    properties[name.replace('?', '')] = schema;
  }
  const required = Object.keys(fields).filter((name) => !name.endsWith('?'));
  return { title: `premotor.${title}`, type: 'object', properties, required };
}

const rung = { enum: ladder };
const rungs = {
  type: 'object',
  properties: Object.fromEntries(ladder.map((name) => [name, { type: 'integer' }])),
};
const spread = {
  type: 'object',
  properties: { mean: { type: 'number' }, p99: { type: 'number' }, max: { type: 'number' } },
};
const numbers = { type: 'array', items: { type: 'number' } };
const strings = { type: 'array', items: { type: 'string' } };
/** Each may be null. */
const readings = { type: 'array', items: {} };
const anything = { type: 'object' };
const percentiles = {
  type: 'object',
  properties: { p50: { type: 'number' }, p99: { type: 'number' }, max: { type: 'number' } },
};

const runDescription = {
  type: 'object',
  properties: {
    task: { type: 'string' },
    robot: { type: 'string' },
    controlPeriod: { type: 'number' },
    clock: { enum: ['sim', 'wall'] },
    delayMs: { type: 'number' },
  },
};
const run = message('Run', {
  'run?': runDescription,
  robot: anything,
  'world?': anything,
  inspected: 'boolean',
});
const status = message('Status', {
  activity: 'string',
  'detail?': 'string',
  since: 'number',
  'ended?': 'string',
  'trial?': 'integer',
  'step?': 'integer',
  'time?': 'number',
  'poseAge?': 'number',
  'realTimeFactor?': 'number',
  paused: 'boolean',
  speed: {},
  clients: 'integer',
  dropped: 'integer',
  'recording?': {
    type: 'object',
    properties: {
      file: { type: 'string' },
      seconds: { type: 'number' },
      bytes: { type: 'integer' },
      dropped: { type: 'integer' },
      failed: { type: 'string' },
    },
  },
  'replay?': { type: 'object', properties: { at: { type: 'number' }, duration: { type: 'number' } } },
});
const step = message('Step', {
  epoch: 'integer',
  trial: 'integer',
  step: 'integer',
  time: 'number',
  'reward?': 'number',
  'terms?': anything,
  'return?': 'number',
  'planMs?': 'number',
  late: 'boolean',
  'expectedReturn?': 'number',
  action: numbers,
  observation: numbers,
  'timing?': {
    type: 'object',
    properties: {
      rung,
      planAge: { type: 'number' },
      lateness: { type: 'number' },
      skipped: { type: 'integer' },
      delay: { type: 'number' },
    },
  },
});
const timing = message('Timing', {
  epoch: 'integer',
  trial: 'integer',
  step: 'integer',
  time: 'number',
  rung,
  level: 'integer',
  'planAge?': 'number',
  lateness: 'number',
  delay: 'number',
  ticks: 'integer',
  missed: 'integer',
  starved: 'integer',
  rungs,
  jitter: spread,
});
const trial = message('Trial', {
  trial: 'integer',
  return: 'number',
  'score?': 'number',
  envSteps: 'integer',
  wallSeconds: 'number',
  fitSeconds: 'number',
  'planMs?': percentiles,
  late: 'integer',
  seed: 'integer',
  terminated: 'boolean',
  'success?': 'boolean',
  'timing?': {
    type: 'object',
    properties: {
      ticks: { type: 'integer' },
      missed: { type: 'integer' },
      starved: { type: 'integer' },
      rungs,
      jitterMs: spread,
      planAgeMs: percentiles,
      latenessMs: percentiles,
      delayMs: { type: 'number' },
    },
  },
});
const fit = message('Fit', {
  trial: 'integer',
  running: 'boolean',
  elapsed: 'number',
  epoch: 'integer',
  epochs: 'integer',
  'trainLoss?': 'number',
  'holdoutLoss?': 'number',
  'report?': anything,
});
const belief = message('Belief', {
  epoch: 'integer',
  time: 'number',
  'planTime?': 'number',
  'position?': numbers,
  'tipError?': 'number',
});
const motor = {
  type: 'object',
  properties: {
    joint: { type: 'string' },
    temperature: { type: 'number' },
    voltage: { type: 'number' },
    current: { type: 'number' },
    load: { type: 'number' },
    error: { type: 'string' },
    misses: { type: 'integer' },
  },
};
const hardware = message('Hardware', {
  lifecycle: 'string',
  name: 'string',
  dryRun: 'boolean',
  motors: { type: 'array', items: motor },
  loop: {
    type: 'object',
    properties: {
      rate: { type: 'number' },
      overruns: { type: 'integer' },
      skipped: { type: 'integer' },
      jitterMs: spread,
      readMs: percentiles,
    },
  },
  limited: anything,
  'fault?': 'string',
  'stop?': { type: 'object', properties: { stopped: { type: 'boolean' }, how: { type: 'string' } } },
  clock: {
    type: 'object',
    properties: { unixOffset: { type: 'number' }, robotOffset: { type: 'number' } },
  },
  since: 'number',
});
const exchange = message('Exchange', {
  epoch: 'integer',
  cycle: 'integer',
  'count?': 'integer',
  began: 'number',
  readAt: 'number',
  'sentAt?': 'number',
  position: readings,
  velocity: readings,
  effort: readings,
  asked: readings,
  sent: readings,
  limited: strings,
});
const replay = message('Replay', {
  file: 'string',
  began: 'number',
  duration: 'number',
  notes: strings,
  episodes: {
    type: 'array',
    items: {
      type: 'object',
      properties: { trial: { type: 'integer' }, from: { type: 'number' }, to: { type: 'number' } },
    },
  },
  seeks: 'integer',
});

const state = { kind: 'state', retain: 1 } as const;
const foxglove = (topic: string, schema: Readonly<Record<string, unknown>>) =>
  ({ topic, schemaName: schema.title as string, schema }) as const;

/** Channel ids are places in this list, from 1. A late joiner hears retained messages in this order. */
export const topicSpecs: readonly TopicSpec[] = [
  { ...foxglove(topics.run, run), ...state },
  { ...foxglove(topics.status, status), ...state },
  { ...foxglove(topics.scene, sceneUpdate), ...state },
  { ...foxglove(topics.tf, frameTransforms), ...state },
  { ...foxglove(topics.contacts, sceneUpdate), ...state },
  { ...foxglove(topics.jointStates, jointStates), ...state },
  { ...foxglove(topics.plan, sceneUpdate), ...state },
  { ...foxglove(topics.imagined, sceneUpdate), ...state },
  { ...foxglove(topics.trial, trial), kind: 'event', retain: 10_000 },
  { ...foxglove(topics.step, step), kind: 'event', retain: 2000 },
  { ...foxglove(topics.timing, timing), kind: 'event', retain: 600 },
  { ...foxglove(topics.fit, fit), kind: 'event', retain: 1000 },
  { ...foxglove(topics.log, log), kind: 'event', retain: 100 },
  { ...foxglove(topics.belief, belief), ...state },
  { ...foxglove(topics.hardware, hardware), ...state },
  { ...foxglove(topics.exchange, exchange), ...state },
];

/** Where a recording is played. */
export const replayTopics: readonly TopicSpec[] = [
  ...topicSpecs,
  { ...foxglove(topics.replay, replay), kind: 'event', retain: 1 },
];

/** Of a recording alone: how clocks stood to one another, once a second. Times in ms. */
export const clockTopic = {
  topic: '/clock',
  ...{ schemaName: 'premotor.Clocks' },
  schema: message('Clocks', {
    monotonic: 'number',
    unixOffset: 'number',
    recordingOffset: 'number',
    'bridgeOffset?': 'number',
    'robotOffset?': 'number',
  }),
} as const;

const controlState = message('ControlState', { paused: 'boolean', speed: {} });
const nothing = message('Nothing', {});
const speedRequest = message('Speed', {
  speed: { oneOf: [{ type: 'number', minimum: minimumSpeed, maximum: maximumSpeed }, { const: 'max' }] },
});

const jsonSchema = (schema: Readonly<Record<string, unknown>>) => ({
  encoding: 'json',
  schemaName: schema.title as string,
  schemaEncoding: 'jsonschema',
  schema: JSON.stringify(schema),
});

export interface ServiceSpec {
  readonly id: number;
  readonly name: string;
}

/** As `advertiseServices` has it. Old and new clients read different fields. */
function service(
  id: number,
  name: string,
  requestSchema: Readonly<Record<string, unknown>>,
  responseSchema: Readonly<Record<string, unknown>>,
): ServiceSpec {
  const request = jsonSchema(requestSchema);
  const response = jsonSchema(responseSchema);
  const old = { requestSchema: request.schema, responseSchema: response.schema };
  return { id, name, type: request.schemaName, request, response, ...old } as ServiceSpec;
}

/** Ids are places in the list, from 1. */
export const runServices: readonly ServiceSpec[] = Object.values(services).map((name, index) =>
  service(index + 1, name, name === services.speed ? speedRequest : nothing, controlState),
);

/** Where a recording is played. */
export const replayServices: readonly ServiceSpec[] = [
  ...runServices,
  service(
    runServices.length + 1,
    seekService,
    message('Seek', { 'time?': 'number', 'steps?': 'integer' }),
    controlState,
  ),
];

const jointPose = message('JointPose', { position: numbers });
export const inspectionServices: readonly ServiceSpec[] = [service(1, poseService, jointPose, jointPose)];
