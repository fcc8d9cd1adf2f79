import { dynamixelFamily } from './dynamixel/family.ts';
import { feetechFamily } from './feetech/family.ts';
import type { ServoFamily } from './servo-family.ts';

export const servoFamilies: readonly ServoFamily[] = [feetechFamily, dynamixelFamily];
