import * as roslib from 'roslib';

/**
 * roslib as it is used here. Its own declarations name files without their endings, which Node's resolution does not
 * find, so the few members that matter are declared anew.
 */

/** A message of the protocol: an `op`, and what goes with it. */
export interface OpMessage {
  readonly op: string;
  readonly [key: string]: unknown;
}

type Listener = (value: never) => void;

export interface Events {
  on(event: string, listener: Listener): this;
  emit(event: string, value: unknown): boolean;
  removeAllListeners(): this;
}

/** What carries messages for a `Ros`. */
export interface Transport {
  on(event: string, listener: Listener): Transport;
  send(message: OpMessage): void;
  close(): void;
  isConnecting(): boolean;
  isOpen(): boolean;
  isClosing(): boolean;
  isClosed(): boolean;
}

export interface Ros extends Events {
  connect(url: string): Promise<void>;
  /** Sends, or keeps what is sent for the next connection. */
  callOnConnection(message: OpMessage): void;
}

/** Subscribes and advertises anew whenever the connection was lost. */
export interface Topic {
  subscribe(listener: (message: unknown) => void): void;
  advertise(): void;
  publish(message: unknown): void;
}

export interface TopicOptions {
  readonly ros: Ros;
  readonly name: string;
  readonly messageType: string;
  readonly compression?: string;
  readonly throttle_rate?: number;
  readonly queue_length?: number;
  readonly queue_size?: number;
}

interface Decoder extends Events {
  /** Decodes JSON, CBOR and PNG and emits `message`, or `error`. */
  handleRawMessage(data: unknown): void;
}

interface Roslib {
  readonly Ros: new (options: { readonly transportFactory: (url: string) => Promise<Transport> }) => Ros;
  readonly Topic: new (options: TopicOptions) => Topic;
  readonly AbstractTransport: new () => Decoder;
}

export const { Ros, Topic, AbstractTransport } = roslib as unknown as Roslib;
