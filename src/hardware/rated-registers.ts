import { servoRating } from '../robot/index.ts';

/** Registers that hold what a model allows itself as delivered, counts; undefined when the model is not known. */
export function ratedRegisters(model: string) {
  const rating = servoRating(model);
  return (
    rating && {
      max_temperature: rating.temperature,
      max_voltage: Math.round(10 * rating.maxVoltage),
      min_voltage: Math.round(10 * rating.minVoltage),
    }
  );
}
