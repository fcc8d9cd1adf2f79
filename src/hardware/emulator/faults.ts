import { Random } from '../../core/random.ts';

/** What may befall an answer on its way. */
export type AnswerFault =
  | { readonly kind: 'drop' }
  /** One bit is flipped. */
  | { readonly kind: 'corrupt' }
  /** Comes so much later, s. */
  | { readonly kind: 'late'; readonly by: number }
  /** Comes twice, one copy behind the other. */
  | { readonly kind: 'duplicate' };

export interface PlannedFault {
  readonly fault: AnswerFault;
  /** Default: any motor's answers. */
  readonly id?: number;
  /** How many answers; default all that follow. */
  readonly count?: number;
  /** Share of answers it befalls; default 1. */
  readonly share?: number;
}

/** Faults of answers, one after the other as they were planned; the same seed befalls the same answers. */
export class AnswerFaults {
  readonly #random: Random;
  #planned: { readonly plan: PlannedFault; left: number }[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed, 'answer-faults');
  }

  plan(plan: PlannedFault): void {
    this.#planned.push({ plan, left: plan.count ?? Infinity });
  }

  clear(): void {
    this.#planned = [];
  }

  /** What befalls the next answer of motor `id`. */
  next(id: number): AnswerFault | undefined {
    for (const item of this.#planned) {
      const { plan } = item;
      if (plan.id !== undefined && plan.id !== id) continue;
      if (plan.share !== undefined && this.#random.uniform() >= plan.share) continue;
      item.left--;
      this.#planned = this.#planned.filter(({ left }) => left > 0);
      return plan.fault;
    }
    return undefined;
  }

  /** The bytes with one bit flipped. */
  flip(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice();
    copy[this.#random.integer(bytes.length)] ^= 1 << this.#random.integer(8);
    return copy;
  }
}
