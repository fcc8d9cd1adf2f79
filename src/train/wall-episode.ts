import { Ladder, type TimedPlan } from '../control/index.ts';
import type { Transition } from '../core/agent.ts';
import { Histogram } from '../core/histogram.ts';
import type { Plan } from '../core/plan.ts';
import { Random } from '../core/random.ts';
import type { StepRecord } from '../core/run-store.ts';
import { sampleBox } from '../core/space.ts';
import { type Episode, PLAN_INTERVAL, warnOfInvalid } from './episode-parts.ts';
import { percentilesOf } from './percentiles.ts';
import type { EpisodeKey, ExecutedStep, PlantThread, TickObservation } from './plant-thread.ts';
import type { Session } from './session.ts';

/** Rounding of times, in ticks. */
const EPSILON = 1e-6;
/** The state is predicted so many ticks ahead, at most. */
const FURTHEST = 100;

/**
 * One episode on the wall clock. The plant's thread keeps its rate; here the agent takes the newest observation, plans
 * for the tick at which the plan will be there, and posts it, again and again. The clock starts with the first plan. All
 * steps that were executed are learned from, when the episode is over.
 */
export async function attemptOnWallClock(
  session: Session,
  trial: number,
  start: EpisodeKey,
  purpose: 'learn' | 'act',
): Promise<Episode | null | 'reset'> {
  const { env, agent, delay } = session;
  const plant = session.plant as PlantThread;
  const epoch = ++session.epoch;
  const atRandom = session.recoveries !== null && !agent.plansAhead;
  const begun = await begin(session, plant, () => plant.begin(start, epoch, trial, atRandom));
  if (begun === null) return null;
  const { observation, safe } = begun;
  const recorder = new Recorder(session, trial);
  const planner = new WallPlanner(session, plant, epoch, purpose === 'learn');
  if (agent.plansAhead) await planner.first(observation, safe);
  else if (atRandom) plant.post(smoothRandomPlan(session, start), 0);
  else plant.post(await randomPlan(session, observation, purpose), 0);
  if (session.control.stopping) return null;

  const request = { reset: false };
  const over = plant.go((step) => recorder.add(step));
  const forwarding = forward(session, plant, over, request);
  try {
    if (agent.plansAhead) await planner.run();
  } catch (error) {
    plant.abort();
    // The plant's own failure is the cause of what its calls here throw.
    await over;
    throw error;
  }
  const end = await over;
  await forwarding;
  if (end.aborted) return request.reset ? 'reset' : null;
  if (purpose === 'learn') agent.observe(recorder.transitions, true);
  const timing = {
    ...end.timing,
    latenessMs: planner.lateness.percentiles,
    delayMs: session.controlConfig.compensate ? delay.value : 0,
  };
  return {
    ...{
      transitions: recorder.transitions,
      steps: recorder.steps,
      return: recorder.total,
      fitSeconds: 0,
      timing,
    },
    ...{ terminated: end.terminated, success: end.success },
    planMs: percentilesOf(planner.planTimes),
    late: planner.planTimes.filter((ms) => ms > 1000 * env.spec.controlPeriod).length,
  };
}

/** What was executed, in order. */
class Recorder {
  readonly transitions: Transition[] = [];
  readonly steps: StepRecord[] = [];
  total = 0;
  readonly #session: Session;
  readonly #trial: number;

  constructor(session: Session, trial: number) {
    this.#session = session;
    this.#trial = trial;
  }

