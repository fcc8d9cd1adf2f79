import type { Protocol, Verdict } from '../protocol.ts';
import * as codec from './codec.ts';
import { xSeries } from './registers.ts';

/** Dynamixel 2.0, as a bus speaks it. */
export const dynamixel: Protocol = {
  name: 'dynamixel',
  registers: xSeries,
  broadcast: codec.BROADCAST,
  maxId: codec.MAX_ID,
  createFramer: codec.createFramer,
  ping: (id) => codec.encode({ kind: 'ping', id }),
  read: (id, address, size) => codec.encode({ kind: 'read', id, address, size }),
  write: (id, address, data) => codec.encode({ kind: 'write', id, address, data }),
  regWrite: (id, address, data) => codec.encode({ kind: 'regWrite', id, address, data }),
  action: (id) => codec.encode({ kind: 'action', id }),
  syncRead: (address, size, ids) => codec.encode({ kind: 'syncRead', address, size, ids }),
  syncWrite: (address, entries) => codec.encode({ kind: 'syncWrite', address, entries }),
  bulkRead: (spans) => codec.encode({ kind: 'bulkRead', spans }),
  reboot: (id) => codec.encode({ kind: 'reboot', id }),
  factoryReset: (id) => codec.encode({ kind: 'factoryReset', id, spare: 'idAndBaud' }),
  status: codec.decodeStatus,
  statusLength: (size) => size + 11,
  pingSize: 3,
  judge: (error) => ({ verdict: verdictOf(error), text: codec.errorText(error).join(', ') }),
};

function verdictOf(error: number): Verdict {
  const code = error & ~codec.ALERT;
  if (code === codec.errors.none) return error & codec.ALERT ? 'alert' : 'fine';
  return code === codec.errors.checksum || code === codec.errors.instruction ? 'garbled' : 'refused';
}
