export { InputError, RobotFault } from '../core/errors.ts';
export type { HardwareSpec, MotorState, StopHow } from '../core/hardware.ts';
export type { StopReport } from '../core/lifecycle.ts';
export { adapterOf } from './adapter.ts';
export { Bus, type BusOptions, type BusStatistics, type CallOptions } from './bus.ts';
export { type BusTiming, exchangeTime, wireTime } from './bus-timing.ts';
export {
  type Calibration,
  checkCalibration,
  compareWithMotors,
  defaultCalibration,
  type MotorCalibration,
} from './calibration.ts';
export { calibrationPath, findCalibration, loadCalibration, saveCalibration } from './calibration-file.ts';
export { CalibrationProcedure, restoreCalibration, type SweptJoint } from './calibration-procedure.ts';
export { type BusClock, wallClock } from './clock.ts';
export { configFolder } from './config-folder.ts';
export type { Driver, DriverModule, DriverOptions, Identity, Reading } from './driver.ts';
export { drivers, loadDriver } from './drivers.ts';
export { dynamixel } from './dynamixel/protocol.ts';
export { EmulatedBus, type EmulatorOptions } from './emulator/emulated-bus.ts';
export { emulatedServos } from './emulator/emulated-servos.ts';
export type { ServoSpec } from './emulator/family.ts';
export type { AnswerFault, PlannedFault } from './emulator/faults.ts';
export { type Drive, FirstOrderMotors, type FirstOrderOptions, type Motors } from './emulator/motors.ts';
export { type MotorMount, PlantMotors, type PlantMotorsOptions } from './emulator/plant-motors.ts';
export { servePty } from './emulator/serve-pty.ts';
export { type Served, serveTcp } from './emulator/serve-tcp.ts';
export type { Condition, Servo } from './emulator/servo.ts';
export { feetech } from './feetech/protocol.ts';
export { JointScale } from './joint-scale.ts';
export type { MotorHealth } from './motor-records.ts';
export { type MotorAddress, type MotorSetup, setUpMotor } from './motor-setup.ts';
export { openPort } from './open-port.ts';
export { type BytePort, loopback } from './port.ts';
export { listSerialPorts, openSerialPort, type SerialDevice } from './port-serial.ts';
export { openTcpPort } from './port-tcp.ts';
export type { Entry, Protocol, Span, Status } from './protocol.ts';
export {
  decodeCounts,
  encodeCounts,
  MIDDLE_TICK,
  type Register,
  RegisterTable,
  radianOfTick,
  TICKS_PER_TURN,
  tickOfRadian,
} from './register.ts';
export {
  type RosbridgeServerOptions,
  type ServedRosbridge,
  serveRosbridge,
} from './rosbridge/stand-in/serve-rosbridge.ts';
