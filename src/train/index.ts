export { type EvaluationOptions, type EvaluationResult, runEvaluation } from './evaluation.ts';
export type { DisplayMessage, PlantSource } from './plant-thread.ts';
export { scoreOf } from './score.ts';
export type { RealRobotAccess, SessionOptions } from './session.ts';
export { TaskVectorEnv, type TaskVectorEnvOptions } from './task-vector-env.ts';
export { runTraining, type TrainingOptions, type TrainingResult } from './training.ts';
