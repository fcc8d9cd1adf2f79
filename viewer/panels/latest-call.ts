/** Calls a service of the server; rejects with its words, or when the connection goes. */
export type CallService = (service: string, request?: object) => Promise<unknown>;

/** Calls one service with one request at a time; of those that come meanwhile only the last is sent. */
export class LatestCall {
  readonly #call: CallService;
  readonly #service: string;
  #next: object | undefined;
  #busy = false;

  constructor(call: CallService, service: string) {
    this.#call = call;
    this.#service = service;
  }

  /** A request is on its way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The last answer, when nothing more is asked; undefined at once where a request is on its way. Rejects as the call does. */
  async send(request: object): Promise<unknown> {
    this.#next = request;
    if (this.#busy) return undefined;
    this.#busy = true;
    try {
      let answer: unknown;
      while (this.#next) {
        const next = this.#next;
        this.#next = undefined;
        answer = await this.#call(this.#service, next);
      }
      return answer;
    } finally {
      this.#busy = false;
    }
  }
}
