import { type BeliefMessage, topics } from '../src/stream/wire.ts';
import { Connection, type ServerInfo } from './connection.ts';
import { h, setClass, setHidden } from './dom.ts';
import { FrameMeter } from './frames.ts';
import { Controls } from './panels/controls.ts';
import { HardwarePanel } from './panels/hardware.ts';
import { help } from './panels/help.ts';
import { Joints } from './panels/joints.ts';
import { Legend, layers } from './panels/legend.ts';
import { Notices } from './panels/notices.ts';
import { Plots } from './panels/plots.ts';
import { RobotPanel } from './panels/robot.ts';
import { RunPanel } from './panels/run.ts';
import { Timeline } from './panels/timeline.ts';
import { TopBar } from './panels/topbar.ts';
import { Trials } from './panels/trials.ts';
import type { SceneUpdate } from './scene/overlays.ts';
import type { Transform } from './scene/robot-view.ts';
import { Stage } from './scene/stage.ts';
import { State } from './state.ts';
import { style } from './style.ts';
import { remember, remembered, Theme } from './theme.ts';

export interface ViewerOptions {
  /** WebSocket address of a live server, with its token: `ws://127.0.0.1:8765/?token=…`. */
  readonly url: string;
  /**
   * Called when another server answers than before; what the old one said is forgotten. `sameBuild`: its own page is of the
   * same build as the old one's.
   */
  onNewServer?(sameBuild: boolean): void;
}

export interface Viewer {
  /** Closes the connection and takes everything away. */
  dispose(): void;
}

/** Cycles of a bridge are for those who plot them. */
const heard = Object.values(topics).filter((topic) => topic !== topics.exchange);

/** ms between updates of panels and plots; the scene is drawn at the display's rate. */
const PANEL_INTERVAL = 1000 / 15;
const NARROW = '(max-width: 720px)';

/**
 * Shows a run live inside `element`, which should have a height of its own.
 *
 * ```ts
 * import { mountViewer } from 'premotor/viewer';
 * const viewer = mountViewer(document.querySelector('#robot')!, { url: 'ws://127.0.0.1:8765/?token=…' });
 * ```
 */