  add({ observation, action, reward, next, terminated, expectedReturn, evaluations }: ExecutedStep): void {
    this.total += reward;
    this.transitions.push({ observation, action, reward, next, terminated });
    const counted = this.#session.budget.milliseconds !== undefined && evaluations !== null;
    this.steps.push({
      ...{ trial: this.#trial, step: this.steps.length + 1, reward, expectedReturn },
      ...{ action: Array.from(action), observation: Array.from(next) },
      ...(counted && { evaluations }),
    });
  }
}

/** Plans while the plant runs, each plan for the tick at which it is expected to be there. */
class WallPlanner {
  readonly planTimes: number[] = [];
  /** How much later than the moment they were made for plans were there, ms. */
  readonly lateness = new Histogram();
  readonly #session: Session;
  readonly #plant: PlantThread;
  readonly #epoch: number;
  readonly #explore: boolean;
  /** What the plant's ladder will do. */
  readonly #ladder: Ladder;
  /** Tick at which the last plan begins, by its own account. */
  #begins = 0;
  #lastPlanEvent = -Infinity;

  constructor(session: Session, plant: PlantThread, epoch: number, explore: boolean) {
    const { controlPeriod, action } = session.env.spec;
    const { holdTime, decayTime } = session.controlConfig;
    this.#session = session;
    this.#plant = plant;
    this.#epoch = epoch;
    this.#explore = explore;
    this.#ladder = new Ladder({ controlPeriod, holdTime, decayTime, actionSize: action.low.length });
  }

  /** The plan with which the episode begins. */
  async first(observation: Float32Array, safe: Float32Array): Promise<void> {
    await this.#plan({ tick: 0, due: this.#plant.now(), observation, safe }, true);
  }

  async run(): Promise<void> {
    const { control, env } = this.#session;
    for (let tick = -1; ; ) {
      const newest = await this.#plant.observationAfter(tick);
      if (newest === null || control.stopping) return;
      tick = newest.tick;
      // A plan for after the end is of no use.
      if (tick + 1 < env.spec.episodeSteps) await this.#plan(newest, false);
    }
  }

