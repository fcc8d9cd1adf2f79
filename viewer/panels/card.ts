import { h, icon, setClass } from '../dom.ts';
import { remember, remembered } from '../theme.ts';

export interface Card {
  readonly root: HTMLElement;
  readonly header: HTMLElement;
  readonly body: HTMLElement;
  /** To the right of the title. */
  readonly readout: HTMLElement;
  readonly folded: boolean;
}

/** A panel that folds to its title; how it was left is remembered. */
export function card(title: string, name: string, onFold?: (folded: boolean) => void): Card {
  const body = h('div', { class: 'body', id: `premotor-${name}` });
  const readout = h('span', { class: 'readout' });
  let folded = remembered(`fold.${name}`) === 'yes';
  const button = h(
    'button',
    {
      class: 'bare fold',
      type: 'button',
      'aria-label': `Fold ${title}`,
      'aria-controls': body.id,
      title: 'Fold',
      click: () => {
        folded = !folded;
        remember(`fold.${name}`, folded ? 'yes' : 'no');
        show();
        onFold?.(folded);
      },
    },
    icon('fold'),
  );
  const header = h('header', {}, h('h2', {}, title), readout, button);
  const root = h('section', { class: `card ${name}`, 'aria-label': title }, header, body);
  show();
  return {
    root,
    header,
    body,
    readout,
    get folded() {
      return folded;
    },
  };

  function show(): void {
    setClass(root, 'folded', folded);
    button.setAttribute('aria-expanded', String(!folded));
  }
}