export function mountViewer(element: HTMLElement, options: ViewerOptions): Viewer {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

  const root = h('div', { class: 'premotor' });
  const host = h('div', { class: 'stage', 'aria-label': 'The robot in 3D' });
  root.append(host);
  element.append(root);
  const theme = new Theme(root);
  const state = new State();
  const stage = openStage(host, options.url, (text) => state.warn(text));
  // Blurred glass is for graphics processors.
  setClass(root, 'plain', stage?.quality.name !== 'full');

  const call = (service: string, request?: object) => connection.call(service, request);
  const controls = new Controls(call);
  const joints = new Joints(call);
  const robot = new RobotPanel();
  const legend = new Legend((layer, visible) => stage?.show(layer, visible));
  const frames = new FrameMeter();
  const plots = new Plots(theme.palette, frames);
  const timeline = new Timeline(call);
  const trials = new Trials(timeline.root, (trial) => timeline.showTrial(trial));
  const hardware = new HardwarePanel();
  const run = new RunPanel();
  const keys = help();
  keys.hidden = true;
  const toggleHelp = () => setHidden(keys, !keys.hidden);
  const topBar = new TopBar({
    theme: () => theme.toggle(),
    help: toggleHelp,
    frame: stage && (() => stage.frame()),
  });
  // Nothing to explain where nothing is drawn.
  legend.card.root.hidden = !stage;
  const notices = new Notices(() => connection.retry());
  for (const card of [run.card, robot.card]) card.root.classList.add('push');
  for (const node of [controls.card.root, run.card.root, plots.root, trials.card.root])
    node.classList.add('run-only');
  for (const node of [joints.root, robot.card.root]) node.classList.add('inspection-only');
  const left = h(
    'div',
    { class: 'column left' },
    controls.card.root,
    keys,
    hardware.card.root,
    legend.card.root,
    run.card.root,
    robot.card.root,
  );
  const columns = h('div', { class: 'columns' }, left, plots.root, joints.root);

  // Below 720 px everything lies in a sheet at the bottom that opens and closes; above, the sheet is not there.
  const sheetBody = h('div', { class: 'sheet-body' }, columns, trials.card.root);
  const bottom = h(
    'div',
    { class: 'sheet' },
    h('button', {
      class: 'sheet-handle',
      type: 'button',
      'aria-label': 'Open or close the panels',
      click: () => {
        setClass(bottom, 'low', !bottom.classList.contains('low'));
        remember('sheet', bottom.classList.contains('low') ? 'low' : 'high');
        layOut();
      },
    }),
    sheetBody,
  );
  setClass(bottom, 'low', remembered('sheet') !== 'high');
  root.append(bottom, topBar.root, notices.root);

  const narrow = matchMedia(NARROW);
  const applyTheme = () => {
    stage?.setPalette(theme.palette);
    plots.setPalette(theme.palette);
  };
  theme.onChange(applyTheme);
  applyTheme();
  legend.apply();

  function layOut(): void {
    plots.resize();
    const box = (node: Element) => node.getBoundingClientRect();
    const all = box(root);
    if (narrow.matches)
      stage?.setInsets({
        top: box(topBar.root).height,
        right: 0,
        bottom: Math.min(box(bottom).height, all.height * 0.5),
        left: 0,
      });
    else
      stage?.setInsets({
        // Notices hang below the bar.
        top: 96,
        right: all.right - box(state.inspected ? joints.root : plots.root).left,
        bottom: state.inspected ? 24 : all.bottom - box(trials.card.root).top,
        left: box(left).right - all.left,
      });
  }
  const observer = new ResizeObserver(layOut);
  observer.observe(root);

  let server: ServerInfo | undefined;
  const receive = (topic: string, message: unknown, sent: number) => {
    state.receive(topic, message, sent);
    if (setClass(root, 'replaying', state.replay !== null)) layOut();
    if (topic === topics.run && state.robot) {
      if (setClass(root, 'inspecting', state.inspected)) layOut();
      stage?.setRobot(state.robot, state.world);
      legend.setRobot(state.robot);
      if (state.inspected) {
        joints.setRobot(state.robot);
        robot.setRobot(state.robot);
      }
    } else if (topic === topics.jointStates) {
      if (state.inspected) joints.receive(message as Parameters<Joints['receive']>[0]);
    } else if (topic === topics.tf)
      stage?.setTransforms((message as { transforms: Transform[] }).transforms, performance.now());
    else if (topic === topics.scene) stage?.setScene(message as SceneUpdate);
    else if (topic === topics.contacts) stage?.setForces(message as Parameters<Stage['setForces']>[0]);
    else if (topic === topics.plan) stage?.setPlan(message as SceneUpdate);
    else if (topic === topics.belief) stage?.setBelief((message as BeliefMessage).position);
    else if (topic === topics.imagined) stage?.setImagined(message as SceneUpdate, performance.now());
  };
  const connection = new Connection(options.url, heard, {
    open(info) {
      if (server && info.sessionId !== server.sessionId)
        options.onNewServer?.(info.metadata?.build === server.metadata?.build);
      server = info;
      state.forget();
      state.server = info;
      state.refused = false;
      state.everConnected = true;
      state.setPhase('open');
    },
    message: receive,
    lost(refused) {
      state.refused = refused;
      state.setPhase(state.everConnected ? 'lost' : 'connecting');
    },
  });

  const shortcuts: Readonly<Record<string, () => void>> = {
    ' ': () => controls.togglePause(),
    ArrowRight: () => controls.step(),
    ArrowLeft: () => controls.back(),
    '[': () => controls.changeSpeed(-1),
    ']': () => controls.changeSpeed(1),
    r: () => controls.reset(),
    f: () => stage?.frame(),
    t: () => theme.toggle(),
    '?': toggleHelp,
    ...Object.fromEntries(layers.map((_, index) => [String(index + 1), () => legend.toggle(index)])),
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.target as HTMLElement;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
    // A focused button takes Space for itself.
    if (event.key === ' ' && target.tagName === 'BUTTON') return;
    const act = shortcuts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', onKey);

  let frame = requestAnimationFrame(loop);
  let panelsAt = -Infinity;
  function loop(now: number): void {
    frame = requestAnimationFrame(loop);
    frames.frame(now);
    stage?.draw(now);
    if (now - panelsAt < PANEL_INTERVAL - 2) return;
    panelsAt = now;
    topBar.update(state);
    controls.update(state);
    trials.update(state);
    timeline.update(state);
    hardware.update(state);
    run.update(state);
    robot.update(state.log);
    plots.update(state);
    legend.update(state);
    notices.update(state);
  }

  return {
    dispose() {
      cancelAnimationFrame(frame);
      removeEventListener('keydown', onKey);
      observer.disconnect();
      connection.close();
      plots.dispose();
      theme.dispose();
      stage?.dispose();
      root.remove();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    },
  };
}

/** The 3D view, or words in its place where the browser has no WebGL. */
function openStage(host: HTMLElement, server: string, note: (text: string) => void): Stage | undefined {
  try {
    return new Stage(host, server, note);
  } catch (error) {
    host.append(
      h(
        'div',
        { class: 'nothing', role: 'status' },
        h('strong', {}, 'No 3D picture: this browser gives no WebGL'),
        h('span', {}, 'Numbers, plots and controls work all the same.'),
        h('span', {}, 'Turn on hardware acceleration, or open the link in another browser.'),
        h('span', {}, `(${(error as Error).message})`),
      ),
    );
    return undefined;
  }
}
