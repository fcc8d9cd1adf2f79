export { type LiveServer, type LiveServerOptions, startLiveServer } from './live-server.ts';
export { rememberedToken } from './token.ts';