  async #plan({ tick, due, observation, safe }: TickObservation, first: boolean): Promise<void> {
    const { agent, env, delay, horizon, controlConfig, delayMs } = this.#session;
    const { controlPeriod } = env.spec;
    const plant = this.#plant;
    const period = (1000 * controlPeriod) / plant.speed;
    const begun = plant.now();
    let begins = tick;
    if (!first && controlConfig.compensate) {
      // At the greatest speed no plan is ever in time.
      const ticks = period > 0 ? Math.ceil((begun + delay.value - due) / period - EPSILON) : FURTHEST;
      begins = tick + Math.min(Math.max(1, ticks), FURTHEST);
    }
    await agent.act([observation], {
      first: [first],
      explore: this.#explore,
      pending: [this.#ladder.foresee(tick * controlPeriod, begins - tick, safe)],
      // After one that was expected to take much longer, a plan may begin before it.
      shift: [Math.max(0, begins - this.#begins)],
    });
    this.#begins = begins;
    const rest = begun + delayMs - plant.now();
    if (!first && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    const there = plant.now();
    delay.add(there - begun);
    const effective = first || controlConfig.compensate ? begins : plant.tick + 1;
    const plan = { ...agent.plans[0], startTime: effective * controlPeriod };
    const timed = timedPlan(plan, tick * controlPeriod, horizon * controlPeriod, controlPeriod);
    plant.post(timed, controlConfig.compensate ? delay.value : 0);
    this.#ladder.accept(timed, first ? 0 : (plant.tick + 1) * controlPeriod);
    this.#ladder.forget(tick * controlPeriod);
    if (!first) this.lateness.add(Math.max(0, there - (due + (begins - tick) * period)));
    this.planTimes.push(plan.milliseconds);
    warnOfInvalid(this.#session, plan, tick + 1);
    await this.#imagine(plan);
  }

  async #imagine(plan: Plan): Promise<void> {
    const { imagination, agent, telemetry, clock } = this.#session;
    if (!imagination || clock() - this.#lastPlanEvent < PLAN_INTERVAL) return;
    this.#lastPlanEvent = clock();
    const imagined = await agent.imagine();
    if (!imagined) return;
    const when = { epoch: this.#epoch, time: plan.startTime };
    telemetry.emit(imagination.describe(plan.startState, imagined.states, imagined.particles, when));
  }
}

/** A plan to the end of the planner's horizon, missed by its successor from its second step on. */
function timedPlan(plan: Plan, observed: number, duration: number, controlPeriod: number): TimedPlan {
  const { startTime } = plan;
  return { plan, observed, end: startTime + duration, fresh: startTime + controlPeriod };
}

/** The actions of a whole episode, while nothing is learned. */
async function randomPlan(
  { agent, env }: Session,
  observation: Float32Array,
  purpose: 'learn' | 'act',
): Promise<TimedPlan> {
  const { episodeSteps, action } = env.spec;
  const actionSize = action.low.length;
  const knots = new Float32Array(episodeSteps * actionSize);
  for (let step = 0; step < episodeSteps; step++) {
    const options = { first: [step === 0], explore: purpose === 'learn' };
    knots.set((await agent.act([observation], options))[0], step * actionSize);
  }
  return blindPlan(env, knots);
}

/** Between two random actions of a real robot's first trial, s. */
const SMOOTHNESS = 0.1;

/**
 * The actions of a real robot's whole episode while nothing is learned: uniform ones {@link SMOOTHNESS} apart, joined by
 * straight lines. New ones at every step would shake the gears and hardly move the arm.
 */
function smoothRandomPlan({ env, seed }: Session, { episode }: EpisodeKey): TimedPlan {
  const { episodeSteps, controlPeriod, action } = env.spec;
  const actionSize = action.low.length;
  const stride = Math.max(1, Math.round(SMOOTHNESS / controlPeriod));
  const corners = Array.from({ length: Math.ceil(episodeSteps / stride) + 1 }, (_, i) =>
    sampleBox(action, new Random(seed, `smooth-policy-${episode}`, i)),
  );
  const knots = new Float32Array(episodeSteps * actionSize);
  for (let step = 0; step < episodeSteps; step++) {
    const before = Math.floor(step / stride);
    const share = step / stride - before;
    for (let a = 0; a < actionSize; a++)
      knots[step * actionSize + a] = (1 - share) * corners[before][a] + share * corners[before + 1][a];
  }
  return blindPlan(env, knots);
}

/** A plan [steps × A] of actions that nobody planned. */
function blindPlan({ spec }: Session['env'], knots: Float32Array): TimedPlan {
  const { episodeSteps, controlPeriod, action, layout } = spec;
  const end = episodeSteps * controlPeriod;
  const startState = new Float32Array(layout.stateSize);
  const plan: Plan = {
    ...{ id: 0, startTime: 0, startState, actionSize: action.low.length, order: 0, knots },
    times: Float64Array.from({ length: episodeSteps }, (_, step) => step * controlPeriod),
    ...{ expectedReturn: Number.NaN, returnSpread: 0, evaluations: 0, invalid: 0, milliseconds: 0 },
  };
  return { plan, observed: null, end, fresh: end };
}

/** Brings the plant to the episode's start; null when a person stopped the run on the way, which stops a robot too. */
async function begin<T>({ control }: Session, plant: PlantThread, go: () => Promise<T>): Promise<T | null> {
  if (control.stopping) return null;
  let there = false;
  const going = go().finally(() => {
    there = true;
  });
  void (async () => {
    while (!there && !control.stopping) await control.changed(going);
    if (!there) plant.abort();
  })();
  try {
    const begun = await going;
    return control.stopping ? null : begun;
  } catch (error) {
    if (control.stopping) return null;
    throw error;
  }
}

/** Hands on what a person asks for, until the episode is over. */
async function forward(
  { control }: Session,
  plant: PlantThread,
  over: Promise<unknown>,
  request: { reset: boolean },
): Promise<void> {
  let running = true;
  const ended = over.then(
    () => {
      running = false;
    },
    () => {
      running = false;
    },
  );
  while (running) {
    plant.speed = control.speed;
    while (control.takeStep()) plant.step();
    plant.setPaused(control.paused);
    if (control.takeReset()) request.reset = true;
    if (control.stopping || request.reset) plant.abort();
    await control.changed(ended);
  }
}
