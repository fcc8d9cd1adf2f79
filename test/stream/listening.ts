import { Client } from '#src/stream/client';
import type { Hub } from '#src/stream/hub';
import type { TopicSpec } from '#src/stream/schemas';

export interface Heard {
  readonly topic: string;
  /** ms since the Unix epoch, as the frame says. */
  readonly time: number;
  // biome-ignore lint/suspicious/noExplicitAny: messages of many shapes, read by tests
  readonly message: any;
}

/** Joins a client that subscribes to every topic of a hub, and reads at once. @param onFrame hears of every frame, also of those of no topic */
export function listen(
  hub: Hub,
  specs: readonly TopicSpec[],
  hear: (heard: Heard) => void,
  onFrame = () => {},
): void {
  const client = new Client({
    bufferedAmount: 0,
    send(data) {
      onFrame();
      if (typeof data === 'string' || data[0] !== 1) return;
      const view = new DataView(data.buffer, data.byteOffset);
      hear({
        topic: specs[view.getUint32(1, true) - 1].topic,
        time: Number(view.getBigUint64(5, true) / 1000n) / 1e3,
        message: JSON.parse(new TextDecoder().decode(data.subarray(13))),
      });
    },
    close() {},
    terminate() {},
  });
  hub.join(client);
  for (let id = 1; id <= specs.length; id++) hub.subscribe(client, id, id);
}
