import { h } from '../dom.ts';

/** `run`: means something only where something runs. */
const keys: readonly (readonly [readonly string[], string, 'run'?])[] = [
  [['Space'], 'pause, resume', 'run'],
  [['→'], 'one control step', 'run'],
  [['←'], 'one back, in a recording', 'run'],
  [['[', ']'], 'slower, faster', 'run'],
  [['R'], 'begin the episode anew', 'run'],
  [['1', '2', '3'], 'plan, imagined futures, what happened', 'run'],
  [['4'], 'collision shapes'],
  [['5'], 'contact forces', 'run'],
  [['6'], 'where the plan has the robot now', 'run'],
  [['F'], 'frame the robot'],
  [['T'], 'light or dark'],
  [['?'], 'this list'],
];

/** The keys, beside the robot and not over it. */
export function help(): HTMLElement {
  const list = h('dl');
  for (const [names, meaning, run] of keys) {
    const look = { class: run ? 'run-only' : '' };
    list.append(h('dt', look, ...names.map((name) => h('kbd', {}, name))), h('dd', look, meaning));
  }
  const mouse = h(
    'p',
    { class: 'muted said' },
    'Drag to orbit, right-drag to pan, wheel to zoom to the cursor.',
  );
  return h(
    'section',
    { class: 'card help', 'aria-label': 'Keys' },
    h('header', {}, h('h2', {}, 'Keys')),
    h('div', { class: 'body' }, list, mouse),
  );
}
