import * as dynamixel from '../dynamixel/codec.ts';
import { dynamixelFamily as dynamixelServos } from '../dynamixel/family.ts';
import * as feetech from '../feetech/codec.ts';
import { feetechFamily as feetechServos } from '../feetech/family.ts';
import type { Framer } from '../framer.ts';
import { ratedRegisters } from '../rated-registers.ts';
import type { ServoFamily } from '../servo-family.ts';
import { DynamixelServo } from './dynamixel-servo.ts';
import { FeetechServo } from './feetech-servo.ts';
import type { Motors } from './motors.ts';
import type { Answer, Servo } from './servo.ts';

export interface ServoSpec {
  readonly id: number;
  /** Registers that differ from a new motor's of its `model`, in counts, by name. */
  readonly registers?: Readonly<Record<string, number>>;
  /** Feetech: steps/s a count of speed, see `VELOCITY_STEPS`; default 1. */
  readonly velocitySteps?: number;
}

/** What an emulated bus must know of a servo protocol. */
export interface Family {
  createFramer(): Framer;
  createServo(spec: ServoSpec, motors: Motors, motor: number): Servo;
  /** Carries a packet out on those who hear it; answers in the order in which they are given. */
  obey(packet: Uint8Array, servos: readonly Servo[]): Answer[];
  /** Whether it is a ping of all, which each servo answers at a time of its own. */
  pingsAll(packet: Uint8Array): boolean;
}

const feetechFamily: Family = {
  createFramer: feetech.createFramer,
  createServo: (spec, motors, motor) =>
    new FeetechServo(motors, motor, ownRegisters(feetechServos, spec), spec.velocitySteps ?? 1),
  obey(packet, servos) {
    const instruction = feetech.decodeInstruction(packet);
    if (instruction === undefined) return [];
    const all = servos.filter((servo) => servo instanceof FeetechServo);
    if (instruction.kind === 'syncRead') {
      return inOrder(instruction.ids, all).flatMap((servo) => servo.obey(instruction, true));
    }
    if (instruction.kind === 'syncWrite') return all.flatMap((servo) => servo.obey(instruction, true));
    const broadcast = instruction.id === feetech.BROADCAST;
    return meant(instruction.id, broadcast, all).flatMap((servo) => servo.obey(instruction, broadcast));
  },
  pingsAll(packet) {
    const instruction = feetech.decodeInstruction(packet);
    return instruction?.kind === 'ping' && instruction.id === feetech.BROADCAST;
  },
};

const dynamixelFamily: Family = {
  createFramer: dynamixel.createFramer,
  createServo: (spec, motors, motor) =>
    new DynamixelServo(motors, motor, ownRegisters(dynamixelServos, spec)),
  obey(packet, servos) {
    const all = servos.filter((servo) => servo instanceof DynamixelServo);
    const instruction = dynamixel.decodeInstruction(packet);
    if (instruction === undefined) {
      const { id, instruction: code } = dynamixel.decodePacket(packet)!;
      // A status is another motor's answer, or an echo.
      if (code === dynamixel.instructions.status) return [];
      const refuse = (servo: Servo) => dynamixel.encodeStatus(servo.id, dynamixel.errors.instruction);
      return meant(id, false, all).map((servo) => ({ servo, bytes: refuse(servo) }));
    }
    switch (instruction.kind) {
      case 'syncRead':
        return inOrder(instruction.ids, all).flatMap((servo) => servo.obey(instruction, true));
      case 'bulkRead': {
        const ids = instruction.spans.map(({ id }) => id);
        return inOrder(ids, all).flatMap((servo) => servo.obey(instruction, true));
      }
      case 'syncWrite':
      case 'bulkWrite':
        return all.flatMap((servo) => servo.obey(instruction, true));
      default: {
        const broadcast = instruction.id === dynamixel.BROADCAST;
        return meant(instruction.id, broadcast, all).flatMap((servo) => servo.obey(instruction, broadcast));
      }
    }
  },
  pingsAll(packet) {
    const instruction = dynamixel.decodeInstruction(packet);
    return instruction?.kind === 'ping' && instruction.id === dynamixel.BROADCAST;
  },
};

export const families = { feetech: feetechFamily, dynamixel: dynamixelFamily } as const;

function ownRegisters({ modelName }: ServoFamily, { id, registers = {} }: ServoSpec) {
  const model = modelName(registers.model);
  return { ...(model && ratedRegisters(model)), ...registers, id };
}

function meant<S extends Servo>(id: number, broadcast: boolean, servos: readonly S[]): S[] {
  const heard = servos.filter((servo) => broadcast || servo.id === id);
  return heard.sort((a, b) => a.id - b.id);
}

function inOrder<S extends Servo>(ids: readonly number[], servos: readonly S[]): S[] {
  return ids.flatMap((id) => servos.filter((servo) => servo.id === id));
}
