import type { Protocol } from '../protocol.ts';
import * as codec from './codec.ts';
import { sts3215 } from './registers.ts';

/** Feetech STS/SMS, as a bus speaks it. It has neither bulk reads nor a reboot. */
export const feetech: Protocol = {
  name: 'feetech',
  registers: sts3215,
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
  factoryReset: (id) => codec.encode({ kind: 'reset', id }),
  status: codec.decodeStatus,
  statusLength: (size) => size + 6,
  pingSize: 0,
  // A motor that complains has still done what it was told, or has turned itself off and says so.
  judge: (error) => ({ verdict: error === 0 ? 'fine' : 'alert', text: codec.errorText(error).join(', ') }),
};
