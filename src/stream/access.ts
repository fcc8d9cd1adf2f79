import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** 144 random bits, safe in a URL. */
export function newToken(): string {
  return randomBytes(18).toString('base64url');
}

export interface Verdict {
  /** 0 = welcome, otherwise an HTTP status. */
  readonly status: 0 | 400 | 401 | 403;
  /** For whoever was turned away. */
  readonly message: string;
  /** The token was in the URL: the answer may set the cookie. */
  readonly byToken: boolean;
}

const welcome = (byToken: boolean): Verdict => ({ status: 0, message: '', byToken });
const refuse = (status: 400 | 401 | 403, message: string): Verdict => ({ status, message, byToken: false });

/**
 * Who may connect: whoever names the token in the URL, from wherever; and the page itself by its cookie, which counts
 * only for requests that come from the page's own origin. The Host must be an address, or a name of this machine, so
 * that a foreign name pointed here (DNS rebinding) gets nothing.
 */
export class Access {
  readonly #token: string;
  readonly #boundHost: string;
  #port = 0;

  constructor(token: string, boundHost: string) {
    this.#token = token;
    this.#boundHost = boundHost;
  }

  /** Known once the server listens: cookies do not tell ports apart, so the name does. */
  set port(port: number) {
    this.#port = port;
  }

  get cookie(): string {
    return `${this.#cookieName}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`;
  }

  judge(request: IncomingMessage, url: URL, upgrade: boolean): Verdict {
    const { host, origin } = request.headers;
    if (!this.#ownHost(host)) return refuse(403, 'this Host is not served');
    const given = url.searchParams.getAll('token');
    if (given.length > 0) {
      return given.length === 1 && this.#isToken(given[0])
        ? welcome(true)
        : refuse(401, 'wrong token: open the link that premotor printed last');
    }
    if (!this.#hasCookie(request.headers.cookie))
      return refuse(401, 'a token is needed: open the link that premotor printed');
    // Browsers always name the origin of a WebSocket; a page's own plain requests carry none, or a same-origin mark.
    const site = request.headers['sec-fetch-site'];
    const own = origin !== undefined ? hostOf(origin) === host : !upgrade;
    if (!own || (site !== undefined && site !== 'same-origin' && site !== 'none'))
      return refuse(403, "the cookie counts for the page's own origin only");
    return welcome(false);
  }

  get #cookieName(): string {
    return `premotor_${this.#port}`;
  }

  #ownHost(host: string | undefined): boolean {
    if (host === undefined) return false;
    const name = hostOf(`http://${host}`)
      ?.replace(/:\d+$/, '')
      .replace(/^\[|\]$/g, '');
    if (name === undefined) return false;
    return name === 'localhost' || isIP(name) !== 0 || [this.#boundHost, hostname()].some(same);

    function same(other: string): boolean {
      return other.toLowerCase() === name;
    }
  }

  #isToken(given: string): boolean {
    const digest = (text: string) => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(given), digest(this.#token));
  }

  #hasCookie(header: string | undefined): boolean {
    const prefix = `${this.#cookieName}=`;
    return (header ?? '')
      .split(';')
      .map((part) => part.trim())
      .some((part) => part.startsWith(prefix) && this.#isToken(part.slice(prefix.length)));
  }
}

/** `host:port` of an origin, or undefined for `null` and other nonsense. */
function hostOf(origin: string): string | undefined {
  try {
    const { host, pathname, username } = new URL(origin);
    return pathname === '/' && username === '' ? host : undefined;
  } catch {
    return undefined;
  }
}
