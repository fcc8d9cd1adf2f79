/**
 * Frames of the Foxglove WebSocket protocol, version 1 (github.com/foxglove/ws-protocol, docs/spec.md). Text frames
 * are JSON objects with `op`; binary frames begin with an opcode; integers are little endian.
 */
const opcode = { messageData: 1, time: 2, serviceResponse: 3, fetchAssetResponse: 4 } as const;
const clientOpcode = { messageData: 1, serviceRequest: 2 } as const;

/** `time` in ns since the Unix epoch. */
export function messageData(subscription: number, time: bigint, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(13 + payload.length);
  const view = new DataView(frame.buffer);
  frame[0] = opcode.messageData;
  view.setUint32(1, subscription, true);
  view.setBigUint64(5, time, true);
  frame.set(payload, 13);
  return frame;
}

export function timeFrame(time: bigint): Uint8Array {
  const frame = new Uint8Array(9);
  frame[0] = opcode.time;
  new DataView(frame.buffer).setBigUint64(1, time, true);
  return frame;
}

export function serviceResponse(service: number, call: number, payload: Uint8Array): Uint8Array {
  const encoding = new TextEncoder().encode('json');
  const frame = new Uint8Array(13 + encoding.length + payload.length);
  const view = new DataView(frame.buffer);
  frame[0] = opcode.serviceResponse;
  view.setUint32(1, service, true);
  view.setUint32(5, call, true);
  view.setUint32(9, encoding.length, true);
  frame.set(encoding, 13);
  frame.set(payload, 13 + encoding.length);
  return frame;
}

/** Answers `fetchAsset` with the file, or with why not. */
export function assetResponse(request: number, asset: Uint8Array | string): Uint8Array {
  const failed = typeof asset === 'string';
  const error = new TextEncoder().encode(failed ? asset : '');
  const data = failed ? new Uint8Array() : asset;
  const frame = new Uint8Array(10 + error.length + data.length);
  const view = new DataView(frame.buffer);
  frame[0] = opcode.fetchAssetResponse;
  view.setUint32(1, request, true);
  frame[5] = failed ? 1 : 0;
  view.setUint32(6, error.length, true);
  frame.set(error, 10);
  frame.set(data, 10 + error.length);
  return frame;
}

export type ClientFrame =
  | { readonly op: 'subscribe'; readonly subscriptions: readonly { id: number; channelId: number }[] }
  | { readonly op: 'unsubscribe'; readonly subscriptionIds: readonly number[] }
  | { readonly op: 'fetchAsset'; readonly uri: string; readonly requestId: number }
  | {
      readonly op: 'serviceRequest';
      readonly service: number;
      readonly call: number;
      readonly encoding: string;
      readonly payload: Uint8Array;
    };

/** Thrown for bytes a client should not have sent; the message is for its eyes. */
export class ProtocolError extends Error {}

/** Reads what a client sent. Throws nothing but ProtocolError, whatever the bytes. */
export function parseClientFrame(data: Uint8Array, binary: boolean): ClientFrame {
  return binary ? parseBinary(data) : parseText(data);
}

function parseBinary(data: Uint8Array): ClientFrame {
  if (data.length === 0) throw new ProtocolError('empty binary frame');
  if (data[0] === clientOpcode.messageData)
    throw new ProtocolError('this server takes no published messages');
  if (data[0] !== clientOpcode.serviceRequest) throw new ProtocolError(`unknown binary opcode ${data[0]}`);
  if (data.length < 13) throw new ProtocolError('service request is cut short');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = view.getUint32(9, true);
  if (length > 64 || 13 + length > data.length)
    throw new ProtocolError('service request names an encoding longer than itself');
  return {
    op: 'serviceRequest',
    service: view.getUint32(1, true),
    call: view.getUint32(5, true),
    encoding: decode(data.subarray(13, 13 + length)),
    payload: data.subarray(13 + length),
  };
}

function parseText(data: Uint8Array): ClientFrame {
  let message: unknown;
  try {
    message = JSON.parse(decode(data));
  } catch {
    throw new ProtocolError('text frame is not JSON');
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw new ProtocolError('text frame is not a JSON object');
  const { op, subscriptions, subscriptionIds, uri, requestId } = message as Record<string, unknown>;
  if (op === 'subscribe') {
    if (!Array.isArray(subscriptions) || !subscriptions.every(isSubscription))
      throw new ProtocolError('subscribe needs subscriptions: [{ id, channelId }]');
    return { op, subscriptions: subscriptions.map(({ id, channelId }) => ({ id, channelId })) };
  }
  if (op === 'unsubscribe') {
    if (!Array.isArray(subscriptionIds) || !subscriptionIds.every(isId))
      throw new ProtocolError('unsubscribe needs subscriptionIds: [id]');
    return { op, subscriptionIds };
  }
  if (op === 'fetchAsset') {
    if (typeof uri !== 'string' || !isId(requestId))
      throw new ProtocolError('fetchAsset needs uri and requestId');
    return { op, uri, requestId };
  }
  throw new ProtocolError(
    typeof op === 'string' ? `this server does not support "${op.slice(0, 40)}"` : 'text frame has no op',
  );
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff;
}

function isSubscription(value: unknown): value is { id: number; channelId: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { id, channelId } = value as Record<string, unknown>;
  return isId(id) && isId(channelId);
}

/** Bad UTF-8 becomes U+FFFD, which no name of ours contains. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
