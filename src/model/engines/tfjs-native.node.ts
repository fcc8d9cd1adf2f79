import './tfjs-polyfill.node.ts';
import type { NativeAttempt, Tf } from './tfjs-package.ts';

/** A variable, so that type checks and bundlers do not look for a package that may be absent. */
const packageName = '@tensorflow/tfjs-node';

/** Loads `@tensorflow/tfjs-node`, or says why it cannot be used here. */
export async function loadNative(): Promise<NativeAttempt> {
  // Otherwise libtensorflow greets on stderr with the CPU features it was built for.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  let tf: Tf;
  try {
    const module = await import(packageName);
    tf = module.default ?? module;
  } catch (error) {
    return { reason: reasonOf(error) };
  }
  const binding = (tf.backend() as { binding?: { TF_Version?: string } }).binding;
  return { tf, version: `libtensorflow ${binding?.TF_Version ?? 'unknown'}` };
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return `${packageName} is not installed`;
  }
  if (/native addon module/.test(String(message)))
    return `${packageName} is installed, its addon is not built`;
  return `${packageName} does not load: ${String(message).split('\n')[0]}`;
}
