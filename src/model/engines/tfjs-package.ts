/** What both `@tensorflow/tfjs` and `@tensorflow/tfjs-node` are. */
export type Tf = typeof import('@tensorflow/tfjs');

/** The native library, or why it cannot be used. */
export type NativeAttempt = { readonly tf: Tf; readonly version: string } | { readonly reason: string };
