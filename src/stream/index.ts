export { type LiveServer, type LiveServerOptions, startLiveServer } from './live-server.ts';
export { Recorder, type RecorderOptions } from './recorder.ts';
export { jsonOf, type RecordedMessage, Recording, type Selection } from './recording.ts';
export { type RecordedCycles, type RecordingFacts, recordingFacts } from './recording-facts.ts';
export { type ReplayServer, type ReplayServerOptions, startReplayServer } from './replay-server.ts';
export { rememberedToken } from './token.ts';
