export { type LiveServer, type LiveServerOptions, startLiveServer } from './live-server.ts';
export { Recorder, type RecorderOptions } from './recorder.ts';
export { jsonOf, type RecordedMessage, Recording, type Selection } from './recording.ts';
export { rememberedToken } from './token.ts';
