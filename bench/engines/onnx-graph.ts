/**
 * Writes ONNX models: as much of the format (onnx/onnx.proto, protocol buffers) as a graph of float32 tensors needs.
 */
type Attribute = number | readonly number[];

export interface GraphInput {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Version of ONNX's operators and of the file format. */
const [OPSET, IR_VERSION] = [18, 9];
const [FLOAT, INT64] = [1, 7];

export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers = new Map<string, Uint8Array>();
  #count = 0;

  /** Adds an operation and names its first output. `integer` attributes unless they end in `.f`. */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): string {
    return this.split(op, inputs, 1, attributes, domain)[0];
  }

  /** An operation of several outputs. */
  split(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): string[] {
    const names = Array.from({ length: outputs }, () => `t${this.#count++}`);
    this.#nodes.push(
      join([
        ...inputs.map((name) => text(1, name)),
        ...names.map((name) => text(2, name)),
        text(4, op),
        ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
        text(7, domain),
      ]),
    );
    return names;
  }

  /** A constant; the same name stands for the same values. */
  floats(name: string, shape: readonly number[], values: Float32Array): string {
    return this.#constant(name, FLOAT, shape, values);
  }

  integers(values: readonly number[]): string {
    const shape = [values.length];
    return this.#constant(`[${values.join()}]`, INT64, shape, BigInt64Array.from(values, BigInt));
  }

  /** A whole number of no dimension. */
  integer(value: number): string {
    return this.#constant(`${value}`, INT64, [], BigInt64Array.of(BigInt(value)));
  }

  #constant(
    name: string,
    type: number,
    shape: readonly number[],
    values: Float32Array | BigInt64Array,
  ): string {
    if (!this.#initializers.has(name)) {
      const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const dims = shape.map((size) => integer(1, size));
      this.#initializers.set(name, join([...dims, integer(2, type), text(8, name), bytes(9, raw)]));
    }
    return name;
  }

  /** The model's bytes. */
  encode(inputs: readonly GraphInput[], outputs: readonly GraphInput[]): Uint8Array {
    const graph = join([
      ...this.#nodes.map((node) => bytes(1, node)),
      text(2, 'rollout'),
      ...[...this.#initializers.values()].map((tensor) => bytes(5, tensor)),
      ...inputs.map((input) => bytes(11, valueInfo(input))),
      ...outputs.map((output) => bytes(12, valueInfo(output))),
    ]);
    const operators = (domain: string, version: number) =>
      bytes(8, join([text(1, domain), integer(2, version)]));
    return join([
      integer(1, IR_VERSION),
      bytes(7, graph),
      operators('', OPSET),
      operators('com.microsoft', 1),
    ]);
  }
}

function attribute(name: string, value: Attribute): Uint8Array {
  const [FLOATS, INTEGER, INTEGERS] = [1, 2, 7];
  if (typeof value !== 'number') {
    return join([text(1, name), ...value.map((item) => integer(8, item)), integer(20, INTEGERS)]);
  }
  if (!name.endsWith('.f')) return join([text(1, name), integer(3, value), integer(20, INTEGER)]);
  const raw = new Uint8Array(Float32Array.of(value).buffer);
  return join([text(1, name.slice(0, -2)), Uint8Array.of((2 << 3) | 5), raw, integer(20, FLOATS)]);
}

function valueInfo({ name, shape }: GraphInput): Uint8Array {
  const dims = shape.map((size) => bytes(1, integer(1, size)));
  const tensor = join([integer(1, FLOAT), bytes(2, join(dims))]);
  return join([text(1, name), bytes(2, bytes(1, tensor))]);
}

// Protocol buffers: a field is its number and wire type, then a variable-length integer or a length and bytes.

function integer(field: number, value: number): Uint8Array {
  return join([varint(field << 3), varint(value)]);
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return join([varint((field << 3) | 2), varint(value.length), value]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

/** Negative numbers as two's complement of 64 bits. */
function varint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const result: number[] = [];
  while (rest > 127n) {
    result.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...result, Number(rest)]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
