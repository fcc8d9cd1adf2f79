/** Lifecycle of ros2_control: reads are allowed when inactive, writes never. */
export type Lifecycle = 'unconfigured' | 'inactive' | 'active' | 'finalized';

/** What `stop` verified, e.g. that effort is zero; never more. */
export interface StopReport {
  readonly stopped: boolean;
  readonly how: string;
}
