import { InputError } from '../../core/errors.ts';
import { type Calibration, isOfOther } from '../../hardware/calibration.ts';

/**
 * A calibration for the motors behind the adapter of this serial number. One that was made with another adapter is
 * taken when a person says so, and is this one's from then on. @throws InputError where they do not.
 */
export async function adopted(
  calibration: Calibration,
  serial: string | null,
  file: string,
  confirm: (question: string) => Promise<boolean>,
): Promise<Calibration> {
  if (!isOfOther(calibration, serial)) return calibration;
  const others = `${file} was made with adapter ${calibration.serial}, and this is ${serial}`;
  if (!(await confirm(`${others}: perhaps of another robot. Write it to these motors?`)))
    throw new InputError(`nothing was written: ${others}`);
  return { ...calibration, serial };
}
