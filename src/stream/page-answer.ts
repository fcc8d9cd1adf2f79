import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Access } from './access.ts';
import type { Assets } from './meshes.ts';
import type { Page } from './page-files.ts';
import { meshPrefix } from './wire.ts';

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

/** Sent with everything: isolated (shared memory needs it), unframed, unguessed, unremembered. */
const always: OutgoingHttpHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** Path and query of a request; the host is judged from its header. Undefined for what is no URL. */
export function requestUrl(request: IncomingMessage): URL | undefined {
  try {
    return request.url?.startsWith('/') ? new URL(`http://localhost${request.url}`) : undefined;
  } catch {
    return undefined;
  }
}

/** What content names never changes. */
const forEver = 'private, max-age=31536000, immutable';

/** Serves the page's files, and the meshes of what it shows, to who may have them. Never throws. */
export async function answerWithPage(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  page: Page,
  meshes: Assets,
): Promise<void> {
  const { status, headers, body } = await answer(request, access, page, meshes);
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...always, 'Content-Length': length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(request: IncomingMessage, access: Access, page: Page, meshes: Assets): Promise<Answer> {
  const url = requestUrl(request);
  if (!url) return refusal(400, 'not a URL');
  const verdict = access.judge(request, url, false);
  if (verdict.status !== 0) return refusal(verdict.status, verdict.message);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, 'only GET and HEAD');
  if (url.pathname.startsWith(`/${meshPrefix}`)) {
    const mesh = await meshes.read(url.pathname.slice(1));
    if (!mesh) return refusal(404, 'no such mesh');
    const headers: OutgoingHttpHeaders = { 'Content-Type': mesh.type, 'Cache-Control': forEver };
    // A page of another origin that embeds the view has the token, or nothing.
    if (verdict.byToken) {
      headers['Access-Control-Allow-Origin'] = '*';
      headers['Cross-Origin-Resource-Policy'] = 'cross-origin';
    }
    const { buffer, byteOffset, byteLength } = mesh.body;
    return { status: 200, headers, body: Buffer.from(buffer, byteOffset, byteLength) };
  }
  const file = page.files.get(url.pathname);
  if (!file) {
    const unbuilt = url.pathname === '/' && page.files.size === 0;
    return refusal(404, unbuilt ? 'the page is not built: npm run build' : 'no such file');
  }
  const headers: OutgoingHttpHeaders = {
    'Content-Type': file.type,
    'Content-Security-Policy': contentPolicy(request.headers.host as string),
  };
  if (verdict.byToken) headers['Set-Cookie'] = access.cookie;
  // Vite names assets by their content.
  if (url.pathname.startsWith('/assets/')) headers['Cache-Control'] = forEver;
  return { status: 200, headers, body: file.body };
}

function refusal(status: number, text: string): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
}

/** The page loads its own files and talks to its own server, nothing else. */
function contentPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    // Meshes carry buffers and textures within themselves.
    `connect-src 'self' data: blob: ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
