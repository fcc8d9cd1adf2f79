import { h, setClass, setText } from '../dom.ts';

/** Names and values, one pair a line, in the order in which the names were first told. */
export class Facts {
  readonly root = h('dl', { class: 'facts' });
  readonly #values = new Map<string, HTMLElement>();

  /** @param bad in the colour of a warning. Returns what holds the value. */
  set(name: string, value: string, bad = false): HTMLElement {
    let cell = this.#values.get(name);
    if (!cell) {
      cell = h('dd');
      this.#values.set(name, cell);
      this.root.append(h('dt', {}, name), cell);
    }
    setText(cell, value);
    setClass(cell, 'amber', bad);
    return cell;
  }
}
