import { h } from '../dom.ts';

const keys: readonly (readonly [readonly string[], string])[] = [
  [['Space'], 'pause, resume'],
  [['→'], 'one control step'],
  [['[', ']'], 'slower, faster'],
  [['R'], 'begin the episode anew'],
  [['1', '2', '3'], 'plan, imagined futures, what happened'],
  [['F'], 'frame the robot'],
  [['T'], 'light or dark'],
  [['?'], 'this list'],
];

/** The keys, beside the robot and not over it. */
export function help(): HTMLElement {
  const list = h('dl');
  for (const [names, meaning] of keys)
    list.append(h('dt', {}, ...names.map((name) => h('kbd', {}, name))), h('dd', {}, meaning));
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
