/** What a servo allows itself as delivered: °C and V. */
interface ServoRating {
  readonly temperature: number;
  readonly minVoltage: number;
  readonly maxVoltage: number;
}

/**
 * Delivery values of the registers for the highest temperature and the range of the supply, by model: sts3215 after
 * lerobot's table, which sts3250 shares (its specification says 70 °C too); the others after the control tables of ROBOTIS'
 * e-manual. A servo that goes beyond them turns its torque off by itself, and the robot drops.
 */
const ratings: Readonly<Record<string, ServoRating>> = {
  sts3215: { temperature: 70, minVoltage: 4, maxVoltage: 14 },
  sts3250: { temperature: 70, minVoltage: 4, maxVoltage: 14 },
  'xl330-m077': { temperature: 70, minVoltage: 3.5, maxVoltage: 7 },
  'xl330-m288': { temperature: 70, minVoltage: 3.5, maxVoltage: 7 },
  'xc330-t288': { temperature: 70, minVoltage: 5.5, maxVoltage: 14 },
  'xl430-w250': { temperature: 72, minVoltage: 6, maxVoltage: 14 },
  'xm430-w350': { temperature: 80, minVoltage: 9.5, maxVoltage: 16 },
};

/** Of a model in any case; undefined when it is not known. */
export function servoRating(model: string): ServoRating | undefined {
  const name = model.toLowerCase();
  return Object.hasOwn(ratings, name) ? ratings[name] : undefined;
}
