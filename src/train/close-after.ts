import { PremotorError, RobotFault } from '../core/errors.ts';
import type { Session } from './session.ts';

/** Does `work` and closes the session, however it ends. Where both fail, what went wrong first is told first. */
export async function closeAfter<T>(session: Pick<Session, 'close'>, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await session.close().catch((unclosed: unknown) => {
      throw both(error, unclosed);
    });
    throw error;
  }
  await session.close();
  return result;
}

/** A robot that is not known to have stopped is told of whatever went before. */
function both(first: unknown, then: unknown): unknown {
  if (!(first instanceof Error && then instanceof RobotFault) || first.message.includes(then.message))
    return first;
  const message = `${first.message}; ${then.message}`;
  if (first instanceof PremotorError) return new RobotFault(message, { cause: first });
  const bug = new Error(message, { cause: first });
  bug.stack = `${message}\n${first.stack}`;
  return bug;
}
